/** The stand-in portal is strict: what the real one refuses, it refuses. A forgiving stand-in would pass every driver. */
import t, { type Test } from 'tap';
import { createHttp } from '../../app/http.ts';
import type { HttpAnswer } from '../../core/ports.ts';
import { type Portal, type PortalOptions, startPortal } from '../fakes/crm/bitrix24.ts';

const USERS = [{ id: 7, extension: '207' }, { id: 8, extension: '208' }, { id: 9, extension: '209', active: false }];
const CALL = { USER_ID: 7, PHONE_NUMBER: '+79035550142', TYPE: 2, CALL_START_DATE: '2026-09-01T10:15:00+03:00', EXTERNAL_CALL_ID: '1790.17', SHOW: 0 };
const NOW = Date.parse(CALL.CALL_START_DATE) + 60_000;

interface Line { portal: Portal; post: (method: string, params?: object) => Promise<HttpAnswer>; result: (method: string, params?: object) => Promise<Record<string, unknown>> }

async function line(t: Test, options: PortalOptions = {}): Promise<Line> {
  const portal = await startPortal({ users: USERS, now: () => NOW, ...options });
  t.teardown(() => portal.stop());
  const http = createHttp({ version: '0' });
  t.teardown(() => http.close());
  const post = (method: string, params: object = {}): Promise<HttpAnswer> => http.request({ method: 'POST', url: portal.url + method, json: params, timeoutMs: 5000 });
  const result = async (method: string, params?: object): Promise<Record<string, unknown>> => {
    const answer = await post(method, params);
    t.equal(answer.status, 200, JSON.stringify(answer.body));
    return (answer.body as { result: Record<string, unknown> }).result;
  };
  return { portal, post, result };
}
const without = (key: keyof typeof CALL): object => Object.fromEntries(Object.entries(CALL).filter(([name]) => name !== key));

t.test('register refuses', async (t) => {
  const { post, portal } = await line(t);
  const table: [object, string][] = [
    [without('USER_ID'), 'USER_ID or USER_PHONE_INNER should be set'],
    [{ ...CALL, USER_ID: '', USER_PHONE_INNER: '207' }, 'User is not found'],
    [{ ...CALL, USER_ID: 77 }, 'User is not found or is not active'],
    [{ ...CALL, USER_ID: 9 }, 'User is not found or is not active'],
    [{ ...without('USER_ID'), USER_PHONE_INNER: '209' }, 'User is not found or is not active'],
    [{ ...CALL, TYPE: 6 }, 'Unknown TYPE'],
    [without('TYPE'), 'Unknown TYPE'],
    [{ ...CALL, CALL_START_DATE: '2026-09-01T10:15:00' }, 'ISO-8601'],
    [{ ...CALL, CALL_START_DATE: '2026-09-01 10:15:00+03:00' }, 'ISO-8601'],
    [{ ...CALL, CALL_START_DATE: '2026-09-01T10:15:00.000+03:00' }, 'ISO-8601'],
    [{ ...CALL, CALL_START_DATE: '2026-19-01T10:15:00+03:00' }, 'ISO-8601'],
    [{ ...CALL, PHONE_NUMBER: 'anonymous' }, 'Unsupported phone number format'],
    [without('PHONE_NUMBER'), 'Unsupported phone number format'],
  ];
  for (const [params, description] of table) {
    const answer = await post('telephony.externalCall.register', params);
    t.equal(answer.status, 400);
    t.match(answer.body, { error: 'ERROR_CORE', error_description: new RegExp(description) }, JSON.stringify(params));
  }
  t.equal(portal.calls.length, 0);
});

t.test('re-registration: five equal fields inside 30 minutes, and unfinished', async (t) => {
  let now = NOW;
  const { result, portal } = await line(t, { now: () => now });
  const first = (await result('telephony.externalcall.register', CALL))['CALL_ID'];
  t.equal((await result('TELEPHONY.EXTERNALCALL.REGISTER.json', CALL))['CALL_ID'], first, 'names are case-insensitive');
  for (const other of [{ USER_ID: 8 }, { TYPE: 1 }, { LINE_NUMBER: '1' }, { PHONE_NUMBER: '+79035550143' }, { EXTERNAL_CALL_ID: 'x' }]) {
    t.not((await result('telephony.externalcall.register', { ...CALL, ...other }))['CALL_ID'], first, JSON.stringify(other));
  }
  now += 30 * 60_000;
  t.not((await result('telephony.externalcall.register', CALL))['CALL_ID'], first, 'the window is closed');
  now = NOW;
  await result('telephony.externalcall.finish', { CALL_ID: first, USER_ID: 7 });
  t.equal(portal.calls.filter((call) => call.externalCallId === '1790.17' && call.registers === 2).length, 1);
});

