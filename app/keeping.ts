/** Where recordings are kept and how long: the room's storage and retention, wired to this configuration. */
import { join } from 'node:path';
import { concerns, type Plan } from '../core/plan.ts';
import type { Clock, Log, RecordingRow, Store } from '../core/ports.ts';
import type { AccountId, PbxId } from '../core/words.ts';
import { toldTo, type ToldTo } from '../recordings/manifest.ts';
import type { RetentionPolicy } from '../recordings/retention.ts';
import { createRetention, type Retention } from '../recordings/retention-service.ts';
import { s3Storage } from '../recordings/storage/in-bucket.ts';
import { localStorage, type Storage } from '../recordings/storage/storage.ts';
import type { Config } from './config/index.ts';

export interface KeepingTools { readonly config: Config; readonly store: Store; readonly clock: Clock; readonly log: Log }
/** What retention, `spool check` and the server need to know of a recording's surroundings. */
export interface Surroundings {
  readonly folders: ReadonlyMap<PbxId, string>;
  readonly fallbackFolder: string;
  readonly policy: RetentionPolicy;
  readonly toldTo: ToldTo;
  readonly lineOf: (row: RecordingRow) => string;
  readonly planOf: (row: RecordingRow) => Plan;
}

/** Opens no connection yet: a bucket that is down hinders no start. */
export function openStorage({ config, clock, log }: Omit<KeepingTools, 'store'>): Storage {
  const { storage } = config;
  if (storage.kind === 'local') return localStorage;
  const { accessKeyId, secretAccessKey } = storage;
  return s3Storage({ ...storage, accessKeyId: accessKeyId.reveal(), secretAccessKey: secretAccessKey.reveal() }, { clock, log });
}

export function surroundings(config: Config, store: Pick<Store, 'journal' | 'deliveries'>): Surroundings {
  const { keepMp3Days, retention, maxGb, purgeUntoldDays } = config.recording;
  const planOf = (row: RecordingRow): Plan => ({
    accounts: config.crm.map(({ id }) => id), lines: config.pbx.find(({ id }) => id === row.pbx)?.lines ?? [], internal: config.debug.processInternalCalls,
  });
  return {
    folders: new Map(config.pbx.map(({ id, recordings }) => [id, recordings])), fallbackFolder: join(config.dataDir, 'recordings'),
    policy: { keepMp3Days, lines: retention, maxGb, purgeUntoldDays, keepLocalDays: config.storage.kind === 's3' ? config.storage.keepLocalDays : null },
    toldTo: toldTo(store.deliveries, (row) => expectedFor(row, planOf(row), store)),
    lineOf: (row) => store.journal.calls({ call: row.call, limit: 1 })[0]?.line ?? '', planOf,
  };
}

/** An account that was added after the call never should have heard of it; what stands in the plan of the call's end did. */
function expectedFor(row: RecordingRow, plan: Plan, { journal, deliveries }: Pick<Store, 'journal' | 'deliveries'>): readonly AccountId[] {
  const [call] = journal.calls({ call: row.call, limit: 1 });
  if (call === undefined || !concerns(plan, call.direction, call.line)) return [];
  const heard = new Set(deliveries.list({ call: row.call, limit: DELIVERIES_OF_A_CALL }).flatMap(({ account, fact }) => (fact.kind === 'call-ended' ? [account] : [])));
  return plan.accounts.filter((account) => heard.has(account));
}

const DELIVERIES_OF_A_CALL = 10_000;

export function openRetention(tools: KeepingTools, storage: Storage): Retention {
  const { config, store, clock, log } = tools;
  return createRetention({ store: store.recordings, storage, clock, log, ...surroundings(config, store) });
}
