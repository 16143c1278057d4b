/** CSV as people have it: of spreadsheets, Google, Outlook, in two languages and several encodings; and spoiled. */
import t from 'tap';
import { columnOf } from '../../../app/address-book/headers.ts';
import { shelf, windows1251 } from './shelf.ts';

t.test('a Russian spreadsheet: semicolons, its mark, quotes, several numbers in a cell', async (t) => {
  const { book, take, people } = shelf(t);
  const report = await take('\ufeffФИО;Компания;Телефон;Мобильный;Почта;Примечание;Ответственный\r\n'
    + '"Орлова Ирина; ""Ира""";ООО «Ромашка»;8 (495) 000-01-01, доб. 12;"8 903 555-01-42 / +7 903 555-01-43\n8-903-555-01-42";i@example.org;"две\nстроки";Анна Белова\r\n'
    + 'Пётр;ооо «ромашка»;;+79035550144;;;207\r\n');
  t.match(report, { format: 'csv', encoding: 'utf-8', rows: 2, added: 2, updated: 0, companies: 1, bad: [], useless: [], applied: true });
  t.same(people(), ['Орлова Ирина; "Ира": 8 (495) 000-01-01, доб. 12 (other), 8 903 555-01-42 (mobile), +7 903 555-01-43 (mobile)', 'Пётр: +79035550144 (mobile)']);
  t.match(book.find('+74950000101'), { person: { owner: '207', email: 'i@example.org', note: 'две\nстроки' }, company: { name: 'ООО «Ромашка»' } });
  t.equal(book.companies({ limit: 9 }).length, 1, 'one company, however it is written');
});

t.test('the same in Windows-1251, and as Excel saves Unicode', async (t) => {
  const text = 'Фамилия;Имя;Отчество;Тел.\nЁлкина;Анна;Петровна;8 903 555-01-42\n';
  for (const [bytes, encoding] of [[windows1251(text), 'windows-1251'], [Buffer.from(`\ufeff${text.replaceAll(';', '\t')}`, 'utf16le'), 'utf-16le'], [Buffer.from(text), 'utf-8']] as const) {
    const { take, people } = shelf(t);
    t.equal((await take(bytes)).encoding, encoding);
    t.same(people(), ['Ёлкина Анна Петровна: 8 903 555-01-42 (other)'], encoding);
  }
  const last = shelf(t);
  t.equal((await last.take(windows1251('phone;name\n+79035550142;Р'))).encoding, 'windows-1251', 'a last byte that UTF-8 would go on behind');
  t.same(last.people(), ['Р: +79035550142 (other)']);
});

t.test('Google and Outlook', async (t) => {
  const google = shelf(t);
  await google.take('First Name,Middle Name,Last Name,Phonetic First Name,Organization Name,Notes,E-mail 1 - Label,E-mail 1 - Value,Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value\n'
    + 'Irina,P.,Orlova,x,Romashka,n,Work,i@example.org,Mobile,+7 903 555-01-42 ::: +7 903 555-01-43,Home Fax,+7 495 000-01-01\n');
  t.same(google.people(), ['Irina P. Orlova: +7 903 555-01-42 (mobile), +7 903 555-01-43 (mobile), +7 495 000-01-01 (fax)']);
  t.match(google.book.persons({ limit: 1 }), [{ email: 'i@example.org', note: 'n' }]);
  const outlook = shelf(t);
  await outlook.take('"First Name","Last Name","Company","Business Phone","Home Phone","Mobile Phone","Business Fax","E-mail Address"\n"Irina","Orlova","Romashka","+7 495 000-01-01","","+7 903 555-01-42","+7 495 000-01-02","i@example.org"\n');
  t.same(outlook.people(), ['Irina Orlova: +7 495 000-01-01 (work), +7 903 555-01-42 (mobile), +7 495 000-01-02 (fax)']);
});

t.test('a label behind its number is of this number', async (t) => {
  const { take, people } = shelf(t);
  await take('name,phone 1,phone 1 type,phone 2,phone 2 type\nA,+79035550142,mobile,+79035550143,home\nB,+79035550144,,,\n');
  t.same(people(), ['A: +79035550142 (mobile), +79035550143 (home)', 'B: +79035550144 (other)']);
});

t.test('companies: by their type, or because nobody is named', async (t) => {
  const { book, take, people } = shelf(t);
  t.match(await take('type,name,company,phone\ncompany,Romashka,,+74950000101\nperson,Irina,Romashka,+79035550142\nкомпания,Вектор,,+74950000102\nperson,,Lotos,+74950000103\nperson,,,+79035550149\n'), { added: 5, companies: 0 });
  t.same(people(), ['+79035550149: +79035550149 (other)', 'Irina: +79035550142 (other)']);
  t.same(book.companies({ limit: 9 }).map(({ name }) => name), ['Lotos', 'Romashka', 'Вектор']);
  t.match(book.find('+79035550142'), { company: { name: 'Romashka', numbers: [{ key: '+74950000101' }] } });
});

