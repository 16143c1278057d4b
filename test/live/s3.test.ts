/** Recordings into a real S3-compatible server (OpenStack Swift), which is killed in mid-upload and started again. */
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { createHash, randomBytes } from 'node:crypto';
import t from 'tap';
import { instant } from '../../core/words.ts';
import { recordingOpener } from '../../recordings/storage/open-recording.ts';
import { openBucket } from '../../recordings/storage/s3.ts';
import { storageIn } from '../../recordings/storage/in-bucket.ts';
import type { Bucket } from '../../recordings/storage/bucket.ts';
import { listeningLog } from '../fakes/spool.ts';
import { recordingRow } from '../fakes/stores.ts';
import { putFile } from '../fakes/wav.ts';
import { ACCESS_KEY, installSwift, SECRET_KEY, startSwift } from './swift.ts';

const missing = await installSwift();
const never = new AbortController().signal;
/** S3's smallest part. */
const PART = 5 * 1024 * 1024;
const FILE = '2026/11/20/call-1790.17+1790.23.wav';
const PLACE = 's3://recordings/pbx1/default/main/2026/11/20/call-1790.17+1790.23.mp3';

t.test('a bucket of OpenStack Swift', { skip: missing === '' ? false : missing }, async (t) => {
  const swift = await startSwift(t);
  const client = new S3Client({ endpoint: swift.endpoint, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY } });
  await client.send(new CreateBucketCommand({ Bucket: 'recordings' }));
  client.destroy();
  const settings = { endpoint: swift.endpoint, region: 'us-east-1', bucket: 'recordings', prefix: 'pbx1/', accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY, pathStyle: true, tries: 1 };
  const folder = t.testdir();
  let now = Date.now();
  let upload: string | null = null;
  const awayOf = (name: string, body: Buffer) => ({
    row: { ...recordingRow('main', FILE), upload }, path: putFile(folder, name, body), bytes: body.length, sha256: createHash('sha256').update(body).digest('hex'),
    remember: (next: string | null): void => { upload = next; },
  });
  const sent: number[] = [];
  /** A process of ours begins anew: nothing is in its memory but what the manifest kept. */
  const storage = (change: Partial<Bucket> = {}) => {
    const bucket = openBucket(settings);
    t.teardown(() => { bucket.close(); });
    const counting: Bucket = { ...bucket, send: async (part, signal) => { sent.push(part.number); return bucket.send(part, signal); }, ...change };
    return storageIn(counting, { prefix: 'pbx1/', keepLocalDays: 7, partBytes: PART }, { clock: { now: () => instant(now += 60_000) }, log: listeningLog() });
  };
  const readBack = async (row: { bytes: number }, range: { from: number; to: number } | null): Promise<Buffer> => {
    const opened = await recordingOpener(storage())({ mp3: null, stored: PLACE, ...row }, range, never);
    return Buffer.concat(await opened?.stream.toArray() as Buffer[]);
  };

  const small = randomBytes(100_000);
  t.equal(await storage().put(awayOf('small.mp3', small), never), PLACE, 'one piece');
  t.same(await readBack({ bytes: small.length }, null), small);

  const large = randomBytes(3 * PART + 1234);
  const bucket = openBucket(settings);
  t.teardown(() => { bucket.close(); });
  const killed = storage({ send: async (part, signal) => {
    if (part.number === 3) await swift.kill();
    sent.push(part.number);
    return bucket.send(part, signal);
  } });
  await t.rejects(killed.put(awayOf('large.mp3', large), never), { code: 'STORAGE_DOWN' }, 'the server is killed before the third part');
  t.type(upload, 'string', 'the manifest knows the upload');
  await t.rejects(storage().put(awayOf('large.mp3', large), never), { code: 'STORAGE_DOWN' }, 'and is still away');
  await swift.start();
  t.equal(await storage().put(awayOf('large.mp3', large), never), PLACE, 'it goes on');
  t.same(sent, [1, 2, 3, 3, 4], 'what was there was not sent again');
  t.equal(upload, null);
  t.ok((await readBack({ bytes: large.length }, null)).equals(large), 'every byte is there');
  t.same(await readBack({ bytes: large.length }, { from: PART - 5, to: PART + 4 }), large.subarray(PART - 5, PART + 5), 'a range across two parts');
  t.match(await storage().look(PLACE, never), { bytes: large.length, sha256: createHash('sha256').update(large).digest('hex') });

  await t.rejects(bucket.parts('pbx1/none', 'bm9uZQ', never).then((parts) => { if (parts === null) throw new Error('forgotten'); }), { message: 'forgotten' }, 'an upload that it does not know');
  const open = openBucket({ ...settings, secretAccessKey: 'wrong-secret' });
  t.teardown(() => { open.close(); });
  await t.rejects(open.put({ key: 'pbx1/x', sha256: '' }, small, never), { code: 'STORAGE_REFUSED', message: /^(?!.*wrong-secret)/ });
  await storage().remove(PLACE, never);
  t.equal(await storage().look(PLACE, never), null);
  await storage().remove(PLACE, never);
});
