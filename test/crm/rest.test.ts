/** What the contract suite does not ask of `driver: rest`: the events in detail, recordings without a link, what the CRM asks of us, and that no secret shows. */
import { createHmac } from 'node:crypto';
import t, { type Test } from 'tap';
import type { Fact } from '../../core/facts.ts';
import { type Instant, instant } from '../../core/words.ts';
import rest from '../../crm/drivers/rest.ts';
import type { Driver, DriverTools } from '../../crm/driver.ts';
import type { Heard } from '../../crm/heard.ts';
import { CLIENT, type Examined, linkTo, type Rig, rig, story } from '../contract/driver-stage.ts';
import { type Rest, startRest } from '../fakes/crm/rest.ts';
import { toolsFor } from '../fakes/crm/tools.ts';

const { signal } = new AbortController();

interface Place { readonly crm: Rest; readonly one: Rig }

async function place(t: Test, settings: object = {}, tools: Partial<DriverTools> = {}): Promise<Place> {
  const crm = await startRest({ contacts: [{ phone: CLIENT, id: 1, name: 'Irina' }], token: 'bearer-token-1' });
  const whole = { url: crm.url, secret: crm.secret, token: 'bearer-token-1', ...settings };
  const examined: Examined = { kind: rest, start: async () => ({ standIn: crm, settings: whole, tools, told: () => ({ ended: 0, record: null }) }), sound: 'linked', mistakes: {}, impossible: {} };
  return { crm, one: await rig(t, examined) };
}

const eventsOf = ({ crm }: Place, name: string) => [...crm.events.values()].filter((event) => event['event'] === name);
const isA = (kind: Fact['kind']) => (fact: Fact): boolean => fact.kind === kind;

t.test('events tell what happened, in order', async (t) => {
  const here = await place(t);
  const handedOver = { ...story('1790.17', '').all.find(isA('employee-talking')), id: 'main/1790.17#handed', kind: 'call-handed-over', from: '207', to: '208' } as unknown as Fact;
  for (const fact of [...story('1790.17', here.one.sound).all.slice(0, -2), handedOver, ...story('1790.17', here.one.sound).all.slice(-2)]) await here.one.deliver(fact);
  t.same([...here.crm.events.values()].map(({ event, seq, event_id: id }) => [event, seq, id]), [
    ['call.started', 1, 'main/1790.17#offered'], ['call.ringing', 2, 'main/1790.17#ringing-207'], ['call.ringing', 3, 'main/1790.17#ringing-208'],
    ['call.answered', 4, 'main/1790.17#talking-207'], ['call.transferred', 5, 'main/1790.17#handed'], ['call.finished', 6, 'main/1790.17#ended'], ['recording.ready', 7, 'main/1790.17#ready'],
  ]);
  t.match(eventsOf(here, 'call.transferred')[0], { from_extension: '207', to_extension: '208', operator: { extension: '208', crm_id: '8' } });
  t.match(eventsOf(here, 'call.finished')[0], { call_id: '1790.17', direction: 'in', client_phone: CLIENT, did: '74950000101', operator: { extension: '207', crm_id: '7' }, status: 'answered', duration: 42, wait: 5, hangup_cause: 16, recording_url: linkTo('1790.17') });
  t.notOk('recording_url' in (eventsOf(here, 'call.started')[0] ?? {}), 'what is not known is not there');
});

t.test('the same event again is the same: id and place; after trouble only the CRM\'s clock differs', async (t) => {
  const here = await place(t);
  const [offered, ended] = story('1790.18', here.one.sound).durable as [Fact, Fact];
  here.crm.misbehave({ lie: { kind: 'reset-after' }, times: 2 });
  await here.one.insist(offered);
  await here.one.insist(ended);
  t.equal(here.crm.state.repeats, 2, 'it came three times');
  t.same([...here.crm.events.values()].map(({ seq }) => seq), [1, 2]);
});

t.test('a missed call has no link; recordings nobody knew of at the end are told when they are ready', async (t) => {
  const here = await place(t);
  for (const fact of story('1790.1', here.one.sound, { outcome: 'missed' }).durable.slice(0, 2)) await here.one.deliver(fact);
  t.notOk('recording_url' in (eventsOf(here, 'call.finished')[0] ?? {}));
  const [, ended, ready] = story('1790.2', here.one.sound).durable as [Fact, Fact, Fact];
  await here.one.deliver({ ...ended, recordings: [] } as Fact);
  t.match(await here.one.deliver(ready), { kind: 'delivered' });
  t.match(eventsOf(here, 'recording.ready')[0], { call_id: '1790.2', recording_url: linkTo('1790.2'), duration: 42, client_phone: CLIENT });
});

