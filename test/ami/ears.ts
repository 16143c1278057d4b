import type { Test } from 'tap';
import type { Log } from '../../core/ports.ts';
import type { Instant, PbxId } from '../../core/words.ts';
import { Supervisor } from '../../ami/supervisor.ts';
import type { LinkState, SupervisorListener, SupervisorOptions } from '../../ami/supervisor.ts';
import type { LinkSettings } from '../../ami/settings.ts';
import type { Headers } from '../../ami/wire.ts';
import { FakeTimers } from '../fakes/ami-timers.ts';

/** Writes down what a supervisor tells and logs, as short words, and lets a test wait for one. */
export class Ears implements SupervisorListener, Log {
  readonly told: string[] = [];
  readonly logged: { readonly level: string; readonly message: string; readonly fields: Readonly<Record<string, unknown>> }[] = [];
  /** Throws at an event of this name. */
  poison = '';
  #wake: (() => void)[] = [];

  onHeaders(headers: Headers, _at: Instant): void {
    if (headers.event === this.poison) throw new Error('poison');
    this.#say([headers.event, headers.text('Uniqueid')].join(' ').trim());
  }

  onResync(alive: readonly Headers[]): void {
    this.#say(`resync [${alive.map((each) => each.text('Uniqueid')).join(' ')}]`);
  }

  onLost(): void {
    this.#say('lost');
  }

  onState(state: LinkState): void {
    this.#say(`is ${state.name}`);
  }

  debug(): void {
    // Nobody asks for it.
  }

  info(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#log('info', fields, message);
  }

  warn(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#log('warn', fields, message);
  }

  error(fields: Readonly<Record<string, unknown>>, message: string): void {
    this.#log('error', fields, message);
  }

  child(): Log {
    return this;
  }

  /** Resolves when `word` was told `times` times. */
  async hears(word: string, times = 1): Promise<void> {
    await this.until(() => this.told.filter((each) => each === word).length >= times);
  }

  async logs(pattern: RegExp): Promise<Readonly<Record<string, unknown>>> {
    const find = (): { fields: Readonly<Record<string, unknown>> } | undefined => this.logged.find((each) => pattern.test(each.message));
    await this.until(() => find() !== undefined);
    return find()?.fields ?? {};
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  #log(level: string, fields: Readonly<Record<string, unknown>>, message: string): void {
    this.logged.push({ level, message, fields });
    this.#changed();
  }

  #say(word: string): void {
    this.told.push(word);
    this.#changed();
  }

  #changed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }
}

export interface Watch { readonly supervisor: Supervisor; readonly ears: Ears; readonly timers: FakeTimers }

/** A started supervisor with time and luck of its own, and no pings (`link.test.ts` has them); it stops with the test. */
export async function watch(t: Test, settings: LinkSettings, more: Partial<SupervisorOptions> = {}): Promise<Watch> {
  const ears = new Ears();
  const timers = new FakeTimers();
  const supervisor = new Supervisor({ pbx: 'main' as PbxId, settings, listener: ears, log: ears, timers, random: () => 0, limits: { pingEveryMs: 1e9 }, ...more });
  t.teardown(() => supervisor.stop(1_000));
  await supervisor.start();
  return { supervisor, ears, timers };
}
