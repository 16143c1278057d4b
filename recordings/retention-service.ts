/** Retention that acts by itself: a minute after the start, once a day, and when a disk is short of space (`makeRoom`). */
import type { Log, Service } from '../core/ports.ts';
import { sentence } from './errors.ts';
import { realTimers, type Timers } from './lame.ts';
import { planRetention, type RetentionAsk, type RetentionPlan } from './retention.ts';
import { finishPurges, purgeRecording, type PurgeTools } from './retention-purge.ts';

export interface RetentionParts extends Omit<PurgeTools, 'signal'>, Omit<RetentionAsk, 'now' | 'short' | 'store'> {
  readonly timers?: Timers | undefined;
}
export interface Retention extends Service {
  /** What policy allows goes now; MP3s that a bucket has go before their days here are over. Never rejects. Resolves to how many went. */
  makeRoom(): Promise<number>;
}

const FIRST_MS = 60_000;
const DAY_MS = 86_400_000;
/** Names in one warning. */
const NAMED = 20;

export function createRetention(parts: RetentionParts): Retention {
  const timers = parts.timers ?? realTimers;
  let stopping = new AbortController();
  let running = false;
  let cancel = (): void => undefined;
  let work: Promise<number> = Promise.resolve(0);

  /** One at a time: the second waits for the first, and then finds nothing left. */
  function run(short: boolean): Promise<number> {
    work = work.then(() => runOnce(parts, stopping.signal, short)).catch((error: unknown) => {
      if (!stopping.signal.aborted) parts.log.warn({ reason: sentence(error) }, 'retention failed, it will be tried again');
      return 0;
    });
    return work;
  }

  function tick(): void {
    void run(false);
    cancel = timers.after(DAY_MS, tick);
  }

  return {
    makeRoom: () => run(true),
    start() {
      if (running) return Promise.resolve();
      running = true;
      stopping = new AbortController();
      cancel = timers.after(FIRST_MS, tick);
      return Promise.resolve();
    },
    async stop(deadlineMs) {
      running = false;
      cancel();
      stopping.abort();
      let late = (): void => undefined;
      await Promise.race([work, new Promise<void>((resolve) => { late = timers.after(deadlineMs, resolve); })]);
      late();
    },
  };
}

async function runOnce(parts: RetentionParts, signal: AbortSignal, short: boolean): Promise<number> {
  const tools = { ...parts, signal };
  await finishPurges(tools);
  if (!short) await parts.storage.tidy(signal).catch((error: unknown) => { parts.log.warn({ reason: sentence(error) }, 'uploads that nobody goes on with could not be ended'); });
  const plan = planRetention({ ...parts, now: parts.clock.now(), short });
  let gone = 0;
  for (const going of plan.going) if (await purgeRecording(going, tools) !== 'kept') gone += 1;
  report(plan, gone, parts.log);
  return gone;
}

function report({ staying }: RetentionPlan, gone: number, log: Log): void {
  if (gone > 0) log.info({ recordings: gone }, 'recordings whose time is over were removed');
  const untold = staying.filter(({ why }) => why === 'untold');
  if (untold.length === 0) return;
  log.warn({ recordings: untold.slice(0, NAMED).map(({ row, detail }) => `${row.id} (${detail})`), count: untold.length },
    'recordings stay beyond their time because a CRM does not have them: see "callme spool check"');
}
