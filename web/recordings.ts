/**
 * `GET /recordings/<id>?expires=…&signature=…`: the sound of one call for whoever holds a signed link (a CRM's player, a person). The id is
 * looked up in the store; nothing of the address ever becomes a path. Whoever holds no valid link learns nothing: tampered, expired, unknown and
 * foreign links get one and the same answer. Each access is one line in the log, without the signature. Longer than most files: the way from a link to its
 * sound is one story, and each of its exits is a case that somebody meets.
 */
import type { Clock, Log, RecordingRow, RecordingStore } from '../core/ports.ts';
import type { TenantId } from '../core/words.ts';
import { codeOf } from './errors.ts';
import { type Answer, type Asked, printable, type Route } from './exchange.ts';
import { Failures } from './failures.ts';
import { isSigned, readLink } from './links.ts';
import { askedRange, type ByteRange } from './ranges.ts';
import { busy, lost, noSound, noSuchPart, notValid, partHeaders, preflight, soundHeaders } from './recording-answers.ts';
import { counted, isPlayable, OPEN_MS, openInTime, type OpenSound, type Playable } from './sound.ts';
import { isUnchanged, rangeHolds, validatorsOf } from './validators.ts';

export interface RecordingTools {
  readonly tenant: TenantId;
  /** The first signs, each opens. */
  readonly keys: readonly string[];
  readonly store: Pick<RecordingStore, 'get'>;
  readonly open: OpenSound;
  readonly clock: Clock;
  readonly log: Log;
  /** Recordings that are sent at once; beyond it players are asked to come again. */
  readonly atOnce?: number;
  /** Milliseconds until the first byte. */
  readonly openMs?: number;
}

interface Opening { readonly asked: Asked; readonly row: RecordingRow; /** Unix seconds. */ readonly expires: number }
type Playing = Opening & { readonly row: Playable; /** Null = all of it. */ readonly range: ByteRange | null };

const AT_ONCE = 100;
/** Seconds until a player may come again: all places taken; a disk or a bucket that does not answer. */
const [CROWDED_SECONDS, REFUSED_SECONDS] = [5, 30];
/** How a stream says that its reader is gone, and nothing else. */
const LEAVING: ReadonlySet<string> = new Set(['', 'ERR_STREAM_PREMATURE_CLOSE', 'ABORT_ERR']);
/** Refusals that are logged per asker: 30 at once, then one in ten seconds. A flood must not fill the disk that recordings need. */
const LOGGED = { burst: 30, forgiveMs: 10_000 };

export function recordingRoute(tools: RecordingTools): Route {
  const desk = new RecordingDesk(tools);
  return { path: '/recordings/*', methods: ['GET', 'OPTIONS'], answer: (asked) => (asked.method === 'OPTIONS' ? preflight() : desk.answer(asked)) };
}

class RecordingDesk {
  readonly #tools: RecordingTools;
  readonly #refusals: Failures;
  #sending = 0;

  constructor(tools: RecordingTools) {
    this.#tools = tools;
    this.#refusals = new Failures(LOGGED, tools.clock);
  }

  async answer(asked: Asked): Promise<Answer> {
    const opening = this.#open(asked);
    if (typeof opening === 'string') return this.#refused(asked, opening);
    const { row } = opening;
    if (!isPlayable(row)) return this.#told(opening, noSound(row, this.#tools.clock), 'no sound');
    const validators = validatorsOf(row);
    if (isUnchanged(asked.headers, validators)) {
      return this.#told(opening, { status: 304, headers: soundHeaders(row, this.#left(opening)), body: null }, 'unchanged');
    }
    // A range belongs to GET alone (RFC 9110, 14.2).
    const wants = asked.method === 'GET' && rangeHolds(asked.headers, validators);
    const wanted = wants ? askedRange(asked.headers.range, row.bytes) : { kind: 'whole' as const };
    if (wanted.kind === 'unsatisfiable') return this.#told(opening, noSuchPart(row.bytes), 'no such part');
    return await this.#play({ ...opening, row, range: wanted.kind === 'part' ? wanted.range : null });
  }

