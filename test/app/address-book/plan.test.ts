/** What an import makes of a book that has people already; and that an export of it, imported again, changes nothing. */
import t from 'tap';
import { exported, type ExportWish } from '../../../app/address-book/export.ts';
import type { AddressBook, Person } from '../../../core/address-book.ts';
import { type Extension, instant } from '../../../core/words.ts';
import { shelf } from './shelf.ts';

const person = (id: string, name: string, keys: readonly string[], change: Partial<Person> = {}): Person =>
  ({ id, name, company: null, numbers: keys.map((key) => ({ number: key, key, kind: 'other' })), email: '', note: '', owner: null, updatedAt: instant(0), ...change });
const ONE = '+79035550141';
const TWO = '+79035550142';

t.test('the same file twice changes nothing, not even a date', async (t) => {
  const { book, take } = shelf(t);
  const file = `name;company;phone;mobile;note\nIrina;Romashka;8 903 555-01-41;${TWO};n\nBoris;romashka;84950000101;;\n`;
  t.match(await take(file), { added: 2, companies: 1 });
  const before = [book.persons({ limit: 9 }), book.companies({ limit: 9 })];
  t.match(await take(file), { added: 0, updated: 0, unchanged: 2, companies: 0, applied: true });
  t.same([book.persons({ limit: 9 }), book.companies({ limit: 9 })], before);
});

t.test('who is there by his number is changed: renamed, more numbers, what the file does not say stays', async (t) => {
  const { book, take } = shelf(t);
  book.keep({ persons: [person('p1', ONE, [ONE, '+79035550149'], { email: 'x@example.org', note: 'old', owner: '207' as Extension })], companies: [] });
  t.match(await take(`name;phone;note\nIrina;8 903 555-01-41, ${TWO};new\n`), { added: 0, updated: 1, unchanged: 0 });
  t.match(book.persons({ limit: 9 }), [{ id: 'p1', name: 'Irina', email: 'x@example.org', note: 'new', owner: '207', updatedAt: 1 }]);
  t.same(book.person('p1')?.numbers.map(({ number }) => number), ['8 903 555-01-41', '+79035550149', TWO], 'as the file writes it, in its old place');
});

t.test('colleagues who share a telephone stay several, whoever comes first', async (t) => {
  const { book, take, people } = shelf(t);
  t.match(await take(`name;phone\nIrina;${ONE}\nBoris;${ONE}\nirina;${ONE}, ${TWO}\n`), { added: 2, unchanged: 0, updated: 0 });
  t.same(people(), [`Boris: ${ONE} (other)`, `irina: ${ONE} (other), ${TWO} (other)`], 'one name and one number are one person');
  t.match(await take(`name;phone\nBoris;${ONE}\nirina;${ONE}\n`), { added: 0, unchanged: 2 });
  t.match(await take(`name;phone\nOlga;${ONE}\nBoris;${ONE}\nirina;${ONE}\n`), { added: 1, unchanged: 2 }, 'a third one takes nobody\'s place');
  t.match(await take(`name;phone\nVera;${TWO}\n`), { added: 0, updated: 1 }, 'alone under a number she is who was there');
  t.same(book.persons({ limit: 9 }).map(({ name }) => name), ['Boris', 'Olga', 'Vera']);
});

t.test('a company is met by its name, else by its number', async (t) => {
  const { book, take } = shelf(t);
  book.keep({ persons: [], companies: [{ id: 'c1', name: 'Romashka', numbers: [], note: 'n', updatedAt: instant(0) }, { id: 'c2', name: 'Old name', numbers: [{ number: TWO, key: TWO, kind: 'work' }], note: '', updatedAt: instant(0) }] });
  t.match(await take(`type;name;company;phone\ncompany;ROMASHKA;;${ONE}\ncompany;New name;;${TWO}\nperson;Irina;Third;+79035550143\nperson;Boris;third;+79035550144\n`), { added: 2, updated: 2, companies: 1 });
  t.match(book.companies({ limit: 9 }), [{ id: 'c2', name: 'New name' }, { id: 'c1', name: 'ROMASHKA', note: 'n', numbers: [{ key: ONE }] }, { name: 'Third' }]);
  t.equal(new Set(book.persons({ limit: 9 }).map(({ company }) => company)).size, 1);
});

