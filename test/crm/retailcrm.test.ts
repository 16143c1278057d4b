/** What RetailCRM is told, letter by letter, and what it may do to us: batches with one bad call, operators who are not there, clicks, a stand-in that refuses. */
import t, { type Test } from 'tap';
import { createHttp } from '../../app/http.ts';
import type { CallEnded, Fact } from '../../core/facts.ts';
import { instant } from '../../core/words.ts';
import type { Driver, DriverTools } from '../../crm/driver.ts';
import type { Heard } from '../../crm/heard.ts';
import retailcrm from '../../crm/drivers/retailcrm.ts';
import { hangupStatus } from '../../crm/drivers/retailcrm/cards.ts';
import { localTime } from '../../crm/drivers/retailcrm/moments.ts';
import { callResult } from '../../crm/drivers/retailcrm/result.ts';
import { EMPLOYEES, LINES, linkTo, story } from '../contract/driver.ts';
import { type Retail, type RetailOptions, startRetail } from '../fakes/crm/retailcrm.ts';
import { toolsFor } from '../fakes/crm/tools.ts';

const USERS = [{ id: 7, firstName: 'Anna', code: '207' }, { id: 8, firstName: 'Boris', code: '208' }];
const { signal } = new AbortController();

interface Bench { readonly retail: Retail; readonly driver: Driver; readonly deliver: (fact: Fact) => ReturnType<Driver['deliver']> }

async function bench(t: Test, options: RetailOptions = {}, more: { settings?: Readonly<Record<string, unknown>>; tools?: Partial<DriverTools> } = {}): Promise<Bench> {
  const retail = await startRetail({ users: USERS, ...options });
  const http = createHttp({ version: '0' });
  t.teardown(async () => { await http.close(); await retail.stop(); });
  const settings = retailcrm.settings.parse({ url: `${retail.url}/api/v5/`, apiKey: 'retailkey0001', clientId: 'clicks-secret', site: 'shop', ...more.settings });
  const driver = retailcrm.create(settings, toolsFor(http, { employees: EMPLOYEES, lines: LINES, ...more.tools }));
  return { retail, driver, deliver: (fact) => driver.deliver(fact, signal) };
}

const [, , ringing, , released, talking, ended, ready] = story('1790.17', '').all as readonly [Fact, Fact, Fact, Fact, Fact, Fact, CallEnded, Fact];
const other = (linkedid: string, extra: Partial<CallEnded> = {}): CallEnded => ({ ...ended, ...extra, call: `main/${linkedid}` as never, linkedid: linkedid as never });
const at = (iso: string) => instant(Date.parse(iso));

t.test('a call is uploaded in its words', async (t) => {
  const { retail, deliver } = await bench(t);
  await deliver({ ...ended, startedAt: at('2026-09-01T07:15:00Z') });
  t.strictSame(retail.calls, [{
    date: '2026-09-01 10:15:00', type: 'in', phone: '+79035550142', userId: 7, result: 'answered', duration: 42, durationWaiting: 5, externalId: '1790.17',
    recordUrl: linkTo('1790.17'), externalPhone: '74950000101', site: 'shop',
  }]);
});

t.test('an outbound call that nobody took, of an employee without an id, in another zone', async (t) => {
  const { retail, deliver } = await bench(t, {}, { tools: { employees: [], timezone: 'Asia/Vladivostok' }, settings: { site: undefined } });
  const missed = { direction: 'outbound' as const, outcome: 'missed' as const, talkSeconds: 0, ringSeconds: 20, client: { number: '8 (903) 555-01-42', name: '' }, startedAt: at('2026-09-01T20:15:09Z'), line: 'trunk-main' };
  t.match(await deliver({ ...ended, ...missed }), { kind: 'delivered', note: 'told, without a recording' });
  t.strictSame(retail.calls, [{
    date: '2026-09-02 06:15:09', type: 'out', phone: '+79035550142', code: '207', result: 'no answer', duration: 0, durationWaiting: 20, externalId: '1790.17',
  }]);
  t.match(await deliver(ready), { kind: 'skipped', reason: /without a link/ }, 'nothing can be added to it');
});