  /** What the link opens, or why it opens nothing: a word for the log alone. The store is asked only after the signature was found right. */
  #open(asked: Asked): Opening | string {
    const { tenant, keys, store, clock } = this.#tools;
    const said = readLink(asked.rest, asked.query);
    if (said === null) return 'no link';
    if (!isSigned(said, tenant, keys)) return 'signature';
    if (said.expires * 1000 <= clock.now()) return 'expired';
    const row = store.get(said.recording);
    return row === null || row.tenant !== tenant ? 'unknown' : { asked, row, expires: said.expires };
  }

  async #play(playing: Playing): Promise<Answer> {
    if (this.#sending >= (this.#tools.atOnce ?? AT_ONCE)) return this.#told(playing, busy(CROWDED_SECONDS), 'too many at once');
    this.#sending += 1;
    const answer = await this.#opened(playing).catch((error: unknown) => { this.#sending -= 1; throw error; });
    if (answer.onClosed === undefined) this.#sending -= 1;
    return answer;
  }

  async #opened(playing: Playing): Promise<Answer> {
    const { asked, row, range } = playing;
    const head = asked.method === 'HEAD';
    try {
      // HEAD promises what GET would give: so the sound is looked for, and a byte of it is enough.
      const sound = await openInTime(this.#tools.open, { row, range: head ? { from: 0, to: 0 } : range, signal: asked.signal, ms: this.#tools.openMs ?? OPEN_MS });
      if (sound === null) return this.#told(playing, lost(), 'lost');
      if (!head) return this.#sound(playing, counted(sound));
      sound.stream.on('error', () => undefined).destroy();
      const headers = { ...soundHeaders(row, this.#left(playing)), 'content-length': String(row.bytes) };
      return this.#told(playing, { status: 200, headers, body: null }, 'head');
    } catch (error) {
      if (codeOf(error) === '' && !asked.signal.aborted) throw error;
      return this.#told(playing, busy(REFUSED_SECONDS), asked.signal.aborted ? 'left' : codeOf(error));
    }
  }

  #sound(playing: Playing, { stream, sent, failure }: ReturnType<typeof counted>): Answer {
    const { row, range } = playing;
    const headers = soundHeaders(row, this.#left(playing));
    const status = range === null ? 200 : 206;
    return {
      status, body: stream,
      headers: { ...headers, ...(range === null ? { 'content-length': String(row.bytes) } : partHeaders(range, row.bytes)) },
      onClosed: (ending) => {
        this.#sending -= 1;
        const failed = codeOf(failure());
        // Who hangs up with the last byte is often faster than the kernel's word that it was taken: he left with everything.
        const how = ending === 'left' && sent() === (range === null ? row.bytes : range.to - range.from + 1) ? 'whole' : ending;
        const part = range === null ? null : `${range.from}-${range.to}`;
        this.#note(playing, { status, bytes: sent(), range: part, ending: LEAVING.has(failed) ? how : `failed: ${failed}` });
      },
    };
  }

  #left({ expires }: Opening): number { return Math.max(0, expires - Math.ceil(this.#tools.clock.now() / 1000)); }

  #told(opening: Opening, answer: Answer, ending: string): Answer {
    this.#note(opening, { status: answer.status, bytes: 0, range: null, ending });
    return answer;
  }

  #note({ asked: { caller, method }, row, expires }: Opening, how: Readonly<Record<string, unknown>>): void {
    this.#tools.log.info({ ...caller, method, recording: row.id, expires: new Date(expires * 1000).toISOString(), ...how }, 'a recording was asked for');
  }

  #refused({ caller, method, rest }: Asked, why: string): Answer {
    if (this.#refusals.waits(caller.address) === 0) {
      this.#tools.log.warn({ ...caller, method, asked: printable(rest), why }, 'a link to a recording was refused');
    }
    this.#refusals.failed(caller.address);
    return notValid();
  }
}
