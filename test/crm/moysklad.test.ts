/** What MoySklad is told, letter by letter: the call, its cards, its links; clicks in every order of their signature; and a stand-in that refuses. */
import { createHash } from 'node:crypto';
import t, { type Test } from 'tap';
import { createHttp } from '../../app/http.ts';
import type { CallEnded, Fact } from '../../core/facts.ts';
import { type CardMode, instant } from '../../core/words.ts';
import type { Driver, DriverTools } from '../../crm/driver.ts';
import type { Heard } from '../../crm/heard.ts';
import moysklad from '../../crm/drivers/moysklad.ts';
import { moscowTime } from '../../crm/drivers/moysklad/desk.ts';
import { EMPLOYEES, linkTo, story } from '../contract/driver.ts';
import { type Sklad, type SkladOptions, startSklad } from '../fakes/crm/moysklad.ts';
import { toolsFor } from '../fakes/crm/tools.ts';

const TOKEN = 'skladtoken0001';
const PEOPLE = [{ id: '7', extension: '207' }, { id: '8', extension: '208' }];
const { signal } = new AbortController();

interface Bench { readonly sklad: Sklad; readonly driver: Driver; readonly deliver: (fact: Fact) => ReturnType<Driver['deliver']> }

async function bench(t: Test, options: SkladOptions = {}, tools: Partial<DriverTools> = {}): Promise<Bench> {
  const sklad = await startSklad({ employees: PEOPLE, ...options });
  const http = createHttp({ version: '0' });
  t.teardown(async () => { await http.close(); await sklad.stop(); });
  const driver = moysklad.create(moysklad.settings.parse({ baseUrl: `${sklad.baseUrl}/`, token: TOKEN }), toolsFor(http, { employees: EMPLOYEES, ...tools }));
  return { sklad, driver, deliver: (fact) => driver.deliver(fact, signal) };
}

