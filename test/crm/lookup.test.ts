import t from 'tap';
import type { Test } from 'tap';
import { createLookup } from '../../crm/lookup.ts';
import type { Lookup, LookupOptions } from '../../crm/lookup.ts';
import { instant } from '../../core/words.ts';
import type { AccountId, Contact } from '../../core/words.ts';
import { memoryLog } from '../fakes/agi.ts';

const NUMBER = '+79035550142';
const MINUTE = 60_000;
const contact = (name: string): Contact => ({ id: name, type: 'contact', name, owner: null });

/** A CRM whose answers the test gives, one by one. */
class Crm {
  readonly asked: { number: string; signal: AbortSignal; answer: (contact: Contact | null) => void; fail: (error: unknown) => void }[] = [];
  lookup(number: string, signal: AbortSignal): Promise<Contact | null> {
    const { promise, resolve, reject } = Promise.withResolvers<Contact | null>();
    this.asked.push({ number, signal, answer: resolve, fail: reject });
    return promise;
  }
  answer(name: string | null, place = this.asked.length - 1): void { this.asked[place]?.answer(name === null ? null : contact(name)); }
  fail(place = this.asked.length - 1): void { this.asked[place]?.fail(new Error('HTTP 500')); }
}

function desk(t: Test, crms: readonly Crm[], options: Partial<LookupOptions> = {}): { lookup: Lookup; pass: (milliseconds: number) => void; log: ReturnType<typeof memoryLog> } {
  let now = 1_790_000_000_000;
  const log = memoryLog();
  const accounts = crms.map((driver, place) => ({ id: `crm${String(place + 1)}` as AccountId, driver }));
  const lookup = createLookup({ accounts, clock: { now: () => instant(now) }, log, ...options });
  t.teardown(() => { lookup.stop(); });
  return { lookup, pass: (milliseconds) => { now += milliseconds; }, log };
}
const patient = (): AbortSignal => new AbortController().signal;
/** Everything that was only waiting for promises has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('live first, then from the cache under any spelling', async (t) => {
  const crm = new Crm();
  const { lookup } = desk(t, [crm]);
  const first = lookup.find(NUMBER, patient());
  crm.answer('Irina');
  t.match(await first, { kind: 'found', contact: { name: 'Irina' }, account: 'crm1', source: 'live' });
  t.match(await lookup.find('8 903 555-01-42', patient()), { kind: 'found', source: 'cache' });
  t.equal(crm.asked.length, 1);
});

t.test('nobody is remembered for a minute, then asked again', async (t) => {
  const crm = new Crm();
  const { lookup, pass } = desk(t, [crm]);
  const first = lookup.find(NUMBER, patient());
  crm.answer(null);
  t.same(await first, { kind: 'none', source: 'live' });
  pass(MINUTE - 1);
  t.same(await lookup.find(NUMBER, patient()), { kind: 'none', source: 'cache' });
  pass(1);
  const again = lookup.find(NUMBER, patient());
  crm.answer('Irina');
  t.match(await again, { kind: 'found', source: 'live' }, 'an old "nobody" is never told');
});

t.test('a stale contact is served at once and refreshed behind the back', async (t) => {
  const crm = new Crm();
  const { lookup, pass } = desk(t, [crm]);
  const first = lookup.find(NUMBER, patient());
  crm.answer('Old');
  await first;
  pass(89_999);
  await lookup.find(NUMBER, patient());
  t.equal(crm.asked.length, 1, 'fresh for ninety seconds');
  pass(1);
  t.match(await lookup.find(NUMBER, patient()), { contact: { name: 'Old' }, source: 'cache' });
  t.match(await lookup.find(NUMBER, patient()), { contact: { name: 'Old' } });
  t.equal(crm.asked.length, 2, 'one refresh, however many call');
  crm.answer('New');
  await settled();
  t.match(await lookup.find(NUMBER, patient()), { contact: { name: 'New' }, source: 'cache' });
});

t.test('a refresh that fails keeps the old contact; one too old is not served', async (t) => {
  const crm = new Crm();
  const { lookup, pass } = desk(t, [crm]);
  const first = lookup.find(NUMBER, patient());
  crm.answer('Old');
  await first;
  for (let round = 0; round < 2; round += 1) {
    pass(11 * 60 * MINUTE);
    t.match(await lookup.find(NUMBER, patient()), { contact: { name: 'Old' }, source: 'cache' }, 'a CRM that is down leaves its names in place');
    crm.fail();
    await settled();
  }
  pass(2 * 60 * MINUTE);
  const ask = lookup.find(NUMBER, patient());
  crm.fail();
  t.match(await ask, { kind: 'failed' });
});

t.test('two callers with one number ask once', async (t) => {
  const crm = new Crm();
  const { lookup } = desk(t, [crm]);
  const both = Promise.all([lookup.find(NUMBER, patient()), lookup.find('89035550142', patient())]);
  crm.answer('Irina');
  t.match(await both, [{ contact: { name: 'Irina' } }, { contact: { name: 'Irina' } }]);
  t.equal(crm.asked.length, 1);
});

t.test('patience ends: late at once, and the question goes on and fills the cache', async (t) => {
  const crm = new Crm();
  const { lookup } = desk(t, [crm]);
  const patience = new AbortController();
  const ask = lookup.find(NUMBER, patience.signal);
  patience.abort();
  t.same(await ask, { kind: 'late' });
  t.notOk(crm.asked[0]?.signal.aborted, 'the driver is not told to stop');
  crm.answer('Irina');
  await settled();
  t.match(await lookup.find(NUMBER, patient()), { kind: 'found', source: 'cache' });
});

t.test('a signal that has aborted already: the cache is asked, nobody is waited for', async (t) => {
  const crm = new Crm();
  const { lookup } = desk(t, [crm]);
  t.same(await lookup.find(NUMBER, AbortSignal.abort()), { kind: 'late' });
  crm.answer('Irina');
  await settled();
  t.match(await lookup.find(NUMBER, AbortSignal.abort()), { kind: 'found', source: 'cache' });
});

t.test('an error means "could not tell": not cached as nobody', async (t) => {
  const crm = new Crm();
  const { lookup, log } = desk(t, [crm]);
  const first = lookup.find(NUMBER, patient());
  crm.fail();
  t.same(await first, { kind: 'failed', why: 'HTTP 500' });
  t.match(log.lines, [{ level: 'warn', fields: { account: 'crm1', why: 'HTTP 500' } }]);
  const second = lookup.find(NUMBER, patient());
  crm.answer('Irina');
  t.match(await second, { kind: 'found', source: 'live' });
});

t.test('a driver that throws instead of rejecting is a failure like any other', async (t) => {
  const { lookup } = desk(t, [], { accounts: [{ id: 'x' as AccountId, driver: { lookup: () => { throw new Error('bug'); } } }] });
  t.same(await lookup.find(NUMBER, patient()), { kind: 'failed', why: 'bug' });
});

t.test('accounts in order: the first that knows wins, though another is faster', async (t) => {
  const crms = [new Crm(), new Crm()] as const;
  const { lookup } = desk(t, crms);
  const ask = lookup.find(NUMBER, patient());
  crms[1].answer('Second');
  await settled();
  crms[0].answer('First');
  t.match(await ask, { contact: { name: 'First' }, account: 'crm1' });
});

t.test('a second account is heard when the first knows nobody, fails, or hangs', async (t) => {
  for (const first of ['nobody', 'fails', 'hangs']) {
    const crms = [new Crm(), new Crm()] as const;
    const { lookup } = desk(t, crms);
    const patience = new AbortController();
    const ask = lookup.find(NUMBER, patience.signal);
    crms[1].answer('Second');
    if (first === 'nobody') crms[0].answer(null);
    if (first === 'fails') crms[0].fail();
    await settled();
    if (first === 'hangs') patience.abort();
    t.match(await ask, { kind: 'found', contact: { name: 'Second' }, account: 'crm2' }, first);
  }
});

t.test('one that fails and one that knows nobody: could not tell', async (t) => {
  const crms = [new Crm(), new Crm()] as const;
  const { lookup } = desk(t, crms);
  const ask = lookup.find(NUMBER, patient());
  crms[0].fail();
  crms[1].answer(null);
  t.match(await ask, { kind: 'failed' });
});

t.test('behind an account whose cache knows the number nobody is asked', async (t) => {
  const crms = [new Crm(), new Crm()] as const;
  const { lookup, pass } = desk(t, crms);
  const first = lookup.find(NUMBER, patient());
  crms[0].answer('Irina');
  crms[1].answer(null);
  await first;
  pass(MINUTE);
  t.match(await lookup.find(NUMBER, patient()), { kind: 'found', source: 'cache' });
  t.equal(crms[1].asked.length, 1);
});

t.test('the cache is capped: the number not asked for longest goes', async (t) => {
  const crm = new Crm();
  const { lookup } = desk(t, [crm], { times: { capacity: 2 } });
  const ask = async (number: string): Promise<string> => {
    const asked = crm.asked.length;
    const finding = lookup.find(number, patient());
    if (crm.asked.length > asked) crm.answer('x');
    const told = await finding;
    return told.kind === 'found' ? told.source : told.kind;
  };
  t.same([await ask('+79000000001'), await ask('+79000000002'), await ask('+79000000001')], ['live', 'live', 'cache']);
  t.same([await ask('+79000000003'), await ask('+79000000001'), await ask('+79000000002')], ['live', 'cache', 'live']);
});

t.test('a hidden number is not asked about', async (t) => {
  const crm = new Crm();
  const { lookup } = desk(t, [crm]);
  for (const number of ['', 'unknown', 'anonymous']) t.same(await lookup.find(number, patient()), { kind: 'hidden' });
  t.equal(crm.asked.length, 0);
});

t.test('no accounts: nobody is known', async (t) => {
  t.match(await desk(t, []).lookup.find(NUMBER, patient()), { kind: 'none' });
});

t.test('a CRM that hangs does not gather callers without end', async (t) => {
  const crm = new Crm();
  const { lookup } = desk(t, [crm], { maxRunning: 2 });
  const waiting = [lookup.find('+79000000001', patient()), lookup.find('+79000000002', patient())];
  t.same(await lookup.find('+79000000003', patient()), { kind: 'failed', why: 'too many lookups are running' });
  crm.answer('One', 0);
  await waiting[0];
  void lookup.find('+79000000003', patient());
  t.equal(crm.asked.length, 3, 'a place became free');
  lookup.stop();
});

t.test('a question behind the back ends too, though the driver forgets its signal', async (t) => {
  const crm = new Crm();
  const { lookup } = desk(t, [crm], { backgroundMs: 5 });
  t.same(await lookup.find(NUMBER, patient()), { kind: 'failed', why: 'no answer in time' });
  t.ok(crm.asked[0]?.signal.aborted);
  const again = lookup.find(NUMBER, patient());
  crm.answer('Irina');
  t.match(await again, { kind: 'found' }, 'and its number can be asked for again');
});

t.test('stop ends all questions', async (t) => {
  const crm = new Crm();
  const { lookup } = desk(t, [crm]);
  const ask = lookup.find(NUMBER, patient());
  lookup.stop();
  t.same(await ask, { kind: 'failed', why: 'stopping' });
  t.same(await lookup.find(NUMBER, patient()), { kind: 'failed', why: 'stopping' });
  t.equal(crm.asked.length, 1);
});
