/** From the portal to us: what it posts, what we ask for, and what we tell it of ourselves (crm-contracts 1.9, 1.13). */
import t from 'tap';
import type { Extension } from '../../core/words.ts';
import { CLIENT, LINES } from '../contract/driver.ts';
import { anna, expire, scene, type Setting } from './bitrix24-stage.ts';

const CLICK = {
  PHONE_NUMBER: '89035550142', PHONE_NUMBER_INTERNATIONAL: CLIENT, EXTENSION: '', USER_ID: 8, CALL_LIST_ID: 0, LINE_NUMBER: '74950000101', CALL_ID: 'externalCall.ab12.1790000200', IS_MOBILE: 0,
};
const DIAL = { kind: 'dial', id: `start:${CLICK.CALL_ID}`, number: CLIENT, callId: CLICK.CALL_ID, line: '74950000101', crmUser: '8', extension: '208' };
const START = 'ONEXTERNALCALLSTART';
const CALL_BACK = 'ONEXTERNALCALLBACKSTART';

/** What is not there cannot reject: then the test fails. */
const asyncly = async (work: Promise<unknown> | undefined): Promise<unknown> => work;

t.test('a click becomes a call to make', async (t) => {
  const { hear, portal } = await scene(t);
  t.match(await hear('', portal.eventBody(START, CLICK)), { status: 200, events: [DIAL], note: START });
  t.match(await hear('', portal.eventBody(START, CLICK)), { events: [{ id: DIAL.id }] }, 'told twice it has the same id');
  t.match(await hear('', portal.eventBody(START, { ...CLICK, USER_ID: 7 })), { events: [{ crmUser: '7', extension: '207' }] }, 'the config knows him');
  t.match(await hear('', portal.eventBody(START, { ...CLICK, PHONE_NUMBER_INTERNATIONAL: '' })), { events: [{ number: CLIENT }] }, 'as somebody wrote it, read by the tenant\'s plan');
  t.match(await hear('', portal.eventBody(START, { ...CLICK, USER_ID: 77 })), { events: [{ crmUser: '77', extension: null }] });
});

t.test('while the portal cannot say who clicked, the click is told all the same', async (t) => {
  const { hear, portal } = await scene(t);
  portal.misbehave({ at: 'user.get', lie: { kind: 'reset-before' }, times: Infinity });
  t.match(await hear('', portal.eventBody(START, CLICK)), { events: [{ crmUser: '8', extension: null }] });
});

t.test('what could not be told, or would be dangerous at a PBX, is no event', async (t) => {
  const { hear, portal } = await scene(t);
  for (const bad of [{ CALL_ID: '' }, { CALL_ID: 'x\r\nAction: Originate' }, { CALL_ID: 'a,b' }, { PHONE_NUMBER: '', PHONE_NUMBER_INTERNATIONAL: '' }, { PHONE_NUMBER: 'anonymous', PHONE_NUMBER_INTERNATIONAL: '' }]) {
    const heard = await hear('', portal.eventBody(START, { ...CLICK, ...bad }));
    t.equal(heard?.status, 200);
    t.same(heard?.events, [], JSON.stringify(bad));
  }
  const odd = { LINE_NUMBER: 'x&y(1)', USER_ID: '7; drop', PHONE_NUMBER_INTERNATIONAL: '+7903"5550142' };
  t.match((await hear('', portal.eventBody(START, { ...CLICK, ...odd })))?.events, [{ line: '', crmUser: null, number: CLIENT }]);
});

t.test('a request to be called back', async (t) => {
  const { hear, portal } = await scene(t, { portal: { now: () => 1_790_000_005_000 } });
  const body = portal.eventBody(CALL_BACK, { PHONE_NUMBER: CLIENT, TEXT: `call\r\n${'me'.repeat(400)}`, VOICE: 'ruslan', LINE_NUMBER: '' });
  const heard = await hear('', body);
  t.match(heard?.events, [{ kind: 'call-back', number: CLIENT, line: '', text: /^call me/ }]);
  const [first] = heard?.events ?? [];
  t.ok(first?.kind === 'call-back' && first.text.length <= 500);
  t.notMatch(first?.id, /9035550142/, 'an id reaches logs: no number in it');
  t.match(await hear('', body), { events: [{ id: first?.id }] });
  t.same((await hear('', portal.eventBody(CALL_BACK, { PHONE_NUMBER: 'anonymous' })))?.events, []);
});

