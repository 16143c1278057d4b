import { createHash } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t, { type Test } from 'tap';
import { instant } from '../../core/words.ts';
import { workOff } from '../../recordings/job.ts';
import { recordingOpener } from '../../recordings/storage/open-recording.ts';
import { s3Storage, type BucketSettings } from '../../recordings/storage/in-bucket.ts';
import { localStorage, type Storage, type StoreAway } from '../../recordings/storage/storage.ts';
import { fakeLame } from '../fakes/lame.ts';
import { fakeS3, type FakeS3 } from '../fakes/s3.ts';
import { deskOf, FILE, listeningLog, MAIN, MP3, rowOf, spoolIn } from '../fakes/spool.ts';
import { memoryRecordings, recordingRow } from '../fakes/stores.ts';
import { createRandom, putFile, wavBytes } from '../fakes/wav.ts';

const KEY = `pbx1/default/main/${MP3}`;
const PLACE = `s3://sounds/${KEY}`;
const SECRET = 'very-secret-key';
const never = new AbortController().signal;

interface Stage { readonly fake: FakeS3; readonly storage: Storage; readonly file: string; readonly body: Buffer; readonly away: StoreAway; upload: string | null; now: number; readonly again: (change?: Partial<BucketSettings>) => Storage }

/** A bucket and an MP3 of three parts and a bit, parts of 1000 bytes. */
async function stage(t: Test, bytes = 3500): Promise<Stage> {
  const fake = await fakeS3();
  t.teardown(() => fake.kill());
  const random = createRandom(7);
  const body = Buffer.from(Array.from({ length: bytes }, () => Math.floor(random() * 256)));
  const file = putFile(t.testdir(), 'call.mp3', body);
  const at: Stage = {
    fake, file, body, upload: null, now: 0, storage: localStorage,
    again: (change = {}) => {
      const storage = s3Storage({ endpoint: fake.endpoint, region: 'us-east-1', bucket: 'sounds', prefix: 'pbx1/', accessKeyId: 'AKIASECRET', secretAccessKey: SECRET, pathStyle: true,
        keepLocalDays: 7, partBytes: 1000, tries: 1, requestMs: 5_000, ...change }, { clock: { now: () => instant(at.now) }, log: listeningLog() });
      t.teardown(() => { storage.close(); });
      return storage;
    },
    get away() {
      const row = { ...recordingRow('main', FILE), upload: at.upload };
      return { row, path: file, bytes, sha256: createHash('sha256').update(body).digest('hex'), remember: (upload: string | null) => { at.upload = upload; } };
    },
  };
  return Object.defineProperty(at, 'storage', { value: at.again() });
}

t.test('one piece: sent once with its sum, proved, and not sent again', async (t) => {
  const at = await stage(t, 900);
  t.equal(await at.storage.put(at.away, never), PLACE);
  t.same(at.fake.objects.get(KEY)?.body, at.body);
  t.same(at.fake.asked, ['look', 'put', 'look']);
  t.equal(await at.storage.put(at.away, never), PLACE);
  t.same(at.fake.asked.filter((name) => name === 'put').length, 1);
});

t.test('parts: in order, summed, put together, proved by reading back, and nothing of the upload is left', async (t) => {
  const at = await stage(t);
  t.equal(await at.storage.put(at.away, never), PLACE);
  t.same(at.fake.asked, ['look', 'begin', 'part 1', 'part 2', 'part 3', 'part 4', 'finish', 'look', 'read']);
  t.same(at.fake.objects.get(KEY)?.body, at.body);
  t.equal(at.upload, null);
  t.equal(at.fake.uploads.size, 0);
});

t.test('the server is killed in mid-upload: the next try goes on with the parts that it has', async (t) => {
  const at = await stage(t);
  at.fake.fault = ({ query }) => (query.get('partNumber') === '3' ? 'reset' : null);
  await t.rejects(at.storage.put(at.away, never), { code: 'STORAGE_DOWN' });
  t.match(at.upload, /upload-1/, 'the manifest knows the upload');
  await at.fake.kill();
  at.now += 60_000;
  await t.rejects(at.again().put(at.away, never), { code: 'STORAGE_DOWN' });
  at.fake.fault = () => null;
  await at.fake.listen();
  at.fake.asked.length = 0;
  t.equal(await at.again().put(at.away, never), PLACE);
  t.same(at.fake.asked, ['look', 'parts', 'part 3', 'part 4', 'finish', 'look', 'read']);
  t.same(at.fake.objects.get(KEY)?.body, at.body);
});