t.test('every bad row is named with its line, and nothing of a bad file is taken, unless the good rows are wanted', async (t) => {
  const { take, people } = shelf(t);
  const long = 'x'.repeat(201);
  const file = `name,phone,note,owner\nA,+79035550142,"a\nb\nc",\nB,call me,,\nC,"7,90356E+10",,\nD,,no number,\nE,+79035550143,,999\nF,+79035550144,,Борис\n${long},+79035550145,,\nG,+79035550146,,,more\n"H" x,+79035550147,,\nH "x" y,+79035550147,,\n`
    + `I,${Array.from({ length: 21 }, (_, at) => `+790355502${String(at).padStart(2, '0')}`).join(' | ')},,\n`;
  const said = await take(file);
  t.match(said, { applied: false, added: 2, rows: 11, useless: [{ line: 7, why: 'NO_NUMBER' }] });
  t.same(said.bad, [
    { line: 5, trouble: 'BAD_NUMBER', field: 'number' }, { line: 6, trouble: 'EXCEL_NUMBER', field: 'number' }, { line: 8, trouble: 'UNKNOWN_OWNER', field: 'owner' },
    { line: 9, trouble: 'UNKNOWN_OWNER', field: 'owner' }, { line: 10, trouble: 'LONG_TEXT', field: 'name' }, { line: 11, trouble: 'MORE_CELLS', field: '' },
    { line: 12, trouble: 'BAD_QUOTES', field: '' }, { line: 14, trouble: 'MANY_NUMBERS', field: 'number' },
  ]);
  t.same(people(), []);
  t.notMatch(JSON.stringify(said), /call me|90356/u, 'no text of the file is in the report');
  t.match(await take(file, { partial: true }), { applied: true, added: 2 });
  t.same(people(), ['A: +79035550142 (other)', 'H "x" y: +79035550147 (other)']);
});

t.test('quotes that never close and rows without an end are said, and what is behind is read', async (t) => {
  const { take, people } = shelf(t);
  const said = await take(`name,phone\nA,+79035550142\n"B,+79035550143\nC,+79035550144\n`, { partial: true });
  t.same(said.bad, [{ line: 3, trouble: 'BAD_QUOTES', field: '' }]);
  t.same(people(), ['A: +79035550142 (other)', 'C: +79035550144 (other)']);
  const many = await take(`name,phone\n"X,+79035550143\n${Array.from({ length: 300 }, (_, at) => `N${at},+79036660${String(at).padStart(3, '0')}\n`).join('')}"`, { partial: true });
  t.match(many, { added: 300, bad: [{ line: 2 }, { line: 303 }] }, 'a forgotten quote costs its own line');
  const big = await take(`name,phone\nD,${'9'.repeat(100_000)}\nE,+79035550145\n`, { partial: true });
  t.match(big, { bad: [{ line: 2 }], added: 1 });
});

t.test('files that are none', async (t) => {
  const { take } = shelf(t);
  for (const [file, code] of [['', 'IMPORT_EMPTY'], ['\n\n', 'IMPORT_EMPTY'], ['name;phone\n', 'IMPORT_EMPTY'], ['name;city\nA;B\n', 'IMPORT_NO_NUMBERS'], ['+79035550142;A\n', 'IMPORT_NO_NUMBERS'],
    [Buffer.from('PK\u0003\u0004\u0000\u0000'), 'IMPORT_NOT_TEXT']] as const) await t.rejects(take(file), { name: 'ImportFailure', code }, JSON.stringify(file));
});

t.test('a file without an end is not read to its end', async (t) => {
  const { take } = shelf(t);
  let given = 0;
  const block = Buffer.alloc(1024 * 1024, 'name;phone\n');
  await t.rejects(take(async function* () { for (;;) { given += 1; yield block; } }), { code: 'IMPORT_TOO_LARGE' });
  t.equal(given, 65);
  await t.rejects(take(`name;phone\n${'A;\n'.repeat(100_001)}`), { code: 'IMPORT_TOO_MANY' });
  const stop = new AbortController();
  stop.abort(new Error('enough'));
  await t.rejects(take('name;phone\nA;+79035550142\n', { signal: stop.signal }), { message: 'enough' });
});

t.test('names of columns', async (t) => {
  const is = (header: string): string => { const column = columnOf(header); return 'kind' in column ? column.kind : column.is; };
  for (const [expected, headers] of Object.entries({
    mobile: ['Mobile', 'mobile phone', 'Мобильный', 'Сотовый телефон', 'Cell', 'Мобильный телефон'], work: ['Business Phone', 'Рабочий телефон', 'work_phone', 'Телефон рабочий', 'Company Main Phone'],
    home: ['Home Phone', 'Домашний телефон'], fax: ['Business Fax', 'Факс'], other: ['Phone', 'ТЕЛЕФОН', 'Номер', 'Номер телефона', 'Тел', 'tel', 'Phone 1 - Value', 'Телефон 2', ' "phone" '.trim()],
    kind: ['Phone 1 - Type', 'Phone 2 - Label', 'Телефон 1 - тип'], nothing: ['Phonetic Name', 'City', 'Город', 'Country code of phone', 'Номер договора '.replace('Номер', '№'), ''],
    owner: ['Owner', 'Ответственный', 'Extension'], first: ['Имя'], name: ['ФИО', 'Name'],
  })) for (const header of headers) t.equal(is(header), expected, header);
});
