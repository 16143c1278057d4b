/** One Pbx heard: its link feeds the translator, the translator feeds the pump. What AGI decided joins the same story. */
import { type CaptureEntry } from '../ami/capture.ts';
import type { LinkSettings } from '../ami/settings.ts';
import { AmiError } from '../ami/errors.ts';
import { Supervisor } from '../ami/supervisor.ts';
import { createTranslator } from '../ami/translate.ts';
import type { Plan } from '../core/plan.ts';
import type { Clock, Journal, Log, Service } from '../core/ports.ts';
import type { CallKey } from '../core/words.ts';
import type { Config } from './config/index.ts';
import { Pump } from './pump.ts';

export type PbxConfig = Config['pbx'][number];

/** How to reach one Pbx's manager interface: the one place where its secret is taken out of its envelope. */
export const linkSettings = ({ ami }: PbxConfig): LinkSettings => ({ ...ami, secret: ami.secret.reveal() });

export interface EarsTools {
  readonly journal: Journal;
  readonly plan: Plan;
  readonly internal: RegExp;
  readonly clock: Clock;
  readonly log: Log;
  readonly onFacts: () => void;
  /** Gives [0, 1), for the back-off; a test's own luck. */
  readonly random?: () => number;
  /** What was heard, before anything was made of it: for `callme capture`. */
  readonly tee?: (entry: CaptureEntry) => void;
}

/** How often the open calls are noted as still alive: what a crash of ours forgets of a talk that ends meanwhile. */
const ALIVE_MS = 5_000;

export class Ears implements Service {
  readonly id: PbxConfig['id'];
  readonly pump: Pump;
  readonly #supervisor: Supervisor;
  readonly #tools: EarsTools;
  #heartbeat: NodeJS.Timeout | null = null;

  constructor(pbx: PbxConfig, tools: EarsTools) {
    const { log } = tools;
    this.id = pbx.id;
    this.#tools = tools;
    const onOverflow = (): never => { throw new AmiError('AMI_OVERFLOW', 'the store does not take what the PBX says', 'see the errors of the store before this: most often the disk of dataDir is full'); };
    this.pump = new Pump({ pbx: pbx.id, journal: tools.journal, plan: tools.plan, clock: tools.clock, log, onFacts: tools.onFacts, onOverflow });
    this.#supervisor = new Supervisor({
      pbx: pbx.id, log, listener: this.#listener(pbx),
      settings: linkSettings(pbx), ...(tools.random && { random: tools.random }),
    });
  }

  get link(): Supervisor['state'] { return this.#supervisor.state; }
  get missing(): Supervisor['missing'] { return this.#supervisor.missing; }

  /** A call whose legs we still see: its recorder may still be writing. */
  isOpen(call: CallKey): boolean { return this.pump.isOpen(call); }

  async start(): Promise<void> {
    this.#heartbeat ??= setInterval(() => { this.#alive(); }, ALIVE_MS);
    await this.#supervisor.start();
  }

  async stop(deadlineMs: number): Promise<void> {
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    this.#heartbeat = null;
    // What is open now lived until now, whenever the next start will look again.
    this.#alive();
    try {
      await this.#supervisor.stop(deadlineMs);
    } finally {
      this.pump.stop();
    }
  }

  #alive(): void {
    if (this.link.name === 'up' && this.pump.openCalls > 0) this.pump.note({ kind: 'link-alive', pbx: this.id, at: this.#tools.clock.now() });
  }

  #listener({ id, external }: PbxConfig): ConstructorParameters<typeof Supervisor>[0]['listener'] {
    const { internal, tee, log } = this.#tools;
    const translator = createTranslator(id, { external, internal });
    return {
      onHeaders: (headers, at) => {
        tee?.({ kind: 'headers', at, pbx: id, headers });
        const events = translator.events(headers, at);
        if (events.length > 0) this.pump.push(events);
      },
      onResync: (alive, at) => {
        tee?.({ kind: 'resync', at, pbx: id, alive });
        this.pump.push([{ kind: 'resynced', pbx: id, at, alive: translator.living(alive) }]);
      },
      onLost: (at) => {
        tee?.({ kind: 'lost', at, pbx: id });
        this.pump.push([{ kind: 'link-lost', pbx: id, at }]);
      },
      onState: (state) => log.debug({ pbx: id, state: state.name }, `link: ${state.reason}`),
    };
  }
}
