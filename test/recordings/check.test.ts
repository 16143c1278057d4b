import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import type { RecordingRow } from '../../core/ports.ts';
import { instant, type AccountId, type DeliveryId } from '../../core/words.ts';
import { checkSpool, type SpoolAsk, type SpoolProblem } from '../../recordings/check.ts';
import { repairSpool, type RepairTools } from '../../recordings/check-repair.ts';
import type { CrmState } from '../../recordings/manifest.ts';
import { s3Storage } from '../../recordings/storage/in-bucket.ts';
import { localStorage, type Storage } from '../../recordings/storage/storage.ts';
import { fakeLame } from '../fakes/lame.ts';
import { fakeS3, type FakeS3 } from '../fakes/s3.ts';
import { appOnReady, filesBelow, listeningLog, MAIN, spoolIn } from '../fakes/spool.ts';
import { memoryRecordings, recordingRow, type MemoryRecordings } from '../fakes/stores.ts';
import { mp3Bytes, putFile, wavBytes } from '../fakes/wav.ts';

const DAY = 86_400_000;
const never = new AbortController().signal;
const BYTES = mp3Bytes(1);
const SHA256 = createHash('sha256').update(BYTES).digest('hex');
const NAME = '2026/11/20/call-1.wav';
const crm = (state: CrmState['state'], reason = ''): CrmState => ({ account: 'b24' as AccountId, state, delivery: '1' as DeliveryId, reason });

interface Stage {
  readonly folder: string; readonly data: string; readonly mp3: string; readonly store: MemoryRecordings; readonly row: () => RecordingRow; told: readonly CrmState[]; storage: Storage; readonly now: number;
  check(change?: Partial<SpoolAsk>): Promise<readonly SpoolProblem[]>;
  kinds(change?: Partial<SpoolAsk>): Promise<readonly string[]>;
  repair(change?: Partial<RepairTools>): Promise<readonly string[]>;
}

/** One recording that was told, its MP3 in its place. */
function stage(t: Test, given: Partial<RecordingRow> = {}): Stage {
  const place = t.testdir();
  const spool = spoolIn(place, fakeLame(place, 'honest'));
  const mp3 = putFile(spool.folder, NAME.replace('.wav', '.mp3'), BYTES);
  const row = recordingRow('main', NAME, { state: 'told', mp3, bytes: BYTES.length, seconds: 1, sha256: SHA256, createdAt: instant(Date.now()), ...given });
  const store = memoryRecordings(row);
  const folders = new Map([[MAIN, spool.folder]]);
  const at: Stage = {
    folder: spool.folder, data: spool.data, mp3, store, told: [crm('done')], storage: localStorage, now: Date.now(),
    row: () => store.get(row.id) ?? row,
    check: (change = {}) => checkSpool({ store, folders, settings: spool.settings, storage: at.storage, toldTo: () => at.told, now: instant(at.now), signal: never, deep: false, ...change }),
    kinds: async (change = {}) => (await at.check(change)).map(({ kind }) => kind),
    async repair(change = {}) {
      const repairs = await repairSpool(await at.check({ deep: change.deep ?? false }), { store, folders, storage: at.storage, fallbackFolder: spool.data, toldTo: () => at.told, announce: appOnReady(store),
        now: instant(at.now), signal: never, deep: false, dryRun: false, ...change });
      return repairs.map(({ problem, result, how }) => `${problem.kind} ${result} ${how}`);
    },
  };
  return at;
}

async function withBucket(t: Test, given: Partial<RecordingRow> = {}): Promise<Stage & { readonly fake: FakeS3 }> {
  const fake = await fakeS3();
  t.teardown(() => fake.kill());
  const at = stage(t, given);
  const storage = s3Storage({ endpoint: fake.endpoint, region: 'r', bucket: 'b', prefix: '', accessKeyId: 'a', secretAccessKey: 's', pathStyle: true, keepLocalDays: 7, tries: 1 }, { clock: { now: () => instant(at.now) }, log: listeningLog() });
  t.teardown(() => { storage.close(); });
  at.storage = storage;
  const stored = await storage.put({ row: at.row(), path: at.mp3, bytes: BYTES.length, sha256: SHA256, remember: () => undefined }, never);
  at.store.patch(at.row().id, { stored }, instant(0));
  return Object.assign(at, { fake });
}

