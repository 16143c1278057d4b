import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_TENANT, type PbxId, type RecordingId } from '../../core/words.ts';
import type { StoreAway } from '../../recordings/storage/storage.ts';
import { systemClock } from '../clock.ts';
import { openStorage } from '../keeping.ts';
import { openLog } from '../logs.ts';
import { fail, ok, type Finding, type Patient } from './finding.ts';

const TRIAL = 'CallMe tries whether it may write, look and delete here.';

/** May recordings be kept in the bucket? A few bytes go there, are looked at, and go again: no other way proves the three rights. */
export async function examineStorage(patient: Patient): Promise<readonly Finding[]> {
  const { config: { storage }, says } = patient;
  if (storage.kind === 'local') return [];
  const folder = await mkdtemp(join(tmpdir(), 'callme-doctor-'));
  try {
    await tryOut(patient, await trialIn(folder));
    return [ok('storage', says.storage(storage.bucket))];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [fail('storage', says.storageFails(storage.bucket, why), says.storageRemedy)];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function trialIn(folder: string): Promise<StoreAway> {
  const path = join(folder, 'trial.mp3');
  await writeFile(path, TRIAL);
  const file = `callme-doctor-${randomUUID()}.wav`;
  const row = { id: `doctor/${file}` as RecordingId, tenant: DEFAULT_TENANT, pbx: 'doctor' as PbxId, file, upload: null };
  return { row, path, bytes: Buffer.byteLength(TRIAL), sha256: createHash('sha256').update(TRIAL).digest('hex'), remember: () => undefined };
}

async function tryOut({ config, signal, timeoutMs }: Patient, trial: StoreAway): Promise<void> {
  const log = openLog({ level: 'silent', terminal: false, secrets: [], out: { write: () => undefined } });
  const storage = openStorage({ config, clock: systemClock, log });
  const patience = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs * 4)]);
  try {
    const stored = await storage.put(trial, patience);
    if (stored === null) return;
    const look = await storage.look(stored, patience);
    await storage.remove(stored, patience);
    if (look?.bytes !== trial.bytes) throw new Error('what was written is not there');
  } finally {
    storage.close();
  }
}