t.test('recordings: what is told of them where', async (t) => {
  for (const [settings, tools, verdict] of [
    [{ recording: 'none' }, {}, { kind: 'skipped', reason: '`recording: none`' }], [{}, { link: () => null }, { kind: 'skipped', reason: /publicUrl/ }],
    [{ events: [{ on: ['call.finished'] }] }, {}, { kind: 'skipped', reason: 'the link was told with the call' }],
  ] as const) {
    const here = await place(t, settings, tools);
    const [, ended, ready] = story('1790.3', here.one.sound).durable as [Fact, Fact, Fact];
    t.match(await here.one.deliver(ended), { kind: 'delivered' });
    t.match(await here.one.deliver(ready), verdict);
    t.equal('recording_url' in (eventsOf(here, 'call.finished')[0] ?? {}), 'events' in settings);
  }
});

t.test('a click-to-call is told whatever its number, under the CRM\'s name of it', async (t) => {
  const here = await place(t, { events: [{ on: ['call.finished'], path: 'events', body: { event: '{event}', event_id: '{event_id}', call_id: '{call_id}', seq: '{seq}', sent_at: '{sent_at}', direction: '{direction}', client_phone: '+0', status: '{status}', duration: '{duration}', wait: '{wait}', theirs: '{crm_call_id}', phone: '{phone}' } }] });
  t.match(await here.one.deliver({ ...story('1790.4', '').durable[1], callId: 'click-17', client: { number: '', name: '' }, direction: 'outbound' } as Fact), { kind: 'delivered' });
  t.match(eventsOf(here, 'call.finished')[0], { theirs: 'click-17', phone: null, direction: 'out' });
});

t.test('the entry that fits first tells an event: direction and status', async (t) => {
  const body = (event: string) => ({ event, event_id: '{event_id}', call_id: '{call_id}', seq: '{seq}', sent_at: '{sent_at}', direction: '{direction}', client_phone: '{phone_e164}', status: '{status}', duration: '{duration}', wait: '{wait}' });
  const here = await place(t, { events: [{ on: ['call.finished'], direction: 'in', status: ['missed'], body: { ...body('call.finished'), which: 'missed' } }, { on: ['call.finished'], direction: 'out', body: { ...body('call.finished'), which: 'out' } }] });
  const ended = (linkedid: string, extra: object) => here.one.deliver({ ...story(linkedid, '').durable[1], ...extra } as Fact);
  t.match(await ended('1', { outcome: 'missed' }), { kind: 'delivered' });
  t.match(await ended('2', { outcome: 'answered' }), { kind: 'skipped', reason: /no entry/ });
  t.match(await ended('3', { direction: 'outbound' }), { kind: 'delivered' });
  t.same(eventsOf(here, 'call.finished').map(({ which }) => which), ['missed', 'out']);
});

t.test('a beginning that nobody heard is told under the id that it would have had', async (t) => {
  const here = await place(t, { events: [{ on: ['call.started'] }, { on: ['call.finished'], needs: 'call.started' }] });
  const [offered, ended] = story('1790.6', '').durable as [Fact, Fact];
  here.crm.misbehave({ lie: { kind: 'answer', status: 503, body: {} } });
  t.match(await here.one.deliver(ended), { kind: 'try-later' }, 'the beginning is not told: nor is the end');
  t.match(await here.one.deliver(ended), { kind: 'delivered' });
  t.match(await here.one.deliver(offered), { kind: 'delivered' }, 'it comes after all');
  t.same([...here.crm.events.values()].map(({ event, event_id: id }) => [event, id]), [['call.started', 'main/1790.6#offered'], ['call.finished', 'main/1790.6#ended']]);
});

