/** A whole CallMe as a local application: installed over HTTP, and a click that it asked for becomes a call of the PBX. */
import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { open, place } from '../app/house.ts';

t.test('installed by the portal\'s own post, then asked for clicks', async (t) => {
  const where = await place(t, { portal: { webhookTelephony: false } });
  const { portal, pbx } = where;
  const { portal: home, oauthHost, clientId, clientSecret } = portal.appSettings;
  const account = `{ id: b24, driver: bitrix24, portal: "${home}", oauthHost: "${oauthHost}", clientId: "${clientId}", clientSecret: "${clientSecret}", events: poll, pollSeconds: 1 }`;
  writeFileSync(where.config, readFileSync(where.config, 'utf8').replace(/\{ id: b24.*\}/, account));
  const house = await open(t, where);
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  const post = (body: string): Promise<Response> => fetch(`${house.callMe.web.address ?? ''}/crm/b24/install`, { method: 'POST', headers, body });
  t.equal((await post(portal.eventBody('ONAPPINSTALL', {}, { access_token: 'forged', refresh_token: 'forged' }))).status, 403);
  t.equal((await post(portal.installBody())).status, 200);
  t.equal(portal.events.bound.length, 11);
  const clicked = pbx.next('Originate');
  portal.queue('ONEXTERNALCALLSTART', { PHONE_NUMBER_INTERNATIONAL: '+79161234567', USER_ID: 8, CALL_ID: portal.began({ userId: 8, phone: '+79161234567' }).callId });
  const originate = await clicked;
  t.match(originate.text('Channel'), /220/);
  t.equal(originate.text('Exten'), '79161234567');
  await portal.until((entry) => entry.method === 'event.offline.clear');
  t.equal(portal.events.queue.length, 0);
  for (const secret of [clientSecret ?? '', ...portal.app.access.keys(), ...portal.app.refresh]) t.notMatch(house.log.text, secret);
});
