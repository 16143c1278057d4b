/** The files: what Asterisk writes, what a broken disk leaves, and a file of years of which one hour is wanted. */
import { appendFileSync, chmodSync, openSync, closeSync, renameSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createZone } from '../../cdr/zone.ts';
import { csvSheet } from '../../cdr/csv.ts';
import { BooksError } from '../../cdr/errors.ts';
import { celLayout } from '../../cdr/layouts.ts';
import { openBooks } from '../../cdr/open.ts';
import { instant } from '../../core/words.ts';
import { CDR_COLUMNS, CEL_COLUMNS, csvLine } from '../fakes/books-of-ami.ts';
import { cdrText, DAY, endings, folderFor, never, OWNER, pastOf } from './story.ts';

const NOON = Date.UTC(2026, 10, 20, 12) / 1000;
const stamp = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
/** One answered inbound call of twenty seconds. */
const call = (seconds: number, more: Readonly<Record<string, string>> = {}) => ({
  src: '79161234567', dst: '500', clid: '"Client" <79161234567>', dcontext: 'from-trunk', channel: `PJSIP/trunk-${seconds.toString(16).padStart(8, '0')}`,
  dstchannel: `PJSIP/219-${seconds.toString(16).padStart(8, '0')}`, lastapp: 'Dial', lastdata: 'PJSIP/219,25', start: stamp(seconds), answer: stamp(seconds + 5), end: stamp(seconds + 20),
  duration: '20', billsec: '15', disposition: 'ANSWERED', amaflags: 'DOCUMENTATION', uniqueid: `${seconds}.1`, userfield: '', ...more,
});
const names = (past: Parameters<typeof endings>[0]) => endings(past).map(({ client }) => client.name);
const code = async (promise: Promise<unknown>): Promise<unknown> => promise.then(() => 'no error', (error: unknown) => (error instanceof BooksError ? error.code : error));

t.test('names with quotes, commas and line ends are read as they are', async (t) => {
  const given = ['O"Neil, "the" Great', 'two\nlines', 'three\r\nmore, "lines"\n', 'Ёлкин; \\ ‚ 🎄', ''];
  const past = await pastOf(t, { cdr: cdrText(given.map((name, index) => call(NOON + index * 60, { clid: `"${name}" <79161234567>` }))) });
  t.same(past.unreadable, []);
  t.same(names(past), given);
  t.equal(endings(past)[0]?.talkSeconds, 15);
});

t.test('a bad row costs itself, and is reported with its place', async (t) => {
  const good = [0, 1, 2, 3, 4, 5, 6].map((index) => csvLine(CDR_COLUMNS, call(NOON + index * 60)));
  const bad = [
    '"1","2","3"\n',
    csvLine(CDR_COLUMNS, call(NOON, { end: '2026-02-30 10:00:00' })),
    '"","79161234567","500","from-trunk","""Lost <7916>","PJSIP/trunk-1","",lost "quote,"\n',
    csvLine(CDR_COLUMNS, call(NOON, { channel: 'nothing' })),
    `"${'x'.repeat(10_000_000)}"\n`,
    csvLine(CDR_COLUMNS, call(NOON, { src: 'a\0b' })),
  ];
  const text = good.map((line, index) => line + (bad[index] ?? '')).join('');
  const past = await pastOf(t, { cdr: text });
  t.equal(endings(past).length, good.length, 'every good row is told');
  t.equal(past.unreadable.length, bad.length);
  t.match(past.unreadable.map(({ why }) => why), [/3 columns, expected 16/, /"2026-02-30 10:00:00" is no time/, /quote/, /names no channel/, /longer than 65536 bytes/, /zero byte/]);
  t.ok(past.unreadable.every(({ where }) => /cdr\.csv, byte \d+$/.test(where)));
});

