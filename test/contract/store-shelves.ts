/**
 * The part of the examination of stores (`store.ts`) that is about what is remembered of accounts and numbers, and about the address book. Each
 * case stands alone.
 */
import type { Test } from 'tap';
import type { BookCall, BookNumber, Company, Person } from '../../core/address-book.ts';
import type { Store } from '../../core/ports.ts';
import { type Contact, type Extension, instant } from '../../core/words.ts';
import { AMO, B24, BEGIN } from '../fakes/sample-calls.ts';

type Open = (tenant?: string) => Store;
type Case = (t: Test, open: Open) => void | Promise<void>;

const at = (after: number) => instant(BEGIN + after);
const number = (written: string, key = written): BookNumber => ({ number: written, key, kind: 'mobile' });
const person = (id: string, name: string, change: Partial<Person> = {}): Person =>
  ({ id, name, company: null, numbers: [], email: '', note: '', owner: null, updatedAt: BEGIN, ...change });
const company = (id: string, name: string, change: Partial<Company> = {}): Company => ({ id, name, numbers: [], note: '', updatedAt: BEGIN, ...change });
const bookCall = (call: string, change: Partial<BookCall> = {}): BookCall => ({
  call, linkedid: call, direction: 'inbound', number: '8 903 555-01-42', key: '+79035550142', line: '74950000101', person: null, company: null, extension: '207' as Extension,
  outcome: 'answered', startedAt: BEGIN, talkSeconds: 42, recording: null, ...change,
});
const contact: Contact = { id: '318', type: 'contact', name: 'Irina "Ира" Orlova', owner: { crmUser: '7', extension: '207' as Extension } };
const names = (rows: readonly { readonly name: string }[]): readonly string[] => rows.map(({ name }) => name);

