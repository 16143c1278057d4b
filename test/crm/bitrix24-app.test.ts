/** Bitrix24 as a local application: how it gets its tokens, how it renews them, and who is not believed (crm-contracts 1.2). */
import t from 'tap';
import { HttpFailure } from '../../app/http.ts';
import type { Http } from '../../core/ports.ts';
import bitrix24 from '../../crm/drivers/bitrix24.ts';
import { hostOf } from '../../crm/drivers/bitrix24/oauth.ts';
import { consentState } from '../../crm/drivers/bitrix24/proof.ts';
import { CLIENT, story } from '../contract/driver.ts';
import { startPortal } from '../fakes/crm/bitrix24.ts';
import { expire, scene } from './bitrix24-stage.ts';

const offered = story('1790.17', '').durable[0] ?? (() => { throw new Error('the story changed'); })();

t.test('without tokens the account is locked out, and says what to do; with the installation it works', async (t) => {
  const { driver, hear, portal, signal } = await scene(t, { as: 'stranger', portal: { webhookTelephony: false } });
  t.match(await driver.deliver(offered, signal), { kind: 'locked-out', reason: /install the local application/ });
  t.equal(portal.ledger.length, 0, 'nobody is asked without a token');
  t.match(await hear('install', portal.installBody()), { status: 200 });
  t.match(await driver.deliver(offered, signal), { kind: 'delivered' });
  t.match(portal.ledger.map(({ method }) => method).slice(0, 1), ['oauth.token'], 'the tokens that were posted are exchanged at once');
  t.ok(portal.events.bound.some(({ event }) => event === 'ONEXTERNALCALLSTART'), 'and the portal is told where to send its events');
});

t.test('whoever posts tokens that are none of ours is not believed', async (t) => {
  const { driver, hear, portal, signal, http } = await scene(t, { as: 'application' });
  const other = await startPortal({ app: { clientId: 'local.other' } });
  t.teardown(() => other.stop());
  t.equal(await hear('install', portal.eventBody('ONAPPINSTALL', {}, { access_token: 'forged', refresh_token: 'forged' })), null, 'invented');
  t.equal(await hear('install', other.installBody()), null, 'of another application');
  t.equal(await hear('install', 'auth[access_token]=a&auth[refresh_token]='), null);
  t.equal(await hear('install', `x=${'y'.repeat(17_000)}`), null, 'too long');
  t.equal(other.ledger.length, 0, 'our client secret goes nowhere but to the OAuth server that we know, whatever is posted');
  const elsewhere = bitrix24.create(bitrix24.settings.parse({ ...portal.appSettings, portal: 'https://acme.bitrix24.ru' }), (await import('../fakes/crm/tools.ts')).toolsFor(http));
  t.equal(await elsewhere.hear?.({ method: 'POST', path: 'install', query: new URLSearchParams(), headers: {}, body: portal.installBody() }, signal), null, 'of another portal');
  t.match(await driver.deliver(offered, signal), { kind: 'delivered' }, 'and the tokens that work stay');
});

t.test('consent by code: with our state alone, once', async (t) => {
  const { driver, hear, portal, signal } = await scene(t, { as: 'stranger' });
  const state = consentState(portal.app.options.clientSecret, 'b24');
  t.equal(await hear('oauth', '', { code: portal.consentCode(), state: 'x' }), null);
  t.equal(await hear('oauth', '', { code: portal.consentCode() }), null);
  t.equal(await hear('oauth', '', { code: 'invented', state }), null);
  const code = portal.consentCode();
  t.match(await hear('oauth', '', { code, state }), { status: 200 });
  t.equal(await hear('oauth', '', { code, state }), null, 'a code is good once');
  t.match(await driver.deliver(offered, signal), { kind: 'delivered' });
  const lines = await (await scene(t, { as: 'stranger' })).driver.check(signal);
  t.match(lines, [{ ok: false, code: 'registration', remedy: /\/oauth\/authorize\/\?client_id=local\.1234\.5678&state=/ }]);
  t.notMatch(JSON.stringify(lines), portal.app.options.clientSecret);
});