t.test('changed contacts', async (t) => {
  const { hear, portal } = await scene(t);
  const ids = new Set<string | undefined>();
  for (const event of ['ONCRMCONTACTADD', 'ONCRMCOMPANYUPDATE', 'ONCRMLEADDELETE', 'oncrmcontactupdate']) {
    const heard = await hear('', portal.eventBody(event, { FIELDS: { ID: 318 } }));
    t.match(heard?.events, [{ kind: 'contacts-changed', numbers: 'all' }], event);
    ids.add(heard?.events[0]?.id);
  }
  t.equal(ids.size, 4);
  const other = await hear('', portal.eventBody('ONTASKADD', {}));
  t.match(other, { status: 200, note: /ONTASKADD: nothing to do/ });
  t.same(other?.events, []);
});

t.test('who cannot prove it is nobody', async (t) => {
  const { hear, portal, driver, again, signal } = await scene(t);
  const body = (auth: object) => portal.eventBody(START, CLICK, auth as Record<string, string>);
  for (const application_token of ['', 'wrong', 'apptoken000', 'apptoken00011']) t.equal(await hear('', body({ application_token })), null, application_token);
  t.equal(await hear('', 'event=ONEXTERNALCALLSTART'), null);
  t.equal(await hear('events', body({})), null, 'another path');
  t.equal(await driver.hear?.({ method: 'GET', path: '', query: new URLSearchParams(body({})), headers: {}, body: '' }, signal), null);
  t.equal(await hear('', `${body({})}&x=${'y'.repeat(17_000)}`), null, 'too long');
  t.equal(await hear('', `${body({})}${'&a=1'.repeat(201)}`), null, 'too many names');
  t.match(await hear('', `__proto__[x]=1&constructor[prototype][y]=2&${body({})}`), { events: [{ kind: 'dial' }] }, 'names that are more than names elsewhere');
  t.same(Object.keys(Object.prototype), []);
  const mute = again({ settings: { applicationToken: undefined } });
  t.equal(await mute.hear?.({ method: 'POST', path: '', query: new URLSearchParams(), headers: {}, body: body({ application_token: '' }) }, signal), null, 'no token set, none believed');
  const named = again({ settings: { portal: 'https://acme.bitrix24.ru' } });
  const ask = (auth: object) => named.hear?.({ method: 'POST', path: '', query: new URLSearchParams(), headers: {}, body: body(auth) }, signal);
  t.equal(await ask({ domain: 'evil.bitrix24.ru' }), null, 'another portal');
  t.match(await ask({ domain: 'ACME.bitrix24.ru' }), { status: 200 });
  t.match(await ask({ domain: '' }), { status: 200 });
  const app = await scene(t, { as: 'application' });
  t.equal(await app.hear('', app.portal.eventBody(START, CLICK, { member_id: 'another' })), null, 'another member, though it knows the token');
  t.match(await app.hear('', app.portal.eventBody(START, CLICK)), { events: [{ kind: 'dial' }] });
});

const POLLING: Setting = { as: 'application', tools: { publicUrl: null } };

t.test('events that are asked for: told until they were taken, by whatever the portal says of processes', async (t) => {
  for (const offlineProcess of ['named', 'null'] as const) {
    const { portal, driver, again, signal } = await scene(t, { ...POLLING, portal: { offlineProcess } });
    t.ok((driver.poll?.everyMs ?? 0) >= 1000);
    t.same((await driver.poll?.ask(signal))?.events, []);
    portal.queue(START, CLICK, 'm1');
    portal.queue(START, CLICK, 'm1');
    portal.queue(CALL_BACK, { PHONE_NUMBER: CLIENT, TEXT: 'please' });
    portal.queue('ONCRMCONTACTADD', { FIELDS: { ID: 1 } });
    portal.queue('ONCRMLEADADD', false);
    const first = await driver.poll?.ask(signal);
    t.match(first?.events, [DIAL, { kind: 'call-back', text: 'please' }, { kind: 'contacts-changed' }]);
    t.equal(first?.events.length, 3, 'twice the same message, and two changes, are one each');
    const revived = again();
    const second = await revived.poll?.ask(signal);
    t.same(second?.events.map(({ id }) => id), first?.events.map(({ id }) => id), `${offlineProcess}: killed before they were taken, told again`);
    await second?.taken(signal);
    t.equal(portal.events.queue.length, 0);
    t.same((await revived.poll?.ask(signal))?.events, []);
  }
});

