/** Detailed logs: switched for a while, per room; and what a mask lets through. */
import t from 'tap';
import { Detail, SUBSYSTEMS } from '../../app/detail.ts';
import { detailedHttp } from '../../app/detail/http.ts';
import { createMask, maskNumber } from '../../app/detail/mask.ts';
import { HttpFailure } from '../../app/http.ts';
import { openLog } from '../../app/logs.ts';
import type { Http, HttpAnswer, HttpRequest } from '../../core/ports.ts';
import { FakeTime } from '../fakes/time.ts';

const MINUTE = 60_000;

t.test('a subsystem in detail goes back by itself', async (t) => {
  const time = new FakeTime();
  const detail = new Detail({ clock: time });
  t.notOk(SUBSYSTEMS.some((each) => detail.isOn(each)));
  t.match(detail.set({ crm: 'detail', ami: 'detail' }, 30), { subsystems: { crm: 'detail', ami: 'detail', http: 'normal' }, until: { crm: new Date(time.now() + 30 * MINUTE).toISOString() } });
  t.ok(detail.isOn('crm'));
  t.notOk(detail.isOn('nobody'));
  t.same(Object.keys(detail.set({ ami: 'normal' }, 30).until), ['crm']);
  time.jump(30 * MINUTE - 1);
  t.ok(detail.isOn('crm'));
  time.jump(1);
  t.notOk(detail.isOn('crm'));
  t.same(detail.shown().until, {});
});

t.test('lines of a room in detail are written, whatever the level; those of others not', async (t) => {
  const time = new FakeTime();
  const detail = new Detail({ clock: time });
  for (const level of ['info', 'error', 'silent']) {
    const lines: string[] = [];
    const log = openLog({ level, terminal: false, out: { write: (line: string) => { lines.push(line); } }, detail: detail.isOn });
    const crm = log.child({ room: 'crm' }).child({ account: 'b24' });
    crm.debug({}, 'before');
    detail.set({ crm: 'detail' }, 1);
    crm.debug({ token: 'hidden-1' }, 'wanted');
    log.child({ room: 'ami' }).debug({}, 'another room');
    log.debug({}, 'no room');
    time.jump(MINUTE);
    crm.debug({}, 'after');
    const said = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
    t.same(said, ['wanted'], level);
    t.match(JSON.parse(lines[0] ?? ''), { level: 'debug', room: 'crm', account: 'b24', token: '***' });
  }
});

t.test('the level lets pass what it let pass before', async (t) => {
  const lines: string[] = [];
  const log = openLog({ level: 'warn', terminal: false, out: { write: (line: string) => { lines.push(line); } }, detail: () => false }).child({ room: 'crm' });
  log.info({}, 'not this');
  log.warn({}, 'this');
  log.error({}, 'and this');
  t.equal(lines.length, 2);
});

t.test('numbers keep their ends', async (t) => {
  t.equal(maskNumber('+79035550142'), '+7903***0142');
  t.equal(maskNumber('8 (903) 555-01-42'), '8903***0142');
  t.equal(maskNumber('1234567'), '12***67');
  const text = (raw: string) => createMask([]).text(raw);
  const masked = {
    'call +79035550142 now': 'call +7903***0142 now', '8 (903) 555-01-42, and +7 903 555 01 42': '8903***0142, and +7903***0142', 'tel:89035550142;ext=1': 'tel:8903***0142;ext=1',
    '(495) 123-45-67': '4951***4567', '8\u2013903\u2013555\u201301\u201342': '8903***0142', 'x79035550142y': 'x7903***0142y', '+7\u00a0903\u00a0555\u00a001\u00a042': '+7903***0142',
  };
  for (const [raw, expected] of Object.entries(masked)) t.equal(text(raw), expected, raw);
  for (const harmless of ['219', '123456', '2026-11-20', '2026-11-20 12:00:00', '2026-11-20T12:00:00.123Z', 'call-1790000000.17.mp3', 'main/1790000000.17#ended', '3f2504e0-4f89-11d3-9a0c-0305e82c3301', 'crm.duplicate.findbycomm', 'HTTP 500']) {
    t.equal(text(harmless), harmless);
  }
  t.equal(text('2026-11-20 79035550142'), '2026-11-20 7903***0142', 'a day does not carry a number past');
});

