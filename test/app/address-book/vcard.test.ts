/** vCards as telephones and mail programs write them: 2.1, 3.0, 4.0. */
import t from 'tap';
import { shelf, windows1251 } from './shelf.ts';

const crlf = (...lines: readonly string[]): string => lines.map((line) => `${line}\r\n`).join('');
/** As an old telephone does. */
const quoted = (text: string | Uint8Array): string => [...Buffer.from(text)].map((byte) => `=${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('');

t.test('version 3.0: groups, types, folding, escapes', async (t) => {
  const { book, take, people } = shelf(t);
  const report = await take(crlf(
    'BEGIN:VCARD', 'VERSION:3.0', 'PRODID:-//Apple Inc.//iOS 17//EN', 'N:Orlova;Irina;P.;Dr.;', 'FN:Irina \\"Ира\\" Orlova\\, Dr.', 'ORG:Romashka\\; Ltd;Sales;', 'item1.TEL;type=CELL;type=VOICE;type=pref:+7 (903) 555-0',
    '  1-42', 'item1.X-ABLabel:_$!<Main>!$_', 'TEL;TYPE="work,voice":+7 495 000-01-01\\, доб. 12', 'TEL;type=HOME,FAX:84950000102', 'EMAIL;TYPE=INTERNET:old@example.org', 'EMAIL;TYPE=INTERNET,PREF:irina@example.org',
    'NOTE:first line\\nsecond\\; line', 'PHOTO;ENCODING=b;TYPE=JPEG:/9j/4AAQSkZJRg', ` ${'A'.repeat(70)}`, ` ${'B'.repeat(70)}`, 'END:VCARD',
  ));
  t.match(report, { format: 'vcard', encoding: 'utf-8', rows: 1, added: 1, companies: 1, bad: [] });
  t.same(people(), ['Irina \\"Ира\\" Orlova, Dr.: +7 (903) 555-0 1-42 (mobile), +7 495 000-01-01, доб. 12 (work), 84950000102 (fax)']);
  t.match(book.find('+74950000101'), { person: { email: 'irina@example.org', note: 'first line\nsecond; line' }, company: { name: 'Romashka; Ltd' } });
});

t.test('version 2.1: quoted-printable with soft breaks, its character sets, types alone, an agent, a photograph', async (t) => {
  const { take, people } = shelf(t);
  const name = quoted('Орлова Ирина');
  const report = await take(crlf(
    'BEGIN:VCARD', 'VERSION:2.1', `FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:${name.slice(0, 30)}=`, name.slice(30), 'TEL;CELL:+79035550142', 'TEL;WORK;VOICE:84950000101', 'AGENT:', 'BEGIN:VCARD', 'VERSION:2.1', 'N:Agent;Secret',
    'TEL:+79035550999', 'END:VCARD', 'PHOTO;ENCODING=BASE64;JPEG:/9j/4AAQ', ' SkZJRgABAQ==', '', `NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:${quoted('дом')}=0D=0A${quoted('2')}`, 'END:VCARD',
    'BEGIN:VCARD', 'VERSION:2.1', `N;CHARSET=windows-1251;QUOTED-PRINTABLE:${quoted(windows1251('Щукин;Пётр'))};;;`, 'TEL;HOME:+79035550143', 'END:VCARD',
  ));
  t.match(report, { rows: 2, added: 2, bad: [] });
  t.same(people(), ['Орлова Ирина: +79035550142 (mobile), 84950000101 (work)', 'Пётр Щукин: +79035550143 (home)']);
});

t.test('version 4.0: numbers as addresses, companies, lower case, lone line feeds', async (t) => {
  const { book, take, people } = shelf(t);
  await take('begin:vcard\nversion:4.0\nfn:Irina\ntel;value=uri;pref=1;type="voice,cell":tel:+7-903-555-01-42\ntel;value=uri;type=work:tel:+7-495-000-01-01;ext=102\nend:vcard\n'
    + 'BEGIN:VCARD\nVERSION:4.0\nKIND:org\nFN:Вектор\nORG:Вектор\nTEL:+74950000102\nEND:VCARD\nBEGIN:VCARD\nVERSION:3.0\nORG:Lotos\nFN:Lotos\nX-ABShowAs:COMPANY\nTEL:+74950000103\nEND:VCARD');
  t.same(people(), ['Irina: +7-903-555-01-42 (mobile), +7-495-000-01-01 ext 102 (work)']);
  t.ok(book.find('+74950000101'), 'the extension is no part of the telephone');
  t.same(book.companies({ limit: 9 }).map(({ name }) => name), ['Lotos', 'Вектор']);
});

t.test('cards that are bad, useless or without an end', async (t) => {
  const { take, people } = shelf(t);
  const file = crlf('BEGIN:VCARD', 'FN:No end', 'TEL:+79035550141', 'BEGIN:VCARD', 'FN:A', 'TEL:+79035550142', 'garbage without a colon', 'END:VCARD', 'BEGIN:VCARD', 'FN:Only mail', 'EMAIL:x@example.org', 'END:VCARD', 'BEGIN:VCARD', 'FN:B', 'TEL:ask Anna', 'END:VCARD', 'BEGIN:VCARD', 'FN:Cut');
  const said = await take(file);
  t.match(said, { applied: false, rows: 5, useless: [{ line: 9 }] });
  t.same(said.bad, [{ line: 1, trouble: 'NO_END', field: '' }, { line: 13, trouble: 'BAD_NUMBER', field: 'number' }, { line: 17, trouble: 'NO_END', field: '' }]);
  await take(file, { partial: true });
  t.same(people(), ['A: +79035550142 (other)']);
});

t.test('a card in pieces of one byte is the same card; a photograph of megabytes is passed over', async (t) => {
  const { take, people } = shelf(t);
  const text = crlf('BEGIN:VCARD', 'VERSION:3.0', 'FN:Ирина', `PHOTO;ENCODING=b:${'A'.repeat(3_000_000)}`, 'TEL;TYPE=CELL:+7903', ' 5550142', 'END:VCARD').replace('A'.repeat(2_990_000), '');
  await take(async function* bytes() { for (const byte of Buffer.from(text)) yield Uint8Array.of(byte); });
  await take(crlf('BEGIN:VCARD', 'FN:Борис', `PHOTO;ENCODING=b:${'A'.repeat(3_000_000)}`, ...Array.from({ length: 2_000 }, () => ` ${'B'.repeat(75)}`), 'TEL:+79035550143', 'END:VCARD'));
  t.same(people(), ['Борис: +79035550143 (other)', 'Ирина: +79035550142 (mobile)']);
});
