/** The parts of `driver: rest` that need no CRM: settings, templates, moments, paths into answers, signatures. */
import t from 'tap';
import type { HttpAnswer } from '../../core/ports.ts';
import { instant } from '../../core/words.ts';
import { at, contactIn, targetIn } from '../../crm/drivers/rest/answers.ts';
import { settings, type Settings } from '../../crm/drivers/rest/settings.ts';
import { hmac, isProven, mangoSign } from '../../crm/drivers/rest/signature.ts';
import { sameSecret } from '../../crm/proof.ts';
import { fillForm, fillJson, fillPath } from '../../crm/drivers/rest/templates.ts';
import { spellingsOf } from '../../crm/drivers/rest/times.ts';
import { retryAfterMs, verdictOf } from '../../crm/drivers/rest/verdicts.ts';

const URL = { url: 'https://crm.example.org/api' };
const chosen: Settings = settings.parse(URL);
const answer = (status: number, body: unknown, text = '', headers: Readonly<Record<string, string>> = {}): HttpAnswer => ({ status, body, text, headers });

t.test('settings: what is refused, and where', async (t) => {
  const cases: readonly (readonly [extra: object, path: string, message: RegExp])[] = [
    [{ url: 'http://crm.example.org' }, 'url', /https/], [{ url: 'https://crm.example.org/?key=1' }, 'url', /without \?/], [{ url: 'https://user:pass@crm.example.org' }, 'url', /address/],
    [{ secret: 'short' }, 'secret', /16/], [{ colour: 1 }, '', /colour/], [{ lookup: { colour: 1 } }, 'lookup', /colour/], [{ lookup: { path: 'x/{nosuch}' } }, 'lookup.path', /\{nosuch\} is no placeholder; known: .*phone/],
    [{ lookup: { path: 'https://elsewhere.example.org/{phone}' } }, 'lookup.path', /below/], [{ lookup: { path: '//elsewhere.example.org' } }, 'lookup.path', /below/],
    [{ lookup: { body: { a: ['{oops}'] } } }, 'lookup.body', /oops/], [{ lookup: { body: { a: 1 }, form: { a: '1' } } }, 'lookup', /not both/], [{ lookup: { name: 'a..b c' } }, 'lookup.name', /dots/],
    [{ events: [{ on: ['call.begun'] }] }, 'events.0.on.0', /call\.started/], [{ events: [{ on: [] }] }, 'events.0.on', /./], [{ headers: { 'X Y': '1' } }, 'headers.X Y', /./],
    [{ headers: { 'X-Y': 'a\r\nB: c' } }, 'headers.X-Y', /ASCII/], [{ signature: { kind: 'mango' }, secret: 'x'.repeat(16) }, 'signature', /key/], [{ signature: { kind: 'mango', key: 'k' } }, 'secret', /salt/],
    [{ token: 'two words' }, 'token', /./], [{ recording: 'tape' }, 'recording', /./], [{ upload: { fields: { a: '{b}' } } }, 'upload.fields', /\{b\}/],
  ];
  for (const [extra, path, message] of cases) {
    const read = settings.safeParse({ ...URL, ...extra });
    const issue = read.error?.issues.find((one) => one.path.join('.') === path);
    t.match(issue?.message, message, `${JSON.stringify(extra)}: ${JSON.stringify(read.error?.issues)}`);
  }
  t.match(chosen, { url: 'https://crm.example.org/api/', phone: 'e164', recording: 'link', lookup: { use: true }, events: [{ path: 'events' }] });
  t.ok(settings.safeParse({ url: 'http://127.0.0.1:8000/x' }).success, 'plain http towards loopback');
});