t.test('cards open for who rings, and close for who did not answer', async (t) => {
  const { retail, deliver } = await bench(t);
  for (const fact of story('1790.17', '').all.slice(2, 6)) await deliver(fact);
  t.strictSame(retail.events, [
    { phone: '+79035550142', type: 'in', userIds: [7], externalPhone: '74950000101', callExternalId: '1790.17', site: 'shop' },
    { phone: '+79035550142', type: 'in', userIds: [8], externalPhone: '74950000101', callExternalId: '1790.17', site: 'shop' },
    { phone: '+79035550142', type: 'hangup', userIds: [8], hangupStatus: 'no answered', externalPhone: '74950000101', callExternalId: '1790.17', site: 'shop' },
  ]);
  t.match(await deliver(released), { kind: 'skipped' }, 'a card that is closed is not closed again');
});

t.test('who talks first, then is left alone: the colleague was answered', async (t) => {
  const { retail, deliver } = await bench(t);
  for (const fact of [...story('1790.17', '').all.slice(2, 4), talking, released]) await deliver(fact);
  t.match(retail.events.at(-1), { type: 'hangup', hangupStatus: 'answered' });
});

t.test('outbound, the card opens with the talk', async (t) => {
  const { retail, deliver } = await bench(t);
  await deliver({ ...talking, direction: 'outbound' } as Fact);
  t.match(retail.events, [{ type: 'out', userIds: [7] }]);
});

t.test('a hand-over opens the card of who takes over', async (t) => {
  const { retail, deliver } = await bench(t);
  for (const fact of [ringing, talking]) await deliver(fact);
  await deliver({ ...talking, kind: 'call-handed-over', from: '207', to: '208' } as unknown as Fact);
  t.same(retail.cardsOf('1790.17'), [7, 8]);
});

t.test('an operator who is not there is named in the note, and costs nothing', async (t) => {
  const { retail, deliver } = await bench(t, { users: [] }, { settings: { defaultUser: 8 } });
  t.match(await deliver(ringing), { kind: 'delivered', note: /no operator 207/ });
  retail.users.push({ id: 8, firstName: 'Boris' });
  t.match(await deliver(ended), { kind: 'delivered' });
  t.match(retail.calls, [{ userId: 8 }], 'the call went to the default user');
});

t.test('nobody is there at all: refused, with what to do', async (t) => {
  const { deliver } = await bench(t, { users: [] });
  t.match(await deliver(ended), { kind: 'refused', reason: /user does not exist.*`defaultUser`/ });
  const { deliver: free, retail } = await bench(t, { users: [], ownerRequired: false });
  t.match(await free(ended), { kind: 'delivered' }, 'where a call may be nobody\'s, it is nobody\'s');
  t.notOk('userId' in (retail.calls[0] ?? {}));
});

t.test('a card that is refused is no dead letter', async (t) => {
  const { deliver } = await bench(t, { sites: ['other'] });
  t.match(await deliver(ringing), { kind: 'skipped', reason: /Site does not exist/ });
});

t.test('fifty calls are one request; one bad call does not sink the others', async (t) => {
  const { retail, driver } = await bench(t);
  const many = driver.many ?? t.fail('no batches');
  if (typeof many === 'boolean') return;
  const facts = Array.from({ length: 50 }, (_one, place) => other(`1790.${place}`));
  t.ok(facts.every((fact) => many.fits(fact)) && many.most === 50);
  t.ok((await many.deliver(facts, signal)).every(({ kind }) => kind === 'delivered'));
  t.equal(retail.ledger.length, 1);
  t.ok((await many.deliver(facts, signal)).every(({ kind }) => kind === 'delivered'), 'told again');
  t.equal(retail.ledger.length, 1, 'nothing is asked for what is known to be there');
  const mixed = [other('1791.1'), other('1791.2', { talkSeconds: -1 }), other('1791.3', { direction: 'internal' }), other('1791.4')];
  t.same((await many.deliver(mixed, signal)).map(({ kind }) => kind), ['delivered', 'refused', 'skipped', 'delivered']);
  t.equal(retail.calls.length, 52);
});

t.test('an answer that was lost: the batch goes again, and all of it is there', async (t) => {
  for (const countsDuplicates of [true, false]) {
    const { retail, driver } = await bench(t, { countsDuplicates });
    const facts = [other('1.1'), other('1.2'), other('1.3')];
    retail.misbehave({ lie: { kind: 'reset-after' } });
    t.same((await driver.many?.deliver(facts, signal))?.map(({ kind }) => kind), ['try-later', 'try-later', 'try-later']);
    const verdicts = await driver.many?.deliver([...facts, other('1.4')], signal);
    t.same(verdicts?.map(({ kind }) => kind), ['delivered', 'delivered', 'delivered', 'delivered'], `counts duplicates: ${countsDuplicates}`);
    t.equal(retail.calls.length, 4);
  }
});