const [, offered, ringing, , released, talking, ended, ready] = story('1790.17', '').all as readonly [Fact, Fact, Fact, Fact, Fact, Fact, CallEnded, Fact];
const bossOf = (id: string) => ({ meta: { href: `http://127.0.0.1/api/remap/1.2/entity/employee/${id}`, type: 'employee', mediaType: 'application/json' } });
/** The port of the stand-in is another each time. */
const bodies = (sklad: Sklad): unknown => JSON.parse(JSON.stringify(sklad.ledger.map(({ method, params }) => [method, params])).replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1'));
const young = { clock: { now: () => offered.at } };
const startedAt = instant(Date.parse('2026-09-01T07:15:00.042Z'));

t.test('a call in its words: early without an owner, at the end with one, and with a link', async (t) => {
  const { sklad, deliver } = await bench(t, {}, { clock: { now: () => instant(offered.at + 60_000) } });
  await deliver({ ...offered, startedAt } as Fact);
  await deliver({ ...ended, startedAt });
  t.match(await deliver(ready), { kind: 'skipped', reason: 'the link was told with the call' });
  t.strictSame(bodies(sklad), [
    ['POST call', { externalId: '1790.17', number: '79035550142', isIncoming: true, startTime: '2026-09-01 10:15:00.042' }],
    ['PUT call', { duration: 42_000, extension: '207', employee: bossOf('7'), recordUrl: [linkTo('1790.17')] }],
  ]);
});

t.test('a call whose beginning nobody heard is made whole at its end', async (t) => {
  const { sklad, deliver } = await bench(t, {}, { employees: [] });
  await deliver({ ...ended, startedAt, direction: 'outbound', outcome: 'missed', talkSeconds: 0 });
  t.strictSame(bodies(sklad), [['POST call', { externalId: '1790.17', number: '79035550142', isIncoming: false, startTime: '2026-09-01 10:15:00.042', duration: 0, extension: '207' }]]);
});

t.test('a call that is young brings its card along; one that had to wait does not', async (t) => {
  const { sklad, deliver } = await bench(t, {}, young);
  for (const fact of [offered, ringing]) await deliver(fact);
  t.strictSame(bodies(sklad), [['POST call', {
    externalId: '1790.17', number: '79035550142', isIncoming: true, startTime: moscowTime((offered as CallEnded).startedAt), events: [{ eventType: 'SHOW', sequence: 1, extension: '207', employee: bossOf('7') }],
  }]], 'and the ring opens no second one');
  for (const [mode, direction] of [['answer', 'inbound'], ['never', 'inbound'], ['ringing', 'outbound']] as const) {
    const quiet = await bench(t, {}, { ...young, cards: () => mode });
    await quiet.deliver({ ...offered, direction } as Fact);
    t.same(quiet.sklad.events, [], `${mode}, ${direction}`);
  }
});

t.test('cards are shown, timed, hidden, and all hidden at the end; the sequence only grows', async (t) => {
  const { sklad, deliver } = await bench(t);
  for (const fact of story('1790.17', '').all) await deliver(fact);
  t.same(sklad.events.map(({ eventType, extension, sequence }) => [eventType, extension, sequence]), [
    ['SHOW', '207', 1], ['SHOW', '208', 2], ['HIDE', '208', 3], ['STARTTIME', '207', 4], ['HIDE_ALL', null, 5],
  ]);
  t.match(await deliver(released), { kind: 'skipped' }, 'what is hidden is not hidden again');
});

t.test('a hand-over moves the card', async (t) => {
  const { sklad, deliver } = await bench(t);
  for (const fact of [offered, ringing, talking, { ...talking, kind: 'call-handed-over', from: '207', to: '208' } as unknown as Fact]) await deliver(fact);
  t.same(sklad.events.map(({ eventType, extension }) => [eventType, extension]), [['SHOW', '207'], ['STARTTIME', '207'], ['HIDE', '207'], ['SHOW', '208'], ['STARTTIME', '208']]);
});

t.test('cards as employees wish', async (t) => {
  const seen = async (mode: CardMode): Promise<unknown> => {
    const { sklad, deliver } = await bench(t, {}, { cards: () => mode });
    for (const fact of story('1790.17', '').all) await deliver(fact);
    return sklad.events.map(({ eventType, extension }) => [eventType, extension]);
  };
  t.same(await seen('answer'), [['SHOW', '207'], ['STARTTIME', '207'], ['HIDE_ALL', null]]);
  t.same(await seen('never'), []);
});

t.test('a card of a call that MoySklad does not have, and one that it refuses, are no dead letters', async (t) => {
  const { sklad, deliver } = await bench(t);
  t.match(await deliver(ringing), { kind: 'skipped', reason: /not heard of the call/ });
  await deliver(offered);
  sklad.misbehave({ at: 'event', lie: { kind: 'answer', status: 412, body: { errors: [{ error: 'no', code: 1040, parameter: 'sequence' }] } }, times: 2 });
  t.match(await deliver(ringing), { kind: 'skipped', reason: /takes no card/ });
});

t.test('an employee who left costs neither the call nor the card', async (t) => {
  for (const namesEmployee of [undefined, false] as const) {
    const { sklad, deliver } = await bench(t, { employees: [{ id: 'new', extension: '207' }], ...namesEmployee === undefined ? {} : { namesEmployee } });
    for (const fact of story('1790.17', '').all.slice(0, 7)) t.match(await deliver(fact), { kind: /delivered|skipped/ }, fact.kind);
    t.match(sklad.callsOf('1790.17'), [{ fields: { extension: '207', duration: 42_000 } }]);
    t.same(sklad.cardsOf('1790.17'), ['207', '208']);
  }
});

t.test('a link that may have arrived is looked for before it is told again', async (t) => {
  const { sklad, deliver } = await bench(t);
  await deliver(offered);
  sklad.misbehave({ at: 'PUT', lie: { kind: 'reset-after' } });
  t.match(await deliver(ended), { kind: 'try-later' });
  t.match(await deliver(ended), { kind: 'delivered' });
  t.same(sklad.callsOf('1790.17').flatMap(({ links }) => links), [linkTo('1790.17')]);
  t.notOk('recordUrl' in (sklad.ledger.at(-1)?.params as object), 'the second PUT only looked');
});

t.test('so is the link of a call that was made at its end', async (t) => {
  const { sklad, deliver } = await bench(t);
  sklad.misbehave({ lie: { kind: 'reset-after' } });
  t.match(await deliver(ended), { kind: 'try-later' });
  t.match(await deliver(ended), { kind: 'delivered' });
  t.same(sklad.callsOf('1790.17').map(({ links, posts }) => [links, posts]), [[[linkTo('1790.17')], 1]]);
});

t.test('where the answer shows no links, a link may stand there twice, but never not at all', async (t) => {
  const { sklad, deliver } = await bench(t, { showsLinks: false });
  await deliver(offered);
  sklad.misbehave({ at: 'PUT', lie: { kind: 'reset-before' } });
  await deliver(ended);
  t.match(await deliver(ended), { kind: 'delivered' });
  t.same(sklad.callsOf('1790.17').flatMap(({ links }) => links), [linkTo('1790.17')]);
  const blind = await bench(t, { showsLinks: false });
  await blind.deliver(offered);
  blind.sklad.misbehave({ at: 'PUT', lie: { kind: 'reset-after' } });
  await blind.deliver(ended);
  t.match(await blind.deliver(ended), { kind: 'delivered' });
  t.equal(blind.sklad.callsOf('1790.17')[0]?.links.length, 2);
});

t.test('a recording that was not told with the call follows when it is ready, once', async (t) => {
  const { sklad, deliver } = await bench(t);
  t.match(await deliver(ready), { kind: 'try-later', reason: /not yet told/ });
  t.match(await deliver({ ...ended, recordings: [] }), { kind: 'delivered', note: 'told, without a recording' });
  sklad.misbehave({ lie: { kind: 'reset-after' } });
  t.match(await deliver(ready), { kind: 'try-later' });
  t.match(await deliver(ready), { kind: 'delivered' });
  t.match(await deliver(ready), { kind: 'skipped' });
  t.same(sklad.callsOf('1790.17').flatMap(({ links }) => links), [linkTo('1790.17')]);
  t.match(await deliver({ ...ready, recording: 'main/second.wav' } as unknown as Fact), { kind: 'delivered' }, 'a second sound file of one call has its own place');
  t.equal(sklad.callsOf('1790.17')[0]?.links.length, 2);
});

t.test('without a public address there are no links', async (t) => {
  const { sklad, deliver } = await bench(t, {}, { link: () => null });
  t.match(await deliver(ended), { kind: 'delivered', note: 'told, without a recording' });
  t.match(await deliver(ready), { kind: 'skipped', reason: /publicUrl/ });
  t.same(sklad.callsOf('1790.17')[0]?.links, []);
});

t.test('who called before is known by the answer, and whose client it is', async (t) => {
  const clients = [{ id: 'c55', name: 'Irina\nOrlova', phone: '+7 903 555-01-42', owner: '8' }];
  const { sklad, driver, deliver } = await bench(t, { clients });
  t.equal(await driver.lookup('+79035550142', signal), null, 'nobody has told us yet');
  await deliver(offered);
  const asked = sklad.ledger.length;
  t.strictSame(await driver.lookup('8 (903) 555-01-42', signal), { id: 'c55', type: 'client', name: 'Irina Orlova', owner: { crmUser: '8', extension: '208' } });
  t.equal(await driver.lookup('anonymous', signal), null);
  t.equal(sklad.ledger.length, asked, 'nobody was asked');
  const strange = await bench(t, { clients: [{ id: 'c55', phone: '79035550142', owner: 'x' }], employees: [{ id: 'x', extension: '20\r\n9' }] });
  await strange.deliver(offered);
  t.match(await strange.driver.lookup('+79035550142', signal), { name: '', owner: { crmUser: 'x', extension: null } });
});

t.test('the words of refusals, without secrets, numbers and links', async (t) => {
  const { sklad, deliver } = await bench(t);
  const hear = async (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) => {
    sklad.misbehave({ lie: { kind: 'answer', status, body, headers } });
    return deliver({ ...ended, owner: null });
  };
  const errors = (code: number, error = 'no') => ({ errors: [{ error, code }] });
  t.match(await hear(401, errors(1056)), { kind: 'locked-out', reason: /into `token`/ });
  t.match(await hear(403, errors(55_008)), { kind: 'locked-out', reason: /connect the application/ });
  t.match(await hear(403, errors(1016)), { kind: 'locked-out', reason: /may not do this/ });
  t.match(await hear(429, errors(1049), { 'x-lognex-retry-after': '1500' }), { kind: 'try-later', retryAfterMs: 1500 });
  t.match(await hear(429, errors(1049), { 'retry-after': '2' }), { kind: 'try-later', retryAfterMs: 2000 });
  t.match(await hear(412, errors(3000)), { kind: 'refused', reason: /HTTP 412 3000 no/ });
  t.match(await hear(200, errors(3000)), { kind: 'refused' }, 'a complaint under 200 is a complaint');
  const said = await hear(400, errors(2001, `${TOKEN} 79035550142 ${linkTo('1')}\r\nX: y`));
  t.equal(said.kind, 'refused');
  t.notMatch(JSON.stringify(said), /skladtoken|9035550142|signed|\\r/);
});

const CLICK = { srcNumber: '207', destNumber: '+74959999999', uid: 'anna@acme' };
const sign = (values: readonly string[], key = TOKEN): string => createHash('md5').update(key + values.join('')).digest('hex').toUpperCase();
const click = (given: object, signature: string, more: Partial<Heard> = {}): Heard =>
  ({ method: 'POST', path: 'call', query: new URLSearchParams(), headers: { 'lognex-content-md5': signature }, body: JSON.stringify(given), ...more });

t.test('a click, whatever the order of its signature', async (t) => {
  const { driver } = await bench(t);
  const given = { srcNumber: '207', destNumber: '74959999999', uid: '1@acme' };
  const { srcNumber, destNumber, uid } = given;
  const orders = [[srcNumber, destNumber, uid], [destNumber, srcNumber, uid], [uid, srcNumber, destNumber]];
  for (const order of orders) {
    const said = await driver.hear?.(click(given, sign(order)), signal);
    t.match(said, { status: 200, events: [{ kind: 'dial', number: '+74959999999', extension: '207', callId: '', line: '', crmUser: null }] }, order.join());
    t.notMatch(`${said?.note ?? ''}${JSON.stringify(said?.body)}`, /9999999|skladtoken/);
  }
  t.match(await driver.hear?.(click({ uid, destNumber, srcNumber }, sign([uid, destNumber, srcNumber]).toLowerCase()), signal), { status: 200 }, 'as they came, in small letters');
  t.equal(await driver.hear?.(click(given, sign([srcNumber, uid, destNumber])), signal), null, 'in no order that makes sense');
});

t.test('who cannot prove it is not heard', async (t) => {
  const { driver } = await bench(t);
  const values = Object.values(CLICK);
  for (const signature of ['', 'x', sign(values, 'another'), sign([]), sign(values).slice(1)]) t.equal(await driver.hear?.(click(CLICK, signature), signal), null, signature);
  t.equal(await driver.hear?.(click({ ...CLICK, destNumber: '+79000000000' }, sign(values)), signal), null, 'another number under the same signature');
  for (const more of [{ method: 'GET' }, { path: 'elsewhere' }, { body: '[]' }, { body: '{' }, { body: '' }] as const) t.equal(await driver.hear?.(click(CLICK, sign(values), more), signal), null, JSON.stringify(more));
});

t.test('a click that leads nowhere is said to be one; said twice it is one', async (t) => {
  let now = 1_000_000;
  const { driver } = await bench(t, {}, { clock: { now: () => instant(now) } });
  const said = async (given: Readonly<Record<string, string>>) => driver.hear?.(click(given, sign(Object.values(given))), signal);
  t.match(await said({ ...CLICK, srcNumber: '207\r\nAction: Originate' }), { status: 400, events: [] });
  t.match(await said({ ...CLICK, destNumber: '' }), { status: 400, events: [] });
  const id = async () => (await said(CLICK))?.events[0]?.id;
  const first = await id();
  now += 29_999;
  t.equal(await id(), first);
  now += 1;
  t.not(await id(), first);
});

t.test('people', async (t) => {
  const { driver } = await bench(t, { employees: [...PEOPLE, { id: '9', extension: null }] });
  t.strictSame(await driver.users?.(signal), [
    { id: '7', name: '', extensions: ['207'], active: true }, { id: '8', name: '', extensions: ['208'], active: true }, { id: '9', name: '', extensions: [], active: true },
  ]);
});

t.test('Moscow time, with milliseconds', async (t) => {
  t.equal(moscowTime(instant(Date.parse('2026-12-31T21:00:00.007Z'))), '2027-01-01 00:00:00.007');
  t.equal(moscowTime(instant(Date.parse('2012-07-01T00:00:00.999Z'))), '2012-07-01 04:00:00.999', 'when Moscow had summer all year');
});

t.test('settings', async (t) => {
  t.match(moysklad.settings.parse({ token: 'x' }), { baseUrl: 'https://api.moysklad.ru/api/phone/1.0' });
  for (const baseUrl of ['http://api.moysklad.ru/api/phone/1.0', 'api.moysklad.ru', '']) t.equal(moysklad.settings.safeParse({ baseUrl, token: 'x' }).success, false, baseUrl);
});

t.test('the stand-in refuses what MoySklad refuses', async (t) => {
  const { sklad } = await bench(t);
  const ask = async (method: string, path: string, body: unknown, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${sklad.baseUrl}${path}`, {
      method, headers: { 'accept-encoding': 'gzip', 'lognex-phone-auth-token': TOKEN, 'content-type': 'application/json', ...headers }, ...body === null ? {} : { body: JSON.stringify(body) },
    });
    await answer.arrayBuffer();
    return answer.status;
  };
  const call = { externalId: '1', number: '79035550142', isIncoming: true, startTime: '2026-09-01 10:15:00.000' };
  t.equal(await ask('POST', '/call', call, { 'accept-encoding': 'identity' }), 415);
  t.equal(await ask('POST', '/call', call, { 'lognex-phone-auth-token': 'wrong' }), 401);
  for (const change of [{ startTime: '2026-09-01 10:15:00' }, { number: 'anonymous' }, { recordUrl: 'https://one.example' }, { duration: 1.5 }, { isIncoming: 'true' }, { colour: 'red' }, { comment: 'x'.repeat(4097) }]) {
    t.equal(await ask('POST', '/call', { ...call, ...change }), 400, JSON.stringify(change).slice(0, 80));
  }
  for (const field of Object.keys(call)) t.equal(await ask('POST', '/call', { ...call, [field]: undefined }), 412, field);
  t.equal(await ask('PUT', '/call/extid/1', {}), 404);
  t.equal(await ask('POST', '/call', call), 200);
  await ask('PUT', '/call/extid/1', { duration: 5, comment: 'one', recordUrl: ['https://a.example'] });
  await ask('PUT', '/call/extid/1', { duration: 6, comment: 'two', recordUrl: ['https://a.example'] });
  t.match(sklad.callsOf('1'), [{ fields: { duration: 5, comment: 'two' }, links: ['https://a.example', 'https://a.example'] }], 'what is filled stays, links are appended');
  const show = { eventType: 'SHOW', extension: '207', sequence: 2 };
  t.equal(await ask('POST', '/call/extid/1/event', show), 204);
  for (const [change, status] of [[{}, 412], [{ sequence: 1 }, 412], [{ sequence: 3, extension: undefined }, 412], [{ sequence: 3, eventType: 'OPEN' }, 400], [{ sequence: 3, eventType: 'HIDE_ALL', extension: undefined }, 204]] as const) {
    t.equal(await ask('POST', '/call/extid/1/event', { ...show, ...change }), status, JSON.stringify(change));
  }
  t.equal(await ask('POST', '/call/extid/2/event', show), 404);
  t.equal(await ask('GET', '/employee?filter=extention=207', null), 200);
});