t.test('events whose answer was lost are not', async (t) => {
  for (const lie of ['reset-after', 'half-body', 'reset-before'] as const) {
    const { portal, driver, signal } = await scene(t, POLLING);
    await driver.poll?.ask(signal);
    portal.queue(START, CLICK);
    portal.misbehave({ at: 'offline.get', lie: { kind: lie } });
    await t.rejects(asyncly(driver.poll?.ask(signal)), { code: 'CRM_LOOKUP_FAILED' }, lie);
    const found = await driver.poll?.ask(signal);
    t.match(found?.events, [DIAL], lie);
    portal.misbehave({ at: 'offline.clear', lie: { kind: lie } });
    await t.rejects(asyncly(found?.taken(signal)));
    const again = await driver.poll?.ask(signal);
    t.ok((again?.events ?? []).every(({ id }) => id === DIAL.id), 'at worst the same is told again');
    await again?.taken(signal);
    t.equal(portal.events.queue.length, 0);
  }
});

t.test('a click that nobody heard in time rings nowhere, and its card closes', async (t) => {
  let now = Date.now() - 120_000;
  const { portal, driver, signal } = await scene(t, { ...POLLING, portal: { now: () => now } });
  const call = portal.began({ userId: 8, phone: CLIENT });
  portal.queue(START, { ...CLICK, CALL_ID: call.callId });
  portal.queue(CALL_BACK, { PHONE_NUMBER: CLIENT }, 'm2');
  now = Date.now();
  portal.queue(CALL_BACK, { PHONE_NUMBER: CLIENT }, 'm2');
  expire(portal);
  const found = await driver.poll?.ask(signal);
  t.equal(found?.events.length, 1, 'one message is one event, however far apart it was queued');
  t.match(found?.events, [{ kind: 'call-back' }], 'who asked to be called back still wants it');
  t.match(call.finish, { statusCode: '304', duration: 0 });
});

t.test('before it is installed there is nobody to ask; a webhook and pushed events are not asked for', async (t) => {
  const stranger = await scene(t, { ...POLLING, as: 'stranger' });
  const nothing = await stranger.driver.poll?.ask(stranger.signal);
  t.same(nothing?.events, []);
  await nothing?.taken(stranger.signal);
  t.match(await stranger.driver.introduce?.(stranger.signal), { kind: 'skipped', reason: /when the application is installed/ });
  t.equal(stranger.portal.ledger.length, 0);
  stranger.portal.misbehave({ at: 'event.bind', lie: { kind: 'reset-before' }, times: 2 });
  t.match(await stranger.hear('install', stranger.portal.installBody()), { status: 200 }, 'installed, though the portal did not hear where we are');
  await t.rejects(asyncly(stranger.driver.poll?.ask(stranger.signal)), { code: 'CRM_LOOKUP_FAILED' });
  t.equal(stranger.portal.events.bound.length, 0);
  t.same((await stranger.driver.poll?.ask(stranger.signal))?.events, []);
  t.equal(stranger.portal.events.bound.length, 11, 'it is told with the next question');
  t.equal((await scene(t)).driver.poll, undefined);
  t.equal((await scene(t, { as: 'application' })).driver.poll, undefined);
  t.not((await scene(t, { as: 'application', settings: { events: 'poll' } })).driver.poll, undefined);
});

const lines = [...LINES, { number: '+7 495 000-01-02', name: 'Sales' }, { number: '100', name: '' }, { number: '5', name: '' }];

t.test('a webhook tells its lines: new ones and new names, and what is there stays', async (t) => {
  const { driver, portal, signal, asked } = await scene(t, { tools: { lines }, settings: { createLead: 'inbound' }, portal: { lines: [{ number: '74950000101', name: 'Old' }, { number: '74950000102', name: 'Sales' }, { number: '5', name: 'Five' }] } });
  t.match(await driver.introduce?.(signal), { kind: 'delivered', note: '4 lines known, 2 of them told' });
  t.match(portal.state.lines, [{ number: '74950000101', name: 'Main' }, { number: '74950000102', name: 'Sales' }, { number: '5', name: 'Five' }, { number: '100', autoCreate: false }]);
  const before = asked('batch').length;
  t.match(await driver.introduce?.(signal), { kind: 'delivered', note: '4 lines known, 0 of them told' });
  t.equal(asked('batch').length, before);
  t.same(asked('event.bind'), [], 'a webhook has no events of its own');
});

