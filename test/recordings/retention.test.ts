import { createHash } from 'node:crypto';
import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { RecordingRow } from '../../core/ports.ts';
import { instant, type AccountId } from '../../core/words.ts';
import type { CrmState, ToldTo } from '../../recordings/manifest.ts';
import { planRetention, totals, type RetentionAsk, type RetentionPolicy } from '../../recordings/retention.ts';
import { finishPurges, purgeRecording, type PurgeTools } from '../../recordings/retention-purge.ts';
import { createRetention } from '../../recordings/retention-service.ts';
import { s3Storage } from '../../recordings/storage/in-bucket.ts';
import { localStorage, type Storage } from '../../recordings/storage/storage.ts';
import { fakeS3 } from '../fakes/s3.ts';
import { listeningLog, MAIN } from '../fakes/spool.ts';
import { memoryRecordings, recordingRow } from '../fakes/stores.ts';
import { mp3Bytes, putFile } from '../fakes/wav.ts';

const DAY = 86_400_000;
const NOW = instant(1_790_000_000_000);
const never = new AbortController().signal;
const FOR_EVER: RetentionPolicy = { keepMp3Days: 0, lines: [], maxGb: 0, purgeUntoldDays: 0, keepLocalDays: null };
const crm = (state: CrmState['state']): readonly CrmState[] => [{ account: 'b24' as AccountId, state, delivery: null, reason: '' }];

/** A verified recording, `days` old. */
const kept = (name: string, days: number, given: Partial<RecordingRow> = {}): RecordingRow => recordingRow('main', `2026/11/20/call-${name}.wav`, {
  state: 'told', createdAt: instant(NOW - days * DAY), mp3: `/x/${name}.mp3`, bytes: 400_000_000, seconds: 10, sha256: 'ab', ...given,
});
const nameOf = ({ file }: Pick<RecordingRow, 'file'>): string => /call-(.*)\.wav/.exec(file)?.[1] ?? '';
function plan(rows: readonly RecordingRow[], policy: Partial<RetentionPolicy>, given: Partial<RetentionAsk> = {}): Readonly<Record<'going' | 'staying', readonly string[]>> {
  const ask: RetentionAsk = { store: memoryRecordings(...rows), policy: { ...FOR_EVER, ...policy }, toldTo: () => crm('done'), lineOf: () => '', now: NOW, ...given };
  const { going, staying } = planRetention(ask);
  return { going: going.map(({ row, rule }) => `${nameOf(row)} ${rule}`), staying: staying.map(({ row, why, detail }) => `${nameOf(row)} ${why} ${detail}`) };
}

t.test('age: the oldest first, exactly when their days are over; 0 days = for ever', async (t) => {
  const rows = [kept('young', 29), kept('due', 30), kept('old', 400)];
  t.same(plan(rows, { keepMp3Days: 30 }), { going: ['old age', 'due age'], staying: [] });
  t.same(plan(rows, {}), { going: [], staying: [] });
  t.same(plan([kept('almost', 30, { createdAt: instant(NOW - 30 * DAY + 1) })], { keepMp3Days: 30 }).going, []);
});

t.test('a line has days of its own, shorter or longer, however its number is spelt', async (t) => {
  const rows = [kept('sales', 40), kept('law', 400), kept('other', 40), kept('trunk', 40)];
  const lines: Readonly<Record<string, string>> = { sales: '74951112233', law: '74950000000', other: '', trunk: 'main' };
  const policy = { keepMp3Days: 90, lines: [{ line: '+7 (495) 111-22-33', days: 30 }, { line: '74950000000', days: 0 }, { line: 'main', days: 10 }] };
  t.same(plan(rows, policy, { lineOf: (row) => lines[nameOf(row)] ?? '' }).going, ['sales line', 'trunk line']);
});

t.test('size: the oldest go until the rest fits, what is gone by age counts', async (t) => {
  const rows = [kept('a', 50), kept('b', 40), kept('c', 30), kept('d', 20)];
  t.same(plan(rows, { maxGb: 1 }).going, ['a size', 'b size']);
  t.same(plan(rows, { maxGb: 1, keepMp3Days: 45 }).going, ['a age', 'b size']);
  t.same(plan(rows, { maxGb: 2 }).going, []);
});

t.test('what is held stays and is named, whatever the rule', async (t) => {
  const rows = [kept('held', 50, { hold: 'case 42' }), kept('free', 40)];
  t.same(plan(rows, { keepMp3Days: 30, maxGb: 0 }), { going: ['free age'], staying: ['held held case 42'] });
  t.same(plan(rows, { maxGb: 0.3 }), { going: ['free size'], staying: ['held held case 42'] });
});