t.test('zeros that a crash left, invalid UTF-8 and CRLF do no harm', async (t) => {
  const folder = folderFor(t);
  const path = join(folder, 'Master.csv');
  const lines = [call(NOON, { clid: '"\u0001\u0001" <1>' }), call(NOON + 60)].map((row) => csvLine(CDR_COLUMNS, row));
  const broken = Buffer.from(lines[0] ?? '').map((byte) => (byte === 1 ? 0xd0 : byte));
  writeFileSync(path, Buffer.concat([Buffer.alloc(5000), broken, Buffer.alloc(3), Buffer.from((lines[1] ?? '').replace('\n', '\r\n'))]));
  const past = await openBooks({ source: 'csv', cdr: path, timezone: 'UTC' }, OWNER).read(DAY, never);
  t.same(past.unreadable, []);
  t.same(names(past), ['\ufffd\ufffd', 'Client']);
});

t.test('a last row without its line end is one that is still being written', async (t) => {
  const folder = folderFor(t);
  const path = join(folder, 'Master.csv');
  const [first = '', second = ''] = [0, 60].map((later) => csvLine(CDR_COLUMNS, call(NOON + later)));
  const books = openBooks({ source: 'csv', cdr: path, timezone: 'UTC' }, OWNER);
  for (const cut of [0, 1, 20, second.length - 1]) {
    writeFileSync(path, first + second.slice(0, cut));
    const past = await books.read(DAY, never);
    t.same([past.rows, past.unreadable], [1, []], `${cut} bytes of it`);
  }
  appendFileSync(path, second.slice(-1));
  t.equal((await books.read(DAY, never)).rows, 2, 'then it is whole');
});

t.test('more than a hundred bad rows are not all listed', async (t) => {
  const past = await pastOf(t, { cdr: csvLine(CDR_COLUMNS, call(NOON)) + '"1","2"\n'.repeat(300) });
  t.equal(past.unreadable.length, 100);
});

t.test('a window with more rows than memory is for is refused with its remedy', async (t) => {
  const line = csvLine(CDR_COLUMNS, call(NOON));
  const failed = await pastOf(t, { cdr: line.repeat(100_001) }).catch((error: unknown) => error);
  t.match(failed, { code: 'BOOKS_UNREADABLE', remedy: /smaller window/ });
});

t.test('every column setting of cdr.conf', async (t) => {
  const base = CDR_COLUMNS.slice(0, 16);
  const extra = { peeraccount: '', linkedid: 'older.1', sequence: '7' };
  for (const more of [['uniqueid'], ['uniqueid', 'userfield'], ['uniqueid', 'peeraccount', 'linkedid', 'sequence'], ['uniqueid', 'userfield', 'peeraccount', 'linkedid', 'sequence']]) {
    const past = await pastOf(t, { cdr: csvLine([...base, ...more], { ...call(NOON), ...extra }) });
    t.equal(endings(past)[0]?.call, `main/${NOON}.1`, more.join());
  }
  const without = csvLine(base, call(NOON));
  const failed = await pastOf(t, { cdr: without }).catch((error: unknown) => error);
  t.match(failed, { code: 'BOOKS_SHAPE', message: /loguniqueid/ }, 'without uniqueid no call could be told once');
});