t.test('a count that is too small is not believed: each call goes alone', async (t) => {
  const { retail, driver, deliver } = await bench(t);
  retail.misbehave({ lie: { kind: 'answer', status: 200, body: { success: true, processedCallsCount: 1 } } });
  t.same((await driver.many?.deliver([other('1.1'), other('1.2')], signal))?.map(({ kind }) => kind), ['delivered', 'delivered']);
  t.equal(retail.calls.length, 2);
  retail.misbehave({ lie: { kind: 'answer', status: 200, body: { success: true, processedCallsCount: 0 } } });
  t.match(await deliver(ended), { kind: 'refused', reason: /none of its calls/ });
});

t.test('in trouble, a batch that went one by one stops asking', async (t) => {
  const { retail, driver } = await bench(t);
  const facts = Array.from({ length: 10 }, (_one, place) => other(`1.${place}`, place === 0 ? { talkSeconds: -1 } : {}));
  retail.misbehave({ after: 2, times: Infinity, lie: { kind: 'answer', status: 503, body: {}, headers: { 'retry-after': '3' } } });
  const verdicts = await driver.many?.deliver(facts, signal);
  t.same(verdicts?.map(({ kind }) => kind), ['refused', ...Array.from({ length: 9 }, () => 'try-later')]);
  t.equal(retail.ledger.length, 3);
  t.match(verdicts?.[5], { retryAfterMs: 3000 });
});

t.test('the words of refusals, without secrets, numbers and links', async (t) => {
  const { retail, deliver } = await bench(t);
  const hear = async (status: number, body: unknown) => {
    retail.misbehave({ lie: { kind: 'answer', status, body } });
    return deliver(ended);
  };
  t.match(await hear(403, { success: false, errorMsg: 'Wrong "apiKey" value.' }), { kind: 'locked-out', reason: /make a new API key/ });
  t.match(await hear(403, { success: false, errorMsg: 'Access denied.' }), { kind: 'locked-out', reason: /rights for telephony/ });
  t.match(await hear(404, '<html>Account does not exist.</html>'), { kind: 'locked-out', reason: /correct `url`/ });
  t.match(await hear(503, { success: false, errorMsg: 'API limit' }), { kind: 'try-later', reason: 'HTTP 503 API limit' });
  t.match(await hear(402, {}), { kind: 'locked-out', reason: /not paid/ });
  t.match(await hear(200, { success: false, errorMsg: 'Errors in the entity format', errors: ['no'] }), { kind: 'refused' });
  t.match(await hear(404, '<html>maintenance</html>'), { kind: 'try-later' });
  const said = await hear(400, { success: false, errorMsg: 'retailkey0001 clicks-secret', errors: { phone: '+7 (903) 555-01-42', recordUrl: `${linkTo('1')} bad\r\nX: y` } });
  t.match(said, { kind: 'refused', reason: /phone: \+…/ });
  t.notMatch(JSON.stringify(said), /retailkey|clicks-secret|555|0142|signed|\\r/);
});

t.test('Retry-After may be a moment, by their clock', async (t) => {
  const { retail, deliver } = await bench(t);
  retail.misbehave({ lie: { kind: 'answer', status: 503, body: {}, headers: { date: 'Tue, 01 Sep 2026 10:00:00 GMT', 'retry-after': 'Tue, 01 Sep 2026 10:00:09 GMT' } } });
  t.match(await deliver(ended), { kind: 'try-later', retryAfterMs: 9000 });
});

t.test('introducing ourselves', async (t) => {
  const { retail, driver } = await bench(t);
  t.match(await driver.introduce?.(signal), { kind: 'delivered', note: 'registered as callme-examined' });
  t.match(await driver.introduce?.(signal), { kind: 'delivered' }, 'and again');
  t.strictSame(retail.modules.get('callme-examined'), {
    code: 'callme-examined', integrationCode: 'callme-examined', active: true, name: 'CallMe', clientId: 'clicks-secret',
    baseUrl: 'https://pbx.example.org/callme', accountUrl: 'https://pbx.example.org/callme',
    integrations: { telephony: {
      makeCallUrl: 'https://pbx.example.org/callme/crm/examined/call', changeUserStatusUrl: 'https://pbx.example.org/callme/crm/examined/status', allowEdit: false,
      inputEventSupported: true, outputEventSupported: true, hangupEventSupported: true,
      additionalCodes: [{ userId: '7', code: '207' }, { userId: '8', code: '208' }], externalPhones: [{ siteCode: 'shop', externalPhone: '74950000101' }],
    } },
  });
  t.ok((await driver.check(signal)).every(({ ok }) => ok), 'then the check is content');
});

