/** How Bitrix24 is asked: who is calling, in how many requests, and how much of the portal's patience is left (crm-contracts 1.3, 1.8, 1.12). */
import t from 'tap';
import type { CallOffered, Fact } from '../../core/facts.ts';
import type { HttpAnswer, HttpRequest } from '../../core/ports.ts';
import { instant } from '../../core/words.ts';
import { CLIENT, story, STRANGER } from '../contract/driver.ts';
import type { PortalContact } from '../fakes/crm/bitrix24.ts';
import { queryOf } from '../../crm/drivers/bitrix24/batch.ts';
import { createUsers } from '../../crm/drivers/bitrix24/users.ts';
import { anna, CONTACT, ext, scene } from './bitrix24-stage.ts';

const SEARCH = 'telephony.externalcall.searchcrmentities';

t.test('a contact before a company before a lead', async (t) => {
  const all: PortalContact[] = [
    { id: 3, type: 'LEAD', name: 'Lead', phone: CLIENT, responsible: 7 }, { id: 2, type: 'COMPANY', name: 'Company', phone: CLIENT, responsible: 7 }, { id: 1, name: 'Contact', phone: CLIENT, responsible: 7 },
  ];
  for (const without of [[], [SEARCH]]) {
    for (const [most, expected] of [[3, 'contact'], [2, 'company'], [1, 'lead']] as const) {
      const { driver, signal } = await scene(t, { portal: { contacts: all.slice(0, most), without } });
      t.match(await driver.lookup(CLIENT, signal), { id: String(all[most - 1]?.id), type: expected, owner: { crmUser: '7', extension: '207' } }, `${expected} ${without.join()}`);
    }
  }
});

t.test('a number that somebody wrote in his own way is found by its spellings, in one request more', async (t) => {
  for (const phone of ['89035550142', '+79035550142', '79035550142', '9035550142']) {
    const { driver, signal, asked, portal } = await scene(t, { portal: { contacts: [{ ...CONTACT, phone }], without: [SEARCH] } });
    t.match(await driver.lookup(CLIENT, signal), { id: '318', name: 'Irina', owner: { crmUser: '8', extension: '208' } }, phone);
    t.match(portal.ledger.map(({ method }) => method), [SEARCH, 'batch:crm.duplicate.findbycomm+crm.contact.get+crm.company.get+crm.lead.get', 'user.get']);
    t.equal(asked('findbycomm').length, 1);
  }
  const stranger = await scene(t);
  t.equal(await stranger.driver.lookup(STRANGER, stranger.signal), null);
  t.equal(stranger.asked('findbycomm').length, 1, 'who is not found is looked for once more');
  t.equal(await stranger.driver.lookup(CLIENT, stranger.signal).then(() => stranger.asked('findbycomm').length), 1, 'who is found is not');
  const noBatch = await scene(t, { portal: { without: [SEARCH, 'batch'] } });
  t.match(await noBatch.driver.lookup(CLIENT, noBatch.signal), { id: '318' }, 'where no batch is known the contact is, though not its name');
});

t.test('a portal that cannot tell now is no stranger\'s portal', async (t) => {
  const { driver, signal, portal } = await scene(t, { portal: { without: [SEARCH] } });
  portal.misbehave({ at: 'findbycomm', lie: { kind: 'half-body' } });
  await t.rejects(driver.lookup(CLIENT, signal), { code: 'CRM_LOOKUP_FAILED' });
  const body = { result: { result: { found: { CONTACT: [318] } }, result_error: { contact: { error: 'INTERNAL_SERVER_ERROR' } } } };
  portal.misbehave({ at: 'findbycomm', lie: { kind: 'answer', status: 200, body } });
  await t.rejects(driver.lookup(CLIENT, signal), /INTERNAL_SERVER_ERROR/, 'nor is one whose card cannot be read now');
  const known = await scene(t, { portal: { scopes: ['crm', 'user'], without: ['crm.duplicate.findbycomm'] } });
  t.equal(await known.driver.lookup(STRANGER, known.signal), null, 'one no is enough where the second question is not known');
  const locked = await scene(t, { portal: { scopes: ['telephony', 'user'] } });
  await t.rejects(locked.driver.lookup(CLIENT, locked.signal), /INSUFFICIENT_SCOPE/);
  t.equal(locked.asked('findbycomm').length, 0);
});