t.test('a lame that is there and encodes nothing is said', async (t) => {
  const at = stage(t);
  const broken = { bitrateKbps: 64, keepWavDays: 0, minFreeMb: 0, fallbackFolder: at.data, lame: fakeLame(path.dirname(at.data), 'hollow') };
  t.match(await at.check({ settings: broken }), [{ kind: 'lame-broken', path: broken.lame, problem: /encodes nothing.*lasts 0\.\d\d s/, remedy: /install/ }]);
  t.same(await at.kinds({ settings: { ...broken, lame: 'lame-that-nobody-has' } }), ['lame-missing']);
  t.same(await at.kinds(), []);
});

t.test('nothing is wrong: nothing is said, and nothing is repaired', async (t) => {
  const at = stage(t);
  t.same(await at.check({ deep: true }), []);
  t.same(await at.repair(), []);
});

t.test('the CRM side: dead, held, late, forgotten, and a state that lags behind', async (t) => {
  const at = stage(t);
  const told = async (states: readonly CrmState[], state: RecordingRow['state'] = 'told', days = 0): Promise<readonly string[]> => {
    at.told = states;
    at.store.patch(at.row().id, { state }, instant(0));
    return (await at.check({ now: instant(at.now + days * DAY) })).map(({ kind, detail }) => `${kind} ${detail}`);
  };
  t.same(await told([crm('dead', 'HTTP 400')]), ['crm-dead b24: HTTP 400']);
  t.same(await told([crm('held', 'expired token')]), ['crm-held b24: expired token']);
  t.same(await told([crm('pending')], 'uploaded'), [], 'a young one may be on its way');
  t.same(await told([crm('deferred', 'down')], 'uploaded', 1), ['crm-late b24: down']);
  t.same(await told([crm('unplanned')], 'uploaded'), ['crm-never b24']);
  t.same(await told([crm('done')], 'uploaded'), ['state-behind ']);
  t.same(await told([], 'uploaded'), [], 'nobody was to be told');
  for (const found of await at.check()) t.ok(found.remedy.length > 10 && found.problem.length > 5);
});

t.test('a state that lags behind is corrected, a forgotten CRM is planned, a dead letter needs a person', async (t) => {
  const at = stage(t, { state: 'uploaded' });
  t.same(await at.repair({ dryRun: true }), ['state-behind repaired state-corrected']);
  t.equal(at.row().state, 'uploaded', 'a dry run changes nothing');
  await at.repair();
  t.equal(at.row().state, 'told');
  at.told = [crm('unplanned')];
  t.same(await at.repair(), ['crm-never repaired planned']);
  t.equal(at.store.facts.size, 1);
  at.told = [crm('dead')];
  t.same(await at.repair(), ['crm-dead left by-hand']);
});

t.test('an MP3 that was moved is found by its sum, not by its name', async (t) => {
  const at = stage(t);
  const fallback = path.join(at.data, 'main', NAME.replace('.wav', '.mp3'));
  mkdirSync(path.dirname(fallback), { recursive: true });
  renameSync(at.mp3, fallback);
  t.same(await at.repair(), ['mp3-missing repaired moved-back']);
  t.equal(at.row().mp3, fallback);
  writeFileSync(fallback, Buffer.alloc(BYTES.length));
  t.same(await at.kinds(), [], 'the same size');
  t.same(await at.repair({ deep: true }), ['mp3-other left nothing-left']);
});

t.test('an MP3 that is gone or damaged is made anew from its WAV; what bore the name is set aside, not deleted', async (t) => {
  for (const damage of [(file: string) => { rmSync(file); }, (file: string) => { writeFileSync(file, 'damaged'); }]) {
    const at = stage(t);
    putFile(at.folder, NAME, wavBytes({ seconds: 1 }));
    damage(at.mp3);
    const damaged = existsSync(at.mp3);
    t.match((await at.repair())[0], / repaired from-wav$/);
    t.match(at.row(), { state: 'closed' });
    t.notOk(existsSync(at.mp3));
    t.equal(filesBelow(at.folder).filter((name) => name.includes('.aside-')).length, damaged ? 1 : 0);
  }
});

