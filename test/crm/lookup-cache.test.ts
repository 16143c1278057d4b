/** What the lookup knows and for how long: the store behind it, what CRMs say of changes, routes, names, counters, the rounds of refreshing. */
import t, { type Test } from 'tap';
import { createNumbers } from '../../app/phones.ts';
import type { ContactCache, KnownContact } from '../../core/ports.ts';
import { type AccountId, type Contact, type Extension, instant } from '../../core/words.ts';
import type { Driver } from '../../crm/driver.ts';
import { createLookup, type Lookup, type LookupOptions } from '../../crm/lookup.ts';
import { LookupCache, CACHE_TIMES } from '../../crm/lookup-cache.ts';
import { memoryLog } from '../fakes/agi.ts';
import { FakeTime } from '../fakes/time.ts';

const NUMBER = '+79035550142';
const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
const NUMBERS = createNumbers({ country: 'RU', internal: /^[0-9]{2,3}$/u, lines: [{ number: '74951234567', rules: ['+375{9}'] }] });
const contact = (name: string, over: Partial<Contact> = {}): Contact => ({ id: name, type: 'contact', name, owner: null, ...over });
const patient = (): AbortSignal => new AbortController().signal;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Says what it is told to say, and counts how often it is asked. */
class Crm {
  readonly asked: string[] = [];
  says: (number: string) => Contact | null | Promise<Contact | null> = () => contact('Irina');
  routes: ((number: string, line: string) => Extension | null | Promise<Extension | null>) | null = null;
  readonly routed: string[] = [];
  get driver(): Pick<Driver, 'lookup' | 'route'> {
    return {
      lookup: async (number) => { this.asked.push(number); return this.says(number); },
      ...(this.routes && { route: async (number, line) => { this.routed.push(`${number} ${line}`); return this.routes?.(number, line) ?? null; } }),
    };
  }
}