t.test('templates: values, not programs', async (t) => {
  const values = { phone: '+79035550142', duration: 42, crm_user: null, client_name: '{phone} "x" & <b>', line: '../..?a=b#c', call_id: '..' };
  t.same(fillJson({ a: '{duration}', b: 'in {duration} s', c: ['{crm_user}', { d: '{client_name}' }], e: true, f: '{phone}{phone}' }, values),
    { a: 42, b: 'in 42 s', c: [null, { d: '{phone} "x" & <b>' }], e: true, f: '+79035550142+79035550142' }, 'typed; what is put in is not read again');
  t.same(fillForm({ a: '{duration}', b: '{crm_user}', c: 'x{crm_user}', d: 'plain' }, values), { a: '42', c: 'x', d: 'plain' });
  t.equal(fillPath('lookup?phone={phone}&did={crm_user}&x=1', values), 'lookup?phone=%2B79035550142&x=1', 'an empty parameter goes');
  t.equal(fillPath('lookup?did={crm_user}', values), 'lookup');
  t.equal(fillPath('a/{line}/{call_id}/b', values), 'a/..%2F..%3Fa%3Db%23c/%2E%2E/b', 'a value never becomes a step, a query or an anchor');
  t.equal(fillPath('a/{client_name}', { client_name: '\ud800x' }), 'a/%EF%BF%BDx', 'half a character');
  t.same(fillJson('{toString}{__proto__}', { phone: 'x' }), '{toString}', 'names of objects are no placeholders');
});

t.test('moments', async (t) => {
  const at1 = instant(Date.UTC(2026, 8, 1, 7, 15, 9, 500));
  t.same(spellingsOf('started', at1, 'Europe/Moscow'),
    { started_at: '2026-09-01T10:15:09+03:00', started_unix: 1788246909, started_local: '2026-09-01 10:15:09', started_utc: '20260901T071509Z' });
  t.match(spellingsOf('x', at1, 'UTC'), { x_at: '2026-09-01T07:15:09+00:00' });
  t.match(spellingsOf('x', at1, 'Asia/Kolkata'), { x_at: '2026-09-01T12:45:09+05:30' });
  t.match(spellingsOf('x', at1, 'America/St_Johns'), { x_at: '2026-09-01T04:45:09-02:30' });
  t.same(spellingsOf('x', null, 'UTC'), { x_at: null, x_unix: null, x_local: null, x_utc: null });
});

t.test('paths into answers', async (t) => {
  const body = { a: { b: [{ c: 1 }] }, 'd': null };
  t.equal(at(body, 'a.b[0].c'), 1);
  t.equal(at(body, 'a.b.0.c'), 1);
  t.equal(at(body, ''), body);
  for (const nowhere of ['a.x', 'd.e', 'a.b[1].c', '__proto__', 'constructor.name', 'a.b.length.x', 'toString']) t.equal(at(body, nowhere), undefined, nowhere);
  t.equal(at('text', 'length'), undefined, 'a string has no members');
});

t.test('contacts, read tolerantly', async (t) => {
  const read = (body: unknown) => contactIn(body, chosen.lookup, 'key');
  for (const nobody of [{ found: false }, {}, [], { found: null, name: 'x' }, { name: '' }, null, 'text']) t.equal(read(nobody), null, JSON.stringify(nobody));
  t.same(read({ id: 7, name: ' A\r\nB ' }), { id: '7', type: 'contact', name: 'A B', owner: null });
  t.match(read({ name: 'Acme only' }), { id: 'key' });
  t.match(read({ id: 1, company: 'Acme' }), { type: 'company', name: 'Acme' });
  t.match(read({ id: 1, responsible: { id: 9, extension: '20 7; rm' } }), { owner: { crmUser: '9', extension: null } });
  t.match(read({ id: 1, responsible: { extension: 207 } }), { owner: { crmUser: null, extension: '207' } });
  t.equal(targetIn(answer(200, { target: '207' }), 'target'), '207');
  t.equal(targetIn(answer(200, { target: true }), 'target'), undefined);
});