t.test('a part that the server damaged is sent again, an upload that it forgot is begun anew', async (t) => {
  const at = await stage(t);
  at.fake.fault = ({ query }) => (query.get('partNumber') === '3' ? 500 : null);
  await t.rejects(at.storage.put(at.away, never), { code: 'STORAGE_DOWN', message: 'the bucket could not send a part: InternalError, HTTP 500' });
  at.fake.uploads.get('upload-1')?.parts.set(1, Buffer.alloc(1000, 1));
  at.fake.fault = () => null;
  at.fake.asked.length = 0;
  await at.again().put(at.away, never);
  t.same(at.fake.asked.slice(0, 5), ['look', 'parts', 'part 1', 'part 3', 'part 4']);
  at.fake.objects.clear();
  at.upload = JSON.stringify({ key: KEY, uploadId: 'upload-99', partBytes: 1000 });
  at.fake.asked.length = 0;
  await at.again().put(at.away, never);
  t.same(at.fake.asked.slice(0, 3), ['look', 'parts', 'begin']);
  t.same(at.fake.objects.get(KEY)?.body, at.body);
});

t.test('500s and resets are tried again by the client', async (t) => {
  const at = await stage(t, 900);
  let turns = 0;
  at.fake.fault = ({ method }) => (method === 'PUT' && (turns += 1) < 3 ? (turns === 1 ? 503 : 'reset') : null);
  t.equal(await at.again({ tries: 3 }).put(at.away, never), PLACE);
  t.equal(turns, 3);
});

t.test('a bucket that keeps other bytes than it was given is found out, whatever it says about them', async (t) => {
  for (const bytes of [900, 3500]) {
    const at = await stage(t, bytes);
    at.fake.keep = (body) => Buffer.concat([body.subarray(0, -1), Buffer.of((body.at(-1) ?? 0) ^ 1)]);
    if (bytes > 1000) await t.rejects(at.storage.put(at.away, never), { code: 'STORAGE_LIES' }, 'the right length, ETag and sum of another file');
    at.fake.keep = (body) => body.subarray(1);
    at.now += 60_000;
    await t.rejects(at.again().put(at.away, never), { code: 'STORAGE_LIES' }, 'too short');
    at.fake.keep = (body) => body;
    at.now += 60_000;
    t.equal(await at.again().put(at.away, never), PLACE);
  }
});

t.test('without sums of its own the ETag of one piece proves it', async (t) => {
  const at = await stage(t, 900);
  at.fake.checksums = false;
  await at.storage.put(at.away, never);
  t.same(at.fake.asked, ['look', 'put', 'look']);
  const stored = at.fake.objects.get(KEY);
  if (stored !== undefined) at.fake.objects.set(KEY, { ...stored, etag: '"00000000000000000000000000000000"' });
  at.fake.asked.length = 0;
  await at.storage.put(at.away, never);
  t.same(at.fake.asked, ['look', 'look', 'put', 'look'], 'an ETag of other bytes is no proof');
});

t.test('a bucket that says nothing has a deadline; a stop is a stop', async (t) => {
  const at = await stage(t, 900);
  at.fake.fault = () => 'hang';
  await t.rejects(at.again({ requestMs: 50 }).put(at.away, never), { code: 'STORAGE_DOWN' });
  const stop = new AbortController();
  at.fake.fault = () => { stop.abort(new Error('stopped')); return 'hang'; };
  await t.rejects(at.again().put(at.away, stop.signal), { message: 'stopped' });
});

t.test('who is not let in learns it without a key in any message', async (t) => {
  const at = await stage(t, 900);
  at.fake.fault = ({ method }) => (method === 'PUT' ? 403 : null);
  const error: unknown = await at.storage.put(at.away, never).catch((failure: unknown) => failure);
  t.match(error, { code: 'STORAGE_REFUSED', message: 'the bucket could not put: InvalidAccessKeyId, HTTP 403' });
  t.notMatch(JSON.stringify(error, Object.getOwnPropertyNames(error)), /AKIASECRET|very-secret/);
});

t.test('while the bucket is down one try in half a minute is made', async (t) => {
  const at = await stage(t, 900);
  at.fake.fault = () => 'reset';
  await t.rejects(at.storage.put(at.away, never), { code: 'STORAGE_DOWN' });
  const asked = at.fake.asked.length;
  await t.rejects(at.storage.put(at.away, never), { code: 'STORAGE_DOWN' });
  t.equal(at.fake.asked.length, asked, 'not asked');
  at.now += 31_000;
  at.fake.fault = () => null;
  t.equal(await at.storage.put(at.away, never), PLACE);
});

