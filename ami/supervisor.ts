/**
 * The ears of one Pbx: opens links for ever, one after the other, and turns each into: filters, resync, the events that came meanwhile,
 * live events. Whoever listens hears one story with its gaps named: resync, events …, lost, resync, events …
 * Longer than a hundred lines because the life of a link is one story, told in one place.
 */
import type { Log, Service } from '../core/ports.ts';
import type { Instant, PbxId } from '../core/words.ts';
import { livingChannels } from './actions.ts';
import { createBackoff, STEADY_MS } from './backoff.ts';
import type { Backoff } from './backoff.ts';
import type { Door } from './door.ts';
import { AmiError } from './errors.ts';
import { applyFilters } from './filters.ts';
import { openLink } from './link.ts';
import type { Link } from './link.ts';
import type { ListAnswer } from './lists.ts';
import type { Action } from './outgoing.ts';
import { channelsRefused, filterRefused, SelfTest } from './permissions.ts';
import type { AmiPermissionMissing } from './permissions.ts';
import type { LinkLimits, LinkSettings } from './settings.ts';
import { Stream } from './stream.ts';
import type { PbxListener } from './stream.ts';
import { pause, realTimers, within } from './timers.ts';
import type { Timers } from './timers.ts';
import type { Headers } from './wire.ts';

export interface LinkState {
  readonly name: 'down' | 'catching-up' | 'up';
  readonly since: Instant;
  readonly reason: string;
}

export interface SupervisorListener extends PbxListener {
  /** A link whose resync or events were told is gone: a gap begins. Not called when CallMe itself stops. */
  onLost(at: Instant): void;
  onState(state: LinkState): void;
}

export interface SupervisorOptions {
  readonly pbx: PbxId;
  readonly settings: LinkSettings;
  readonly listener: SupervisorListener;
  readonly log: Log;
  readonly timers?: Timers;
  readonly limits?: Partial<LinkLimits>;
  /** Gives [0, 1). */
  readonly random?: () => number;
  /** Events kept while the list of channels is on its way; beyond it the link starts again. */
  readonly bufferCap?: number;
}

