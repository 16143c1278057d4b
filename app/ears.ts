/** One Pbx heard: its link feeds the translator, the translator feeds the pump. What AGI decided joins the same story. */
import { type CaptureEntry } from '../ami/capture.ts';
import type { LinkSettings } from '../ami/settings.ts';
import { AmiError } from '../ami/errors.ts';
import { Supervisor } from '../ami/supervisor.ts';
import { createTranslator } from '../ami/translate.ts';
import type { Door } from '../ami/door.ts';
import type { Call } from '../core/calls.ts';
import type { PauseAsked } from '../core/events.ts';
import type { Profile } from '../core/parties.ts';
import type { Plan } from '../core/plan.ts';
import type { Books, Clock, Journal, Log, Service, Window } from '../core/ports.ts';
import { callKey, type CallKey, type Instant } from '../core/words.ts';
import type { Config } from './config/index.ts';
import { Healing } from './healing.ts';
import { Pump } from './pump.ts';
import { CatchUp } from './reconcile/catch-up.ts';

/** `originate` is nothing that the ears need. */
export type PbxConfig = Omit<Config['pbx'][number], 'originate'>;

/** How to reach one Pbx's manager interface: the one place where its secret is taken out of its envelope. */
export const linkSettings = ({ ami }: PbxConfig): LinkSettings => ({ ...ami, secret: ami.secret.reveal() });

export interface EarsTools {
  readonly journal: Journal;
  readonly plan: Plan;
  /** Who is on a channel of this Pbx. */
  readonly profile: Profile;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFacts: () => void;
  /** Gives [0, 1), for the back-off; a test's own luck. */
  readonly random?: () => number;
  /** What the Pbx writes down itself, where it is configured: a gap is read in it. */
  readonly books?: Books | null;
  /** A gap is over: what the Pbx wrote late can be looked for. */
  readonly onGap?: (gap: Window) => void;
  /** Arm recorders anew on a build of Asterisk that goes deaf after a transfer; not given = no. */
  readonly heal?: 'auto' | 'never';
  /** Somebody in a call pressed the keys that pause its recording or let it go on. */
  readonly onPauseAsked?: (call: CallKey, what: 'pause' | 'resume') => void;
  /** What was heard, before anything was made of it: for `callme capture`. */
  readonly tee?: (entry: CaptureEntry) => void;
}

/** How often the open calls are noted as still alive: what a crash of ours forgets of a talk that ends meanwhile. */
const ALIVE_MS = 5_000;
/** While no call is open, nothing is lost by a mark that is older; each one costs an fsync. */
const IDLE_MARK_MS = 30_000;

export class Ears implements Service {
  readonly id: PbxConfig['id'];
  readonly pump: Pump;
  readonly #supervisor: Supervisor;
  readonly #tools: EarsTools;
  readonly #catchUp: CatchUp;
  readonly #healing: Healing | null;
  #heartbeat: NodeJS.Timeout | null = null;
  /** Up to here everything that the Pbx said has come to us. */
  #proven: Instant | null = null;
  #marked: Instant | null = null;