export const SHELVES: Readonly<Record<string, Case>> = {
  // ------------------------------------------------------------------------------------------------ what is remembered of accounts

  'an account\'s memory is per account and key, survives a restart, and can be forgotten': (t, open) => {
    const first = open();
    first.accounts.set(B24, 'token', 'old');
    first.accounts.set(B24, 'token', 'new');
    first.accounts.set(B24, 'gone', 'x');
    first.accounts.remove(B24, 'gone');
    first.accounts.remove(B24, 'never');
    first.close();
    const { accounts } = open();
    t.equal(accounts.get(B24, 'token'), 'new');
    t.same([accounts.get(AMO, 'token'), accounts.get(B24, 'gone'), open('theirs').accounts.get(B24, 'token')], [null, null, null]);
  },

  'a claim is one owner\'s until it ends or he gives it back': (t, open) => {
    const [{ accounts }, other] = [open(), open()];
    const claim = (store: Store, owner: string, now: number, until = now + 100): boolean => store.accounts.claim(B24, 'renew', { owner, now: at(now), until: at(until) });
    t.ok(claim({ accounts } as Store, 'one', 0));
    t.notOk(claim(other, 'two', 99), 'somebody has it');
    t.ok(other.accounts.claim(B24, 'else', { owner: 'two', now: BEGIN, until: at(1) }), 'another name is another right');
    t.ok(other.accounts.claim(AMO, 'renew', { owner: 'two', now: BEGIN, until: at(1) }), 'another account too');
    t.ok(open('theirs').accounts.claim(B24, 'renew', { owner: 'two', now: BEGIN, until: at(1) }), 'another tenant too');
    t.ok(claim({ accounts } as Store, 'one', 50), 'its owner may go on');
    t.notOk(claim(other, 'two', 149));
    other.accounts.release(B24, 'renew', 'two');
    t.notOk(claim(other, 'two', 149), 'nobody gives back what is not his');
    t.ok(claim(other, 'two', 150), 'its time is over');
    accounts.release(B24, 'renew', 'one');
    t.notOk(claim({ accounts } as Store, 'one', 151), 'the late one takes nothing away');
    other.accounts.release(B24, 'renew', 'two');
    t.ok(claim({ accounts } as Store, 'one', 151));
  },

  'what a CRM said of a number is remembered, nobody too': (t, open) => {
    const first = open();
    first.contacts.set(B24, '+79035550142', { contact: null, at: at(0) });
    first.contacts.set(B24, '+79035550142', { contact, at: at(1) });
    first.contacts.set(B24, '+79990000000', { contact: null, at: at(2) });
    first.contacts.set(AMO, '+79035550142', { contact: null, at: at(3) });
    first.close();
    const { contacts } = open();
    t.same(contacts.get(B24, '+79035550142'), { contact, at: at(1) });
    t.same(contacts.get(B24, '+79990000000'), { contact: null, at: at(2) });
    t.equal(contacts.get(B24, '+7'), null);
    t.equal(open('theirs').contacts.get(B24, '+79035550142'), null);
    t.same([contacts.count(B24), contacts.count(AMO)], [2, 1]);
    t.equal(contacts.prune(at(2)), 1);
    t.equal(contacts.get(B24, '+79035550142'), null);
    t.same([contacts.forget(AMO, '+7'), contacts.forget(AMO, '+79035550142'), contacts.forget(B24), contacts.count(B24)], [0, 1, 1, 0]);
  },

  // ------------------------------------------------------------------------------------------------ the address book

  'persons and companies are kept, changed, and come back as they were': (t, open) => {
    const first = open();
    const romashka = company('c1', 'ООО "Ромашка"', { numbers: [number('+7 495 000-01-01', '+74950000101')], note: 'a\nb' });
    const irina = person('p1', 'Ирина', { company: 'c1', numbers: [number('2', '+72'), number('1', '+71'), number('1', '+71')], email: 'i@example.org', note: 'n', owner: '207' as Extension, updatedAt: at(5) });
    first.addressBook.keep({ persons: [irina], companies: [romashka] });
    first.close();
    const { addressBook } = open();
    t.same(addressBook.person('p1'), irina);
    t.same(addressBook.company('c1'), romashka);
    const changed = { ...irina, name: 'Ирина Орлова', company: null, numbers: [number('3', '+73')] };
    addressBook.keep({ persons: [changed], companies: [] });
    t.same(addressBook.person('p1'), changed);
    t.equal(addressBook.find('+71'), null, 'a number that was taken away finds nobody');
    t.same([addressBook.person('p2'), addressBook.company('p1')], [null, null]);
  },

  'a number finds the person before the company, and who was changed last': (t, open) => {
    const { addressBook } = open();
    const shared = [number('1', '+71')];
    const [firm, other] = [company('c1', 'Firm', { numbers: [...shared, number('9', '+79')] }), company('c2', 'Other')];
    const [older, newer] = [person('p1', 'Older', { numbers: shared }), person('p2', 'Newer', { numbers: shared, company: 'c2', updatedAt: at(1) })];
    addressBook.keep({ persons: [], companies: [firm, other] });
    t.same(addressBook.find('+71'), { person: null, company: firm });
    addressBook.keep({ persons: [newer, older], companies: [] });
    t.same(addressBook.find('+71'), { person: newer, company: other }, 'with the company where he works');
    addressBook.keep({ persons: [{ ...older, updatedAt: at(2) }], companies: [] });
    t.match(addressBook.find('+71'), { person: { name: 'Older' }, company: null });
    t.same(addressBook.find('+79'), { person: null, company: firm });
    t.equal(addressBook.find('+7'), null);
    t.same(addressBook.holders('+71'), { persons: [{ ...older, updatedAt: at(2) }, newer], companies: [firm] });
    t.same([addressBook.holders('+7'), addressBook.holders('')], [{ persons: [], companies: [] }, { persons: [], companies: [] }]);
    addressBook.keep({ persons: [person('p3', 'Nobody can call', { numbers: [number('none', '')] })], companies: [] });
    t.equal(addressBook.find(''), null, 'no number is nobody\'s number');
  },

  'an import is kept whole or not at all': (t, open) => {
    const { addressBook } = open();
    t.throws(() => addressBook.keep({ persons: [person('p1', 'A'), person('p2', 'B', { company: 'nowhere' })], companies: [company('c1', 'C')] }));
    t.same([addressBook.persons({ limit: 9 }), addressBook.companies({ limit: 9 })], [[], []]);
    addressBook.keep({ persons: [person('p2', 'B', { company: 'c1' })], companies: [company('c1', 'C')] });
    t.same(names(addressBook.persons({ limit: 9 })), ['B'], 'and the store goes on working');
  },

  'lists go by name, then id, page by page, each row once': (t, open) => {
    const { addressBook } = open();
    const rows = [person('3', 'Яна'), person('1', 'ёлка'), person('5', 'Анна'), person('4', 'анна'), person('2', 'Bob'), person('6', 'Жанна')];
    addressBook.keep({ persons: rows, companies: [company('2', 'б'), company('1', 'А')] });
    const found: string[] = [];
    for (let page = addressBook.persons({ limit: 2 }); page.length > 0;) {
      found.push(...page.map(({ id }) => id));
      const last = page.at(-1);
      if (last === undefined) break;
      addressBook.removePerson(last.id);
      page = addressBook.persons({ limit: 2, after: last });
    }
    t.same(found, ['2', '4', '5', '1', '6', '3'], 'also when the last row of a page is gone meanwhile');
    t.same(names(addressBook.companies({ limit: 1 })), ['А']);
    t.same(names(addressBook.companies({ limit: 9, after: { name: 'А', id: '1' } })), ['б']);
  },

  'search finds part of a name, a number or an address, in whatever case': (t, open) => {
    const { addressBook } = open();
    addressBook.keep({
      persons: [person('1', 'Пётр Щукин', { numbers: [number('8 (903) 555-01-42', '+79035550142')], email: 'Petr@Example.ORG', note: 'secret' }), person('2', 'ÉMILE 24', { numbers: [number('112', '112')] })],
      companies: [company('1', 'ООО Ёлка', { numbers: [number('8 495 000', '+7495000')] })],
    });
    const persons = (search: string): readonly string[] => names(addressBook.persons({ search, limit: 9 }));
    for (const search of ['ПЕТР', 'щук', 'пётр щ', 'petr@', '903 555', '+7 (903)', '8903', '5550142', '  ЩУКИН ']) t.same(persons(search), ['Пётр Щукин'], search);
    t.same(persons('émile'), ['ÉMILE 24']);
    t.same(persons('24'), ['ÉMILE 24'], 'digits of a name too');
    t.same(persons(''), ['ÉMILE 24', 'Пётр Щукин']);
    for (const search of ['%', '_', 'secret', 'щука', '9035550143', '()', 'петр\nщукин?']) t.same(persons(search), [], search);
    t.same(persons('петр\nщукин'), ['Пётр Щукин'], 'a question is one line');
    t.same(names(addressBook.companies({ search: 'елк', limit: 9 })), ['ООО Ёлка']);
    t.same(names(addressBook.companies({ search: '7495', limit: 9 })), ['ООО Ёлка']);
    t.equal(addressBook.companyNamed(' ооо елка')?.id, '1');
    t.equal(addressBook.companyNamed('елка'), null);
    addressBook.keep({ persons: [person('1', 'Other', { numbers: [] })], companies: [] });
    t.same([persons('петр'), persons('903')], [[], []], 'what was changed is not found under what it was');
  },

  'who is removed is gone, calls stay and name nobody': (t, open) => {
    const { addressBook } = open();
    addressBook.keep({ persons: [person('p1', 'Irina', { company: 'c1', numbers: [number('1', '+71')] })], companies: [company('c1', 'Firm', { numbers: [number('2', '+72')] })] });
    addressBook.keepCall(bookCall('main/1', { person: 'p1', company: 'c1' }));
    t.notOk(open('theirs').addressBook.removePerson('p1'));
    t.ok(addressBook.removeCompany('c1'));
    t.notOk(addressBook.removeCompany('c1'));
    t.match(addressBook.person('p1'), { name: 'Irina', company: null }, 'who worked there stays');
    t.equal(addressBook.find('+72'), null);
    t.ok(addressBook.removePerson('p1'));
    t.notOk(addressBook.removePerson('p1'));
    t.same([addressBook.person('p1'), addressBook.find('+71'), addressBook.persons({ limit: 9, search: 'irina' })], [null, null, []]);
    t.same(addressBook.call('main/1'), bookCall('main/1'));
    t.same(addressBook.calls({ limit: 9, person: 'p1' }), []);
  },

  'a call is in the book once, with the recording that is known of it': (t, open) => {
    const { addressBook } = open();
    addressBook.keepCall(bookCall('main/1', { talkSeconds: 1 }));
    addressBook.keepCall(bookCall('main/1', { recording: 'link', person: 'p1' }));
    addressBook.keepCall(bookCall('main/1', { person: 'p1' }));
    t.same(addressBook.call('main/1'), bookCall('main/1', { recording: 'link', person: 'p1' }));
    t.equal(addressBook.calls({ limit: 9 }).length, 1);
    t.equal(addressBook.call('main/2'), null);
  },

  'calls of the book are listed newest first, by number and by person, page by page': (t, open) => {
    const { addressBook } = open();
    const told = [bookCall('main/1'), bookCall('main/2', { person: 'p1' }), bookCall('main/3', { startedAt: at(1), key: '+71', person: 'p1' }), bookCall('main/4', { startedAt: at(2) })];
    for (const call of told) addressBook.keepCall(call);
    const list = (filter: Partial<Parameters<typeof addressBook.calls>[0]>): readonly string[] => addressBook.calls({ limit: 9, ...filter }).map(({ call }) => call);
    t.same(list({}), ['main/4', 'main/3', 'main/2', 'main/1']);
    t.same(list({ key: '+79035550142' }), ['main/4', 'main/2', 'main/1']);
    t.same(list({ person: 'p1' }), ['main/3', 'main/2']);
    t.same(list({ person: 'p1', key: '+71' }), ['main/3']);
    t.same(list({ limit: 1, after: { startedAt: BEGIN, call: 'main/2' } }), ['main/1'], 'also between calls of one moment');
    t.same(list({ person: 'p1', after: { startedAt: at(1), call: 'main/3' } }), ['main/2']);
    t.same(list({ key: '+79035550142', after: { startedAt: at(2), call: 'main/4' } }), ['main/2', 'main/1']);
  },

  'two tenants have two address books': (t, open) => {
    const [mine, theirs] = [open('mine').addressBook, open('theirs').addressBook];
    mine.keep({ persons: [person('p1', 'Irina', { company: 'c1', numbers: [number('1', '+71')] })], companies: [company('c1', 'Firm')] });
    mine.keepCall(bookCall('main/1', { person: 'p1' }));
    t.same([theirs.find('+71'), theirs.person('p1'), theirs.company('c1'), theirs.companyNamed('firm'), theirs.call('main/1')], [null, null, null, null, null]);
    t.same([theirs.persons({ limit: 9 }), theirs.companies({ limit: 9, search: 'f' }), theirs.calls({ limit: 9 }), theirs.calls({ limit: 9, person: 'p1' })], [[], [], [], []]);
    t.throws(() => theirs.keep({ persons: [person('p2', 'B', { company: 'c1' })], companies: [] }), 'another tenant\'s company is none');
    theirs.keep({ persons: [person('p1', 'Other', { numbers: [number('1', '+71')] })], companies: [] });
    t.equal(mine.find('+71')?.person?.name, 'Irina');
  },
};
