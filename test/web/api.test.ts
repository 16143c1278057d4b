/** The API for programs: who may, what it says, and that its description is true. */
import t, { type Test } from 'tap';
import { DEFAULT_TENANT, instant } from '../../core/words.ts';
import { openApi } from '../../web/api/openapi.ts';
import { type ApiTools, apiRoutes } from '../../web/api/routes.ts';
import { memoryRecordings, recordingRow } from '../fakes/stores.ts';
import { type AskOptions, ask as send, type Answered, bench, FILE, ID, Lines, NOON } from './window.ts';

const TOKEN = 'token-of-the-test-0001';
const OTHER = 'token-of-the-test-0002';
const CALL = 'main/1790.17';

async function api(t: Test, over: Partial<ApiTools> = {}) {
  const rows = memoryRecordings(
    recordingRow('main', FILE, { state: 'told', mp3: '/secret/place/x.mp3', stored: 's3://bucket/x.mp3', bytes: 9, sha256: 'abc', seconds: 12.5, createdAt: instant(NOON), talked: ['219' as never], pauses: [{ fromMs: 1, toMs: 2 }], channels: 'mono' }),
    recordingRow('main', '2026/11/20/call-1790.18.wav', { state: 'closed', call: 'main/1790.18' as never }),
  );
  const acted: unknown[] = [];
  const lines = new Lines();
  const clock = { at: NOON };
  const routes = apiRoutes({
    tokens: [TOKEN, OTHER], version: '1.2.3', clock: { now: () => instant(clock.at) }, log: lines.log, store: rows, toldTo: () => [{ account: 'b24', state: 'done', reason: '' }], maxMinutes: 1000,
    link: (recording, minutes) => ({ url: `https://x/${recording}?${minutes}`, expiresAt: 'then' }),
    recorder: { act: async (call, what) => { acted.push([call, what]); return { ok: true }; } }, ...over,
  });
  const { address } = await bench(t, { web: { routes } });
  const ask = async (path: string, options: AskOptions = {}): Promise<Answered & { readonly json: unknown }> => {
    const answer = await send(address, path, { ...options, headers: { authorization: `Bearer ${TOKEN}`, ...options.headers } });
    return { ...answer, json: answer.text === '' ? null : JSON.parse(answer.text) as unknown };
  };
  const post = (path: string, body: string, headers: AskOptions['headers'] = {}) => ask(path, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
  return { ask, post, address, acted, lines, clock };
}

t.test('nothing without a token, not even whether there is something', async (t) => {
  const { address, lines } = await api(t);
  for (const path of ['/api/v1/recordings', `/api/v1/recordings/${ID}`, '/api/v1/nothing', '/api/v1/']) {
    const { status, headers, text } = await send(address, path);
    t.match({ status, realm: headers['www-authenticate'], text }, { status: 401, realm: 'Bearer realm="CallMe"', text: /NO_TOKEN/ }, path);
  }
  t.equal((await send(address, `/api/v1/calls/${CALL}/recording`, { method: 'POST', body: 'x'.repeat(100_000) })).status, 401, 'and no body is read');
  for (const authorization of ['Bearer', 'Bearer ', `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Bearer ${TOKEN.toUpperCase()}`, `Basic ${TOKEN}`, TOKEN, `Bearer ${TOKEN}, ${OTHER}`, 'Bearer null']) {
    const { status, headers } = await send(address, '/api/v1/recordings', { headers: { authorization } });
    t.match({ status, realm: headers['www-authenticate'] }, { status: 401, realm: /invalid_token/ }, authorization);
  }
  t.equal(lines.all.filter(({ level }) => level === 'warn').length, 9);
  t.notMatch(JSON.stringify(lines.all), /token-of-the-test/i);
  for (const authorization of [`Bearer ${TOKEN}`, `bearer ${OTHER}`, `Bearer   ${TOKEN} `]) t.equal((await send(address, '/api/v1/recordings', { headers: { authorization } })).status, 200, authorization);
});

t.test('without tokens in the configuration the API is shut', async (t) => {
  const { ask } = await api(t, { tokens: [] });
  t.match(await ask('/api/v1/recordings'), { status: 403, json: { error: { code: 'API_OFF', remedy: /web\.tokens/ } } });
});

t.test('who guesses too often waits, and is let in again', async (t) => {
  const { ask, clock } = await api(t);
  const wrong = async () => ask('/api/v1/recordings', { headers: { authorization: 'Bearer guess' } });
  for (let each = 0; each < 20; each += 1) t.equal((await wrong()).status, 401);
  t.match(await wrong(), { status: 429, headers: { 'retry-after': '6' } });
  t.match(await ask('/api/v1/recordings'), { status: 429, json: { error: { remedy: /wait 6 s/ } } });
  clock.at += 6_000;
  t.equal((await ask('/api/v1/recordings')).status, 200);
});

t.test('recordings of a call, newest first, without a word of where they lie', async (t) => {
  const { ask } = await api(t);
  const { status, json, text } = await ask(`/api/v1/recordings?call=${encodeURIComponent(CALL)}`);
  t.equal(status, 200);
  t.match(json, { recordings: [{ id: ID, call: CALL, state: 'told', seconds: 12.5, bytes: 9, sha256: 'abc', talked: ['219'], pauses: [{ fromMs: 1, toMs: 2 }], channels: 'mono', kept: ['local', 'bucket'], hold: '', purgedAt: null, createdAt: '2026-11-20T12:00:00.000Z' }] });
  t.notMatch(text, /secret\/place|s3:/);
  const count = async (query: string): Promise<number> => ((await ask(`/api/v1/recordings${query}`)).json as { recordings: unknown[] }).recordings.length;
  t.equal(await count(''), 2);
  t.equal(await count('?limit=1'), 1);
  t.equal(await count('?state=closed'), 1);
  t.equal(await count('?call=main%2Fnobody'), 0);
  for (const [query, said] of [['?cal=x', /"cal" is not a known parameter/], ['?limit=0', /"limit"/], ['?limit=501', /"limit"/], ['?limit=1e2', /"limit"/], ['?state=gone', /"state"/], ['?call=a&call=b', /twice/]] as const) {
    t.match(await ask(`/api/v1/recordings${query}`), { status: 400, json: { error: { code: 'BAD_QUERY', message: said, remedy: /\w/ } } }, query);
  }
});

t.test('one recording, which CRM has it, and a fresh link', async (t) => {
  const { ask } = await api(t);
  t.match(await ask(`/api/v1/recordings/${ID}`), { status: 200, json: { id: ID, told: [{ account: 'b24', state: 'done', reason: '' }], link: { url: `https://x/${ID}?60`, expiresAt: 'then' } } });
  t.match((await ask(`/api/v1/recordings/${encodeURIComponent(ID)}?minutes=1000`)).json, { id: ID, link: { url: `https://x/${ID}?1000` } });
  t.match((await ask(`/api/v1/recordings/main/2026/11/20/call-1790.18.wav`)).json, { state: 'closed', link: null });
  t.match(await ask(`/api/v1/recordings/${ID}?minutes=1001`), { status: 400, json: { error: { remedy: /1 to 1000/ } } });
  t.match(await ask('/api/v1/recordings/main/nobody'), { status: 404, json: { error: { code: 'NO_RECORDING' } } });
  t.match(await ask('/api/v1/recordings/..%2f..%2fetc%2fpasswd'), { status: 404, json: { error: { code: 'NO_RECORDING' } } });
  t.equal((await ask(`/api/v1/recordings/${ID}`, { method: 'HEAD' })).status, 200);
});

t.test('pause and resume reach the recorder', async (t) => {
  const { post, acted, lines } = await api(t);
  t.match(await post(`/api/v1/calls/${CALL}/recording`, '{"action":"pause"}'), { status: 200, json: { call: CALL, action: 'pause', ok: true } });
  t.equal((await post(`/api/v1/calls/${encodeURIComponent('main/odd name/7')}/recording`, '{"action":"resume"}')).status, 200);
  t.same(acted, [[CALL, 'pause'], ['main/odd name/7', 'resume']]);
  t.match(lines.all[0], { level: 'info', message: 'the API was asked', fields: { address: '127.0.0.1', method: 'POST', asked: 'calls/main/1790.17/recording', status: 200 } });
  for (const body of ['{}', '{"action":"stop"}', '{"action":["pause"]}', '{"action":"pause","call":"x"}', '[]', 'null', '"pause"', '1']) {
    t.match(await post(`/api/v1/calls/${CALL}/recording`, body), { status: 400, json: { error: { code: 'BAD_BODY', remedy: /"action": "pause"/ } } }, body);
  }
  for (const [body, status] of [['{"action":', 400], ['', 400], ['{"__proto__":{"action":"pause"}}', 400], [`"${'x'.repeat(20_000)}"`, 413]] as const) {
    t.match(await post(`/api/v1/calls/${CALL}/recording`, body), { status, json: { error: { code: 'BAD_BODY', remedy: /JSON/ } } }, body.slice(0, 40));
  }
  t.match(await post(`/api/v1/calls/${CALL}/recording`, 'action=pause', { 'content-type': 'application/x-www-form-urlencoded' }), { status: 415 });
  t.match(await post(`/api/v1/calls/${CALL}/recording`, 'pause', { 'content-type': 'text/plain' }), { status: 415 });
  t.equal(acted.length, 2);
});

t.test("what the recorder refuses comes with the recorder's reason and remedy", async (t) => {
  for (const [code, status] of [['NO_CALL', 404], ['NO_RECORDING', 409], ['OTHER_RECORDER', 409], ['PBX_REFUSED', 502], ['PBX_AWAY', 503], ['SOMETHING_NEW', 409]] as const) {
    const { post } = await api(t, { recorder: { act: async () => ({ ok: false, code, reason: 'the reason', remedy: 'the remedy' }) } });
    t.match(await post(`/api/v1/calls/${CALL}/recording`, '{"action":"pause"}'), { status, json: { error: { code, message: 'the reason', remedy: 'the remedy' } } }, code);
  }
});

t.test('wrong addresses and methods are told what there is', async (t) => {
  const { ask, post } = await api(t);
  t.match(await ask('/api/v1/recording'), { status: 404, json: { error: { remedy: /openapi\.json/ } } });
  t.match(await post('/api/v1/recordings', '{}'), { status: 405, headers: { allow: 'GET' } });
  t.match(await ask(`/api/v1/calls/${CALL}/recording`), { status: 405, headers: { allow: 'POST' } });
  t.match(await ask('/api/v1/recordings', { method: 'DELETE' }), { status: 405, headers: { allow: 'GET' } });
});

t.test('the description names every path, method, parameter and answer, and nothing else', async (t) => {
  const { ask, post, address } = await api(t);
  const document = openApi('1.2.3') as { paths: Record<string, Record<string, { responses: object; parameters: { name: string; in: string }[] }>>; components: { schemas: { Recording: { properties: object } } } };
  t.same(JSON.parse((await send(address, '/api/openapi.json')).text), JSON.parse(JSON.stringify(document)));
  // The address book's part is held against its verbs in contacts.test.ts, the debug aids' in contacts-debug.test.ts.
  const paths = Object.entries(document.paths).filter(([path]) => !/^\/api\/v1\/(?:contacts|companies|book|debug)\b/.test(path));
  t.same(paths.flatMap(([path, verbs]) => Object.keys(verbs).map((verb) => `${verb} ${path}`)), ['get /api/v1/recordings', 'get /api/v1/recordings/{id}', 'post /api/v1/calls/{call}/recording']);
  const shown = ((await ask('/api/v1/recordings?limit=1')).json as { recordings: object[] }).recordings[0] ?? {};
  t.same(Object.keys(document.components.schemas.Recording.properties).toSorted(), Object.keys(shown).toSorted());
  for (const [path, verbs] of paths) {
    for (const [verb, { parameters, responses }] of Object.entries(verbs)) {
      const real = path.replace('{id}', ID).replace('{call}', CALL);
      const known = parameters.filter((each) => each.in === 'query').map(({ name }) => name);
      const { status, json } = verb === 'get' ? await ask(`${real}?nonsense=1`) : await post(real, '{}');
      t.ok(String(status) in responses, `${verb} ${path}: ${status}`);
      if (verb === 'get') t.match(json, { error: { remedy: `known here: ${known.join(', ')}` } });
    }
  }
  t.equal(DEFAULT_TENANT, 'default');
});
