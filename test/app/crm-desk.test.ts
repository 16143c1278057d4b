/** What CRMs tell us is done once, behind the answer; what a driver throws is an answer too. Errands go on until they are done. */
import t from 'tap';
import type { Account } from '../../app/accounts.ts';
import { CrmDesk, type CrmHands } from '../../app/crm/crm-desk.ts';
import { Errands } from '../../app/crm/errands.ts';
import { crmHands } from '../../app/crm/hands.ts';
import type { Wish } from '../../app/crm/clicks.ts';
import type { Verdict } from '../../core/verdict.ts';
import type { AccountId, Extension } from '../../core/words.ts';
import type { Driver } from '../../crm/driver.ts';
import type { CrmEvent } from '../../crm/heard.ts';
import { createNumbers } from '../../app/phones.ts';
import { Headers } from '../../ami/wire.ts';
import { listeningLog } from '../fakes/spool.ts';

const { signal } = new AbortController();
const bare: Driver = { lookup: async () => null, deliver: async () => ({ kind: 'delivered', note: '' }), check: async () => [] };
const account = (id: string, driver: Partial<Driver>, driverName = 'bitrix24'): Account => ({ id: id as AccountId, driverName, driver: { ...bare, ...driver } });
const request = { method: 'POST', path: '', query: new URLSearchParams(), headers: {}, body: 'token=right' } as const;
const dial = (id: string): CrmEvent => ({ kind: 'dial', id, number: '+79161234567', callId: id, line: '', crmUser: '7', extension: null });

function hands(): { readonly done: string[]; readonly hands: CrmHands } {
  const done: string[] = [];
  const note = (what: string) => (one: Account, event: CrmEvent): Promise<void> => { done.push(`${one.id} ${what} ${event.id}`); return Promise.resolve(); };
  return { done, hands: { dial: note('dial'), callBack: note('back'), userStatus: note('status'), contactsChanged: (id, numbers) => { done.push(`${id} changed ${String(numbers)}`); } } };
}
const desk = (accounts: readonly Account[], doing: CrmHands, now = (): number => 0): CrmDesk => new CrmDesk({ accounts, hands: doing, log: listeningLog(), now });

t.test('the account that can prove it takes it, whichever of its kind it is', async (t) => {
  const takes: Partial<Driver> = { hear: async ({ body }) => (body === 'token=right' ? { status: 200, body: { ok: true }, events: [dial('1')], note: 'a click' } : null) };
  const { done, hands: doing } = hands();
  const one = desk([account('none', {}), account('other', { hear: async () => null }), account('b24', takes), account('amo', takes, 'amocrm')], doing);
  t.same(await one.hear({ driver: 'bitrix24' }, request, signal), { status: 200, body: { ok: true } });
  t.same(done, ['b24 dial 1']);
  t.equal(await one.hear({ account: 'other' }, request, signal), null);
  t.equal(await one.hear({ account: 'nobody' }, request, signal), null);
  t.equal(await one.hear({ any: true }, { ...request, body: 'token=wrong' }, signal), null);
});

t.test('the same event is done once for ten minutes, of each account and kind', async (t) => {
  const { done, hands: doing } = hands();
  let now = 0;
  const one = desk([], doing, () => now);
  const [b24, other] = [account('b24', {}), account('other', {})];
  one.take(b24, [dial('1'), dial('1')]);
  one.take(b24, [dial('1'), dial('2')]);
  one.take(other, [dial('1')]);
  t.same(done, ['b24 dial 1', 'b24 dial 2', 'other dial 1']);
  now = 10 * 60_000 + 1;
  one.take(b24, [dial('2')]);
  t.equal(done.length, 4, 'later it is another one');
});

t.test('a driver that throws is no end of the world, and the CRM may try again', async (t) => {
  const one = desk([account('b24', { hear: () => Promise.reject(new Error('boom')) })], hands().hands);
  t.match(await one.hear({ account: 'b24' }, request, signal), { status: 503 });
});