t.test('CEL is preferred; where it is missing or says nothing, CDR is read', async (t) => {
  const cdr = csvLine(CDR_COLUMNS, call(NOON));
  t.equal((await pastOf(t, { cel: '', cdr })).kind, 'cdr', 'an empty one');
  const folder = folderFor(t);
  writeFileSync(join(folder, 'cdr.csv'), cdr);
  const past = await openBooks({ source: 'csv', cel: join(folder, 'none.csv'), cdr: join(folder, 'cdr.csv'), timezone: 'UTC' }, OWNER).read(DAY, never);
  t.same([past.kind, past.rows], ['cdr', 1], 'a missing one');
  t.equal(await code(openBooks({ source: 'csv', cel: join(folder, 'none.csv') }, OWNER).read(DAY, never)), 'BOOKS_SHAPE', 'nothing at all');
  t.equal(await code(openBooks({ source: 'csv' }, OWNER).read(DAY, never)), 'BOOKS_SHAPE');
  t.equal(await code(openBooks({ source: 'csv', cdr: folder }, OWNER).read(DAY, never)), 'BOOKS_UNREADABLE', 'a folder');
  t.equal((await pastOf(t, { cdr: '' })).rows, 0, 'an empty file is no error');
  if (process.getuid?.() === 0) { t.comment('root may read everything: BOOKS_DENIED is not to be seen'); return; }
  chmodSync(join(folder, 'cdr.csv'), 0);
  t.equal(await code(openBooks({ source: 'csv', cdr: join(folder, 'cdr.csv') }, OWNER).read(DAY, never)), 'BOOKS_DENIED');
});

t.test('a zone that is not the PBX\'s is refused, not believed', async (t) => {
  const failed = await pastOf(t, { cdr: cdrText([0, 60, 120].map((later) => call(NOON + later))) }, DAY, 'Asia/Vladivostok').catch((error: unknown) => error);
  t.match(failed, { code: 'BOOKS_SHAPE', message: /-10\.0 hours/ });
});

t.test('calls that reach over the edge of a window are told whole', async (t) => {
  const text = cdrText([call(NOON - 10), call(NOON + 600), call(NOON + 3595)]);
  const hour = { from: instant(NOON * 1000), to: instant((NOON + 3600) * 1000) };
  const past = await pastOf(t, { cdr: text }, hour);
  t.same(endings(past).map(({ startedAt, talkSeconds }) => [startedAt / 1000 - NOON, talkSeconds]), [[-10, 15], [600, 15], [3595, 15]]);
  t.same((await pastOf(t, { cdr: text }, { from: hour.to, to: instant(hour.to + 5000) })).rows, 1, 'the last one again, for it was alive');
});

const cdrless = (seconds: number): string => csvLine(CEL_COLUMNS, { eventtype: 'MY_OWN', eventtime: stamp(seconds), channame: 'PJSIP/220-1', uniqueid: `${seconds}.9`, linkedid: `${seconds}.9` });

t.test('a talk of hours that began before the window is told from its beginning', async (t) => {
  const uniqueid = `${NOON - 3 * 3600 - 1800}.1`;
  const row = (seconds: number, eventtype: string) => csvLine(CEL_COLUMNS, { eventtype, eventtime: stamp(NOON + seconds), channame: 'PJSIP/trunk-00000001', cid_num: '79161234567', exten: '500', uniqueid, linkedid: uniqueid });
  // So many others in between that the file is not read from its beginning.
  const others = Array.from({ length: 2000 }, (_none, index) => cdrless(NOON - 3 * 3600 - 1700 + index));
  const cel = [row(-3 * 3600 - 1800, 'CHAN_START'), ...others, row(60, 'HANGUP')].join('');
  const past = await pastOf(t, { cel }, { from: instant(NOON * 1000), to: instant((NOON + 3600) * 1000) });
  t.match(endings(past), [{ startedAt: (NOON - 3 * 3600 - 1800) * 1000, certain: true }]);
});

t.test('of two phones that rang to the end the one that was called last owns the call, though its row ends a second earlier', async (t) => {
  const base = { disposition: 'NO ANSWER', answer: '', billsec: '0', lastapp: 'Queue', lastdata: 'q1' };
  const rows = [call(NOON, { ...base, dstchannel: 'PJSIP/220-00000058', end: stamp(NOON + 3) }), call(NOON, { ...base, dstchannel: 'PJSIP/219-00000057', end: stamp(NOON + 4) })];
  t.match(endings(await pastOf(t, { cdr: cdrText(rows) })), [{ owner: '220', outcome: 'missed' }]);
});