t.test('an MP3 that changed under the upload is refused', async (t) => {
  for (const bytes of [900, 3500]) {
    const at = await stage(t, bytes);
    const { away } = at;
    writeFileSync(at.file, Buffer.alloc(bytes, 1));
    await t.rejects(at.storage.put(away, never), { code: 'MP3_REFUSED' });
    writeFileSync(at.file, at.body.subarray(0, 100));
    await t.rejects(at.storage.put(away, never), { code: 'MP3_REFUSED' });
    t.equal(at.fake.objects.size, 0);
  }
});

t.test('look, read in ranges, remove twice; another bucket is refused', async (t) => {
  const at = await stage(t, 900);
  t.equal(await at.storage.look(PLACE, never), null);
  await at.storage.put(at.away, never);
  t.match(await at.storage.look(PLACE, never), { bytes: 900, sha256: at.away.sha256 });
  const open = recordingOpener(at.storage);
  const read = async (row: Parameters<typeof open>[0], range: { from: number; to: number } | null): Promise<Buffer | null> => {
    const opened = await open(row, range, never);
    if (opened === null) return null;
    const body = Buffer.concat(await opened.stream.toArray() as Buffer[]);
    t.same([opened.bytes, opened.total], [body.length, 900]);
    return body;
  };
  const away = { mp3: null, stored: PLACE, bytes: 900 };
  t.same(await read(away, { from: 10, to: 19 }), at.body.subarray(10, 20));
  t.same(await read(away, null), at.body);
  const here = { mp3: at.file, stored: PLACE, bytes: 900 };
  at.fake.asked.length = 0;
  t.same(await read(here, { from: 0, to: 0 }), at.body.subarray(0, 1));
  t.same(at.fake.asked, [], 'the disk first');
  writeFileSync(at.file, 'cut');
  t.same(await read(here, null), at.body, 'what is not the verified file is not served');
  rmSync(at.file);
  t.same(await read(here, null), at.body);
  t.equal(await read({ mp3: at.file, stored: null, bytes: 900 }, null), null);
  await t.rejects(at.storage.look('s3://other/x', never), { code: 'STORAGE_REFUSED' });
  await at.storage.remove(PLACE, never);
  await at.storage.remove(PLACE, never);
  await t.rejects(open(away, null, never), { code: 'STORAGE_NONE' });
});

t.test('uploads that nobody goes on with are ended, young ones and those of others stay', async (t) => {
  const at = await stage(t);
  at.now = Date.now();
  const begun = (days: number): Date => new Date(at.now - days * 86_400_000);
  for (const [id, key, days] of [['old', 'pbx1/a', 3], ['young', 'pbx1/b', 1], ['theirs', 'pbx2/c', 3]] as const) at.fake.uploads.set(id, { key, sha256: '', parts: new Map(), begun: begun(days) });
  t.equal(await at.storage.tidy(never), 1);
  t.same([...at.fake.uploads.keys()], ['young', 'theirs']);
});

t.test('a recording is handed over once the bucket has it: while it is down the row waits and nothing is deleted', async (t) => {
  const at = await stage(t);
  const folder = t.testdir();
  const spool = spoolIn(folder, fakeLame(folder, 'honest'));
  const wav = putFile(spool.folder, FILE, wavBytes({ seconds: 2 }), 10_000);
  const row = recordingRow('main', FILE);
  const store = memoryRecordings(row);
  at.fake.fault = ({ query }) => (query.get('partNumber') === '2' ? 'reset' : null);
  const folders = new Map([[MAIN, spool.folder]]);
  await workOff(row, deskOf(spool, store, { folders, storage: at.storage }));
  t.match(rowOf(store, row), { state: 'encoded', attempts: 0, stored: null, upload: /upload-1/, reason: /^the bucket could not send a part/ });
  t.ok(existsSync(wav));
  t.equal(store.facts.size, 0, 'nobody was told');
  at.fake.fault = () => null;
  await workOff(rowOf(store, row), deskOf(spool, store, { folders, storage: at.again() }));
  t.match(rowOf(store, row), { state: 'uploaded', stored: PLACE, upload: null });
  t.equal(at.fake.asked.filter((name) => name === 'part 1').length, 1, 'the first part was not sent again');
  t.equal(store.facts.size, 1);
  t.notOk(existsSync(wav));
  t.ok(existsSync(path.join(spool.folder, MP3)), 'the MP3 stays for the CRMs');
});
