/** What the driver `local` makes of calls: whose they are, which recording they have, and who becomes a contact. */
import t, { type Test } from 'tap';
import { createNumbers } from '../../app/phones.ts';
import type { Person } from '../../core/address-book.ts';
import type { CallEnded, Fact, RecordingReady } from '../../core/facts.ts';
import { callKey, DEFAULT_TENANT, type Extension, instant, type Linkedid, type PbxId, type RecordingId } from '../../core/words.ts';
import local from '../../crm/drivers/local.ts';
import { openSqliteStore } from '../../store/sqlite/open.ts';
import { CLIENT, EMPLOYEES, story, STRANGER } from '../contract/driver.ts';
import { toolsFor } from '../fakes/crm/tools.ts';

const http = { request: () => Promise.reject(new Error('local asks nobody')) };
const signal = new AbortController().signal;
const number = (key: string) => ({ number: key, key, kind: 'work' as const });

function desk(t: Test, settings: object = {}) {
  const store = openSqliteStore({ path: ':memory:', tenant: DEFAULT_TENANT });
  t.teardown(() => store.close());
  const driver = local.create(local.settings.parse(settings), toolsFor(http, { addressBook: store.addressBook, employees: EMPLOYEES, account: 'examined' as never }));
  const tell = (fact: Fact) => driver.deliver(fact, signal);
  return { book: store.addressBook, store, driver, tell };
}

function factsOf(linkedid: string, change: Partial<CallEnded> = {}): { readonly end: CallEnded; readonly ready: RecordingReady; readonly call: string } {
  const [, end, ready] = story(linkedid, '/x.mp3', change).durable;
  if (end?.kind !== 'call-ended' || ready?.kind !== 'recording-ready') throw new Error('another story');
  return { end, ready, call: callKey('main' as PbxId, linkedid as Linkedid) };
}
const named = (ready: RecordingReady, recording: string, seconds: number): RecordingReady => ({ ...ready, recording: recording as RecordingId, seconds });

t.test('persons before companies, under every spelling of the number', async (t) => {
  const { book, driver } = desk(t);
  const irina: Person = { id: 'p1', name: 'Irina', company: 'c1', numbers: [number(CLIENT)], email: '', note: '', owner: null, updatedAt: instant(1) };
  book.keep({ persons: [], companies: [{ id: 'c1', name: 'Firm\u0007\nLtd', numbers: [number(CLIENT), number('+74950000101')], note: '', updatedAt: instant(2) }] });
  t.same(await driver.lookup(CLIENT, signal), { id: 'c1', type: 'company', name: 'Firm Ltd', owner: null });
  book.keep({ persons: [irina], companies: [] });
  for (const spelling of ['89035550142', '79035550142', '9035550142', '+7 (903) 555-01-42', 'sip:+79035550142@10.0.0.1']) t.match(await driver.lookup(spelling, signal), { id: 'p1', type: 'contact', owner: null }, spelling);
  t.match(await driver.lookup('84950000101', signal), { id: 'c1' });
  book.keep({ persons: [{ ...irina, owner: '219' as Extension }], companies: [] });
  t.match(await driver.lookup(CLIENT, signal), { owner: { crmUser: '219', extension: '219' } }, 'an owner without an id of this account is known by his extension');
  t.equal(await driver.lookup('', signal), null);
});

t.test('a call of an unknown number is kept without a person, and found by its number when he is known', async (t) => {
  const { book, tell } = desk(t);
  const { end, call } = factsOf('1', { client: { number: '8 999 000-00-00', name: 'CNAM' } });
  t.equal((await tell(end)).kind, 'delivered');
  t.match(book.call(call), { person: null, company: null, key: STRANGER, number: '8 999 000-00-00', extension: '207', outcome: 'answered', talkSeconds: 42, line: '74950000101', recording: null });
  t.same(book.persons({ limit: 9 }), []);
  t.equal(book.calls({ key: STRANGER, limit: 9 }).length, 1);
});

t.test('createUnknown makes one contact of a number, however many calls it has; nobody of a service number', async (t) => {
  const { book, tell } = desk(t, { createUnknown: true });
  const { end, call } = factsOf('1', { client: { number: '8 999 000-00-00', name: 'CNAM' } });
  for (const fact of [end, end, factsOf('2', { client: { number: STRANGER, name: '' }, direction: 'outbound' }).end]) t.equal((await tell(fact)).kind, 'delivered');
  t.match(book.persons({ limit: 9 }), [{ id: `number:${STRANGER}`, name: STRANGER, numbers: [{ number: '8 999 000-00-00', key: STRANGER }], owner: null }]);
  t.equal(book.persons({ limit: 9 }).length, 1);
  t.match(book.call(call), { person: `number:${STRANGER}` });
  t.equal(book.calls({ person: `number:${STRANGER}`, limit: 9 }).length, 2);
  await tell(factsOf('3', { client: { number: '112', name: '' } }).end);
  t.equal(book.persons({ limit: 9 }).length, 1);
  const [known] = book.persons({ limit: 1 });
  if (known !== undefined) book.keep({ persons: [{ ...known, name: 'Irina' }], companies: [] });
  await tell(end);
  t.equal(book.find(STRANGER)?.person?.name, 'Irina', 'a name that a person gave stays');
});

t.test('the longest recording of a call is named, in whatever order they come', async (t) => {
  const { book, tell } = desk(t);
  const { end, ready, call } = factsOf('1');
  t.equal((await tell(named(ready, 'main/early.wav', 5))).kind, 'skipped', 'the end was not told yet');
  await tell(end);
  t.equal(book.call(call)?.recording, 'main/early.wav', 'and it is not forgotten');
  t.equal((await tell(named(ready, 'main/long.wav', 42))).kind, 'delivered');
  t.equal((await tell(named(ready, 'main/short.wav', 3))).kind, 'skipped');
  await tell(end);
  t.equal(book.call(call)?.recording, 'main/long.wav', 'the end told again takes nothing away');
});

t.test('a store that refuses rejects: the outbox tries again', async (t) => {
  const { store, driver, tell } = desk(t);
  store.close();
  await t.rejects(tell(factsOf('1').end));
  await t.rejects(driver.lookup(CLIENT, signal));
  t.match(await driver.check(signal), [{ ok: false, code: 'reachable', remedy: /doctor/ }]);
});

t.test('its users are the employees; a check that is stopped stops', async (t) => {
  const { driver, book } = desk(t);
  t.same(await driver.users?.(signal), [{ id: '7', name: 'Anna', extensions: ['207'], active: true }, { id: '8', name: 'Boris', extensions: ['208'], active: true }]);
  book.keep({ persons: [{ id: 'p1', name: 'A', company: null, numbers: [], email: '', note: '', owner: null, updatedAt: instant(1) }], companies: [] });
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  await t.rejects(driver.check(stop.signal), { message: 'enough' });
  t.ok(createNumbers({ country: 'RU', internal: /^[0-9]{2,5}$/ }).key('112') !== '', 'a service number has a key: its calls are kept');
});
