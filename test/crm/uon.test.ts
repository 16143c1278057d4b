/** What the contract suite does not ask of `driver: uon`: the fields, leads, a long history, the webhook, both readings of answers, and that the key never shows. */
import t, { type Test } from 'tap';
import type { CallEnded, Fact } from '../../core/facts.ts';
import { type Instant, instant } from '../../core/words.ts';
import uon from '../../crm/drivers/uon.ts';
import { listIn, replyOf } from '../../crm/drivers/uon/answers.ts';
import { isInHistory } from '../../crm/drivers/uon/history.ts';
import { settings as settingsOf } from '../../crm/drivers/uon/settings.ts';
import type { Driver, DriverTools } from '../../crm/driver.ts';
import type { Heard } from '../../crm/heard.ts';
import { CLIENT, EMPLOYEES, type Examined, linkTo, type Rig, rig, story, STRANGER } from '../contract/driver-stage.ts';
import { startUon, type Uon, type UonOptions } from '../fakes/crm/uon.ts';
import { keepIn, toolsFor } from '../fakes/crm/tools.ts';

const { signal } = new AbortController();
const MANAGERS = ['7', '8', '9'].map((id) => ({ u_id: id, u_name: 'Anna', u_surname: 'Petrova', active: 1 as const }));

interface Place { readonly crm: Uon; readonly one: Rig }

async function place(t: Test, settings: object = {}, options: UonOptions = {}, tools: Partial<DriverTools> = {}): Promise<Place> {
  const crm = await startUon({ managers: MANAGERS, clients: [{ u_id: '318', u_name: 'Irina', u_phone: CLIENT.slice(1), manager_id: '7' }], ...options });
  const whole = { baseUrl: crm.baseUrl, apiKey: crm.apiKey, ...settings };
  const examined: Examined = { kind: uon, start: async () => ({ standIn: crm, settings: whole, tools, told: () => ({ ended: 0, record: null }) }), sound: 'linked', mistakes: {}, impossible: {} };
  return { crm, one: await rig(t, examined) };
}

const ended = (linkedid: string, extra: Partial<CallEnded> = {}): Fact => story(linkedid, '', extra).durable[1] as Fact;
const paths = ({ crm }: Place): readonly string[] => crm.ledger.map(({ method }) => method);

t.test('a call in the vendor\'s fields', async (t) => {
  const here = await place(t, { defaultManager: 9 });
  const startedAt = instant(Date.UTC(2026, 8, 1, 7, 15, 0));
  await here.one.deliver(ended('1', { startedAt }));
  await here.one.deliver(ended('2', { startedAt, direction: 'outbound', outcome: 'busy', talkSeconds: 0, owner: null }));
  t.same(here.crm.calls, [
    { phone: '79035550142', start: '2026-09-01 10:15:00', duration: '42', direction: '2', manager_id: '7', record_link: linkTo('1') },
    { phone: '79035550142', start: '2026-09-01 10:15:00', duration: '0', direction: '1', manager_id: '9' },
  ]);
  const ready = story('1', '').durable[2] as Fact;
  t.match(await here.one.deliver(ready), { kind: 'skipped', reason: 'the link was told with the call' });
  t.match(await here.one.deliver(story('2', '').durable[2] as Fact), { kind: 'skipped', reason: /takes a link with the call alone/ });
});

t.test('a definite no is looked for nowhere, an ambiguous one is', async (t) => {
  const here = await place(t);
  here.crm.misbehave({ lie: { kind: 'answer', status: 429, body: { error: 'slow down' }, headers: { 'retry-after': '5' } } });
  t.match(await here.one.deliver(ended('1')), { kind: 'try-later', retryAfterMs: 5000 });
  await here.one.insist(ended('1'));
  t.same(paths(here), ['POST call_history/create.json', 'POST call_history/create.json']);
  here.crm.forgetLedger();
  here.crm.misbehave({ lie: { kind: 'answer', status: 408, body: {} } });
  await here.one.insist(ended('2'));
  t.same(paths(here), ['POST call_history/create.json', 'GET call_history/1.json', 'GET call_history/2.json', 'POST call_history/create.json']);
  t.equal(here.crm.calls.length, 2);
});