t.test('an OAuth server in trouble: whoever installs hears of it', async (t) => {
  const { hear, portal } = await scene(t, { as: 'stranger' });
  portal.misbehave({ at: 'oauth.token', lie: { kind: 'answer', status: 502, body: '<html>', type: 'text/html' } });
  t.match(await hear('install', portal.installBody()), { status: 503, body: /again/ });
  t.match(await hear('install', portal.installBody()), { status: 200 });
});

t.test('renewed when the portal says that it has expired, and never else; once for many at a time', async (t) => {
  const { driver, portal, signal, again } = await scene(t, { as: 'application' });
  const pairs = portal.app.pairs;
  await driver.lookup(CLIENT, signal);
  t.equal(portal.app.pairs, pairs, 'a good token is not renewed');
  expire(portal);
  const other = again();
  const found = await Promise.all([driver, driver, other, other].map((one) => one.lookup(CLIENT, signal)));
  t.match(found, [{ name: 'Irina' }, { name: 'Irina' }, { name: 'Irina' }, { name: 'Irina' }]);
  t.equal(portal.app.pairs, pairs + 1, 'four who met the same end, in two processes: one renewal');
  for (const error of ['invalid_token', 'NO_AUTH_FOUND']) {
    portal.misbehave({ at: 'searchcrm', lie: { kind: 'answer', status: 401, body: { error } } });
    await t.rejects(driver.lookup(CLIENT, signal), new RegExp(error, 'i'));
  }
  portal.misbehave({ at: 'searchcrm', lie: { kind: 'answer', status: 401, body: { error: 'expired_token' } }, times: Infinity });
  await t.rejects(driver.lookup(CLIENT, signal), /EXPIRED_TOKEN/, 'once per call');
  t.equal(portal.app.pairs, pairs + 2);
});

t.test('a lost answer to a renewal: asked again with the same token, as far as the vendor lets us', async (t) => {
  for (const oldRefresh of ['works', 'dead'] as const) {
    const { driver, portal, signal, hear } = await scene(t, { as: 'application', portal: { app: { oldRefresh } } });
    expire(portal);
    portal.misbehave({ at: 'oauth.token', lie: { kind: 'reset-after' } });
    const verdict = await driver.deliver(offered, signal);
    if (oldRefresh === 'works') { t.equal(verdict.kind, 'delivered'); continue; }
    t.match(verdict, { kind: 'locked-out', reason: /consent has ended.*again/ });
    t.match(await hear('install', portal.installBody()), { status: 200 });
    t.match(await driver.deliver(offered, signal), { kind: 'delivered' }, 'installed again, it goes on');
  }
});

t.test('killed between the answer and the save', async (t) => {
  const { portal, signal, again, keep, http } = await scene(t, { as: 'application', portal: { app: { oldRefresh: 'works' } } });
  expire(portal);
  const before = keep.get('oauth');
  const dies: Http = {
    request: async (request) => {
      const answer = await http.request(request);
      if (request.operation === 'oauth.token') throw new HttpFailure('HTTP_ABORTED', portal.origin, 'killed', true);
      return answer;
    },
  };
  t.equal((await again({ tools: { http: dies } }).deliver(offered, signal)).kind, 'try-later');
  t.equal(keep.get('oauth'), before, 'the old pair is still there');
  t.match(await again().deliver(offered, signal), { kind: 'delivered' });
});

t.test('a wrong client secret is no dead consent', async (t) => {
  const { portal, signal, again } = await scene(t, { as: 'application' });
  expire(portal);
  t.match(await again({ settings: { clientSecret: 'wrong' } }).deliver(offered, signal), { kind: 'locked-out', reason: /clientSecret/ });
  t.match(await again().deliver(offered, signal), { kind: 'delivered' });
});

t.test('tokens of another portal or application than the config names are nobody\'s', async (t) => {
  const { portal, signal, again } = await scene(t, { as: 'application' });
  const moved = again({ settings: { portal: 'https://acme.bitrix24.ru' } });
  t.match(await moved.deliver(offered, signal), { kind: 'locked-out', reason: /NOT_INSTALLED/ });
  t.match(await again({ settings: { clientId: 'local.other' } }).deliver(offered, signal), { kind: 'locked-out', reason: /NOT_INSTALLED/ });
  t.equal(portal.ledger.length, 0, 'the calls of one portal never reach another');
  t.match(await again().deliver(offered, signal), { kind: 'delivered' });
});