t.test('the owner\'s extension: the config, the search, the profile; a name without one is worth having', async (t) => {
  const contacts = [{ ...CONTACT, responsible: 7 }];
  const configured = await scene(t, { portal: { contacts }, tools: { employees: [{ ...anna, extension: ext('333') }] } });
  t.match(await configured.driver.lookup(CLIENT, configured.signal), { owner: { extension: '333' } });
  const searched = await scene(t);
  t.match(await searched.driver.lookup(CLIENT, searched.signal), { owner: { crmUser: '8', extension: '208' } });
  t.equal(searched.asked('user.get').length, 0, 'the search has said it');
  const dead = await scene(t, { portal: { without: [SEARCH] } });
  dead.portal.misbehave({ at: 'user.get', lie: { kind: 'reset-before' }, times: Infinity });
  t.match(await dead.driver.lookup(CLIENT, dead.signal), { name: 'Irina', owner: { crmUser: '8', extension: null } });
});

t.test('an empty reply does not overwrite what was known of an extension; a refused user is asked for anew', async (t) => {
  let result: unknown = [{ ID: '8', UF_PHONE_INNER: '208' }];
  let asked = 0;
  const nobody = (): never => { throw new Error('not asked here'); };
  const ask = async () => { asked++; return { ok: true as const, result, next: null, at: null }; };
  const users = createUsers({ account: 'b24', employees: [], portal: { kind: 'webhook', ask, batch: nobody, upload: nobody } });
  const { signal } = new AbortController();
  const found = async (times: number): Promise<Set<number | null>> => {
    const all = new Set<number | null>();
    for (let time = 0; time < times; time++) all.add(await users.byExtension(ext('208'), signal));
    return all;
  };
  t.same([...await found(501)], [8]);
  t.equal(asked, 1, 'good for 500 uses');
  result = [];
  t.same([...await found(30)], [8], 'the reply was empty');
  t.equal(asked, 3, 'asked again sooner, because it was');
  users.forget(8);
  t.same([...await found(1)], [null]);
  result = [{ ID: '12', UF_PHONE_INNER: '208' }, { ID: '13', UF_PHONE_INNER: '(208)' }, { ID: '14', UF_PHONE_INNER: '' }];
  t.same([...await found(30)], [null, 12]);
  t.match(users.note(ext('208')), /several portal users/);
});

const fresh = (): CallOffered => {
  const [offered] = story('1790.17', '').durable;
  if (offered?.kind !== 'call-offered') throw new Error('the story changed');
  return { ...offered, at: instant(Date.now()) };
};
const ringing = (extension = '207'): Fact => ({ ...fresh(), kind: 'employee-ringing', extension: ext(extension) });

t.test('register and the first card in one request; the ring then finds it open', async (t) => {
  const { driver, signal, portal } = await scene(t);
  t.match(await driver.deliver(fresh(), signal), { kind: 'delivered' });
  t.match(portal.ledger.map(({ method }) => method), [SEARCH, 'batch:telephony.externalcall.register+telephony.externalcall.show']);
  t.same([...portal.calls[0]?.cards ?? []], [7]);
  t.match(await driver.deliver(ringing(), signal), { kind: 'delivered', note: 'the card is open' });
  t.match(await driver.deliver(ringing('208'), signal), { kind: 'delivered' });
  t.equal(portal.calls[0]?.shown.length, 2);
});

t.test('no card with the registration where none is due', async (t) => {
  const late = { ...fresh(), at: instant(Date.now() - 60_000) };
  const outbound = { ...fresh(), direction: 'outbound' as const };
  for (const [name, fact, mode] of [['late', late, 'ringing'], ['outbound', outbound, 'ringing'], ['with the talk', fresh(), 'answer'], ['never', fresh(), 'never']] as const) {
    const { driver, signal, portal } = await scene(t, { tools: { cards: () => mode } });
    t.match(await driver.deliver(fact, signal), { kind: 'delivered' });
    t.equal(portal.calls[0]?.shown.length, 0, name);
    t.equal(portal.calls[0]?.registers, 1);
  }
});