t.test('secrets are hidden by what they are, where they stand, and by what they look like', async (t) => {
  const mask = createMask(['https://portal.example.org/rest/1/h00ksecret/', 'plain-secret', 'quo"te-secret', '12345', 'https://shop.example.org']);
  const hidden = (value: unknown): string => JSON.stringify(mask.value(value));
  t.equal(mask.text('GET https://portal.example.org/rest/1/h00ksecret/crm.lead.add'), 'GET https://portal.example.org/***');
  t.equal(mask.text('h00ksecret plain-secret'), '*** ***');
  t.notMatch(mask.text(encodeURIComponent('quo"te-secret')), 'te-secret');
  t.equal(mask.text('at https://shop.example.org all is well'), 'at https://shop.example.org/*** all is well', 'a host is no secret');
  t.equal(mask.text('12345 stays'), '12345 stays', 'too short to be told from a number of anything');
  for (const key of ['token', 'access_token', 'refreshToken', 'auth[application_token]', 'AUTH_ID', 'REFRESH_ID', 'apiKey', 'api_key', 'X-Api-Key', 'client_secret', 'password', 'code', 'key', 'uploadUrl', 'upload_url', 'Authorization', 'sign', 'auth']) {
    t.equal(hidden({ [key]: 'value-1' }), JSON.stringify({ [key]: '***' }), key);
    t.match(hidden({ [key]: ['value-1', { x: 'value-2' }] }), key === 'auth' ? /value-2/ : /\*\*\*/, `${key}, deeper`);
  }
  t.equal(hidden({ author: 'Anna', keyword: 'x', codec: 'mp3', monkey: 'y', encode: 1, design: 'z' }), '{"author":"Anna","keyword":"x","codec":"mp3","monkey":"y","encode":1,"design":"z"}');
  t.equal(hidden({ link: 'https://pbx.example.org/callme/recordings/x?signature=abc' }), '{"link":"https://pbx.example.org/***"}');
  t.equal(hidden({ text: 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U' }), '{"text":"***"}');
  t.equal(hidden({ 79035550142: { phone: 79035550142, id: 318, big: 10n ** 12n } }), '{"7903***0142":{"phone":"7903***0142","id":318,"big":"1000***0000"}}');
});

t.test('a secret that an answer brought is hidden wherever it comes again', async (t) => {
  const mask = createMask([]);
  t.equal(mask.text('short-lived'), 'short-lived');
  mask.value({ access_token: 'short-lived' });
  t.equal(mask.text('the token short-lived was refused'), 'the token *** was refused');
  for (let each = 0; each < 600; each += 1) mask.value({ token: `another-${each}x` });
  t.equal(mask.text('short-lived'), 'short-lived', 'the latest five hundred');
});

t.test('what is deep, wide or long is cut', async (t) => {
  const mask = createMask([]);
  const round: Record<string, unknown> = {};
  round['self'] = round;
  t.match(JSON.stringify(mask.value(round)), /\[deep\]/);
  t.equal((mask.value(Array.from({ length: 5_000 }, () => 1)) as unknown[]).length, 200);
  t.ok(mask.text('x '.repeat(100_000)).length < 8_000);
  for (const text of ['1 '.repeat(50_000), '1-'.repeat(50_000), `${'a1'.repeat(5_000)}.`, 'http://'.repeat(5_000)]) t.doesNotThrow(() => mask.text(text));
});

t.test('addresses: words and numbers of the path stay, secrets go', async (t) => {
  const address = (url: string) => createMask([]).address(url);
  const shown = {
    'https://portal.example.org/rest/1/abcd1234efgh5678/crm.duplicate.findbycomm.json?x=1': 'https://portal.example.org/rest/1/***/crm.duplicate.findbycomm.json',
    'https://portal.example.org/rest/1/abcdefghijklmnop/user.get': 'https://portal.example.org/rest/1/***/user.get', 'https://api.telegram.example/bot123456:AAE-x_y/sendMessage': 'https://api.telegram.example/***/sendMessage',
    'https://x.example.org/api/v4/contacts/12345': 'https://x.example.org/api/v4/contacts/12345', 'https://x.example.org/lookup/+79035550142': 'https://x.example.org/lookup/+7903***0142', 'https://x.example.org/lookup/%2B79035550142': 'https://x.example.org/lookup/+7903***0142',
    'https://user:password@x.example.org/a': 'https://x.example.org/a', 'no address': '***', 'https://x.example.org/%zz/a': 'https://x.example.org/***/a',
  };
  for (const [raw, expected] of Object.entries(shown)) t.equal(address(raw), expected);
});

// ------------------------------------------------------------------------------------------------ the door that is listened at
function listening(answer: HttpAnswer | Error) {
  const [time, lines, asked] = [new FakeTime(), [] as string[], [] as HttpRequest[]];
  const detail = new Detail({ clock: time });
  const log = openLog({ level: 'info', terminal: false, out: { write: (line: string) => { lines.push(line); } }, detail: detail.isOn });
  const http: Http = { request: async (request) => { asked.push(request); time.jump(12); if (answer instanceof Error) throw answer; return answer; } };
  return { detail, asked, http: detailedHttp(http, { log, detail, secrets: ['known-secret'], clock: time }), lines: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>), raw: () => lines.join('') };
}
const ANSWER: HttpAnswer = { status: 200, headers: { 'content-type': 'application/json', 'set-cookie': 'sid=abcdef', 'retry-after': '3', 'x-ratelimit-remaining': '7' }, body: { result: { PHONE: '+79035550142', access_token: 'fresh-token' } }, text: '' };
const request = (over: Partial<HttpRequest> = {}): HttpRequest => ({ method: 'POST', url: 'https://portal.example.org/rest/1/abcd1234efgh5678/user.get?auth=x1&PHONE=%2B79035550142&n=1&n=2', timeoutMs: 1_000, headers: { authorization: 'Bearer abc' }, json: { phone: '8 903 555-01-42', note: 'known-secret' }, operation: 'user.get', ...over });

t.test('nothing is said, and nothing done, until it is switched on', async (t) => {
  const { http, lines, asked } = listening(ANSWER);
  t.equal(await http.request(request()), ANSWER);
  t.same(lines(), []);
  t.equal(asked.length, 1);
});

t.test('question and answer in full', async (t) => {
  const { http, lines, detail, raw, asked } = listening(ANSWER);
  detail.set({ http: 'detail' }, 1);
  const wish = request();
  t.equal(await http.request(wish), ANSWER, 'untouched');
  t.equal(asked[0], wish, 'untouched');
  t.match(lines(), [
    { room: 'http', request: 1, method: 'POST', address: 'https://portal.example.org/rest/1/***/user.get', operation: 'user.get', query: '{"auth":"***","PHONE":"+7903***0142","n":["1","2"]}', body: '{"phone":"8903***0142","note":"***"}', msg: 'a CRM is asked' },
    { room: 'http', request: 1, status: 200, ms: 12, headers: { 'content-type': 'application/json', 'retry-after': '3', 'x-ratelimit-remaining': '7' }, body: '{"result":{"PHONE":"+7903***0142","access_token":"***"}}', msg: 'a CRM answered' },
  ]);
  t.notMatch(raw(), /abcd1234|Bearer|sid=|known-secret|fresh-token|5550142|555-01/);
});

t.test('every kind of body', async (t) => {
  const { http, lines, detail } = listening({ ...ANSWER, body: null, text: `<html>+79035550142 ${'x '.repeat(5_000)}` });
  detail.set({ http: 'detail' }, 1);
  const bodies: Partial<HttpRequest>[] = [
    { form: { 'auth[access_token]': 'abc-1', phone: '89035550142' } }, { text: { type: 'application/json', content: '{"phone":"89035550142","token":"abc-1"}' } }, { text: { type: 'application/json', content: '{"phone":"89035550142"' } },
    { text: { type: 'application/x-www-form-urlencoded', content: 'phone=%2B7+903+555-01-42&sign=abc-1' } }, { file: { field: 'f', name: '89035550142.mp3', type: 'audio/mpeg', path: '/secret/place.mp3', fields: { token: 'abc-1' } } },
    { part: { type: 'audio/mpeg', path: '/secret/place.mp3', from: 0, to: 10 } }, {},
  ];
  for (const body of bodies) await http.request({ method: 'POST', url: 'https://portal.example.org/a', timeoutMs: 1_000, ...body });
  const asked = lines().filter(({ msg }) => msg === 'a CRM is asked').map(({ body }) => body);
  t.same(asked, ['{"auth[access_token]":"***","phone":"8903***0142"}', '{"phone":"8903***0142","token":"***"}', '{"phone":"8903***0142"', '{"phone":"+7903***0142","sign":"***"}', '{"file":"8903***0142.mp3","type":"audio/mpeg","fields":{"token":"***"}}', '{"part":[0,10],"type":"audio/mpeg"}', '']);
  t.match(lines()[1]?.['body'], /^<html>\+7903\*\*\*0142 .*… \(\d+ characters\)$/s);
});

t.test('no whole answer: the code, and the error goes on', async (t) => {
  const failure = new HttpFailure('HTTP_RESET', 'https://portal.example.org', 'broke', true);
  const { http, lines, detail } = listening(failure);
  detail.set({ http: 'detail' }, 1);
  await t.rejects(http.request(request()), failure);
  t.match(lines()[1], { msg: 'a CRM gave no whole answer', code: 'HTTP_RESET', sent: true, ms: 12 });
});