t.test('rows over two lines lie across every boundary of what is read at once', async (t) => {
  const past = await pastOf(t, { cdr: cdrText(Array.from({ length: 4000 }, (_none, index) => call(NOON + index, { clid: `"two\nlines ${index}" <79161234567>` }))) });
  t.same(past.unreadable, []);
  t.equal(past.rows, 4000);
});

/** 200,000 calls, one in five minutes, a tenth of them with a name over two lines: 30 MB are enough to see how little is read. */
t.test('of a file of years only the wanted hour is read', async (t) => {
  const folder = folderFor(t);
  const path = join(folder, 'Master.csv');
  const file = openSync(path, 'w');
  const row = (seconds: number, index: number): string => csvLine(CEL_COLUMNS, {
    eventtype: 'CHAN_START', eventtime: stamp(seconds), cid_name: index % 10 === 0 ? 'two\nlines, "quoted"' : 'one', cid_num: '79161234567', exten: '500', context: 'from-trunk',
    channame: `PJSIP/trunk-${index}`, uniqueid: `${seconds}.${index}`, linkedid: `${seconds}.${index}`,
  });
  const rows = 200_000;
  for (let from = 0; from < rows; from += 5000) writeSync(file, Array.from({ length: 5000 }, (_none, index) => row(NOON + (from + index) * 300, from + index)).join(''));
  closeSync(file);
  t.ok(statSync(path).size > 30_000_000);
  const middle = NOON + 100_000 * 300;
  const hour = { from: instant(middle * 1000), to: instant((middle + 3600) * 1000) };
  let seen = 0;
  for await (const told of csvSheet(path, celLayout(createZone('UTC'))).rows(hour, never)) { seen += 1; t.notOk('why' in told); }
  t.ok(seen >= 12 && seen < 1000, `${seen} rows were read for the 12 of the hour`);
  const past = await openBooks({ source: 'csv', cel: path, timezone: 'UTC' }, OWNER).read(hour, never);
  t.equal(past.rows, 12);
  t.same(past.unreadable, []);
  for (const [from, count] of [[NOON - 7200, 0], [NOON - 1800, 6], [NOON + (rows - 3) * 300, 3], [NOON + rows * 300, 0]] as const) {
    const some = await openBooks({ source: 'csv', cel: path, timezone: 'UTC' }, OWNER).read({ from: instant(from * 1000), to: instant((from + 3600) * 1000) }, never);
    t.equal(some.rows, count, `from row ${(from - NOON) / 300}`);
  }
});

t.test('where the window begins before the file, the rotated one is read first', async (t) => {
  const folder = folderFor(t);
  const path = join(folder, 'Master.csv');
  const books = openBooks({ source: 'csv', cdr: path, timezone: 'UTC' }, OWNER);
  writeFileSync(path, cdrText([call(NOON), call(NOON + 60)]));
  renameSync(path, `${path}.1`);
  t.equal(await code(books.read(DAY, never)), 'BOOKS_SHAPE', 'between the two there is no file: said, not taken for silence');
  writeFileSync(path, cdrText([call(NOON + 120)]));
  t.equal((await books.read(DAY, never)).rows, 3);
  writeFileSync(path, cdrText([call(NOON - 20 * 3600), call(NOON + 120)]));
  const later = { from: instant((NOON + 100) * 1000), to: DAY.to };
  t.equal((await books.read(later, never)).rows, 1, 'else it is not opened');
});

t.test('an aborted reading ends with the signal\'s reason', async (t) => {
  const reason = new Error('enough');
  t.equal(await pastOf(t, { cdr: cdrText([call(NOON)]) }).then(() => null), null);
  const folder = folderFor(t);
  writeFileSync(join(folder, 'cdr.csv'), cdrText([call(NOON)]));
  const read = openBooks({ source: 'csv', cdr: join(folder, 'cdr.csv') }, OWNER).read(DAY, AbortSignal.abort(reason));
  t.equal(await read.catch((error: unknown) => error), reason);
});