t.test('one call, and the card on the screen, whatever becomes of the answer', async (t) => {
  for (const kind of ['reset-before', 'reset-after', 'half-body'] as const) {
    const memories = new Map<string, string>();
    const memory = () => ({ get: (key: string) => memories.get(key) ?? null, set: (key: string, value: string) => { memories.set(key, value); } });
    const { again, signal, portal } = await scene(t, { tools: { memory } });
    portal.misbehave({ at: 'register', lie: { kind } });
    t.equal((await again().deliver(fresh(), signal)).kind, 'try-later', kind);
    t.equal((await again().deliver({ ...fresh(), at: instant(0) }, signal)).kind, 'delivered');
    t.equal((await again().deliver(ringing(), signal)).kind, 'delivered');
    t.equal(portal.calls.length, 1, 'registered letter by letter the same');
    t.same([...portal.calls[0]?.cards ?? []], [7], 'the card is open');
    const [, ended] = story('1790.17', '').durable;
    if (ended !== undefined) t.equal((await again().deliver(ended, signal)).kind, 'delivered');
    t.same([...portal.calls[0]?.cards ?? [0]], []);
    t.equal(portal.calls[0]?.finishes, 1);
  }
});

t.test('a user whom the portal does not know costs neither the call nor the card', async (t) => {
  const { driver, signal, portal } = await scene(t, { portal: { contacts: [{ ...CONTACT, responsible: 9 }] } });
  t.equal((await driver.deliver(fresh(), signal)).kind, 'delivered');
  t.match(portal.calls, [{ userId: 7, registers: 1 }]);
  t.same([...portal.calls[0]?.cards ?? []], [7]);
});

t.test('finish closes the cards of the others in the same request', async (t) => {
  const [offered, ended] = [fresh(), story('1790.17', '').durable[1]];
  for (const options of [{}, { without: ['batch'] }, { notInBatch: ['telephony.externalcall.hide', 'telephony.externalcall.finish', 'telephony.externalcall.register'] }]) {
    const { driver, signal, portal } = await scene(t, { portal: options });
    await driver.deliver(offered, signal);
    await driver.deliver(ringing(), signal);
    await driver.deliver(ringing('208'), signal);
    t.same([...portal.calls[0]?.cards ?? []].sort(), [7, 8], JSON.stringify(options));
    portal.forgetLedger();
    if (ended !== undefined) t.equal((await driver.deliver(ended, signal)).kind, 'delivered');
    t.same([...portal.calls[0]?.cards ?? [0]], []);
    t.match(portal.calls, [{ finishes: 1, finish: { userId: 7, statusCode: '200' } }]);
    if (!('without' in options || 'notInBatch' in options)) t.equal(portal.ledger.length, 1);
  }
});

t.test('who cannot finish the call does not have the cards closed twice', async (t) => {
  const employees = [anna, { extension: ext('209'), name: 'Gone', crm: { b24: 9 } }];
  const { driver, signal, portal, asked } = await scene(t, { tools: { employees } });
  await driver.deliver(fresh(), signal);
  await driver.deliver(ringing('208'), signal);
  const [, ended] = story('1790.17', '', { owner: ext('209'), rang: [ext('299')] }).durable;
  if (ended !== undefined) t.equal((await driver.deliver(ended, signal)).kind, 'delivered');
  t.equal(asked('hide').length, 1);
  t.match(portal.calls, [{ finishes: 1, finish: { userId: 8 } }]);
});

t.test('a command inside a batch is refused like a request of its own', async (t) => {
  const [offered, ended] = [fresh(), story('1790.17', '').durable[1]];
  const inside = (error: string): object => ({ result: { result: { hide: true }, result_error: { finish: { error, error_description: 'no' } }, result_time: [] } });
  for (const [error, verdict] of [['insufficient_scope', 'locked-out'], ['OPERATION_TIME_LIMIT', 'try-later'], ['INTERNAL_SERVER_ERROR', 'try-later'], ['ERROR_CORE', 'refused']] as const) {
    const { driver, signal, portal } = await scene(t);
    await driver.deliver(offered, signal);
    await driver.deliver(ringing('208'), signal);
    portal.misbehave({ at: 'batch', lie: { kind: 'answer', status: 200, body: inside(error) } });
    if (ended !== undefined) t.equal((await driver.deliver(ended, signal)).kind, verdict, error);
  }
  const { driver, signal, portal } = await scene(t);
  await driver.deliver(offered, signal);
  await driver.deliver(ringing('208'), signal);
  portal.misbehave({ at: 'batch', lie: { kind: 'answer', status: 200, body: { result: { result: [], result_error: [] } } } });
  if (ended !== undefined) t.equal((await driver.deliver(ended, signal)).kind, 'try-later', 'what the portal says nothing of may have been done');
});