t.test('`lookup: { use: false }` asks nobody; internal and service numbers neither', async (t) => {
  const off = await place(t, { lookup: { use: false } });
  t.equal(await off.one.driver().lookup(CLIENT, signal), null);
  const on = await place(t);
  t.equal(await on.one.driver().lookup('207', signal), null);
  t.same([off, on].map(({ crm }) => crm.ledger.length), [0, 0]);
  t.notOk('route' in on.one.driver(), 'no route without `route`');
  t.match(await on.one.driver().lookup(CLIENT, signal, '74950000101'), { name: 'Irina' });
  t.match(String(on.crm.ledger.at(-1)?.method), 'GET /callme/lookup');
});

t.test('no secret shows in what is said', async (t) => {
  const secrets = ['bearer-token-1', 'a-secret-of-the-crm', 'path-secret-77', 'header-secret-1'];
  const here = await place(t, { events: [{ on: ['call.finished'], path: 'hook/path-secret-77' }], headers: { 'X-Key': 'header-secret-1' } });
  const said: string[] = [];
  for (const lie of [{ kind: 'answer', status: 500, body: { echo: secrets } }, { kind: 'answer', status: 400, body: secrets.join(' ') }, { kind: 'answer', status: 401, body: secrets }, { kind: 'reset-after' }, { kind: 'half-body' }] as const) {
    here.crm.misbehave({ lie, times: Infinity });
    said.push(JSON.stringify(await here.one.deliver(story('1790.5', '').durable[1] as Fact)), JSON.stringify(await here.one.driver().check(signal)));
    await here.one.driver().lookup(CLIENT, signal).catch((error: unknown) => said.push(String(error)));
    here.crm.behave();
  }
  for (const secret of secrets) t.notOk(said.join('\n').includes(secret), secret);
  t.notOk(said.join('\n').includes('9035550142'), 'nor a number');
});

// ------------------------------------------------------------------------------------------------ what the CRM asks of us
const NOW = instant(1_790_000_000_000);
const SECRET = 'a-secret-of-the-crm';
const driverWith = (settings: object, now: () => Instant = () => NOW): Driver =>
  rest.create(rest.settings.parse({ url: 'https://crm.example.org', ...settings }), toolsFor({ request: () => Promise.reject(new Error('nobody is asked')) }, { clock: { now } }));

function heard(path: string, body: unknown, how: Partial<Heard> & { readonly secret?: string; readonly at?: number } = {}): Heard {
  const { secret = SECRET, at = NOW / 1000, ...more } = how;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const signature = `sha256=${createHmac('sha256', secret).update(`${at}.${text}`).digest('hex')}`;
  return { method: 'POST', path, query: new URLSearchParams(), headers: { 'x-timestamp': String(at), 'x-signature': signature }, body: text, ...more };
}

t.test('originate: proven, then dialled', async (t) => {
  const driver = driverWith({ secret: SECRET });
  const asked = { extension: '207', phone: '+7 (903) 555-01-42', did: '74950000101', crm_call_id: 'click-17' };
  t.match(await driver.hear?.(heard('originate', asked), signal), {
    status: 202, events: [{ kind: 'dial', id: 'originate/click-17', number: '+79035550142', callId: 'click-17', line: '74950000101', crmUser: null, extension: '207' }],
  });
  t.match(await driver.hear?.(heard('originate', { user: 9, phone: 79035550142 }), signal), { events: [{ crmUser: '9', extension: null, callId: '', line: '' }] });
  const [first, second, third] = await Promise.all([0, 0, 1].map(async (later) => driver.hear?.(heard('originate', { extension: 207, phone: '112' }, { at: NOW / 1000 + later }), signal)));
  t.equal(first?.events[0]?.id, second?.events[0]?.id, 'the very same request is the same event');
  t.not(first?.events[0]?.id, third?.events[0]?.id, 'signed anew it is another');
});