t.test('leads, lines, internal numbers', async (t) => {
  const { result, portal } = await line(t, { lines: [{ number: '100', autoCreate: false }] });
  const made = await result('telephony.externalcall.register', { ...CALL, CRM_CREATE: 1, LINE_NUMBER: '200' });
  t.match(made, { CRM_CREATED_LEAD: Number, CRM_ENTITY_TYPE: 'LEAD' });
  t.match(await result('telephony.externalline.get'), [{ NUMBER: '100', CRM_AUTO_CREATE: 'N' }, { NUMBER: '200' }]);
  t.match(await result('telephony.externalcall.searchcrmentities', { PHONE_NUMBER: '89035550142' }), [{ CRM_ENTITY_TYPE: 'LEAD' }], 'in any spelling');
  const none = { CRM_CREATED_LEAD: null, CRM_CREATED_ENTITIES: [], CRM_ENTITY_TYPE: null };
  t.match(await result('telephony.externalcall.register', { ...CALL, PHONE_NUMBER: '+70000000001' }), none, 'not asked to');
  t.match(await result('telephony.externalcall.register', { ...CALL, PHONE_NUMBER: '+70000000002', TYPE: 1, CRM_CREATE: 1, LINE_NUMBER: '100' }), none, 'the line forbids it');
  t.match(await result('telephony.externalcall.register', { ...CALL, PHONE_NUMBER: '208', CRM_CREATE: 1 }), none, 'an extension is no client');
  t.ok(portal.calls.at(-1)?.internal);
});

t.test('show and hide; the first finish wins', async (t) => {
  const { post, result, portal } = await line(t);
  const { CALL_ID } = await result('telephony.externalcall.register', CALL);
  t.equal(await result('telephony.externalcall.show', { CALL_ID, USER_ID: [7, 8] }), true);
  t.equal(await result('telephony.externalcall.hide', { CALL_ID }), true);
  t.same([...portal.calls[0]?.cards ?? []], [8], 'default: who registered');
  t.equal(await result('telephony.externalcall.show', { CALL_ID: 'x', USER_ID: 7 }), false);
  t.match((await post('telephony.externalcall.finish', { CALL_ID: 7, USER_ID: 7 })).body, { error_description: 'CALL_ID must be a string' });
  t.match((await post('telephony.externalcall.finish', { CALL_ID, USER_ID: 9 })).body, { error_description: /not active/ });
  t.match((await post('telephony.externalcall.finish', { CALL_ID: 'x', USER_ID: 7 })).body, { error_description: /^Call is not found/ });
  t.match(await result('telephony.externalcall.finish', { CALL_ID, USER_ID: 7 }), { CALL_FAILED_CODE: '304', CALL_STATUS: 0 }, 'no duration: missed');
  t.match((await post('telephony.externalcall.finish', { CALL_ID, USER_ID: 7, DURATION: 9 })).body, { error_description: /^Call is not found/ });
  t.equal(await result('telephony.externalcall.show', { CALL_ID, USER_ID: 7 }), false);
  t.match(portal.calls[0], { finishes: 1, finish: { duration: 0 } });
  t.same([...portal.calls[0]?.cards ?? []], [8], 'finish closes the finisher\'s card alone');
});