t.test('a dry run says the same and writes nothing', async (t) => {
  const { book, take } = shelf(t);
  t.match(await take(`name;company;phone\nIrina;Romashka;${ONE}\n`, { dryRun: true }), { added: 1, companies: 1, applied: false, bad: [] });
  t.same([book.persons({ limit: 9 }), book.companies({ limit: 9 })], [[], []]);
});

t.test('long imports are written whole, in slices', async (t) => {
  const { book, take } = shelf(t);
  const rows = Array.from({ length: 1_203 }, (_, at) => `N${at};C${at % 601};+7903666${String(at).padStart(4, '0')}`);
  t.match(await take(`name;company;phone\n${rows.join('\n')}`), { added: 1_203, companies: 601 });
  t.equal(book.find('+79036661202')?.company?.name, 'C0');
});

async function textOf(book: AddressBook, wish: ExportWish): Promise<string> {
  let text = '';
  for await (const piece of exported(book, wish, new AbortController().signal)) text += piece;
  return text;
}

const NASTY = ['=cmd|\' /C calc\'!A0', '+7 is no number', '-x', '@x', 'O\'Brien; "Bob", \\ and a, b', 'Мария 🙂👩‍👩‍👧 '.repeat(9).trim(), 'line', '|&;<>'];

t.test('an export, imported again, changes nothing: in both formats, whatever is written there', async (t) => {
  for (const wish of [{ format: 'csv', separator: ',' }, { format: 'csv', separator: ';' }, { format: 'vcard', separator: ',' }] as const) {
    const { book, take } = shelf(t);
    const other = shelf(t);
    const persons = NASTY.map((name, at) => person(`p${at}`, name, [`+7903555020${at}`], { note: `${name}\nsecond\\n ; line`, email: 'a@example.org', company: at % 2 === 0 ? 'c1' : null, owner: at === 3 ? '207' as Extension : null }));
    persons.push(person('px', 'Many', [], { numbers: (['work', 'mobile', 'home', 'fax', 'other', 'mobile'] as const).map((kind, at) => ({ number: `8 (903) 555-03-0${at}${at === 0 ? ', доб. 12' : ''}`, key: `+7903555030${at}`, kind })) }));
    book.keep({ persons, companies: [{ id: 'c1', name: '=Firm; "x"', numbers: [{ number: '+7 495 000-01-01', key: '+74950000101', kind: 'work' }], note: 'n', updatedAt: instant(0) }] });
    const text = await textOf(book, wish);
    t.match(await take(text, { dryRun: true }), { rows: 10, added: 0, updated: 0, unchanged: 10, bad: [], useless: [] }, `${wish.format} ${wish.separator}`);
    t.match(await other.take(text), { added: 10, companies: 0, applied: true });
    const shown = ({ name, email, note, owner, company }: Person, of: AddressBook) => ({ name, email, note, owner, company: company === null ? null : of.company(company)?.name });
    t.same(other.book.persons({ limit: 99 }).map((row) => shown(row, other.book)), book.persons({ limit: 99 }).map((row) => shown(row, book)), 'elsewhere they are the same people');
    t.same(new Set(other.people().at(-1)?.split(', ')), new Set(shelfOf(book).at(-1)?.split(', ')));
  }
});

const shelfOf = (book: AddressBook): readonly string[] => book.persons({ limit: 999 }).map(({ name, numbers }) => `${name}: ${numbers.map(({ number, kind }) => `${number} (${kind})`).join(', ')}`);

t.test('lines of vCards are short, CSV begins with its mark, and no cell of it is a formula', async (t) => {
  const { book } = shelf(t);
  book.keep({ persons: NASTY.map((name, at) => person(`p${at}`, name, [`+7903555020${at}`], { note: name.repeat(20) })), companies: [] });
  const card = await textOf(book, { format: 'vcard', separator: ',' });
  t.ok(card.split('\r\n').every((line) => Buffer.byteLength(line) <= 75));
  t.notMatch(card, /[^\r]\n/u);
  t.notMatch(card, /\ufffd/u, 'no letter was cut');
  const csv = await textOf(book, { format: 'csv', separator: ';' });
  t.ok(csv.startsWith('\ufefftype;name;company;'));
  t.notMatch(csv, /(?:^|;)"?[=@]/mu);
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  await t.rejects(exported(book, { format: 'vcard', separator: ',' }, stop.signal).next(), { message: 'enough' });
});