t.test('telling lines goes on where it was broken, and without batches', async (t) => {
  const { driver, portal, signal } = await scene(t, { tools: { lines } });
  portal.misbehave({ at: 'batch', lie: { kind: 'reset-after' } });
  t.match(await driver.introduce?.(signal), { kind: 'try-later' });
  t.match(await driver.introduce?.(signal), { kind: 'delivered' });
  t.equal(portal.state.lines.length, 4);
  portal.misbehave({ at: 'externalline.get', lie: { kind: 'answer', status: 200, body: { result: [] } } });
  t.match(await driver.introduce?.(signal), { kind: 'delivered' }, 'somebody else was quicker');
  const old = await scene(t, { tools: { lines }, portal: { without: ['batch'] } });
  t.match(await old.driver.introduce?.(signal), { kind: 'delivered' });
  t.equal(old.portal.state.lines.length, 4);
  const own = await scene(t, { tools: { lines }, settings: { lineNumber: '74950000999' } });
  t.match(await own.driver.introduce?.(signal), { kind: 'delivered' });
  t.match(own.portal.state.lines, [{ number: '74950000999' }], 'one line for every call is the only one');
});

t.test('a portal that lets applications alone manage lines: said, and no reason to stop', async (t) => {
  const { driver, signal } = await scene(t, { tools: { lines }, portal: { webhookTelephony: false } });
  t.match(await driver.introduce?.(signal), { kind: 'delivered', note: /applications alone/ });
  t.match((await driver.check(signal)).find(({ code }) => code === 'registration'), { ok: false, remedy: /clientId/ });
  const none = await scene(t, { portal: { scopes: ['crm'] }, tools: { lines } });
  t.match(await none.driver.introduce?.(signal), { kind: 'locked-out', reason: /telephony/ });
});

t.test('an application subscribes to what it wants to hear, once, wherever it can hear it', async (t) => {
  for (const rebind of ['accepted', 'refused'] as const) {
    const pushed = await scene(t, { as: 'application', portal: { rebind } });
    t.match(await pushed.driver.introduce?.(pushed.signal), { kind: 'delivered', note: /sent to us/ });
    t.equal(pushed.portal.events.bound.length, 11);
    t.ok(pushed.portal.events.bound.every(({ type, handler }) => type === 'online' && handler === 'https://pbx.example.org/callme/crm/b24'));
    const asking = await scene(t, { ...POLLING, portal: { rebind } });
    t.match(await asking.driver.introduce?.(asking.signal), { kind: 'delivered', note: /asked for/ });
    t.ok(asking.portal.events.bound.length === 11 && asking.portal.events.bound.every(({ type }) => type === 'offline'));
  }
  const humble = await scene(t, { ...POLLING, portal: { app: { admin: false } } });
  t.match(await humble.driver.introduce?.(humble.signal), { kind: 'refused', reason: /administrator/ }, 'no reason to hold the calls of the account');
  t.match((await humble.driver.check(humble.signal)).find(({ code }) => code === 'click-to-call'), { ok: false, remedy: /administrator/ });
});

t.test('the people of the portal, all pages of them', async (t) => {
  const users = Array.from({ length: 120 }, (_, index) => ({ id: index + 1, name: `N${index + 1}`, extension: String(200 + index), active: index !== 4 }));
  const { driver, signal, asked } = await scene(t, { portal: { users } });
  const people = await driver.users?.(signal) ?? [];
  t.equal(people.length, 120);
  t.match(people[4], { id: '5', name: 'N5', extensions: ['204'], active: false });
  t.equal(asked('user.get').length, 3);
  const few = await scene(t);
  t.match(await few.driver.users?.(signal), [{ id: '1', name: 'Admin', extensions: [] }, { id: '7', name: 'Anna Petrova', extensions: [anna.extension] }, { id: '8', name: '', extensions: ['208' as Extension] }, { id: '9', active: false }]);
  few.portal.misbehave({ lie: { kind: 'reset-before' } });
  await t.rejects(asyncly(few.driver.users?.(signal)), { code: 'CRM_LOOKUP_FAILED' });
});