/** A store in memory that can break. */
class Shelf implements ContactCache {
  readonly rows = new Map<string, KnownContact>();
  writes = 0;
  broken = false;
  pruned: number[] = [];
  #row(account: string, key: string): string { if (this.broken) throw new Error('disk I/O error'); return `${account} ${key}`; }
  get(account: AccountId, key: string): KnownContact | null { return this.rows.get(this.#row(account, key)) ?? null; }
  set(account: AccountId, key: string, known: KnownContact): void { this.writes += 1; this.rows.set(this.#row(account, key), known); }
  forget(account: AccountId, key?: string): number {
    const gone = [...this.rows.keys()].filter((row) => (key === undefined ? row.startsWith(`${account} `) : row === this.#row(account, key)));
    for (const row of gone) this.rows.delete(row);
    return gone.length;
  }
  prune(before: number): number { this.#row('', ''); this.pruned.push(before); return 0; }
  count(): number { return this.rows.size; }
}

interface Bench { readonly lookup: Lookup; readonly time: FakeTime; readonly log: ReturnType<typeof memoryLog>; readonly shelf: Shelf; readonly again: () => Lookup }
function bench(t: Test, crms: readonly Crm[], over: Partial<LookupOptions> = {}): Bench {
  const [time, log, shelf] = [new FakeTime(), memoryLog(), new Shelf()];
  const open = (): Lookup => {
    const accounts = crms.map(({ driver }, place) => ({ id: `crm${place + 1}` as AccountId, driver }));
    const lookup = createLookup({ accounts, clock: time, timers: time, random: () => 0.5, log, store: shelf, numbers: NUMBERS, ...over });
    t.teardown(() => lookup.stop());
    return lookup;
  };
  return { lookup: open(), time, log, shelf, again: open };
}
const name = async (lookup: Lookup, number = NUMBER): Promise<string> => {
  const finding = await lookup.find(number, patient());
  return finding.kind === 'found' ? `${finding.contact.name} ${finding.source}` : finding.kind;
};

t.test('after a restart the first caller is greeted by name, without asking anybody', async (t) => {
  const crm = new Crm();
  const { lookup, again, time } = bench(t, [crm]);
  t.equal(await name(lookup), 'Irina live');
  time.jump(MINUTE);
  t.equal(await name(again()), 'Irina cache');
  t.equal(crm.asked.length, 1);
  time.jump(HOUR);
  crm.says = () => contact('Irina Orlova');
  const restarted = again();
  t.equal(await name(restarted), 'Irina cache', 'stale, from the store');
  await settled();
  t.equal(await name(restarted), 'Irina Orlova cache');
  time.jump(DAY);
  crm.says = () => { throw new Error('HTTP 500'); };
  t.equal(await name(again()), 'failed', 'what is older than a day is nothing');
});

t.test('the store is written when something changed, and not for every call', async (t) => {
  const crm = new Crm();
  const { lookup, shelf, time } = bench(t, [crm]);
  await name(lookup);
  for (let round = 0; round < 10; round += 1) { time.jump(2 * MINUTE); await name(lookup); await settled(); }
  t.equal(crm.asked.length, 11);
  t.equal(shelf.writes, 1);
  crm.says = () => contact('Olga');
  time.jump(2 * MINUTE);
  await name(lookup);
  await settled();
  t.equal(shelf.writes, 2);
  time.jump(HOUR);
  await name(lookup);
  await settled();
  t.equal(shelf.writes, 3, 'the same again, after an hour: or it would be too old after a restart');
  crm.says = () => null;
  time.jump(2 * MINUTE);
  await name(lookup);
  await settled();
  t.equal(shelf.rows.size, 0, 'who is nobody any more is not kept');
  t.equal(await name(lookup), 'none');
});

t.test('a store that is broken costs questions, and no caller', async (t) => {
  const crm = new Crm();
  const { lookup, shelf, log } = bench(t, [crm]);
  shelf.broken = true;
  t.equal(await name(lookup), 'Irina live');
  t.equal(await name(lookup), 'Irina cache');
  t.equal(lookup.forget([NUMBER]), 1);
  t.ok(log.lines.some(({ level, message }) => level === 'warn' && message.includes('store of contacts')));
});

t.test('what the CRM says is changed is asked for again before it is told', async (t) => {
  const crm = new Crm();
  const { lookup, shelf } = bench(t, [crm]);
  await name(lookup);
  crm.says = () => contact('Olga');
  t.equal(lookup.forget(['8 (903) 555-01-42']), 1, 'in whatever spelling');
  t.equal(shelf.rows.size, 0);
  t.equal(await name(lookup), 'Olga live');
  t.equal(lookup.forget(['+79990000000']), 0);
  t.equal(await name(lookup), 'Olga cache');
  crm.says = () => contact('Vera');
  t.equal(lookup.forget('all', 'crm2' as AccountId), 0, 'another account');
  t.equal(await name(lookup), 'Olga cache');
  t.equal(lookup.forget('all', 'crm1' as AccountId), 1);
  t.equal(await name(lookup), 'Vera live');
  lookup.forget([NUMBER]);
  crm.says = () => { throw new Error('HTTP 500'); };
  t.equal(await name(lookup), 'Vera cache', 'a CRM that cannot tell leaves the old name');
  crm.says = () => new Promise(() => undefined);
  const patience = new AbortController();
  const asked = lookup.find(NUMBER, patience.signal);
  patience.abort();
  t.match(await asked, { kind: 'found', contact: { name: 'Vera' }, source: 'cache' }, 'and so does one that is late');
});

t.test('an answer that was under way when the change came is not believed', async (t) => {
  const crm = new Crm();
  const answers: ((contact: Contact) => void)[] = [];
  crm.says = () => new Promise<Contact>((resolve) => { answers.push(resolve); });
  const { lookup } = bench(t, [crm]);
  const early = name(lookup);
  lookup.forget([NUMBER]);
  const late = name(lookup);
  t.equal(crm.asked.length, 2, 'asked anew');
  answers[1]?.(contact('New'));
  t.equal(await late, 'New live');
  answers[0]?.(contact('Old'));
  t.equal(await early, 'Old live', 'whoever asked before gets what was true then');
  t.equal(await name(lookup), 'New cache', 'but nobody after him');
  lookup.drop();
  const lost = name(lookup);
  lookup.drop();
  answers[2]?.(contact('Older'));
  await lost;
  t.equal(lookup.stats().size, 0);
});

t.test('numbers of nobody are not asked for', async (t) => {
  const crm = new Crm();
  const { lookup } = bench(t, [crm]);
  for (const number of ['219', '112', '*97']) t.equal(await name(lookup, number), 'none', number);
  for (const number of ['', 'anonymous', 'TELE2']) t.equal(await name(lookup, number), 'hidden', number);
  t.same(crm.asked, []);
  t.match(lookup.stats(), { hits: 0, misses: 0, hitRatePercent: 0, size: 0, lastRefresh: null });
});

t.test('the rules of the line count, and the driver gets the line', async (t) => {
  const crm = new Crm();
  const { lookup } = bench(t, [crm]);
  await lookup.find('80291234567', patient(), '74951234567');
  t.match(await lookup.find('+375291234567', patient()), { kind: 'found', source: 'cache' });
  t.match(lookup.known('crm1' as AccountId, '291234567', '74951234567'), { contact: { name: 'Irina' } });
});

t.test('one question for the name, the route and the pop-up of a call', async (t) => {
  const crm = new Crm();
  const { lookup } = bench(t, [crm]);
  t.equal(lookup.known('crm1' as AccountId, NUMBER), null);
  const [route, callerid] = await Promise.all([lookup.find(NUMBER, patient(), '7495'), lookup.find(NUMBER, patient())]);
  t.match([route, callerid], [{ kind: 'found' }, { kind: 'found' }]);
  t.match(lookup.known('crm1' as AccountId, '89035550142'), { contact: { name: 'Irina' } });
  t.equal(lookup.known('crm2' as AccountId, NUMBER), null);
  t.equal(crm.asked.length, 1);
});

t.test('a CRM that routes is asked beside the lookup, and remembered per number and line', async (t) => {
  const crm = new Crm();
  crm.routes = (_number, line) => (line === '7495' ? '205' as Extension : null);
  const { lookup, time } = bench(t, [crm]);
  t.match(await lookup.find(NUMBER, patient(), '7495'), { kind: 'found', routed: '205' });
  t.match(await lookup.find(NUMBER, patient(), '7495'), { kind: 'found', routed: '205' });
  t.notOk('routed' in await lookup.find(NUMBER, patient(), '7812'));
  t.notOk('routed' in await lookup.find(NUMBER, patient()), 'no line, no route');
  t.same(crm.routed, [`${NUMBER} 7495`, `${NUMBER} 7812`]);
  crm.says = () => null;
  t.match(await lookup.find('+79990000000', patient(), '7495'), { kind: 'none', routed: '205' }, 'for a stranger, too');
  time.jump(2 * MINUTE);
  crm.routes = () => '206' as Extension;
  t.match(await lookup.find(NUMBER, patient(), '7495'), { routed: '206' }, 'an old route is asked for before it counts');
  time.jump(2 * MINUTE);
  crm.routes = () => { throw new Error('HTTP 500'); };
  t.match(await lookup.find(NUMBER, patient(), '7495'), { routed: '206' }, 'and counts where the CRM cannot tell');
  time.jump(HOUR);
  t.notOk('routed' in await lookup.find(NUMBER, patient(), '7495'));
  crm.routes = () => '207' as Extension;
  t.match(await lookup.find(NUMBER, patient(), '7495'), { routed: '207' });
  crm.routes = () => '208' as Extension;
  lookup.forget([NUMBER]);
  t.match(await lookup.find(NUMBER, patient(), '7495'), { routed: '208' }, 'what changed may route otherwise');
});

t.test('a route that is late does not keep the contact from the caller', async (t) => {
  const crm = new Crm();
  crm.routes = () => new Promise(() => undefined);
  const { lookup } = bench(t, [crm]);
  const patience = new AbortController();
  const asked = lookup.find(NUMBER, patience.signal, '7495');
  await settled();
  patience.abort();
  t.match(await asked, { kind: 'found', contact: { name: 'Irina' } });
});

t.test('the primary account gives the name, the first that knows everything else', async (t) => {
  const [first, second] = [new Crm(), new Crm()];
  first.says = () => contact('orlova i.', { owner: { crmUser: '7', extension: null } });
  second.says = () => contact('Irina Orlova');
  const { lookup } = bench(t, [first, second], { namesFrom: 'crm2' as AccountId });
  t.match(await lookup.find(NUMBER, patient()), { kind: 'found', account: 'crm1', contact: { name: 'Irina Orlova', owner: { crmUser: '7' } } });
  t.match(await lookup.find(NUMBER, patient()), { contact: { name: 'Irina Orlova' }, source: 'cache' });
  t.same([first.asked.length, second.asked.length], [1, 1]);
  second.says = () => null;
  lookup.forget('all', 'crm2' as AccountId);
  t.match(await lookup.find(NUMBER, patient()), { contact: { name: 'orlova i.' } }, 'a primary that knows nobody has no say');
});

t.test('one account can be asked alone, and past the cache', async (t) => {
  const [first, second] = [new Crm(), new Crm()];
  second.says = () => contact('Second');
  const { lookup } = bench(t, [first, second]);
  const ask = (fresh: boolean) => lookup.lookupFor('crm2' as AccountId, NUMBER, { fresh, signal: patient() });
  t.match(await ask(false), { contact: { name: 'Second' }, source: 'live' });
  second.says = () => contact('Changed');
  t.match(await ask(false), { contact: { name: 'Second' }, source: 'cache' });
  t.match(await ask(true), { contact: { name: 'Changed' }, source: 'live' });
  second.says = () => { throw new Error('HTTP 500'); };
  t.match(await ask(true), { contact: { name: 'Changed' }, source: 'cache' }, 'what cannot be asked is told as it was');
  t.same(first.asked, []);
  t.match(await lookup.lookupFor(null, NUMBER, { signal: patient() }), { contact: { name: 'Irina' }, account: 'crm1' });
  t.match(await lookup.lookupFor('gone' as AccountId, NUMBER, { signal: patient() }), { kind: 'none' });
});

t.test('counters: hits, misses, the rate, the size', async (t) => {
  const crm = new Crm();
  const { lookup } = bench(t, [crm]);
  for (let each = 0; each < 3; each += 1) await name(lookup);
  t.match(lookup.stats(), { hits: 2, misses: 1, hitRatePercent: 66.7, size: 1 });
  t.equal(lookup.drop(), 1);
  t.match(lookup.stats(), { hits: 2, misses: 1, size: 0 });
  t.equal(await name(lookup), 'Irina live');
  t.match(lookup.stats(), { hits: 2, misses: 2, hitRatePercent: 50, size: 1 });
});

t.test('dropping empties the store, too', async (t) => {
  const crm = new Crm();
  const { lookup, shelf } = bench(t, [crm]);
  await name(lookup);
  t.equal(shelf.rows.size, 1);
  lookup.drop();
  t.equal(shelf.rows.size, 0);
});

t.test('found by a part of the name and by a part of the number', async (t) => {
  const crm = new Crm();
  crm.says = (number) => (number.endsWith('2') ? contact('Ирина Орлова') : contact('Boris'));
  const { lookup } = bench(t, [crm]);
  await name(lookup);
  await name(lookup, '+79035550143');
  const found = (text: string, limit = 10): readonly string[] => lookup.search(text, limit).map(({ contact: { name: who } }) => who);
  t.same(found('орлов'), ['Ирина Орлова']);
  t.same(found('BOR'), ['Boris']);
  t.same(found('0142'), ['Ирина Орлова']);
  t.same(found('903 555'), ['Boris', 'Ирина Орлова'], 'the latest first');
  t.same(found('903555', 1), ['Boris']);
  for (const text of ['', ' ', '42', 'nobody']) t.same(found(text), [], `<${text}>`);
  t.match(lookup.search('boris', 1)[0], { account: 'crm1', number: '+79035550143' });
});

t.test('numbers that call often are asked for again every four minutes or so, and others not', async (t) => {
  const crm = new Crm();
  const { lookup, time, shelf } = bench(t, [crm]);
  await lookup.start();
  await lookup.start();
  t.equal(time.pending, 1, 'started once');
  for (let each = 0; each < 4; each += 1) await name(lookup);
  await name(lookup, '+79035550143');
  crm.says = () => contact('Changed');
  await time.advance(239_999);
  t.equal(crm.asked.length, 2);
  await time.advance(1);
  t.same(crm.asked.slice(2), [NUMBER], 'only the one that is asked for often');
  t.equal(lookup.stats().lastRefresh, time.now());
  t.equal(await name(lookup), 'Changed cache');
  t.same(shelf.pruned, [time.now() - DAY]);
  await time.advance(240_000);
  t.equal(crm.asked.length, 4, 'it was used again');
  await time.advance(3 * 240_000);
  t.ok(crm.asked.length <= 5, 'what nobody asks for any more fades');
  await lookup.stop();
  t.equal(time.pending, 0);
});

t.test('an account that is down is asked once a round', async (t) => {
  const crm = new Crm();
  const { lookup, time } = bench(t, [crm]);
  for (const digit of [1, 2, 3]) for (let each = 0; each < 4; each += 1) await name(lookup, `+7903555014${digit}`);
  crm.says = () => { throw new Error('HTTP 500'); };
  crm.asked.length = 0;
  await lookup.start();
  await time.advance(240_000);
  t.equal(crm.asked.length, 1);
  t.equal(await name(lookup, '+79035550143'), 'Irina cache');
});

t.test('an operator asks for everything at once, one round at a time', async (t) => {
  const crm = new Crm();
  const { lookup } = bench(t, [crm]);
  for (const digit of [1, 2, 3]) await name(lookup, `+7903555014${digit}`);
  const answers: ((value: Contact) => void)[] = [];
  crm.says = () => new Promise<Contact>((resolve) => { answers.push(resolve); });
  t.equal(lookup.refresh(), 3);
  t.equal(lookup.refresh(), 3, 'the one that is under way');
  for (let each = 0; each < 3; each += 1) { await settled(); answers.shift()?.(contact('New')); }
  await settled();
  t.equal(crm.asked.length, 6);
  t.equal(await name(lookup, '+79035550141'), 'New cache');
  t.ok(lookup.stats().lastRefresh !== null);
});

t.test('stopping ends a round', async (t) => {
  const crm = new Crm();
  const { lookup } = bench(t, [crm]);
  for (const digit of [1, 2, 3]) await name(lookup, `+7903555014${digit}`);
  crm.says = () => new Promise(() => undefined);
  lookup.refresh();
  await lookup.stop();
  t.equal(crm.asked.length, 4);
});

t.test('the cache itself', async (t) => {
  const cache = new LookupCache<string>({ ...CACHE_TIMES, capacity: 2 });
  const known = (value: string | null, at = 1_000_000) => ({ value, at: instant(at), number: '1', line: '' });
  cache.set('a', known('A'));
  const at = (age: number) => cache.freshness('a', instant(1_000_000 + age));
  t.same([at(0), at(89_999), at(90_000), at(DAY - 1), at(DAY)], ['fresh', 'fresh', 'stale', 'stale', 'absent']);
  t.equal(at(-1), 'stale', 'a clock that went back makes nothing fresh');
  t.equal(at(-DAY), 'absent');
  cache.doubt('a');
  t.same([at(0), at(DAY)], ['doubted', 'absent']);
  cache.set('a', known(null));
  t.same([at(0), at(59_999), at(60_000), at(-1)], ['fresh', 'fresh', 'absent', 'absent']);
  cache.doubt();
  t.equal(at(0), 'absent', 'a doubted "nobody" is nothing');
  cache.set('b', known('B'));
  cache.use('a');
  cache.set('c', known('C'));
  t.same(['a', 'b', 'c'].map((key) => cache.peek(key)?.value), [null, undefined, 'C'], 'the one not asked for longest goes');
  t.equal(cache.size, 2);
  t.equal(cache.drop(), 2);
});