t.test('a repetition is letter by letter what was told before, though the employees changed', async (t) => {
  const here = await place(t);
  here.crm.misbehave({ lie: { kind: 'reset-before' } });
  await here.one.deliver(ended('1'));
  const nobody = here.one.driver(here.one.http, { name: 'later', tools: { employees: [], link: () => 'https://another' } });
  await nobody.deliver(ended('1'), signal);
  t.match(here.crm.calls, [{ manager_id: '7', record_link: linkTo('1') }]);
});

t.test('a long history, from either end', async (t) => {
  for (const order of ['newest', 'oldest'] as const) {
    const here = await place(t, {}, { order, perPage: 10 });
    const at = (index: number): string => new Date(Date.UTC(2026, 0, 1) + index * 60_000).toISOString().replace('T', ' ').slice(0, 19);
    for (let index = 0; index < 2005; index++) here.crm.calls.push({ phone: `7903${String(index).padStart(7, '0')}`, start: at(index), duration: '1', direction: '2', record_link: `https://r/${index}` });
    const desk = { settings: settingsOf.parse({ baseUrl: here.crm.baseUrl, apiKey: here.crm.apiKey }), tools: toolsFor(here.one.http) };
    const find = async (index: number, extra: object = {}): Promise<unknown> => {
      here.crm.forgetLedger();
      return isInHistory(desk, { phone: `7903${String(index).padStart(7, '0')}`, start: at(index), duration: '1', direction: '2', record_link: `https://r/${index}`, ...extra }, signal);
    };
    t.equal(await find(2004), true, `${order}: the newest`);
    t.equal(await find(1900), true, 'a hundred calls ago');
    t.ok(here.crm.ledger.length < 40, `${here.crm.ledger.length} questions`);
    for (const other of [{ start: at(1901) }, { phone: '79999999999' }, { direction: '1' }, { record_link: 'https://r/x' }]) t.equal(await find(1900, other), false, `${order}: ${JSON.stringify(other)}`);
    t.equal(await find(100), false, 'behind the last page that is turned');
    t.ok(here.crm.ledger.length < 70, `${here.crm.ledger.length} questions`);
    here.crm.misbehave({ lie: { kind: 'answer', status: 503, body: {} }, after: 1 });
    t.match(await find(1900), { ok: false, status: 503 }, 'no answer is no "not there"');
  }
});

t.test('an unknown caller becomes one lead a day, whatever gets lost', async (t) => {
  for (const leadMakesClient of [true, false]) {
    for (const lie of ['reset-after', 'half-body', 'reset-before'] as const) {
      for (const after of [0, 1, 2, 3]) {
        const here = await place(t, { createLead: true, leadSource: 'Phone' }, { leadMakesClient });
        here.crm.misbehave({ lie: { kind: lie }, after });
        for (const linkedid of ['1', '2']) t.match(await here.one.insist(ended(linkedid, { client: { number: STRANGER, name: 'Oleg\r\nX' } })), { kind: 'delivered' });
        t.equal(here.crm.leads.length, 1, `${leadMakesClient ? 'a client at once' : 'no client yet'}, ${lie} ${after}`);
        t.match(here.crm.leads[0], { source: 'Phone', u_phone: '79990000000', u_name: 'Oleg X', r_u_id: '7', u_note: 'Call to 74950000101' });
        t.equal(here.crm.calls.length, 2);
      }
    }
  }
  const here = await place(t, { createLead: true });
  await here.one.deliver(ended('1'));
  await here.one.deliver(ended('2', { direction: 'outbound', client: { number: STRANGER, name: '' } }));
  const off = await place(t);
  await off.one.deliver(ended('3', { client: { number: STRANGER, name: '' } }));
  t.same([here.crm.leads.length, off.crm.leads.length], [0, 0], 'none for a client, for a call of ours, or where it is not wanted');
});

t.test('who calls: the office, the manager, several clients', async (t) => {
  const here = await place(t, { office: 3 }, { offices: ['3'] });
  t.match(await here.one.driver().lookup('8 903 555-01-42', signal), { id: '318', name: 'Irina', type: 'client', owner: { crmUser: '7', extension: '207' } });
  t.same(paths(here), ['GET user/phone/79035550142/3.json']);
  t.equal(await (await place(t, { office: 4 }, { offices: ['3'] })).one.driver().lookup(CLIENT, signal), null);
  t.match(await here.one.driver().users?.(signal), [{ id: '7', name: 'Petrova Anna', extensions: ['207'], active: true }, { id: '8' }, { id: '9', extensions: [] }]);
  here.crm.misbehave({ lie: { kind: 'answer', status: 200, body: { result: 200, users: [{ u_id: 1, u_surname: 'Other', u_phone: '70000000000' }, { id: '2', u_company: 'Acme', u_phone_mobile: '8-903-555-01-42' }] } } });
  t.match(await here.one.driver().lookup(CLIENT, signal), { id: '2', type: 'company', name: 'Acme', owner: null });
});

