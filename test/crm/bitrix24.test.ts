/** What is Bitrix24's own, beyond the contract suite: who the call belongs to, cards, lost answers, and what the portal forgets. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createHttp } from '../../app/http.ts';
import { type CardPolicy, cardPolicy } from '../../core/cards.ts';
import type { CallEnded, Fact } from '../../core/facts.ts';
import type { Verdict } from '../../core/verdict.ts';
import { type AccountId, type Employee, type Extension, type RecordingId } from '../../core/words.ts';
import bitrix24 from '../../crm/drivers/bitrix24.ts';
import { CLIENT, story, STRANGER } from '../contract/driver.ts';
import { type Portal, type PortalOptions, startPortal } from '../fakes/crm/bitrix24.ts';
import { toolsFor } from '../fakes/crm/tools.ts';

const ext = (text: string): Extension => text as Extension;
const USERS = [{ id: 1, name: 'Admin' }, { id: 7, extension: '207' }, { id: 8, extension: '208' }, { id: 9, extension: '209', active: false }];
const CONTACT = { id: 318, name: 'Irina', phone: CLIENT, responsible: 8 };
const anna: Employee = { extension: ext('207'), name: 'Anna', crm: { b24: 7 } };

interface Scene { portal: Portal; tell: (fact: Fact) => Promise<Verdict>; memory: Map<string, string>; asked: (method: string) => unknown[]; driver: ReturnType<typeof bitrix24.create> }

async function scene(t: Test, options: PortalOptions = {}, settings: Record<string, unknown> = {}, employees: Employee[] = [anna], cards: CardPolicy = () => 'ringing'): Promise<Scene> {
  const portal = await startPortal({ users: USERS, contacts: [CONTACT], ...options });
  t.teardown(() => portal.stop());
  const http = createHttp({ version: '0.0.0' });
  t.teardown(() => http.close());
  const memory = new Map<string, string>();
  const driver = bitrix24.create(bitrix24.settings.parse({ url: portal.url, ...settings }), toolsFor(http, {
    account: 'b24' as AccountId, employees, cards,
    memory: (call) => ({ get: (key) => memory.get(`${call}|${key}`) ?? null, set: (key, value) => { memory.set(`${call}|${key}`, value); } }),
  }));
  return {
    portal, memory, driver,
    tell: (fact) => driver.deliver(fact, new AbortController().signal),
    asked: (method) => portal.ledger.filter((entry) => entry.method.endsWith(method)).map((entry) => entry.params),
  };
}

interface Facts { offered: Fact; ended: CallEnded; ready: Fact; ring207: Fact; ring208: Fact; released208: Fact; talking207: Fact }
function facts(linkedid = '1790.17', extra: Partial<CallEnded> = {}, sound = ''): Facts {
  const [, offered, ring207, ring208, released208, talking207, ended, ready] = story(linkedid, sound, extra).all;
  if (offered && ring207 && ring208 && released208 && talking207 && ended?.kind === 'call-ended' && ready) {
    return { offered, ended, ready, ring207, ring208, released208, talking207 };
  }
  throw new Error('the story changed');
}
const outbound = <F extends Fact>(fact: F): F => ({ ...fact, direction: 'outbound' });
const from = <F extends Fact>(fact: F, number: string): F => ({ ...fact, client: { number, name: '' } });

t.test('register says what the portal needs', async (t) => {
  const { tell, asked, portal } = await scene(t, {}, { sourceId: 'CALL' });
  const { offered } = facts();
  t.equal((await tell(offered)).kind, 'delivered');
  t.match(asked('register')[0], {
    USER_ID: 8, PHONE_NUMBER: CLIENT, TYPE: 2, CRM_CREATE: 1, CRM_SOURCE: 'CALL', SHOW: 0, ADD_TO_CHAT: 0, LINE_NUMBER: '74950000101', EXTERNAL_CALL_ID: '1790.17',
    CALL_START_DATE: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/,
  });
  t.same(portal.call('1790.17')?.entity, { type: 'CONTACT', id: 318 });
  t.equal(portal.ledger[0]?.userAgent, 'callme/0.0.0');
  t.equal(portal.call('1790.17')?.cards.size, 0, 'nobody sees a card yet');
});

t.test('whose call it is', async (t) => {
  const boss: Employee = { extension: ext('210'), name: 'Boss', crm: { b24: '1' } };
  const table: [string, (f: Facts) => Fact, Record<string, unknown>, unknown][] = [
    ['the contact\'s responsible', (f) => f.offered, {}, { USER_ID: 8 }],
    ['a stranger: the employee who rings', (f) => from(f.offered, STRANGER), {}, { USER_ID: 7 }],
    ['as the config writes the user, text too', (f) => ({ ...from(f.offered, STRANGER), extension: ext('210') }) as Fact, {}, { USER_ID: 1 }],
    ['not in the config: the user profile', (f) => ({ ...from(f.offered, STRANGER), extension: ext('208') }) as Fact, {}, { USER_ID: 8 }],
    ['nobody: the default user', (f) => ({ ...from(f.offered, STRANGER), extension: ext('299') }) as Fact, { defaultUser: 1 }, { USER_ID: 1 }],
    ['outbound: who dials, whoever owns the contact', (f) => outbound(f.offered), {}, { USER_ID: 7, TYPE: 1 }],
  ];
  for (const [name, pick, settings, expected] of table) {
    const { tell, asked } = await scene(t, {}, settings, [anna, boss]);
    t.equal((await tell(pick(facts()))).kind, 'delivered', name);
    t.match(asked('register').at(-1), expected, name);
  }
});

t.test('a responsible who left the company does not cost the call', async (t) => {
  const { tell, asked, portal } = await scene(t, { contacts: [{ ...CONTACT, responsible: 9 }] });
  t.equal((await tell(facts().offered)).kind, 'delivered');
  t.match(asked('register'), [{ USER_ID: 9 }, { USER_ID: 7 }]);
  t.equal(portal.calls.length, 1);
});

t.test('nobody at all is a dead letter with its remedy', async (t) => {
  const { tell } = await scene(t, { contacts: [] }, {}, []);
  const lonely = { ...from(facts().offered, STRANGER), extension: ext('299') } as Fact;
  t.match(await tell(lonely), { kind: 'refused', reason: /defaultUser/ });
  t.match(await tell(facts('1790.18', { owner: null, rang: [], client: { number: STRANGER, name: '' } }).ended), { kind: 'refused', reason: /defaultUser/ });
});

t.test('createLead and lineNumber', async (t) => {
  const one = await scene(t, {}, { createLead: false, lineNumber: 74950000999 });
  await one.tell(from(facts().offered, STRANGER));
  t.match(one.asked('register')[0], { CRM_CREATE: 0, LINE_NUMBER: '74950000999' });
  t.equal(one.portal.call('1790.17')?.entity, null);
  const two = await scene(t);
  await two.tell(from({ ...facts().offered, line: 'x'.repeat(80) } as Fact, STRANGER));
  t.equal(two.portal.call('1790.17')?.line.length, 50);
  t.equal(two.portal.call('1790.17')?.entity?.type, 'LEAD');
});

t.test('cards open and close with the telephones', async (t) => {
  const { tell, portal } = await scene(t);
  const f = facts();
  const cards = (): number[] => [...portal.call('1790.17')?.cards ?? []];
  t.match(await tell(f.ring207), { kind: 'skipped', reason: /not registered/ });
  await tell(f.offered);
  await tell(f.ring207);
  await tell(f.ring208);
  t.same(cards(), [7, 8]);
  await tell(f.released208);
  t.same(cards(), [7]);
  await tell(f.talking207);
  t.same(cards(), [7]);
  t.equal(portal.call('1790.17')?.shown.length, 3, 'an open card is not shown twice');
  await tell({ ...f.talking207, kind: 'call-handed-over', from: ext('207'), to: ext('208') } as Fact);
  t.same(cards(), [8]);
  await tell({ ...f.talking207, kind: 'call-handed-over', from: ext('208'), to: ext('207') } as Fact);
  await tell({ ...f.ring207, extension: ext('208') } as Fact);
  await tell(f.ended);
  t.same(cards(), [], 'the finisher\'s closes with finish, the others\' before it');
});

t.test('outbound the card opens when they talk; a pick-up opens one too', async (t) => {
  const { tell, portal } = await scene(t);
  const f = facts();
  await tell(outbound(f.offered));
  t.equal((await tell(outbound(f.ring207))).kind, 'skipped');
  await tell(outbound(f.talking207));
  t.same([...portal.call('1790.17')?.cards ?? []], [7]);
});

t.test('a card opens with the ring, with the talk, or never: as the employee\'s card mode says', async (t) => {
  const boris: Employee = { extension: ext('208'), name: 'Boris', crm: { b24: 8 }, card: 'never' };
  const cards = cardPolicy({ mode: 'answer', extensions: [], employees: [anna, boris] });
  const { tell, portal } = await scene(t, {}, {}, [anna, boris], cards);
  const f = facts();
  const open = (): number[] => [...portal.call('1790.17')?.cards ?? []];
  await tell(f.offered);
  t.match(await tell(f.ring207), { kind: 'skipped', reason: 'the card of 207 opens when they talk' });
  t.match(await tell(f.ring208), { kind: 'skipped', reason: '208 sees no cards' });
  t.match(await tell(f.released208), { kind: 'skipped' }, 'nothing to close');
  t.equal((await tell(f.talking207)).kind, 'delivered');
  t.same(open(), [7]);
  t.match(await tell({ ...f.talking207, kind: 'call-handed-over', from: ext('207'), to: ext('208') } as Fact), { kind: 'skipped', reason: '208 sees no cards' });
  t.same(open(), [], 'the card of who handed over closes all the same');
  await tell({ ...f.talking207, kind: 'call-handed-over', from: ext('208'), to: ext('207') } as Fact);
  t.same(open(), [7]);
  t.equal((await tell({ ...f.ended, owner: ext('208') })).kind, 'delivered', 'who sees no cards owns his calls all the same');
  t.same(open(), []);
});

t.test('a pop-up that the portal refuses is no dead letter', async (t) => {
  const { tell, portal } = await scene(t);
  await tell(facts().offered);
  portal.misbehave({ lie: { kind: 'answer', status: 400, body: { error: '', error_description: 'no' } } });
  t.equal((await tell(facts().ring207)).kind, 'skipped');
  portal.forgetLiveCalls();
  t.match(await tell(facts().ring208), { kind: 'delivered', note: /no such call/ });
});

t.test('finish says who talked, how long, and how it ended', async (t) => {
  const cases: [Partial<CallEnded>, object][] = [
    [{}, { userId: 7, duration: 42, statusCode: '200', addToChat: false, failedReason: '' }],
    [{ owner: ext('208'), talked: [ext('207'), ext('208')] }, { userId: 8 }],
    [{ outcome: 'missed', talkSeconds: 0, owner: null, talked: [], dialStatus: 'NOANSWER' }, { userId: 8, duration: 0, statusCode: '304', failedReason: 'missed, NOANSWER, cause 16' }],
    [{ outcome: 'missed', talkSeconds: 0, owner: null, talked: [], rang: [] }, { userId: 8, statusCode: '304' }],
    [{ direction: 'outbound', outcome: 'cancelled', talkSeconds: 0, dialStatus: 'CANCEL' }, { userId: 7, statusCode: '603-S' }],
  ];
  for (const [index, [extra, expected]] of cases.entries()) {
    const { tell, portal } = await scene(t);
    await tell(facts('1790.17', extra).ended);
    t.match(portal.call('1790.17')?.finish, expected, `case ${index}`);
  }
});

t.test('a lost answer to register, and one call at the portal', async (t) => {
  const { tell, portal, asked } = await scene(t, { contacts: [{ ...CONTACT, type: 'LEAD' }] });
  portal.misbehave({ at: 'register', lie: { kind: 'reset-after' } });
  t.equal((await tell(facts().offered)).kind, 'try-later');
  // Meanwhile the lead became a contact of somebody else: the repeated register must not follow, or it would be another call.
  portal.addContact({ id: 1, name: 'Other', phone: CLIENT, responsible: 7 });
  t.equal((await tell(facts().offered)).kind, 'delivered');
  t.same(asked('register')[0], asked('register')[1], 'letter by letter the same');
  t.match(portal.callsOf('1790.17'), [{ registers: 2 }]);
  t.equal(portal.callsOf('1790.17').length, 1);
});

t.test('a day later the window is closed: two registrations, one finish', async (t) => {
  let now = Date.now();
  const { tell, portal } = await scene(t, { now: () => now });
  portal.misbehave({ at: 'register', lie: { kind: 'reset-after' } });
  t.equal((await tell(facts().offered)).kind, 'try-later');
  now += 24 * 3600 * 1000;
  t.equal((await tell(facts().ended)).kind, 'delivered');
  t.same(portal.callsOf('1790.17').map((call) => call.finishes), [0, 1]);
});

t.test('a lost answer to finish, and one finish', async (t) => {
  for (const statistics of [true, false]) {
    const { tell, portal } = await scene(t, { statistics });
    await tell(facts().offered);
    portal.misbehave({ at: 'finish', lie: { kind: 'reset-after' } });
    t.equal((await tell(facts().ended)).kind, 'try-later');
    t.match(await tell(facts().ended), { kind: 'delivered', note: statistics ? /statistics have it/ : /as far as/ });
    t.match(portal.callsOf('1790.17'), [{ finishes: 1 }]);
    t.equal(portal.calls.length, 1);
  }
});

t.test('a portal that forgot the live call gets it anew', async (t) => {
  for (const statistics of [true, false]) {
    const { tell, portal } = await scene(t, { statistics });
    await tell(facts().offered);
    portal.forgetLiveCalls();
    t.equal((await tell(facts().ended)).kind, 'delivered');
    t.match(portal.callsOf('1790.17'), [{ finishes: 1 }]);
  }
});

t.test('a finish that never left is no reason to believe in it', async (t) => {
  const { tell, portal } = await scene(t, { statistics: false });
  await tell(facts().offered);
  portal.misbehave({ at: 'finish', lie: { kind: 'answer', status: 503, body: { error: 'QUERY_LIMIT_EXCEEDED' } } });
  t.equal((await tell(facts().ended)).kind, 'try-later');
  portal.forgetLiveCalls();
  t.equal((await tell(facts().ended)).kind, 'delivered');
  t.equal(portal.call('1790.17')?.finishes, 1);
});

t.test('limits: Retry-After, operating_reset_at, the bucket', async (t) => {
  const { tell, portal } = await scene(t);
  portal.misbehave({ at: 'register', lie: { kind: 'answer', status: 429, body: { error: 'OPERATION_TIME_LIMIT', time: { finish: 1_790_000_000.5, operating_reset_at: 1_790_000_060 } } } });
  t.match(await tell(facts().offered), { kind: 'try-later', retryAfterMs: 59_500 });
  portal.misbehave({ at: 'register', lie: { kind: 'answer', status: 429, body: { error: 'OPERATION_TIME_LIMIT' } } });
  t.match(await tell(facts().offered), { kind: 'try-later', retryAfterMs: null });
  let now = 0;
  const full = await scene(t, { bucket: { burst: 1, perSecond: 2 }, now: () => now });
  t.match(await full.tell(facts().offered), { kind: 'try-later', reason: /QUERY_LIMIT_EXCEEDED/ });
  now += 10_000;
  t.match(await full.tell(outbound(facts().offered)), { kind: 'delivered' });
});

t.test('a refusal for good is a dead letter; repaired, it can be told', async (t) => {
  const { tell, portal, asked } = await scene(t, { contacts: [{ ...CONTACT, type: 'LEAD' }] });
  portal.misbehave({ at: 'register', lie: { kind: 'answer', status: 400, body: { error: '', error_description: 'Unsupported phone number format' } } });
  t.match(await tell(facts().offered), { kind: 'refused', reason: /Unsupported phone/ });
  portal.addContact({ id: 1, name: 'Other', phone: CLIENT, responsible: 7 });
  t.equal((await tell(facts().offered)).kind, 'delivered');
  t.match(asked('register'), [{ USER_ID: 8 }, { USER_ID: 7 }], 'asked afresh');
});

t.test('rights: each is named with its remedy', async (t) => {
  const noTelephony = await scene(t, { scopes: ['crm', 'user'] });
  t.match(await noTelephony.tell(facts().offered), { kind: 'locked-out', reason: /telephony, crm and user/ });
  const noCrm = await scene(t, { scopes: ['telephony', 'user'] });
  t.equal((await noCrm.tell(facts().offered)).kind, 'delivered', 'without contacts a call can still be told');
  const noUser = await scene(t, { scopes: ['telephony', 'crm'], contacts: [] }, {}, []);
  t.equal((await noUser.tell(facts().offered)).kind, 'delivered');
  t.match(noUser.asked('register').at(-1), { USER_PHONE_INNER: '207' }, 'the portal finds the user itself');
  t.notOk('USER_ID' in (noUser.asked('register').at(-1) as object));
  const wrong = await scene(t, {}, { url: `${noUser.portal.origin}/rest/1/wrongsecret99/` });
  t.match(await wrong.tell(facts().offered), { kind: 'locked-out', reason: /webhook is not valid/ });
  for (const status of [401, 402, 403]) {
    const walled = await scene(t);
    walled.portal.misbehave({ at: 'register', lie: { kind: 'answer', status, body: '<html>', type: 'text/html' } });
    t.match(await walled.tell(facts().offered), { kind: 'locked-out', reason: `HTTP ${status}` });
  }
  const app = await scene(t);
  app.portal.misbehave({ at: 'register', lie: { kind: 'answer', status: 403, body: { error: 'WRONG_AUTH_TYPE' } } });
  t.match(await app.tell(facts().offered), { kind: 'locked-out', reason: /local application/ });
});

t.test('the check finds what is missing', async (t) => {
  const { driver } = await scene(t, { scopes: ['telephony'], statistics: false }, {}, [anna, { extension: ext('299'), name: 'Nobody', crm: {} }]);
  const found = (await driver.check(new AbortController().signal)).filter((line) => !line.ok);
  t.match(found.map(({ code, remedy }) => `${code}: ${remedy}`), [/^scope: .* right user/, /^scope: .* right crm/, /^scope: .*statistics: view/, /^click-to-call: .*applicationToken/]);
});

t.test('two users with one extension: the first, and a note; asked once', async (t) => {
  const { tell, asked } = await scene(t, { users: [...USERS, { id: 12, extension: '208' }] });
  const f = facts();
  await tell(f.offered);
  t.match(await tell(f.ring208), { kind: 'delivered', note: /several portal users have extension 208/ });
  await tell(f.released208);
  await tell(f.ring208);
  t.equal(asked('user.get').length, 1);
});

t.test('a card of an inactive user is not asked for', async (t) => {
  const { tell } = await scene(t);
  await tell(facts().offered);
  t.match(await tell({ ...facts().ring207, extension: ext('209') } as Fact), { kind: 'skipped', reason: /209/ });
});

async function withSound(t: Test): Promise<string> {
  const path = join(t.testdir(), 'call.mp3');
  await writeFile(path, 'ID3 sound');
  return path;
}

t.test('the record waits for the call, and is sent under a plain name', async (t) => {
  const { tell, portal, asked } = await scene(t);
  const f = facts('17/90 "x".17', {}, await withSound(t));
  t.match(await tell(f.ready), { kind: 'try-later', reason: /not yet told/ });
  await tell(f.ended);
  t.match(await tell(f.ready), { kind: 'delivered', note: /^record of 42 s attached$/ });
  t.match(asked('attachrecord')[0], { FILENAME: 'call-17_90__x_.17.mp3' });
  t.notOk('FILE_CONTENT' in (asked('attachrecord')[0] as object));
  t.equal(portal.calls[0]?.records[0]?.bytes.toString(), 'ID3 sound');
});

t.test('a lost answer to the upload', async (t) => {
  const sound = await withSound(t);
  for (const [statistics, uploads] of [[true, 1], [false, 2]] as const) {
    const { tell, portal } = await scene(t, { statistics });
    const f = facts('1790.17', {}, sound);
    await tell(f.ended);
    portal.misbehave({ at: 'upload', lie: { kind: 'reset-after' } });
    t.equal((await tell(f.ready)).kind, 'try-later');
    t.match(await tell(f.ready), { kind: 'delivered', note: uploads === 2 ? /sent 2 times/ : /attached$/ });
    t.equal(portal.calls[0]?.records.length, uploads, 'looked first, where it may');
  }
});

t.test('the portal has not filed the call yet; an aged upload place', async (t) => {
  const { tell, portal } = await scene(t);
  const f = facts('1790.17', {}, await withSound(t));
  await tell(f.ended);
  const notYet = { error: 'ERROR_CORE', error_description: 'Call is not found in the statistic table. Is it finished?' };
  portal.misbehave({ at: 'attachrecord', lie: { kind: 'answer', status: 400, body: notYet } });
  t.equal((await tell(f.ready)).kind, 'try-later');
  portal.misbehave({ at: 'upload', lie: { kind: 'answer', status: 403, body: { error: 'invalid_token' } } });
  t.equal((await tell(f.ready)).kind, 'try-later', 'no reason to lock the account');
  t.equal((await tell(f.ready)).kind, 'delivered');
});

t.test('an upload address that leads elsewhere is not followed', async (t) => {
  const sound = await withSound(t);
  const elsewhere = await startPortal();
  t.teardown(() => elsewhere.stop());
  for (const uploadUrl of [`http://localhost:${elsewhere.port}/x`, 'https://evil.example/x', 'file:///etc/passwd', 'http://127.0.0.1@evil.example/']) {
    const { tell, portal } = await scene(t);
    const f = facts('1790.17', {}, sound);
    await tell(f.ended);
    portal.misbehave({ at: 'attachrecord', lie: { kind: 'answer', status: 200, body: { result: { uploadUrl, fieldName: 'file' } } } });
    t.match(await tell(f.ready), { kind: 'refused', reason: /another host/ }, uploadUrl);
  }
  t.equal(elsewhere.ledger.length, 0);
  const { tell, portal } = await scene(t);
  const f = facts('1790.17', {}, sound);
  await tell(f.ended);
  portal.misbehave({ at: 'attachrecord', lie: { kind: 'answer', status: 200, body: { result: { uploadUrl: `http://127.0.0.1:${elsewhere.port}/x`, fieldName: 'a"\r\nX: y' } } } });
  t.match(await tell(f.ready), { kind: 'refused', reason: /HTTP_UNSAFE/ }, 'nor a forged part header');
  portal.misbehave({ at: 'attachrecord', lie: { kind: 'answer', status: 200, body: { result: { uploadUrl: `http://127.0.0.1:${elsewhere.port}/x`, fieldName: 'file' } } } });
  t.equal((await tell(f.ready)).kind, 'try-later', 'another port is never asked: the portal itself is, and knows no such secret');
  t.equal(elsewhere.ledger.length, 0);
});

t.test('a second sound file of one call: the longer one stays', async (t) => {
  const { tell, portal } = await scene(t);
  const f = facts('1790.17', {}, await withSound(t));
  await tell(f.ended);
  await tell(f.ready);
  t.match(await tell({ ...f.ready, recording: 'main/b.wav' as RecordingId, seconds: 3 } as Fact), { kind: 'skipped', reason: /one record per call/ });
  t.equal((await tell({ ...f.ready, recording: 'main/c.wav' as RecordingId, seconds: 99 } as Fact)).kind, 'delivered');
  t.equal(portal.calls[0]?.records.length, 2);
});

const clicked = <F extends Fact>(fact: F, callId: string, number = CLIENT): F => ({ ...fact, direction: 'outbound', client: { number, name: '' }, callId });

t.test('click-to-call: the portal\'s own CALL_ID is taken over, shown at the answer, finished, and gets the sound', async (t) => {
  const { tell, portal, asked } = await scene(t);
  const { callId } = portal.began({ userId: 7, phone: CLIENT });
  const f = facts('1790.17', {}, await withSound(t));
  const call = portal.calls[0];
  t.match(await tell(clicked(f.offered, callId)), { kind: 'delivered', note: /taken over/ });
  t.match(await tell(clicked(f.ring207, callId)), { kind: 'skipped' });
  t.match(await tell({ ...clicked(f.ring207, callId), direction: 'internal' } as Fact), { kind: 'skipped', reason: /opens when they talk/ }, 'a colleague was clicked');
  t.same(asked('show'), [], 'nothing before the answer');
  call?.cards.clear();
  await tell(clicked(f.talking207, callId));
  t.same([...call?.cards ?? []], [7], 'though he had closed the card that the portal opened');
  await tell(clicked(f.talking207, callId));
  t.equal(asked('show').length, 1, 'once');
  t.equal((await tell(clicked(f.ended, callId))).kind, 'delivered');
  t.equal((await tell(f.ready)).kind, 'delivered');
  t.match(call, { finishes: 1, finish: { userId: 7, duration: 42, statusCode: '200' }, records: [{ bytes: Buffer.from('ID3 sound') }] });
  t.same([...call?.cards ?? []], []);
  t.equal(portal.calls.length, 1);
  t.same(asked('register'), []);
});

t.test('click-to-call that was handed on: the card of who clicked closes', async (t) => {
  const { tell, portal } = await scene(t);
  const { callId } = portal.began({ userId: 7, phone: CLIENT });
  const f = facts('1790.17', { owner: ext('208'), talked: [ext('207'), ext('208')], rang: [] });
  t.same([...portal.calls[0]?.cards ?? []], [7]);
  await tell(clicked(f.offered, callId));
  await tell(clicked(f.ended, callId));
  t.match(portal.calls[0], { finishes: 1, finish: { userId: 8 } });
  t.same([...portal.calls[0]?.cards ?? [0]], []);
});

t.test('a click-to-call whose employee never lifts leaves no open card', async (t) => {
  const never = { owner: ext('207'), outcome: 'missed', talkSeconds: 0, answeredAt: null, talked: [], rang: [], dialStatus: '', rule: 'never-lifted', hangupCause: 19 } as const;
  for (const [number, direction] of [[CLIENT, 'outbound'], ['', 'outbound'], ['anonymous', 'outbound'], ['', 'internal']] as const) {
    const { tell, portal, asked } = await scene(t);
    const call = portal.began({ userId: 7, phone: CLIENT });
    // Nothing was offered to anybody: the end is the first that the portal hears.
    t.equal((await tell({ ...clicked(facts('1790.17', never).ended, call.callId, number), direction })).kind, 'delivered', `${direction} ${number}`);
    t.match(call, { finishes: 1, finish: { userId: 7, duration: 0, statusCode: '304' } });
    t.same([...call.cards], []);
    t.same(asked('register'), []);
  }
});

t.test('a lost answer while a click-to-call is finished', async (t) => {
  for (const statistics of [true, false]) {
    const { tell, portal } = await scene(t, { statistics });
    const call = portal.began({ userId: 7, phone: CLIENT });
    portal.misbehave({ at: 'finish', lie: { kind: 'reset-after' } });
    t.equal((await tell(clicked(facts().ended, call.callId))).kind, 'try-later');
    t.equal((await tell(clicked(facts().ended, call.callId))).kind, 'delivered');
    t.equal(call.finishes, 1);
    t.equal(portal.calls.length, 1);
  }
});

t.test('a CALL_ID that this portal does not know: the call is told anew, if it can be', async (t) => {
  const known = await scene(t);
  const f = facts('1790.17', {}, await withSound(t));
  t.equal((await known.tell(clicked(f.ended, 'externalCall.of.another.portal'))).kind, 'delivered');
  t.match(known.portal.callsOf('1790.17'), [{ finishes: 1 }]);
  t.equal((await known.tell(f.ready)).kind, 'delivered');
  const hidden = await scene(t);
  t.match(await hidden.tell(clicked(f.ended, 'externalCall.gone', '')), { kind: 'skipped', reason: /hidden/ });
  t.equal(hidden.portal.calls.length, 0);
  t.equal((await hidden.tell(f.ready)).kind, 'skipped', 'nor does its sound wait for it for ever');
});

t.test('the settings', async (t) => {
  const good = (url: unknown, more: object = {}): unknown => bitrix24.settings.safeParse({ url, ...more }).data?.url;
  t.equal(good('https://acme.bitrix24.ru/rest/1/abc123DEF'), 'https://acme.bitrix24.ru/rest/1/abc123DEF/');
  t.equal(good('https://crm.example:8443/rest/12/abc/'), 'https://crm.example:8443/rest/12/abc/');
  t.equal(good('http://127.0.0.1:5000/rest/1/abc/'), 'http://127.0.0.1:5000/rest/1/abc/');
  for (const url of ['http://acme.bitrix24.ru/rest/1/abc/', 'https://acme.bitrix24.ru/', 'https://acme/rest/1/abc/?x=1', 'https://a@b/rest/1/abc/', 'https://acme/rest/1/a/profile.json', '', 7]) {
    const read = bitrix24.settings.safeParse({ url });
    t.notOk(read.success, String(url));
    t.notMatch(JSON.stringify(read.error?.issues), /abc/, 'a mistake does not quote the secret');
  }
  t.equal(bitrix24.settings.safeParse({ url: 'https://a/rest/1/b/', colour: 1 }).success, false);
  t.match(bitrix24.settings.parse({ url: 'https://a/rest/1/b/', defaultUser: '7' }), { defaultUser: 7, createLead: true });
});

t.test('the portal\'s words reach no reason with the secret in them', async (t) => {
  const { tell, portal } = await scene(t, { secret: 's3cr3t' });
  portal.misbehave({ at: 'register', lie: { kind: 'answer', status: 400, body: { error: 'X', error_description: `bad path /rest/1/s3cr3t/x\r\n${'y'.repeat(900)}` } } });
  const verdict = await tell(facts().offered);
  t.match(verdict, { kind: 'refused', reason: /bad path/ });
  t.notMatch(JSON.stringify(verdict), /s3cr3t|\\r/);
});

t.test('odd PHP answers are read', async (t) => {
  const { driver, portal } = await scene(t);
  const result = { 5: { CRM_ENTITY_TYPE: 'COMPANY', CRM_ENTITY_ID: '21', ASSIGNED_BY_ID: '', NAME: null, ASSIGNED_BY: [] }, 6: 'rubbish' };
  portal.misbehave({ lie: { kind: 'answer', status: 200, body: { result } } });
  t.same(await driver.lookup(CLIENT, new AbortController().signal), { id: '21', type: 'company', name: '', owner: null });
  const inner = { CRM_ENTITY_TYPE: 'CONTACT', CRM_ENTITY_ID: 1, ASSIGNED_BY_ID: '8', NAME: 'I', ASSIGNED_BY: { USER_PHONE_INNER: '208"; System(reboot)' } };
  portal.misbehave({ lie: { kind: 'answer', status: 200, body: { result: [inner] } } });
  t.match(await driver.lookup(CLIENT, new AbortController().signal), { owner: { crmUser: '8', extension: null } });
});