t.test('whoever cannot prove it hears nothing', async (t) => {
  const driver = driverWith({ secret: SECRET });
  const asked = { extension: '207', phone: '+79035550142' };
  const good = heard('originate', asked);
  for (const [name, one] of Object.entries({
    'another secret': heard('originate', asked, { secret: 'some-other-secret-0' }), 'an hour ago': heard('originate', asked, { at: NOW / 1000 - 3600 }), 'in an hour': heard('originate', asked, { at: NOW / 1000 + 3600 }),
    'another body': { ...good, body: good.body.replace('207', '208') }, 'no signature': { ...good, headers: {} }, 'no timestamp': { ...good, headers: { 'x-signature': good.headers['x-signature'] ?? '' } },
    'GET': { ...good, method: 'GET' as const }, 'another path': { ...good, path: 'originate/x' }, 'an object\'s name': heard('constructor', asked), 'empty bearer': { ...good, headers: { authorization: 'Bearer ' } },
  })) t.equal(await driver.hear?.(one, signal), null, name);
  t.equal(await driverWith({}).hear?.(good, signal), null, 'no secret is set');
  t.match(await driverWith({ inboundToken: 'their-token-000001' }).hear?.({ ...good, headers: { authorization: 'Bearer their-token-000001' } }, signal), { status: 202 });
  t.equal(await driverWith({ inboundToken: 'their-token-000001', token: 'our-token' }).hear?.({ ...good, headers: { authorization: 'Bearer our-token' } }, signal), null, 'our token opens nothing');
});

t.test('what is proven and makes no sense is 400, and no event', async (t) => {
  const driver = driverWith({ secret: SECRET });
  for (const body of ['', 'nonsense', '[]', {}, { phone: '+79035550142' }, { extension: '207' }, { extension: '207', phone: '1\r\nAction: Originate' }, { extension: '207/x', phone: '112' }, { extension: '207', phone: 'SIP/evil' }, { extension: '207', phone: '1'.repeat(21) },
    { extension: '207', phone: '112', crm_call_id: 'a\nb' }, { extension: '207', phone: '112', did: { $gt: '' } }]) {
    t.match(await driver.hear?.(heard('originate', body), signal), { status: 400, events: [] }, JSON.stringify(body));
  }
});

t.test('the other things that a CRM says', async (t) => {
  const driver = driverWith({ secret: SECRET });
  const events = async (path: string, body: unknown) => (await driver.hear?.(heard(path, body), signal))?.events;
  t.match(await events('contacts-changed', { phones: ['+7 903 555-01-42'], event_id: 5 }), [{ kind: 'contacts-changed', id: 'contacts-changed/5', numbers: ['+79035550142'] }]);
  t.match(await events('contacts-changed', { phones: 'all' }), [{ numbers: 'all' }]);
  t.match(await events('call-back', { phone: '+79035550142', text: 'please' }), [{ kind: 'call-back', number: '+79035550142', text: 'please', line: '' }]);
  t.match(await events('user-status', { extension: '207', status: 'dinner' }), [{ kind: 'user-status', extension: '207', status: 'dinner' }]);
  t.same(await events('user-status', { extension: '207', status: 'asleep' }), []);
});

// ------------------------------------------------------------------------------------------------ the stand-in itself
t.test('the stand-in refuses what the neutral contract refuses', async (t) => {
  const crm = await startRest({ contacts: [], token: 'bearer-token-1' });
  t.teardown(() => crm.stop());
  const event = { event: 'call.started', event_id: 'a', seq: 1, call_id: '1', sent_at: '2026-09-01T10:15:09+03:00', direction: 'in', client_phone: '+79035550142' };
  const post = async (body: object, how: { secret?: string; at?: number; token?: string; path?: string } = {}): Promise<number> => {
    const { secret = crm.secret, at = Math.floor(Date.now() / 1000), token = 'bearer-token-1', path = 'events' } = how;
    const text = JSON.stringify(body);
    const signature = `sha256=${createHmac('sha256', secret).update(`${at}.${text}`).digest('hex')}`;
    return (await fetch(`${crm.url}/${path}`, { method: 'POST', body: text, headers: { 'content-type': 'application/json', 'authorization': `Bearer ${token}`, 'x-timestamp': String(at), 'x-signature': signature } })).status;
  };
  t.equal(await post(event), 200);
  for (const how of [{ secret: 'another-secret-000' }, { at: Math.floor(Date.now() / 1000) - 301 }, { token: 'x' }]) t.equal(await post(event, how), 401, JSON.stringify(how));
  for (const wrong of [{ event: 'call.begun' }, { event_id: '' }, { seq: '1' }, { sent_at: 'now' }, { direction: 'inbound' }, { client_phone: '89035550142' }]) t.equal(await post({ ...event, ...wrong }), 422, JSON.stringify(wrong));
  t.equal(await post(event, { path: 'elsewhere' }), 405);
  t.equal(crm.events.size, 1);
});