t.test('what a CRM does not have stays and is named, until purgeUntoldDays are over; nobody to tell = told', async (t) => {
  const rows = [kept('x', 50, { state: 'uploaded' })];
  for (const state of ['pending', 'deferred', 'claimed', 'held', 'dead', 'unplanned'] as const) {
    t.same(plan(rows, { keepMp3Days: 30 }, { toldTo: () => crm(state) }), { going: [], staying: [`x untold b24: ${state}`] }, state);
    t.same(plan(rows, { keepMp3Days: 30, purgeUntoldDays: 50 }, { toldTo: () => crm(state) }).going, ['x age'], state);
    t.same(plan(rows, { keepMp3Days: 30, purgeUntoldDays: 51 }, { toldTo: () => crm(state) }).going, [], state);
  }
  for (const state of ['done', 'skipped', 'dropped'] as const) t.same(plan(rows, { keepMp3Days: 30 }, { toldTo: () => crm(state) }).going, ['x age'], state);
  t.same(plan(rows, { keepMp3Days: 30 }, { toldTo: () => [...crm('done'), ...crm('dead')] }).going, [], 'each of them');
  t.same(plan(rows, { keepMp3Days: 30 }, { toldTo: () => [] }).going, ['x age']);
});

t.test('what was not verified never goes', async (t) => {
  const rows = (['growing', 'closed', 'spooled', 'encoded', 'broken', 'empty', 'purged'] as const).map((state) => kept(state, 900, { state }));
  t.same(plan([...rows, kept('nosum', 900, { sha256: null })], { keepMp3Days: 1, maxGb: 0.1, purgeUntoldDays: 1, keepLocalDays: 0 }), { going: [], staying: [] });
});

t.test('the MP3 here goes after keepLocalDays where the bucket has it and every CRM too; at once when the disk is short', async (t) => {
  const rows = [kept('here', 9), kept('both', 8, { stored: 's3://b/k' }), kept('young', 3, { stored: 's3://b/k' }), kept('there', 9, { stored: 's3://b/k', mp3: null })];
  t.same(plan(rows, { keepLocalDays: 7 }).going, ['both local']);
  t.same(plan(rows, { keepLocalDays: 7 }, { short: true }).going, ['both local', 'young local']);
  t.same(plan(rows, { keepLocalDays: 7, purgeUntoldDays: 1 }, { toldTo: () => crm('dead') }).going, [], 'a driver still needs the file');
  t.same(plan(rows, { keepLocalDays: 7, keepMp3Days: 8 }).going, ['here age', 'there age', 'both age']);
});

t.test('totals by rule', async (t) => {
  const all = planRetention({ store: memoryRecordings(kept('a', 50), kept('b', 40)), policy: { ...FOR_EVER, keepMp3Days: 45, maxGb: 0.1 }, toldTo: () => [], lineOf: () => '', now: NOW });
  t.same(totals(all), { age: { recordings: 1, bytes: 400_000_000 }, line: { recordings: 0, bytes: 0 }, size: { recordings: 1, bytes: 400_000_000 }, local: { recordings: 0, bytes: 0 } });
});

// ------------------------------------------------------------------------------------------------ acting