function house(users?: Driver['users']) {
  const [wishes, actions] = [[] as Wish[], [] as unknown[]];
  const tools = {
    clicks: { begin: async (wish: Wish) => { wishes.push(wish); } }, employees: [{ extension: '219' as Extension, name: '', crm: { b24: 7 } }],
    numbers: createNumbers({ country: 'RU', internal: /^[0-9]{2,5}$/ }),
    route: async () => ({ target: '220' as Extension, reason: 'line-mapped' as const, text: '', source: 'fallback' as const, name: '' }),
    queues: [{ member: 'Local/{extension}@from-queue/n', door: { action: async (action: unknown) => { actions.push(action); return Headers.of([['Response', 'Success']]); }, list: () => Promise.reject(new Error('no')) } }],
    contactsChanged: () => undefined, log: listeningLog(),
  };
  return { wishes, actions, doing: crmHands(tools), one: account('b24', { ...(users && { users }) }) };
}

t.test('who clicked is found in the configuration, else among the people of the CRM', async (t) => {
  const { wishes, doing, one } = house(async () => [{ id: '9', name: 'Olga', extensions: ['221' as Extension], active: true }]);
  const click = dial('1') as Extract<CrmEvent, { kind: 'dial' }>;
  await doing.dial(one, click);
  await doing.dial(one, { ...click, crmUser: '9' });
  await doing.dial(one, { ...click, crmUser: '9', extension: '222' as Extension });
  await doing.dial(one, { ...click, crmUser: '10' });
  await doing.dial(one, { ...click, number: '220' });
  t.same(wishes.map(({ extension }) => extension), ['219', '221', '222'], 'nobody dials for a stranger, nobody calls a colleague by a click');
  t.match(wishes[0], { client: { e164: '+79161234567', national: '9161234567' }, callId: '1' });
});

t.test('a call-back rings whom the rules name; a status pauses in the queues', async (t) => {
  const { wishes, actions, doing, one } = house();
  await doing.callBack(one, { kind: 'call-back', id: 'b1', number: '89161234567', line: '74950000101', text: '' });
  t.match(wishes, [{ extension: '220', callId: '', line: '74950000101' }]);
  await doing.userStatus(one, { kind: 'user-status', id: 's1', extension: '219' as Extension, status: 'dinner' });
  await doing.userStatus(one, { kind: 'user-status', id: 's2', extension: '219' as Extension, status: 'free' });
  t.match(actions, [{ Action: 'QueuePause', Interface: 'Local/219@from-queue/n', Paused: 'true', Reason: 'dinner' }, { Paused: 'false' }]);
});

t.test('an introduction is repeated until the CRM took it, then what has happened is asked for', async (t) => {
  const verdicts: (Verdict | Error)[] = [new Error('no network'), { kind: 'try-later', reason: '503', retryAfterMs: null }, { kind: 'locked-out', reason: 'revoked' }, { kind: 'delivered', note: '' }];
  const { done, hands: doing } = hands();
  const taken: string[] = [];
  const over = Promise.withResolvers<undefined>();
  const driver: Partial<Driver> = {
    introduce: () => { const next = verdicts.shift(); return next instanceof Error ? Promise.reject(next) : Promise.resolve(next ?? { kind: 'delivered', note: '' }); },
    poll: { everyMs: 1, ask: async () => ({ events: [dial(`p${taken.length}`)], taken: async () => { taken.push('taken'); if (taken.length === 2) over.resolve(undefined); } }) },
  };
  const accounts = [account('b24', driver)];
  // The shortest wait each time; the real ones are seconds, and a service rests by real timers.
  const errands = new Errands({ accounts, desk: desk(accounts, doing), log: listeningLog(), random: () => 0, again: { baseMs: 1, capMs: 1, leastMs: 1 } });
  await errands.start();
  await over.promise;
  await errands.stop();
  t.same(verdicts, [], 'all were heard');
  t.same(done.slice(0, 2), ['b24 dial p0', 'b24 dial p1']);
});
