/**
 * WAVs that no row of the spool knows: calls that began and ended while CallMe was not there. They become rows like any other. Where their
 * call is known, its CRMs get the record; where nobody heard of the call, the recording is encoded and kept, and told to nobody.
 */
import type { Call } from '../core/calls.ts';
import type { Clock, Journal, Log, NewRecording, RecordingStore, Service } from '../core/ports.ts';
import { callKey, type CallKey, type Instant, type Linkedid, type PbxId, type RecordingId } from '../core/words.ts';
import { QUIET_MS } from '../recordings/desk.ts';
import { leftoverBatches, type Leftover } from '../recordings/sweep.ts';
import type { RecordingWorker } from '../recordings/worker.ts';
import { linkedidIn } from '../recordings/paths.ts';

export interface WatchedFolder {
  readonly pbx: PbxId;
  readonly folder: string;
  /** Since when the Pbx is heard; null while it is not: then nobody can tell which calls still live. */
  readonly upSince: () => Instant | null;
}
export interface LeftoverTools {
  readonly folders: readonly WatchedFolder[];
  readonly journal: Journal;
  readonly recordings: Pick<RecordingStore, 'get'>;
  /** Looks through a folder; the spool's own thread does it best. Default: this one. */
  readonly find?: RecordingWorker['leftovers'];
  readonly clock: Clock;
  readonly log: Log;
  /** New rows are there to be worked off. */
  readonly onFound: () => void;
}

const TICK_MS = 1_000;
const HOUR_MS = 3_600_000;

export class Leftovers implements Service {
  readonly #tools: LeftoverTools;
  readonly #looked = new Map<PbxId, Instant>();
  #timer: NodeJS.Timeout | null = null;
  #stopping = new AbortController();
  #work: Promise<void> | null = null;

  constructor(tools: LeftoverTools) { this.#tools = tools; }

  start(): Promise<void> {
    this.#stopping = new AbortController();
    this.#timer ??= setInterval(() => { this.#work ??= this.tick().finally(() => { this.#work = null; }); }, TICK_MS);
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#stopping.abort();
    await this.#work;
  }

  /** Looks where a look is due; the service calls it each second. Never rejects. */
  async tick(): Promise<void> {
    for (const folder of this.#tools.folders) {
      const now = this.#tools.clock.now();
      if (this.#stopping.signal.aborted || !this.#isDue(folder, now)) continue;
      this.#looked.set(folder.pbx, now);
      await this.#look(folder).catch((error: unknown) => {
        if (!this.#stopping.signal.aborted) this.#tools.log.warn({ pbx: folder.pbx, err: error }, 'the look for leftover recordings failed');
      });
    }
  }

  /** As soon as the Pbx is heard, again when what was young then has come to rest, and every hour. */
  #isDue({ pbx, upSince }: WatchedFolder, now: Instant): boolean {
    const [since, last] = [upSince(), this.#looked.get(pbx) ?? -Infinity];
    if (since === null) return false;
    return last < since || (last < since + QUIET_MS && now >= since + QUIET_MS) || now >= last + HOUR_MS;
  }

  async #look({ pbx, folder }: WatchedFolder): Promise<void> {
    const { journal, recordings, clock, log, find = leftoverBatches, onFound } = this.#tools;
    const now = clock.now();
    // An open header (Asterisk was killed) is trusted to be the last word only where the PBX has no call at all: no recorder runs then.
    const isIdle = journal.openCalls(pbx).length === 0;
    // Some hundreds at a time: a crash of an hour leaves thousands, and memory, and the pause that a commit is, stay small.
    for await (const found of find(folder, { now, signal: this.#stopping.signal, channelGone: () => isIdle })) {
      const open = journal.openCalls(pbx);
      const rows = found.filter((each) => isResting(each, now) && recordings.get(idOf(pbx, each.file)) === null && !belongsToOne(open, each.file))
        .map((each) => asRecording(pbx, each, journal));
      if (rows.length === 0) continue;
      journal.commit({ at: clock.now(), pbx, keep: [], forget: [], facts: [], deliveries: [], recordings: rows, notes: [] });
      log.info({ pbx, recordings: rows.map(({ id }) => id).slice(0, 20), count: rows.length }, 'recordings that nobody announced were found');
      onFound();
    }
  }
}

const idOf = (pbx: PbxId, file: string): RecordingId => `${pbx}/${file}` as RecordingId;

/** The end of a younger file may be on its way to us: that story knows better whose it is. */
const isResting = ({ writtenAt }: Leftover, now: Instant): boolean => now - writtenAt >= QUIET_MS;

/** A call that goes on tells its files at its end. */
const belongsToOne = (open: readonly Call[], file: string): boolean =>
  open.some(({ sounds, linkeds }) => sounds.some((sound) => sound.file === file) || linkeds.some((linked) => linked === linkedidIn(file)));

function asRecording(pbx: PbxId, { file, linkedid, bytes }: Leftover, journal: Journal): NewRecording {
  return { id: idOf(pbx, file), pbx, call: survivor(callKey(pbx, linkedid as Linkedid), journal), file, bytesClaimed: bytes, certain: false, pauses: [], talked: [] };
}

const HOPS = 10;

/** The call that this one was united into, if it was: the CRM knows that one. */
function survivor(call: CallKey, journal: Journal, hops = HOPS): CallKey {
  const merged = journal.calls({ call, limit: 1 })[0]?.state === 'merged' && hops > 0 ? journal.facts(call).find((fact) => fact.kind === 'call-merged') : undefined;
  return merged?.kind === 'call-merged' ? survivor(merged.into, journal, hops - 1) : call;
}