t.test('commands are written as PHP reads them', async (t) => {
  t.equal(queryOf({ PHONE_NUMBER: '+7903', USER_ID: [7, 8], FILTER: { A: 'x y&z' }, yes: true, nothing: null }), 'PHONE_NUMBER=%2B7903&USER_ID[0]=7&USER_ID[1]=8&FILTER[A]=x%20y%26z&yes=1');
});

t.test('a method that has used up its time rests until the portal counts anew', async (t) => {
  let now = 1_790_000_000_000;
  const { driver, signal, rests, portal } = await scene(t, {
    portal: { now: () => now, operating: { cost: (method) => (method.endsWith('searchcrmentities') ? 100 : 1), limit: 480 } },
  });
  for (let call = 0; call < 3; call++) await driver.lookup(CLIENT, signal);
  t.same(rests, [], 'three quarters of 384 s');
  now += 60_000;
  await driver.lookup(CLIENT, signal);
  t.same(rests, [[SEARCH, 540_000]], '400 of 480 s: until it is counted anew');
  await driver.lookup(CLIENT, signal);
  now += 1000;
  t.match(await driver.lookup(CLIENT, signal), { name: 'Irina' }, 'meanwhile the other way of asking is there');
  t.equal(portal.ledger.filter(({ method }) => method.includes('findbycomm')).length, 1);
  t.same(rests.at(-1), [SEARCH, 539_000], 'who is blocked rests, too');
  portal.misbehave({ at: SEARCH, lie: { kind: 'answer', status: 429, body: { error: 'OPERATION_TIME_LIMIT' }, headers: { 'retry-after': '9' } } });
  await driver.lookup(CLIENT, signal);
  t.same(rests.at(-1), [SEARCH, 9000], 'by Retry-After, where that is all the portal says');
  const tight = await scene(t, { settings: { operatingLimitSeconds: 100 }, portal: { now: () => now, operating: { cost: () => 79, limit: 1000 } } });
  await tight.driver.lookup(CLIENT, tight.signal);
  t.same(tight.rests, []);
  await tight.driver.lookup(CLIENT, tight.signal);
  t.match(tight.rests, [[SEARCH, 600_000]]);
  t.ok(portal.ledger.length > 0);
});

t.test('while the search rests, a call is registered for who rings', async (t) => {
  const resting = Object.assign(new Error('HTTP_RESTING: resting'), { code: 'HTTP_RESTING', sent: false });
  const { again, signal, http, portal } = await scene(t);
  const request = (asked: HttpRequest): Promise<HttpAnswer> => (/search|duplicate/.test(asked.operation ?? '') ? Promise.reject(resting) : http.request(asked));
  const driver = again({ tools: { http: { request } } });
  t.match(await driver.deliver(fresh(), signal), { kind: 'delivered' });
  t.match(portal.calls, [{ userId: 7 }]);
  await t.rejects(driver.lookup(CLIENT, signal), { code: 'CRM_LOOKUP_FAILED' });
});

t.test('in a batch each command is counted by itself, and the batch is paced by its chief', async (t) => {
  const operations: (string | undefined)[] = [];
  const { signal, rests, again, http } = await scene(t, { portal: { operating: { cost: (method) => (method.endsWith('show') ? 400 : 1), limit: 480 } } });
  const watched = again({ tools: { http: { request: (request) => { operations.push(request.operation); return http.request(request); } } } });
  t.equal((await watched.deliver(fresh(), signal)).kind, 'delivered');
  t.match(rests, [['telephony.externalcall.show', Number]]);
  t.equal(rests.length, 1);
  t.same(operations, [SEARCH, 'telephony.externalcall.register']);
});

t.test('the source of a lead by its line; leads of one direction', async (t) => {
  const settings = { sources: { '74950000101': 'WEB', '+7 495 000-01-02': 'EMAIL' }, sourceId: 'CALL', createLead: 'inbound' };
  for (const [line, source] of [['74950000101', 'WEB'], ['+74950000102', 'EMAIL'], ['74950000199', 'CALL'], ['constructor', 'CALL'], ['', 'CALL']] as const) {
    const { driver, signal, asked } = await scene(t, { settings });
    await driver.deliver({ ...fresh(), line, at: instant(0) }, signal);
    t.match(asked('register'), [{ CRM_SOURCE: source, CRM_CREATE: 1 }], line);
  }
  const { driver, signal, asked } = await scene(t, { settings });
  await driver.deliver({ ...fresh(), direction: 'outbound' }, signal);
  t.match(asked('register'), [{ CRM_CREATE: 0 }]);
});