t.test('the copy in the bucket: checked by its size and sum, deep by its bytes', async (t) => {
  const at = await withBucket(t);
  const key = at.row().stored?.slice('s3://b/'.length) ?? '';
  const object = at.fake.objects.get(key);
  if (object === undefined) throw new Error('no object');
  t.same(await at.kinds({ deep: true }), []);
  at.fake.objects.set(key, { ...object, body: Buffer.alloc(BYTES.length) });
  t.same(await at.kinds(), [], 'the right size');
  t.same(await at.kinds({ deep: true }), ['copy-other']);
  at.fake.objects.set(key, { ...object, body: Buffer.alloc(3) });
  t.same(await at.kinds(), ['copy-other']);
  t.same(await at.repair(), ['copy-other repaired copied']);
  t.same(await at.kinds({ deep: true }), []);
  at.fake.objects.clear();
  t.same(await at.repair({ dryRun: true }), ['copy-missing repaired copied']);
  t.equal(at.fake.objects.size, 0);
  t.same(await at.repair(), ['copy-missing repaired copied']);
  at.store.patch(at.row().id, { stored: null }, instant(0));
  t.same(await at.repair(), ['copy-never repaired copied']);
  t.match(at.row().stored, /^s3:/);
  at.fake.fault = () => 500;
  t.same(await at.kinds(), ['copy-unknown']);
  t.same(await at.kinds({ storage: localStorage }), ['copy-unknown'], 'no bucket is configured any more');
});

t.test('a wrong MP3 never becomes the copy', async (t) => {
  const at = await withBucket(t);
  at.fake.objects.clear();
  writeFileSync(at.mp3, Buffer.alloc(BYTES.length));
  t.same(await at.repair(), ['copy-missing left nothing-left']);
  t.equal(at.fake.objects.size, 0);
});

t.test('an MP3 is fetched back from the bucket, verified; one that the bucket damaged is not', async (t) => {
  const at = await withBucket(t);
  rmSync(at.mp3);
  at.fake.fault = ({ method }) => (method === 'GET' ? 'cut' : null);
  t.match((await at.repair())[0], /^mp3-missing left /);
  t.same(filesBelow(at.folder), [], 'no half file is left');
  at.fake.fault = () => null;
  t.same(await at.repair(), ['mp3-missing repaired from-bucket']);
  t.same(await at.kinds({ deep: true }), []);
  rmSync(at.mp3);
  for (const [key, object] of at.fake.objects) at.fake.objects.set(key, { ...object, body: Buffer.alloc(BYTES.length) });
  t.same(await at.repair(), ['mp3-missing left the bucket gave back another file']);
  t.same(filesBelow(at.folder), []);
});

t.test('only in the bucket is where it should be; a purge that is not finished is named', async (t) => {
  const at = await withBucket(t);
  rmSync(at.mp3);
  at.store.patch(at.row().id, { mp3: null }, instant(0));
  t.same(await at.kinds({ deep: true }), []);
  at.store.patch(at.row().id, { state: 'purged' }, instant(0));
  t.same(await at.kinds(), ['purge-open']);
  at.store.patch(at.row().id, { stored: null }, instant(0));
  t.same(await at.kinds(), []);
  at.store.patch(at.row().id, { state: 'told' }, instant(0));
  t.same(await at.repair(), ['mp3-unnamed left nothing-left', 'copy-never left nothing-left']);
});

t.test('what a killed encoder left goes after a day, what may be written to stays', async (t) => {
  const at = stage(t);
  const old = putFile(at.folder, '2026/11/20/call-7.mp3.part', Buffer.alloc(1), 2 * DAY);
  const young = putFile(at.folder, '2026/11/20/call-8.mp3.part', Buffer.alloc(1));
  const foreign = putFile(at.folder, '2026/11/20/thesis.part', Buffer.alloc(1), 2 * DAY);
  t.same(await at.repair({ dryRun: true }), ['part-stale repaired part-removed']);
  t.ok(existsSync(old));
  t.same(await at.repair(), ['part-stale repaired part-removed']);
  t.same([old, young, foreign].map((file) => existsSync(file)), [false, true, true]);
});