export class Supervisor implements Service, Door {
  readonly #options: SupervisorOptions;
  readonly #timers: Timers;
  readonly #log: Log;
  readonly #backoff: Backoff;
  readonly #stop = new AbortController();
  #running: Promise<void> | null = null;
  #link: Link | null = null;
  #state: LinkState;
  #missing: readonly AmiPermissionMissing[] = [];

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#timers = options.timers ?? realTimers;
    this.#log = options.log.child({ pbx: options.pbx });
    this.#backoff = createBackoff(options.random ?? Math.random);
    this.#state = { name: 'down', since: this.#timers.now(), reason: 'not started' };
  }

  get state(): LinkState {
    return this.#state;
  }

  /** What the manager user lacks, as far as the last link has found out. */
  get missing(): readonly AmiPermissionMissing[] {
    return this.#missing;
  }

  /** Resolves at once: a PBX that is down must not keep the rest from serving. */
  start(): Promise<void> {
    this.#running ??= this.#run();
    return Promise.resolve();
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#stop.abort();
    if (this.#running === null) return;
    await within(this.#timers, deadlineMs, this.#running, () => new AmiError('AMI_TIMEOUT', 'the link did not stop in time'));
  }

  /** An action goes out while the link is up, or is rejected with AMI_DOWN: one that waited would ring a phone ten minutes late (M4). */
  async action(action: Action, ms?: number): Promise<Headers> {
    return await this.#up().action(action, ms);
  }

  async list(action: Action, ms?: number): Promise<ListAnswer> {
    return await this.#up().list(action, ms);
  }

  get #stopping(): boolean {
    return this.#stop.signal.aborted;
  }

  #up(): Link {
    if (this.#link !== null && this.#state.name === 'up') return this.#link;
    throw new AmiError('AMI_DOWN', `PBX ${this.#options.pbx} is ${this.#state.name}: ${this.#state.reason}`);
  }

  async #run(): Promise<void> {
    for (;;) {
      const reason = await this.#oneLink();
      if (this.#stopping) break;
      const retryMs = this.#backoff.next(HOPELESS.has(reason.code));
      this.#log.error({ code: reason.code, remedy: reason.remedy, retryMs }, `AMI link: ${reason.message}`);
      this.#enter('down', reason.message);
      await pause(this.#timers, retryMs, this.#stop.signal);
    }
    this.#enter('down', 'stopped');
  }

  /** From connect to the end of it. Resolves with the reason; never rejects. */
  async #oneLink(): Promise<AmiError> {
    const stream = new Stream(this.#options.listener, this.#options.bufferCap);
    const test = new SelfTest(this.#options.settings.username, this.#timers);
    try {
      this.#link = await this.#open(stream, test);
      return await this.#live(this.#link, stream, test);
    } catch (error) {
      return asReason(error);
    } finally {
      this.#link = null;
      if (stream.told && !this.#stopping) this.#options.listener.onLost(this.#timers.now());
    }
  }

  #open(stream: Stream, test: SelfTest): Promise<Link> {
    const onEvent = (headers: Headers, at: Instant): void => {
      if (!test.sees(headers)) stream.event(headers, at);
    };
    const limits = this.#options.limits ?? {};
    return openLink(this.#options.settings, { onEvent, timers: this.#timers, limits, signal: this.#stop.signal });
  }

  async #live(link: Link, stream: Stream, test: SelfTest): Promise<AmiError> {
    try {
      this.#enter('catching-up', `connected: ${link.greeting}`);
      await this.#catchUp(link, stream);
      const upAt = this.#timers.now();
      this.#examine(link, test);
      const reason = await link.closed;
      if (this.#timers.now() - upAt >= STEADY_MS) this.#backoff.reset();
      return reason;
    } catch (error) {
      link.close(asReason(error));
      return await link.closed;
    }
  }

  /** Filters before the list: what they drop is then never kept. The list's refusal is no reason to hear nothing. */
  async #catchUp(link: Link, stream: Stream): Promise<void> {
    const { username } = this.#options.settings;
    const filters = await applyFilters(link);
    const { channels, refused } = await livingChannels(link);
    this.#missing = [];
    if (filters.kind === 'refused') this.#lacks(filterRefused(filters.message, username));
    if (refused !== null) this.#lacks(channelsRefused(refused, channels.kind === 'list', username));
    const alive = channels.kind === 'list' ? channels.items : null;
    stream.open(alive, this.#timers.now());
    this.#log.info({ channels: alive?.length ?? null, filtered: filters.kind === 'filtered' }, `AMI link is up: ${link.greeting}`);
    this.#enter('up', link.greeting);
  }

  /** In the background: its findings change nothing but what is known. The link's end ends it. */
  #examine(link: Link, test: SelfTest): void {
    test.run(link).then((found) => {
      for (const each of found) this.#lacks(each);
      if (found.some(isNotBooted)) void test.booted.then(() => this.#withdraw());
    }, () => undefined);
  }

  /** Asterisk was still starting when it was examined. */
  #withdraw(): void {
    this.#missing = this.#missing.filter((each) => !isNotBooted(each));
  }

  #lacks(found: AmiPermissionMissing): void {
    const known = this.#missing.some((each) => each.right === found.right && each.class === found.class && each.seen === found.seen);
    if (!known) this.#missing = [...this.#missing, found];
    const fields = { right: found.right, class: found.class, remedy: found.repair };
    this.#log.warn(fields, `AMI right missing (${found.right}=${found.class}): ${found.seen}`);
  }

  #enter(name: LinkState['name'], reason: string): void {
    this.#state = { name, since: this.#timers.now(), reason };
    this.#options.listener.onState(this.#state);
  }
}

/** Only the operator can help: asking often fills Asterisk's log and trips fail2ban. */
const HOPELESS: ReadonlySet<string> = new Set(['AMI_DENIED', 'AMI_INSECURE', 'AMI_ACTION']);

const isNotBooted = (found: AmiPermissionMissing): boolean => found.right === 'read' && found.class === 'system';

function asReason(error: unknown): AmiError {
  if (error instanceof AmiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new AmiError('AMI_LISTENER', `the listener failed: ${message}`, 'please report this', { cause: error });
}