interface Stage { readonly row: RecordingRow; readonly mp3: string; readonly store: ReturnType<typeof memoryRecordings>; readonly tools: PurgeTools; readonly log: ReturnType<typeof listeningLog> }
function stage(t: Test, given: Partial<RecordingRow> = {}, storage: Storage = localStorage): Stage {
  const folder = t.testdir();
  const bytes = mp3Bytes(1);
  const mp3 = putFile(folder, '2026/11/20/call-a.mp3', bytes);
  const row = kept('a', 50, { mp3, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex'), seconds: 1, ...given });
  const store = memoryRecordings(row);
  const log = listeningLog();
  return { row, mp3, store, log, tools: { store, storage, log, folders: new Map([[MAIN, folder]]), clock: { now: () => NOW }, signal: never } };
}
const going = (row: RecordingRow, rule: 'age' | 'local' = 'age') => ({ row, rule, why: 'older than 30 days', bytes: row.bytes ?? 0 });

t.test('a purge says so in the manifest, with reason and time, and removes the file', async (t) => {
  const { row, mp3, store, tools } = stage(t);
  t.equal(await purgeRecording(going(row), tools), 'gone');
  t.match(store.get(row.id), { state: 'purged', reason: 'older than 30 days', purgedAt: NOW, mp3: null, stored: null, sha256: row.sha256 });
  t.notOk(existsSync(mp3));
});

t.test('what was put on hold, or is not handed over any more, since the plan was made stays', async (t) => {
  for (const change of [{ hold: 'judge' }, { state: 'closed' as const }]) {
    const { row, mp3, store, tools } = stage(t);
    store.patch(row.id, change, NOW);
    t.equal(await purgeRecording(going(row), tools), 'kept');
    t.ok(existsSync(mp3));
  }
});

t.test('a crash between manifest and file: the next run finishes it', async (t) => {
  const { row, mp3, store, tools } = stage(t);
  store.patch(row.id, { state: 'purged', purgedAt: NOW }, NOW);
  t.equal(await finishPurges(tools), 1);
  t.notOk(existsSync(mp3));
  t.match(store.get(row.id), { mp3: null });
  t.equal(await finishPurges(tools), 0);
});

t.test('the copy in the bucket goes too; while the bucket is down the row keeps its place', async (t) => {
  const fake = await fakeS3();
  t.teardown(() => fake.kill());
  const storage = s3Storage({ endpoint: fake.endpoint, region: 'r', bucket: 'b', prefix: '', accessKeyId: 'a', secretAccessKey: 's', pathStyle: true, keepLocalDays: 7, tries: 1 }, { clock: { now: () => NOW }, log: listeningLog() });
  t.teardown(() => { storage.close(); });
  const { row, mp3, store, tools } = stage(t, {}, storage);
  const stored = await storage.put({ row, path: mp3, bytes: row.bytes ?? 0, sha256: row.sha256 ?? '', remember: () => undefined }, never);
  store.patch(row.id, { stored }, NOW);
  // The MP3 here goes first, once the bucket was asked again.
  t.equal(await purgeRecording(going(row, 'local'), tools), 'gone');
  t.match(store.get(row.id), { state: 'told', mp3: null, stored });
  t.notOk(existsSync(mp3));
  fake.fault = () => 500;
  t.equal(await purgeRecording(going(row), tools), 'later');
  t.match(store.get(row.id), { state: 'purged', stored });
  fake.fault = () => null;
  t.equal(await finishPurges(tools), 1);
  t.equal(fake.objects.size, 0);
});

t.test('the MP3 here stays where the bucket does not have it, has another one, or the WAV is still there', async (t) => {
  const look = { bytes: mp3Bytes(1).length, sha256: '' };
  for (const found of [null, { ...look, bytes: 1 }, { ...look, sha256: 'other' }]) {
    const { row, mp3, tools, log } = stage(t, { stored: 's3://b/k' }, { ...localStorage, kind: 's3', look: () => Promise.resolve(found) });
    t.equal(await purgeRecording(going(row, 'local'), tools), 'kept');
    t.ok(existsSync(mp3));
    t.match(log.said, [{ level: 'error' }]);
  }
  const { row, mp3, tools } = stage(t, { stored: 's3://b/k' }, { ...localStorage, kind: 's3', look: () => Promise.resolve(look) });
  const wav = putFile(path.dirname(mp3), 'call-a.wav', Buffer.alloc(44));
  t.equal(await purgeRecording(going(row, 'local'), tools), 'kept');
  rmSync(wav);
  t.equal(await purgeRecording(going(row, 'local'), tools), 'gone');
});

t.test('the service: after a minute, then daily; room is made at once; what stays is named', async (t) => {
  const { row, mp3, store, tools, log } = stage(t);
  const held = kept('held', 50, { hold: 'case' });
  const untold = kept('untold', 50);
  store.put(held);
  store.put(untold);
  const timers: { ms: number; then: () => void }[] = [];
  const toldTo: ToldTo = ({ id }) => (id === untold.id ? crm('dead') : []);
  const service = createRetention({ ...tools, policy: { ...FOR_EVER, keepMp3Days: 30 }, toldTo, lineOf: () => '', timers: { after: (ms, then) => { timers.push({ ms, then }); return () => undefined; } } });
  await service.start();
  t.same(timers.map(({ ms }) => ms), [60_000]);
  timers[0]?.then();
  t.equal(await service.makeRoom(), 0, 'waits for the run that is under way, which took it');
  t.match(store.get(row.id), { state: 'purged' });
  t.notOk(existsSync(mp3));
  t.same(timers.map(({ ms }) => ms), [60_000, DAY]);
  t.match(log.said.find(({ level }) => level === 'warn'), { fields: { recordings: [`${untold.id} (b24: dead)`], count: 1 } });
  t.match([store.get(held.id), store.get(untold.id)], [{ state: 'told' }, { state: 'told' }]);
  await service.stop(1);
});