  constructor(pbx: PbxConfig, tools: EarsTools) {
    const { log } = tools;
    this.id = pbx.id;
    this.#tools = tools;
    const onOverflow = (): never => { throw new AmiError('AMI_OVERFLOW', 'the store does not take what the PBX says', 'see the errors of the store before this: most often the disk of dataDir is full'); };
    const onChanged = (calls: readonly Call[]): void => { this.#healing?.see(calls); };
    this.pump = new Pump({ pbx: pbx.id, journal: tools.journal, plan: tools.plan, clock: tools.clock, log, onChanged, onFacts: tools.onFacts, onOverflow });
    this.#catchUp = new CatchUp({ pbx: pbx.id, books: tools.books ?? null, journal: tools.journal, pipe: this.pump, log, onGap: tools.onGap ?? ((): void => undefined) });
    this.#supervisor = new Supervisor({
      pbx: pbx.id, log, listener: this.#listener(pbx),
      settings: linkSettings(pbx), ...(tools.random && { random: tools.random }),
    });
    this.#healing = tools.heal === 'auto' ? new Healing({ pbx: pbx.id, door: this.#supervisor, log, openCalls: () => this.pump.calls() }) : null;
  }

  /** The way to this Pbx: an action goes out while the link is up, or is rejected. */
  get door(): Door { return this.#supervisor; }

  get link(): Supervisor['state'] { return this.#supervisor.state; }
  get missing(): Supervisor['missing'] { return this.#supervisor.missing; }

  /** Since when what the Pbx says is understood: the link is up and no gap is being read. Null while it is not. */
  get listeningSince(): Instant | null {
    return this.link.name === 'up' && !this.#catchUp.isReading ? this.link.since : null;
  }

  /** A call whose legs we still see: its recorder may still be writing. */
  isOpen(call: CallKey): boolean { return this.pump.isOpen(call); }

  async start(): Promise<void> {
    this.#heartbeat ??= setInterval(() => { void this.#alive(); }, ALIVE_MS);
    await this.#supervisor.start();
  }

  async stop(deadlineMs: number): Promise<void> {
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
    // What is open now lived until now, whenever the next start will look again.
    const until = this.listeningSince === null ? null : this.#tools.clock.now();
    if (until !== null) this.#noteAlive(until);
    this.#catchUp.forget();
    // A recorder that was stopped to be armed anew begins again before the link goes.
    await this.#healing?.stop();
    try {
      await this.#supervisor.stop(deadlineMs);
    } finally {
      const isKept = this.pump.flush();
      this.pump.stop();
      if (until !== null && isKept) this.#mark(until);
    }
  }

  /** A link that seems to stand may be dead for half a minute already: only its answer proves that all that was said before has come. */
  async #alive(): Promise<void> {
    const asked = this.#tools.clock.now();
    if (!this.#isListening()) return;
    const isProven = await this.#supervisor.action({ Action: 'Ping' }).then(() => true, () => false);
    if (!isProven || !this.#isListening() || this.#heartbeat === null) return;
    this.#proven = asked;
    this.#noteAlive(asked);
    if (this.pump.openCalls > 0 || this.#marked === null || asked - this.#marked >= IDLE_MARK_MS) this.#heard(asked);
  }

  #isListening(): boolean { return this.listeningSince !== null; }

  #noteAlive(at: Instant): void {
    if (this.pump.openCalls > 0) this.pump.note({ kind: 'link-alive', pbx: this.id, at });
  }

  /** Not while the store refuses: what waits to be written is not yet safely heard. */
  #heard(until: Instant): void {
    if (this.pump.flush()) this.#mark(until);
  }

  #mark(until: Instant): void {
    try {
      this.#tools.journal.heard(this.id, until);
      this.#marked = until;
    } catch (error) {
      this.#tools.log.warn({ pbx: this.id, err: error }, 'the store refused the mark until when the PBX was heard: after a restart more of its books is read');
    }
  }

  /** Nothing of a link that was lost while the past was still being read has been told: the gap goes on from where it began. */
  #lost(at: Instant): void {
    if (this.#catchUp.forget()) return;
    this.pump.push([{ kind: 'link-lost', pbx: this.id, at }]);
    if (this.#proven !== null) this.#heard(this.#proven);
    this.#proven = null;
  }

  /** Keys are pressed now and obeyed now: what was queued before must not keep them waiting, the call is known since it was dialled. */
  #pauseAsked({ leg, linked, what }: PauseAsked): void {
    const call = this.pump.callOf(leg)?.key ?? callKey(this.id, linked);
    this.#tools.onPauseAsked?.(call, what);
  }

  #listener({ id }: PbxConfig): ConstructorParameters<typeof Supervisor>[0]['listener'] {
    const { profile, tee, log } = this.#tools;
    const translator = createTranslator(id, profile);
    return {
      onHeaders: (headers, at) => {
        tee?.({ kind: 'headers', at, pbx: id, headers });
        if (!this.#catchUp.isReading) this.#proven = at;
        const events = translator.events(headers, at);
        if (events.length > 0) this.#catchUp.hear(events);
        for (const event of events) if (event.kind === 'pause-asked') this.#pauseAsked(event);
      },
      onResync: (alive, at) => {
        tee?.({ kind: 'resync', at, pbx: id, alive });
        this.#catchUp.resynced({ kind: 'resynced', pbx: id, at, alive: translator.living(alive) });
      },
      onLost: (at) => {
        tee?.({ kind: 'lost', at, pbx: id });
        this.#lost(at);
      },
      onState: (state) => {
        log.debug({ pbx: id, state: state.name }, `link: ${state.reason}`);
        if (state.name === 'up') this.#healing?.linkUp();
        else this.#healing?.linkLost();
      },
    };
  }
}