t.test('signatures: against openssl', async (t) => {
  const right = 'sha256=48b71b8fd8550ff2b48f541e2e55d408005b146a8094afddbc0e79c71fa1f4bc';
  t.equal(hmac('a-secret-of-the-crm', '1790000000', '{"a":1}'), right);
  t.equal(mangoSign('key1', '{"a":1}', 'salt1'), 'fc4e0d54e1bdea461426e9d52b98db64dfa51f32fd5e5833577a1440587bd88a');
  const signed = { timestamp: '1790000000', signature: right, body: '{"a":1}' };
  const now = instant(1_790_000_000_000);
  t.ok(isProven(signed, 'a-secret-of-the-crm', now));
  t.ok(isProven(signed, 'a-secret-of-the-crm', instant(now + 300_000)), 'five minutes');
  t.ok(isProven({ ...signed, signature: right.toUpperCase() }, 'a-secret-of-the-crm', now));
  for (const wrong of [{ signature: `${right}0` }, { signature: '' }, { body: '{"a":2}' }, { timestamp: '1790000001' }, { timestamp: '01790000000' }]) t.notOk(isProven({ ...signed, ...wrong }, 'a-secret-of-the-crm', now), JSON.stringify(wrong));
  t.notOk(isProven(signed, 'another', now));
  for (const apart of [-301_000, 301_000]) t.notOk(isProven(signed, 'a-secret-of-the-crm', instant(now + apart)), `${apart}`);
  t.notOk(sameSecret('', 'x'));
});

t.test('answers and what they mean', async (t) => {
  const kindOf = (said: HttpAnswer, extra: object = {}) => verdictOf(said, settings.parse({ ...URL, ...extra })).kind;
  for (const [said, kind, extra] of [
    [answer(200, { ok: true }), 'delivered'], [answer(201, {}), 'delivered'], [answer(204, null), 'delivered'], [answer(200, null), 'try-later'], [answer(200, null, 'OK'), 'try-later'],
    [answer(200, null, 'OK'), 'delivered', { answers: 'any' }], [answer(200, null), 'delivered', { answers: 'any' }], [answer(200, null, '\n <!doctype html>'), 'try-later', { answers: 'any' }],
    [answer(200, { error: 'no' }), 'try-later', { failure: 'error' }], [answer(200, { error: null }), 'delivered', { failure: 'error' }],
    [answer(409, {}), 'delivered'], [answer(409, {}), 'refused', { already: [] }], [answer(422, { error: 'callId ALREADY exists' }), 'delivered', { already: [{ status: 422, says: 'already exists' }] }],
    [answer(422, { error: 'other' }), 'refused', { already: [{ status: 422, says: 'already exists' }] }], [answer(400, {}), 'refused'], [answer(404, {}), 'refused'], [answer(404, null, '<html>'), 'try-later'],
    [answer(401, {}), 'locked-out'], [answer(402, {}), 'locked-out'], [answer(403, null, '<html>'), 'locked-out'], [answer(408, {}), 'try-later'], [answer(425, {}), 'try-later'], [answer(429, {}), 'try-later'],
    [answer(301, null), 'try-later'], [answer(500, {}), 'try-later'], [answer(503, null, '<html>'), 'try-later'],
  ] as readonly (readonly [HttpAnswer, string, object?])[]) t.equal(kindOf(said, extra), kind, JSON.stringify([said, extra]));
  t.equal(retryAfterMs(answer(429, null, '', { 'retry-after': '7' })), 7000);
  t.equal(retryAfterMs(answer(429, null, '', { 'retry-after': 'Wed, 21 Oct 2026 07:28:10 GMT', 'date': 'Wed, 21 Oct 2026 07:28:00 GMT' })), 10_000, 'a moment, by their clock');
  t.equal(retryAfterMs(answer(429, null, '', { 'retry-after': '9999999' })), 24 * 3600 * 1000, 'a day at most');
  for (const none of [{}, { 'retry-after': 'soon' }, { 'retry-after': 'Wed, 21 Oct 2026 07:28:10 GMT' }]) t.equal(retryAfterMs(answer(429, null, '', none)), null);
});
