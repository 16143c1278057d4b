/** A call from the PBX to the CRMs that play from links: the link that each was told with the call plays the whole MP3, with ranges, as soon as it is ready. */
import t from 'tap';
import { startAmocrm } from '../fakes/crm/amocrm.ts';
import { startRetail } from '../fakes/crm/retailcrm.ts';
import { withoutLame } from '../fakes/lame.ts';
import { Story } from '../fakes/story.ts';
import { ask } from '../web/window.ts';
import { IRINA, open, place } from './house.ts';

const LINKEDID = '1795168702.6';
const noLame = await withoutLame();

t.test('amoCRM and RetailCRM play from the links that they were told', noLame === false ? {} : { skip: noLame }, async (t) => {
  const amo = await startAmocrm({ users: [{ id: 7, name: 'Anna', active: true }, { id: 8, name: 'Olga', active: true }], contacts: [{ name: IRINA.name, phone: IRINA.phone, responsible: 8 }] });
  t.teardown(() => amo.stop());
  const retail = await startRetail({ users: [{ id: 7, firstName: 'Anna', code: '219' }, { id: 8, firstName: 'Olga', code: '220' }], customers: [{ id: 55, firstName: IRINA.name, phone: IRINA.phone, manager: 8 }] });
  t.teardown(() => retail.stop());
  const crm = `crm:
  - { id: amo, driver: amocrm, baseUrl: "${amo.origin}", token: "${amo.token}" }
  - { id: retail, driver: retailcrm, url: "${retail.url}", apiKey: retailkey0001 }
employees:
  - { extension: "219", name: "Anna", crm: { amo: 7, retail: 7 } }
  - { extension: "220", name: "Olga", crm: { amo: 8, retail: 8 } }`;
  const linkAtAmo = (): string => {
    const link = amo.callsOf(LINKEDID)[0]?.params['link'];
    return typeof link === 'string' ? link : '';
  };
  const where = await place(t, { crm });
  const house = await open(t, where);
  await new Story(where.pbx, 'b1_inbound_blind_refer', where.recordings).play();
  await house.log.until(() => house.callMe.store.recordings.list({ state: 'told', limit: 1 }).length + house.callMe.store.recordings.list({ state: 'uploaded', limit: 1 }).length === 1 && retail.callsOf(LINKEDID).length === 1 && linkAtAmo() !== '');
  for (const link of [linkAtAmo(), String(retail.callsOf(LINKEDID)[0]?.['recordUrl'])]) {
    const { pathname, search } = new URL(link);
    const whole = await ask(house.callMe.web.address ?? '', `${pathname}${search}`);
    t.match(whole, { status: 200, headers: { 'content-type': 'audio/mpeg', 'accept-ranges': 'bytes' } });
    t.ok(whole.body.length > 40_000, `${whole.body.length} bytes: seven seconds of sound`);
    t.match(await ask(house.callMe.web.address ?? '', `${pathname}${search}`, { headers: { range: 'bytes=100-199' } }), { status: 206, headers: { 'content-range': `bytes 100-199/${whole.body.length}` } });
  }
  t.equal(retail.callsOf(LINKEDID).length, 1, 'told once');
});
