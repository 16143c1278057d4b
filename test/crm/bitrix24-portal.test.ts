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

const APP = { secret: 'clientsecret0001', id: 'local.1234.5678' };
const tokenAt = async (portal: Portal, query: Record<string, string>): Promise<{ status: number; body: Record<string, string> }> => {
  const answer = await fetch(`${portal.origin}/oauth/token/?${new URLSearchParams({ client_id: APP.id, client_secret: APP.secret, ...query }).toString()}`);
  return { status: answer.status, body: await answer.json() as Record<string, string> };
};
const asApp = async (portal: Portal, method: string, auth: string, params: object = {}): Promise<{ status: number; body: Record<string, unknown> }> => {
  const answer = await fetch(`${portal.origin}/rest/${method}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...params, ...(auth === '' ? {} : { auth }) }) });
  return { status: answer.status, body: await answer.json() as Record<string, unknown> };
};

t.test('the OAuth server: wrong clients, codes of 30 seconds, tokens that rotate and end', async (t) => {
  let now = NOW;
  for (const oldRefresh of ['dead', 'works'] as const) {
    const { portal } = await line(t, { now: () => now, app: { oldRefresh } });
    t.match(await tokenAt(portal, { client_secret: 'wrong', grant_type: 'refresh_token' }), { status: 401, body: { error: 'invalid_client' } });
    t.match(await tokenAt(portal, { grant_type: 'password' }), { status: 400, body: { error: 'invalid_request' } });
    const late = portal.consentCode();
    now += 31_000;
    t.match(await tokenAt(portal, { grant_type: 'authorization_code', code: late }), { status: 400, body: { error: 'invalid_grant' } });
    const code = portal.consentCode();
    const first = await tokenAt(portal, { grant_type: 'authorization_code', code });
    t.match(first.body, { client_endpoint: `${portal.origin}/rest/`, domain: 'oauth.bitrix.info', member_id: '0f9e' });
    t.match(await tokenAt(portal, { grant_type: 'authorization_code', code }), { body: { error: 'invalid_grant' } }, 'once');
    const renew = { grant_type: 'refresh_token', refresh_token: first.body['refresh_token'] ?? '' };
    t.not((await tokenAt(portal, renew)).body['refresh_token'], first.body['refresh_token']);
    t.equal((await tokenAt(portal, renew)).status, oldRefresh === 'dead' ? 400 : 200);
    const access = first.body['access_token'] ?? '';
    t.equal((await asApp(portal, 'profile', access)).status, 200);
    now += 3600_000;
    t.match(await asApp(portal, 'profile', access), { status: 401, body: { error: 'expired_token' } });
    t.match(await asApp(portal, 'profile', 'x'), { status: 401, body: { error: 'invalid_token' } });
    t.match(await asApp(portal, 'profile', ''), { status: 401, body: { error: 'NO_AUTH_FOUND' } });
  }
});

t.test('what is for applications alone, and for administrators', async (t) => {
  const { portal, post } = await line(t, { webhookTelephony: false, app: { admin: false } });
  for (const method of ['telephony.externalcall.register', 'telephony.externalcall.finish', 'telephony.externalline.get', 'event.bind', 'event.offline.get']) {
    t.match(await post(method), { status: 403, body: { error: 'WRONG_AUTH_TYPE' } }, method);
  }
  t.equal((await post('telephony.externalcall.searchcrmentities', { PHONE_NUMBER: '1234567' })).status, 200);
  const access = new URLSearchParams(portal.installBody()).get('auth[access_token]') ?? '';
  t.equal((await asApp(portal, 'telephony.externalline.get', access)).status, 200);
  t.match(await asApp(portal, 'event.bind', access, { event: 'ONEXTERNALCALLSTART', event_type: 'offline' }), { body: { error: 'ACCESS_DENIED' } });
  t.match(await asApp(portal, 'event.offline.get', access), { body: { error: 'ACCESS_DENIED' } });
  t.match(await asApp(portal, 'event.bind', access, { event: 'ONMOON', handler: 'https://a/' }), { status: 400, body: { error: 'ERROR_EVENT_NOT_FOUND' } });
  t.match(await asApp(portal, 'event.bind', access, { event: 'ONCRMLEADADD' }), { status: 400 }, 'pushed where?');
});

t.test('batch: names, references, empty maps, what may not stand in it', async (t) => {
  const { result, post } = await line(t, { notInBatch: ['profile'] });
  const register = `telephony.externalcall.register?${new URLSearchParams({ ...Object.fromEntries(Object.entries(CALL).map(([key, value]) => [key, String(value)])) }).toString()}`;
  const whole = await result('batch', { halt: 0, cmd: { r: register, s: 'telephony.externalcall.show?CALL_ID=$result[r][CALL_ID]&USER_ID[0]=7&USER_ID[1]=8' } });
  t.match(whole, { result: { r: { CALL_ID: /^externalCall/ }, s: true }, result_error: [], result_time: { r: { operating: Number } } });
  const plus = await result('batch', { cmd: { r: 'telephony.externalcall.register?USER_ID=7&TYPE=2&PHONE_NUMBER=+79035550142', s: 'telephony.externalcall.show?CALL_ID=$result[r][CALL_ID]' } });
  t.match(plus, { result: { s: false }, result_error: { r: { error_description: 'Unsupported phone number format' } } }, 'a bare plus is a space; of a failed command nothing is left');
  t.match(await result('batch', { cmd: { p: 'profile', b: 'batch?cmd[a]=profile' } }), { result: [], result_error: { p: { error: 'ERROR_BATCH_METHOD_NOT_ALLOWED' }, b: { error: 'ERROR_BATCH_METHOD_NOT_ALLOWED' } } });
  t.match(await result('batch', { halt: 1, cmd: { a: 'no.such', b: 'user.get' } }), { result: [], result_error: { a: { error: 'ERROR_METHOD_NOT_FOUND' } } });
  const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`c${index}`, 'user.get']));
  t.match(await post('batch', { cmd: many }), { status: 400, body: { error: 'ERROR_BATCH_LENGTH_EXCEEDED' } });
});

t.test('duplicates are compared as they were written; gets, lines and users page by page', async (t) => {
  const users = Array.from({ length: 60 }, (_, index) => ({ id: index + 1 }));
  const { post, result } = await line(t, { users, contacts: [{ id: 5, name: 'Irina', phone: '8 (903) 555-01-42' }, { id: 6, type: 'COMPANY', name: 'Orlov', phone: '79035550142', responsible: 7 }] });
  t.same(await result('crm.duplicate.findbycomm', { type: 'PHONE', values: ['+79035550142', '89035550142'] }), []);
  t.same(await result('crm.duplicate.findbycomm', { type: 'PHONE', values: ['79035550142'] }), { COMPANY: [6] });
  t.equal((await post('crm.duplicate.findbycomm', { type: 'PHONE', values: Array.from({ length: 21 }, () => '1') })).status, 400);
  t.match(await result('crm.company.get', { id: 6 }), { ID: '6', TITLE: 'Orlov', ASSIGNED_BY_ID: '7' });
  t.match(await post('crm.contact.get', { id: 6 }), { status: 400, body: { error: '', error_description: 'Not found' } });
  t.match(await post('user.get', {}), { body: { next: 50, total: 60, result: Array.from({ length: 50 }, () => ({})) } });
  t.match(await post('user.get', { start: 50 }), { body: { next: undefined, result: Array.from({ length: 10 }, () => ({})) } });
  await result('telephony.externalline.add', { NUMBER: '1', NAME: 'One' });
  t.match((await post('telephony.externalline.add', { NUMBER: '1' })).body, { error_description: 'Line already exists' });
  t.match((await post('telephony.externalline.add', {})).body, { error_description: /empty/ });
  t.match((await post('telephony.externalline.update', { NUMBER: '2', NAME: 'x' })).body, { error_description: /Could not find line/ });
  t.match((await post('telephony.externalline.update', { NUMBER: '1' })).body, { error_description: /no fields/ });
});

t.test('the queue of offline events: marked, not handed out twice, cleared by its process', async (t) => {
  const { portal } = await line(t);
  const access = new URLSearchParams(portal.installBody()).get('auth[access_token]') ?? '';
  const ask = async (method: string, params: object) => (await asApp(portal, method, access, params)).body['result'] as { process_id: string | null; events: { MESSAGE_ID: string }[] };
  portal.queue('ONCRMLEADADD', false, 'm1');
  const taken = await ask('event.offline.get', { clear: 0 });
  t.match(taken, { process_id: String, events: [{ MESSAGE_ID: 'm1', EVENT_DATA: false }] });
  t.same((await ask('event.offline.get', { clear: 0 })).events, []);
  t.match(await ask('event.offline.list', {}), [{ PROCESS_ID: taken.process_id }]);
  t.match((await asApp(portal, 'event.offline.clear', access, {})).status, 400, 'whose?');
  await ask('event.offline.clear', { process_id: 'x', message_id: ['m1'] });
  t.equal(portal.events.queue.length, 1);
  await ask('event.offline.clear', { process_id: taken.process_id, message_id: ['m1'] });
  t.equal(portal.events.queue.length, 0);
  portal.queue('ONCRMLEADADD', false);
  t.match(await ask('event.offline.get', {}), { process_id: null, events: [{}] }, 'without `clear` they are gone');
  t.equal(portal.events.queue.length, 0);
});

t.test('a method that has run too long is blocked until it is counted anew', async (t) => {
  let now = NOW;
  const { post } = await line(t, { now: () => now, operating: { cost: () => 300, limit: 480 } });
  t.match((await post('user.get')).body, { time: { operating: 300 } });
  t.equal((await post('user.get')).status, 200);
  t.match(await post('user.get'), { status: 429, body: { error: 'OPERATION_TIME_LIMIT', time: { operating_reset_at: Number } } });
  t.equal((await post('profile')).status, 200, 'each method by itself');
  now += 600_000;
  t.equal((await post('user.get')).status, 200);
});