t.test('attachRecord and the upload place', async (t) => {
  const { post, result, portal } = await line(t);
  const { CALL_ID } = await result('telephony.externalcall.register', CALL);
  const refusal = async (params: object): Promise<unknown> => (await post('telephony.externalcall.attachrecord', { CALL_ID, ...params })).body;
  t.match(await refusal({ FILENAME: 'a.mp3' }), { error_description: /^Call is not found in the statistic table/ }, 'not before the finish');
  await result('telephony.externalcall.finish', { CALL_ID, USER_ID: 7, DURATION: 3 });
  t.match(await refusal({}), { error_description: /should be set/ });
  t.match(await refusal({ FILENAME: '' }), { error_description: /name is empty/ });
  t.match(await refusal({ FILENAME: 'a.MP3' }), { error_description: /Only wav and mp3/ });
  t.match(await refusal({ FILENAME: 'a.mp3', FILE_CONTENT: '' }), { error_description: /content is empty/ });
  t.match(await refusal({ FILENAME: 'a.mp3', FILE_CONTENT: 'data:audio/mpeg;base64,AA==' }), { error_description: /decode/ });
  t.match(await result('telephony.externalcall.attachrecord', { CALL_ID, FILENAME: 'a.mp3', FILE_CONTENT: 'SUQz' }), { FILE_ID: Number });
  const { uploadUrl } = await result('telephony.externalcall.attachrecord', { CALL_ID, FILENAME: 'a.mp3' }) as { uploadUrl: string };
  const send = (field: string, path: string): Promise<Response> => fetch(uploadUrl, { method: 'POST', body: form(field, path) });
  t.match(await (await send('file', 'b.mp3')).json(), { result: { FILE_ID: Number } });
  t.equal((await send('file', 'b.mp3')).status, 403, 'a token is good once');
  t.same(portal.calls[0]?.records.map((record) => record.bytes.toString()), ['ID3', 'sound']);
  t.match(await result('voximplant.statistic.get', { FILTER: { CALL_ID } }), [{ CALL_ID, RECORD_FILE_ID: portal.calls[0]?.records[1]?.fileId }]);
  for (const [field, name] of [['file', 'b.gsm'], ['sound', 'b.mp3']] as const) {
    const place = await result('telephony.externalcall.attachrecord', { CALL_ID, FILENAME: 'a.mp3' }) as { uploadUrl: string };
    t.equal((await fetch(place.uploadUrl, { method: 'POST', body: form(field, name) })).status, 400, `${field} ${name}`);
  }
});

function form(field: string, name: string): FormData {
  const data = new FormData();
  data.append(field, new Blob(['sound']), name);
  return data;
}

t.test('a click: the portal registers the call itself and opens a card; it is finished like any other', async (t) => {
  const { portal, post, result } = await line(t);
  const call = portal.began({ userId: 7, phone: '+79035550142' });
  t.match(call, { type: 1, userId: 7, externalCallId: '', registers: 0, finish: null });
  t.same([...call.cards], [7]);
  t.equal(portal.began({ userId: 7, callId: 'externalCall.lab-42' }).callId, 'externalCall.lab-42');
  t.throws(() => portal.began({ userId: 999 }), /nobody who could click/);
  const end = { CALL_ID: call.callId, USER_ID: 7, DURATION: 0, STATUS_CODE: '304' };
  t.match(await result('telephony.externalcall.finish', end), { CALL_ID: call.callId, EXTERNAL_CALL_ID: '', CALL_FAILED_CODE: '304' });
  t.equal((await post('telephony.externalcall.finish', end)).status, 400, 'once');
  t.same([...call.cards], []);
});

t.test('secret, scopes, methods, the bucket', async (t) => {
  const { portal, post } = await line(t, { scopes: ['telephony'], statistics: false });
  t.match(await (await fetch(`${portal.origin}/rest/1/wrong/profile`)).json(), { error: 'INVALID_CREDENTIALS' });
  t.equal((await fetch(`${portal.origin}/rest/1/wrong/profile`)).status, 401);
  t.match(await post('user.get'), { status: 403, body: { error: 'insufficient_scope' } });
  t.match(await post('voximplant.statistic.get'), { status: 403, body: { error: 'ACCESS_DENIED' } });
  t.match(await post('no.such.method'), { status: 404, body: { error: 'ERROR_METHOD_NOT_FOUND' } });
  let now = NOW;
  const narrow = await line(t, { bucket: { burst: 2, perSecond: 2 }, now: () => now });
  const statuses = async (): Promise<number[]> => [(await narrow.post('profile')).status, (await narrow.post('profile')).status, (await narrow.post('profile')).status];
  t.same(await statuses(), [200, 200, 503]);
  now += 500;
  t.same(await statuses(), [200, 503, 503], 'half a second drains one');
});

t.test('urlencoded bodies with PHP brackets, and the ledger', async (t) => {
  const { portal, result } = await line(t);
  const { CALL_ID } = await result('telephony.externalcall.register', CALL);
  const body = new URLSearchParams([['CALL_ID', String(CALL_ID)], ['USER_ID[]', '7'], ['USER_ID[]', '8']]);
  t.match(await (await fetch(`${portal.url}telephony.externalcall.show`, { method: 'POST', body })).json(), { result: true });
  t.same([...portal.calls[0]?.cards ?? []], [7, 8]);
  t.match(portal.ledger, [{ order: 0, method: 'telephony.externalcall.register', status: 200, params: CALL }, { order: 1, method: 'telephony.externalcall.show' }]);
  const later = portal.until((entry) => entry.method === 'profile');
  await result('profile');
  t.match(await later, { order: 2, status: 200, lie: null });
});