t.test('the application is removed: its tokens are forgotten, on proof alone', async (t) => {
  const { driver, hear, portal, signal } = await scene(t, { as: 'application' });
  t.equal(await hear('', portal.eventBody('ONAPPUNINSTALL', {}, { application_token: 'forged' })), null);
  t.match(await driver.deliver(offered, signal), { kind: 'delivered' });
  t.match(await hear('', portal.eventBody('ONAPPUNINSTALL', { CLEAN: 1 })), { status: 200 });
  t.match(await driver.deliver({ ...offered, call: 'main/2' as typeof offered.call }, signal), { kind: 'locked-out', reason: /NOT_INSTALLED/ });
});

t.test('no secret reaches what people read', async (t) => {
  const { driver, portal, signal } = await scene(t, { as: 'application' });
  const [access = ''] = [...portal.app.access.keys()].slice(-1);
  portal.misbehave({ at: 'register', lie: { kind: 'answer', status: 400, body: { error: 'X', error_description: `bad auth=${access} ${portal.app.options.clientSecret}` } } });
  const verdict = await driver.deliver(offered, signal);
  t.match(verdict, { kind: 'refused', reason: /bad auth=/ });
  t.notMatch(JSON.stringify(verdict), access);
  t.notMatch(JSON.stringify(verdict), portal.app.options.clientSecret);
});

t.test('the client secret goes to the vendor, or where the config says, whatever a portal names', async (t) => {
  const oauthHost = 'https://oauth.bitrix.info';
  t.equal(hostOf({ oauthHost }, 'https://oauth.bitrix24.tech/rest/'), 'https://oauth.bitrix24.tech');
  for (const named of ['https://evil.example/rest/', 'http://oauth.bitrix24.tech/rest/', 'https://oauth.bitrix24.tech.evil.example/', 'https://oauth.bitrix24.tech:444/', 'rubbish', undefined]) {
    t.equal(hostOf({ oauthHost }, named), oauthHost, named ?? 'none');
  }
});

t.test('the settings: a webhook or an application, not half of each', async (t) => {
  const app = { portal: 'https://acme.bitrix24.ru/', clientId: 'local.1', clientSecret: 's' };
  t.equal(bitrix24.settings.parse({ ...app, portal: 'https://ACME.bitrix24.ru' }).portal, 'https://acme.bitrix24.ru');
  t.match(bitrix24.settings.parse(app), { portal: 'https://acme.bitrix24.ru', oauthHost: 'https://oauth.bitrix.info' });
  const wrong: [object, string][] = [
    [{}, 'url'], [{ ...app, clientSecret: undefined }, 'clientSecret'], [{ ...app, portal: undefined }, 'portal'], [{ ...app, url: 'https://acme.bitrix24.ru/rest/1/abc/' }, 'clientId'],
    [{ ...app, portal: 'http://acme.bitrix24.ru' }, 'portal'], [{ ...app, portal: 'https://acme.bitrix24.ru/rest/' }, 'portal'], [{ ...app, oauthHost: 'http://oauth' }, 'oauthHost'],
    [{ url: 'https://acme:99999/rest/1/abc/' }, 'url'], [{ ...app, portal: 'https://acme:99999' }, 'portal'],
    [{ url: 'https://acme.bitrix24.ru/rest/1/abc/', events: 'poll' }, 'events'], [{ ...app, createLead: 'maybe' }, 'createLead'], [{ ...app, pollSeconds: 0 }, 'pollSeconds'],
  ];
  for (const [settings, path] of wrong) {
    const read = bitrix24.settings.safeParse(settings);
    t.ok(read.error?.issues.some((issue) => issue.path[0] === path), `${JSON.stringify(settings)}: ${JSON.stringify(read.error?.issues)}`);
  }
});