t.test('a line that is a trunk\'s name is nothing to RetailCRM', async (t) => {
  const { retail, driver } = await bench(t, {}, { tools: { lines: [{ number: 'trunk-main', name: 'Trunk' }] } });
  await driver.introduce?.(signal);
  t.notMatch(JSON.stringify(retail.modules.get('callme-examined')), /trunk/);
  t.ok((await driver.check(signal)).every(({ ok }) => ok));
});

t.test('introducing ourselves where something is missing', async (t) => {
  const strangers = await bench(t, { users: [], sites: ['other'] });
  t.match(await strangers.driver.introduce?.(signal), { kind: 'delivered', note: 'registered as callme-examined; no such users: 7, 8; no such shops: shop' });
  const hidden = await bench(t, {}, { tools: { publicUrl: null }, settings: { moduleCode: 'ours' } });
  t.match(await hidden.driver.introduce?.(signal), { kind: 'delivered', note: 'registered as ours' });
  t.notMatch(JSON.stringify(hidden.retail.modules.get('ours')), /Url"/, 'no address where there is none');
  const forbidden = await bench(t, { allowed: ['telephony/calls/upload'] });
  t.match(await forbidden.driver.introduce?.(signal), { kind: 'refused', reason: /Access denied/ }, 'this right must not hold the calls');
  const silent = await bench(t, {}, { settings: { clientId: undefined } });
  t.match(await silent.driver.introduce?.(signal), { kind: 'skipped', reason: /clientId/ });
});

const heard = (path: string, query: string, more: Partial<Heard> = {}): Heard => ({ method: 'GET', path, query: new URLSearchParams(query), headers: {}, body: '', ...more });
const CLICK = 'clientId=clicks-secret&code=207&userId=7&phone=79035550142&externalPhone=74950000101';

t.test('a click, by GET, by form and by JSON', async (t) => {
  const { driver } = await bench(t);
  const dial = { kind: 'dial', number: '+79035550142', callId: '', line: '74950000101', crmUser: '7', extension: '207' };
  const json = JSON.stringify(Object.fromEntries(new URLSearchParams(CLICK)));
  for (const way of [heard('call', CLICK), heard('call', '', { method: 'POST', body: CLICK }), heard('call/', '', { method: 'POST', body: json, headers: { 'content-type': 'application/json' } })]) {
    const said = await driver.hear?.(way, signal);
    t.match(said, { status: 200, events: [dial] });
    t.notMatch(`${said?.note ?? ''}${JSON.stringify(said?.body)}`, /9035550142|clicks-secret/);
  }
});

t.test('who cannot prove it is not heard', async (t) => {
  const { driver } = await bench(t);
  for (const query of ['', 'clientId=', 'clientId=clicks-secre', 'clientId=clicks-secret1', CLICK.replace('clicks-secret', 'retailkey0001')]) t.equal(await driver.hear?.(heard('call', query), signal), null, query);
  t.equal(await driver.hear?.(heard('elsewhere', CLICK), signal), null);
  const open = await bench(t, {}, { settings: { clientId: undefined } });
  for (const query of ['', 'clientId=', 'clientId=undefined', CLICK]) t.equal(await open.driver.hear?.(heard('call', query), signal), null, 'without a clientId nobody can');
});

t.test('a click that leads nowhere is said to be one', async (t) => {
  const { driver } = await bench(t);
  const said = async (query: string) => driver.hear?.(heard('call', `clientId=clicks-secret&${query}`), signal);
  t.match(await said('code=207&phone=anonymous'), { status: 400, events: [] });
  t.match(await said('phone=79035550142'), { status: 400, events: [] });
  t.match(await said('code=207%0d%0aAction:%20Originate&phone=79035550142'), { status: 400, events: [] }, 'no line ends in an extension');
  t.match(await said('userId=8&phone=79035550142'), { events: [{ extension: '208' }] }, 'the config knows whose id it is');
  t.match(await said('code=207&phone=79035550142&externalPhone=1%0d%0aX:%201'), { events: [{ line: '1X1' }] });
});

t.test('a click that is said twice is one click; half a minute later it is another', async (t) => {
  let now = 1_000_000;
  const { driver } = await bench(t, {}, { tools: { clock: { now: () => instant(now) } } });
  const id = async (query = CLICK): Promise<string | undefined> => (await driver.hear?.(heard('call', query), signal))?.events[0]?.id;
  const first = await id();
  now += 29_999;
  t.equal(await id(), first);
  t.not(await id(CLICK.replace('code=207', 'code=208')), first, 'somebody else');
  now += 1;
  t.not(await id(), first);
});

t.test('somebody goes for lunch', async (t) => {
  let now = 1_000_000;
  const { driver } = await bench(t, {}, { tools: { clock: { now: () => instant(now += 1000) } } });
  const said = async (status: string) => (await driver.hear?.(heard('status', `clientId=clicks-secret&code=207&userId=7&status=${status}`), signal));
  for (const status of ['free', 'busy', 'dinner', 'break']) t.match(await said(status), { status: 200, events: [{ kind: 'user-status', extension: '207', status }] });
  const [one, again, free, back] = [await said('busy'), await said('busy'), await said('free'), await said('busy')].map((answer) => answer?.events[0]?.id);
  t.equal(one, again);
  t.equal(new Set([one, free, back]).size, 3, 'who goes back and forth is believed each time');
  t.match(await said('asleep'), { status: 400, events: [] });
});

t.test('how a call ended, in two spellings', async (t) => {
  const of = (direction: 'inbound' | 'outbound', outcome: CallEnded['outcome'], hangupCause = 16, dialStatus = '') => callResult({ direction, outcome, hangupCause, dialStatus });
  t.same([of('inbound', 'answered'), of('inbound', 'missed'), of('inbound', 'busy'), of('inbound', 'voicemail'), of('outbound', 'failed', 34), of('outbound', 'cancelled')],
    ['answered', 'no answer', 'busy', 'no answer', 'failed', 'no answer']);
  t.same([of('outbound', 'missed', 21, 'BUSY'), of('outbound', 'missed', 21, ''), of('inbound', 'missed', 21, 'BUSY'), of('outbound', 'answered', 21, 'ANSWER')], ['not allowed', 'no answer', 'no answer', 'answered']);
  t.same(['BUSY', 'CANCEL', 'CHANUNAVAIL', 'CONGESTION', 'NOANSWER', 'HANGUP'].map((reason) => hangupStatus(reason, false)), ['busy', 'cancel', 'failed', 'failed', 'no answered', 'no answered']);
  t.equal(hangupStatus('CANCEL', true), 'answered');
});

t.test('local time over a change of the clocks', async (t) => {
  t.equal(localTime(at('2026-03-29T00:59:59Z'), 'Europe/Berlin'), '2026-03-29 01:59:59');
  t.equal(localTime(at('2026-03-29T01:00:00Z'), 'Europe/Berlin'), '2026-03-29 03:00:00');
  t.equal(localTime(at('2026-12-31T21:00:00Z'), 'Europe/Moscow'), '2027-01-01 00:00:00', 'midnight is 00, not 24');
});

t.test('people, page by page', async (t) => {
  const users = Array.from({ length: 250 }, (_one, place) => ({ id: place + 1, firstName: `N${place}`, lastName: 'Surname', code: place === 0 ? '207' : null, active: place !== 1 }));
  const { driver } = await bench(t, { users });
  const people = await driver.users?.(signal) ?? [];
  t.equal(people.length, 250);
  t.match(people.slice(0, 2), [{ id: '1', name: 'N0 Surname', extensions: ['207'], active: true }, { extensions: [], active: false }]);
});

t.test('lookup: an owner whom only the account knows, a customer of nobody, no customer', async (t) => {
  const customers = [{ id: 1, firstName: 'Irina', lastName: 'Orlova', phone: '79035550142', manager: 9 }, { id: 2, firstName: 'Oleg', phone: '79035550143', manager: null }];
  const { retail, driver } = await bench(t, { users: [...USERS, { id: 9, firstName: 'Clara', code: '209' }], customers });
  t.strictSame(await driver.lookup('8 903 555-01-42', signal), { id: '1', type: 'client', name: 'Irina Orlova', owner: { crmUser: '9', extension: '209' } });
  t.match(await driver.lookup('+79035550143', signal), { owner: null });
  t.match(retail.ledger[0]?.params, { phone: '+79035550142', details: '1', ignoreStatus: '1' });
  const asked = retail.ledger.length;
  for (const number of ['101', '112', 'anonymous', '']) t.equal(await driver.lookup(number, signal), null, number);
  t.equal(retail.ledger.length, asked, 'nobody is asked about our own and about hidden numbers');
});

t.test('settings', async (t) => {
  const read = (more: object) => retailcrm.settings.safeParse({ url: 'https://acme.retailcrm.ru', apiKey: 'k', ...more });
  for (const url of ['https://acme.retailcrm.ru/', 'https://acme.retailcrm.ru/api', 'https://acme.retailcrm.ru/api/v5/', ' https://acme.retailcrm.ru ']) t.match(read({ url }).data, { url: 'https://acme.retailcrm.ru' }, url);
  for (const url of ['http://acme.retailcrm.ru', 'acme.retailcrm.ru', 'https://user:pass@acme', 'https://acme?x=1', '']) t.equal(read({ url }).success, false, url);
  t.equal(read({ moduleCode: 'Ours!' }).success, false);
  t.equal(read({ defaultUser: 'seven' }).success, false);
});

t.test('the stand-in refuses what RetailCRM refuses', async (t) => {
  const { retail } = await bench(t);
  const ask = async (path: string, body: string | URLSearchParams | null, headers: Record<string, string> = { 'x-api-key': 'retailkey0001' }) => {
    const answer = await fetch(`${retail.url}${path}`, { method: body === null ? 'GET' : 'POST', body, headers });
    return { status: answer.status, text: await answer.text() };
  };
  const form = (name: string, value: unknown): URLSearchParams => new URLSearchParams({ [name]: JSON.stringify(value) });
  const call = { date: '2026-09-01 10:15:00', type: 'in', phone: '79035550142', code: '207', result: 'answered' };
  const event = { phone: '79035550142', type: 'in', codes: ['207'] };
  const upload = async (change: object) => (await ask('/api/v5/telephony/calls/upload', form('calls', [{ ...call, ...change }]))).status;
  const tell = async (change: object) => (await ask('/api/v5/telephony/call/event', form('event', { ...event, ...change }))).status;
  t.equal(await upload({}), 200);
  for (const change of [{ date: '2026-09-01T10:15:00Z' }, { type: 'hangup' }, { phone: '' }, { code: undefined }, { code: '999' }, { result: 'no answered' }, { duration: 1.5 }, { recordUrl: 'x' }, { colour: 'red' }]) {
    t.equal(await upload(change), 400, JSON.stringify(change));
  }
  t.equal(await tell({}), 200);
  for (const change of [{ type: 'ring' }, { codes: undefined }, { codes: '207' }, { userIds: ['7'] }, { type: 'hangup' }, { type: 'hangup', hangupStatus: 'no answer' }, { hangupStatus: 'busy' }, { site: 'gone' }]) {
    t.equal(await tell(change), 400, JSON.stringify(change));
  }
  t.equal((await ask('/api/v5/telephony/calls/upload', form('calls', Array.from({ length: 51 }, () => call)))).status, 400, '51 calls');
  t.match(await ask('/api/v5/telephony/calls/upload', JSON.stringify({ calls: [call] }), { 'x-api-key': 'retailkey0001', 'content-type': 'application/json' }), { status: 400, text: /Parameter 'calls' is missing/ });
  t.match(await ask('/api/v5/users', null, {}), { status: 403, text: /"apiKey\\" is missing/ });
  t.match(await ask('/api/v5/users?limit=77', null), { status: 400 });
  t.match(await ask('/api/v5/telephony/manager', null), { status: 400 });
  t.match(await ask('/api/v5/integration-modules/ours/edit', form('integrationModule', { code: 'theirs', integrationCode: 'x', name: 'x', clientId: 'x' })), { status: 400 });
  t.match(await ask('/api/v5/integration-modules/ours/edit', form('integrationModule', { code: 'ours', integrationCode: 'x', name: 'x', clientId: 'x', integrations: { telephony: { makeCallUrl: '/call' } } })), { status: 400 });
});