t.test('both readings of an answer', async (t) => {
  const of = (status: number, body: unknown, text = '') => replyOf({ status, headers: {}, body, text });
  for (const yes of [of(200, { result: 200, id: '5' }), of(200, { id: 5 }), of(201, { error: null }), of(200, { error: '' }), of(200, []), of(200, { result: 'ok' })]) t.match(yes, { ok: true });
  for (const [reply, status, definite] of [
    [of(200, { result: 403 }), 403, true], [of(200, { error: { code: 404, message: 'x' } }), 404, true], [of(200, { error: 'Неверный ключ' }), 401, true], [of(200, { error: 'no such field' }), 400, true],
    [of(200, { error: { message: 'Wrong API key' } }), 401, true], [of(200, { code: '500', error: 'x' }), 500, false], [of(404, { error: 'x' }), 404, true], [of(404, null, '<html>'), 404, false], [of(502, null, '<html>'), 502, false],
    [of(200, null), 200, false], [of(200, null, 'OK'), 200, false], [of(302, null), 302, false], [of(408, {}), 408, false],
  ] as const) t.match(reply, { ok: false, status, definite }, JSON.stringify(reply));
  for (const [body, count] of [[[{ a: 1 }], 1], [{ result: 200, users: [{ a: 1 }, { b: 2 }] }, 2], [{ users: { 3: { a: 1 }, 7: { b: 1 } } }, 2], [{ user: { u_id: 1, tags: [] } }, 1], [{ user: [{ u_id: 1 }] }, 1], [{ users: [] }, 0], [{ result: 200 }, 0]] as const) {
    t.equal(listIn(body, 'user').length, count, JSON.stringify(body));
  }
});

t.test('the key never shows', async (t) => {
  const here = await place(t, { createLead: true });
  const said: string[] = [];
  for (const lie of [{ kind: 'reset-after' }, { kind: 'half-body' }, { kind: 'answer', status: 401, body: { error: `key ${here.crm.apiKey}` } }, { kind: 'answer', status: 500, body: here.crm.apiKey }, { kind: 'answer', status: 400, body: { error: here.crm.apiKey } }] as const) {
    here.crm.misbehave({ lie, times: Infinity });
    said.push(JSON.stringify([await here.one.deliver(ended('1')), await here.one.driver().check(signal)]));
    await here.one.driver().lookup(CLIENT, signal).catch((error: unknown) => said.push(String(error)));
    here.crm.behave();
  }
  t.ok(said.length === 10);
  t.notOk(said.join('\n').includes(here.crm.apiKey));
  t.notOk(said.join('\n').includes('9035550142'), 'nor a number');
});

const SECRET = 'secret-of-the-path-1';
function clicker(now: () => Instant, settings: object = { webhookSecret: SECRET }): Driver {
  return uon.create(uon.settings.parse({ apiKey: 'UonKey0123456789', ...settings }), toolsFor({ request: () => Promise.reject(new Error('nobody is asked')) }, { clock: { now }, keep: keepIn(), employees: EMPLOYEES }));
}
const posted = (body: string, extra: Partial<Heard> = {}): Heard => ({ method: 'POST', path: SECRET, query: new URLSearchParams(), headers: { 'content-type': 'application/x-www-form-urlencoded' }, body, ...extra });

t.test('click-to-call: a form or JSON at the secret address', async (t) => {
  let now = instant(1_790_000_000_000);
  const driver = clicker(() => now);
  const form = 'uon_id=1&uon_subdomain=acme&method=call&user_id=7&phone=79035550142&client=%7B%7D';
  const first = await driver.hear?.(posted(form), signal);
  t.match(first, { status: 200, events: [{ kind: 'dial', number: '+79035550142', crmUser: '7', extension: '207', callId: '', line: '' }] });
  now = instant(now + 29_000);
  t.equal((await driver.hear?.(posted(JSON.stringify({ method: 'call', user_id: 7, phone: 79035550142 }), { headers: { 'content-type': 'application/json' } }), signal))?.events[0]?.id, first?.events[0]?.id, 'the same within half a minute');
  now = instant(now + 30_000);
  t.not((await driver.hear?.(posted(form), signal))?.events[0]?.id, first?.events[0]?.id, 'a new click');
  t.match(await driver.hear?.(posted('type_id=4&client_id=5'), signal), { events: [{ kind: 'contacts-changed', numbers: 'all' }] });
  for (const nothing of ['', 'method=call&phone=', 'method=call&phone=abc', `method=call&phone=${'1'.repeat(21)}`, 'method=other&phone=79035550142', '{broken']) t.match(await driver.hear?.(posted(nothing), signal), { status: 200, events: [] }, nothing);
  t.match(await driver.hear?.(posted('method=call&user_id=7%0d%0aX&phone=79035550142'), signal), { events: [{ crmUser: null, extension: null }] });
});

t.test('another address, another method, no secret: nothing', async (t) => {
  const driver = clicker(() => instant(0));
  for (const extra of [{ path: '' }, { path: `${SECRET}x` }, { path: SECRET.toUpperCase() }, { method: 'GET' as const }]) t.equal(await driver.hear?.(posted('method=call&phone=79035550142', extra), signal), null, JSON.stringify(extra));
  t.equal(await clicker(() => instant(0), {}).hear?.(posted('method=call', { path: '' }), signal), null);
});

t.test('settings: what is refused', async (t) => {
  for (const wrong of [{ apiKey: 'a/b?c' }, { apiKey: '' }, { baseUrl: 'http://api.u-on.ru' }, { baseUrl: 'x' }, { office: 'main' }, { webhookSecret: 'short' }, { webhookSecret: 'with/slash/and/more' }, { colour: 1 }]) {
    t.notOk(uon.settings.safeParse({ apiKey: 'UonKey0123456789', ...wrong }).success, JSON.stringify(wrong));
  }
  t.match(uon.settings.parse({ apiKey: 'UonKey0123456789' }), { baseUrl: 'https://api.u-on.ru', createLead: false });
});

t.test('the stand-in refuses what U-ON refuses, in both readings', async (t) => {
  for (const reading of ['status', 'body'] as const) {
    const crm = await startUon({ reading, managers: MANAGERS });
    t.teardown(() => crm.stop());
    const ask = async (path: string, form?: Record<string, string>, key = crm.apiKey): Promise<number> => {
      const answer = await fetch(`${crm.baseUrl}/${key}/${path}`, form === undefined ? {} : { method: 'POST', body: new URLSearchParams(form).toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } });
      return reading === 'status' ? answer.status : (await answer.json() as { result: number }).result;
    };
    const call = { phone: '79035550142', start: '2026-09-01 10:15:00', duration: '83', direction: '2' };
    t.equal(await ask('call_history/create.json', call), 200);
    for (const wrong of [{ phone: '+79035550142' }, { start: '2026-09-01T10:15:00' }, { duration: '' }, { direction: '3' }, { manager_id: '99' }]) t.equal(await ask('call_history/create.json', { ...call, ...wrong }), 400, JSON.stringify(wrong));
    t.equal(await ask('call_history/create', call), 404, 'no format');
    t.equal(await ask('manager.json', undefined, 'another-key'), 401);
    t.equal(await ask('lead/create.json', { u_phone: '79035550142' }), 400);
    t.equal(await ask('lead/yesterday/today.json'), 400);
    t.equal(await ask('nosuch.json'), 404);
    t.equal(crm.calls.length, 1);
  }
});

t.test('examples/uon.yaml passes config check', async (t) => {
  const { run } = await import('../app/bench.ts');
  const env = { CALLME_AMI_SECRET: 'example-ami', UON_KEY: 'UonKey0123456789', UON_WEBHOOK_SECRET: SECRET };
  const checked = await run(['config', 'check', '--config', `${import.meta.dirname}/../../examples/uon.yaml`, '--json'], { cwd: t.testdir({}), env });
  t.match(checked.json(), { ok: true, accounts: [{ id: 'uon', driver: 'uon' }], mistakes: [] });
});
