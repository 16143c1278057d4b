/**
 * Detailed logs, switched while CallMe runs and only for a while: a log that somebody forgot to switch off fills a disk. A subsystem is what the log
 * calls `room`; `http` is every request to a CRM and its answer in full, with secrets and numbers masked (`detail/http.ts`).
 */
import type { Clock, Log } from '../core/ports.ts';
import { instant, type Instant } from '../core/words.ts';

export const SUBSYSTEMS = ['ami', 'agi', 'crm', 'http', 'outbox', 'recordings'] as const;
export type Subsystem = (typeof SUBSYSTEMS)[number];
export const DETAIL_LEVELS = ['normal', 'detail'] as const;
export type DetailLevel = (typeof DETAIL_LEVELS)[number];

export interface DetailShown {
  readonly subsystems: Readonly<Record<Subsystem, DetailLevel>>;
  /** When each goes back by itself, ISO 8601; only those that are switched on. */
  readonly until: Readonly<Partial<Record<Subsystem, string>>>;
}
/** Minutes, at least and at most, and where nobody says. */
export const DETAIL_MINUTES = { least: 1, most: 1_440, otherwise: 30 } as const;

export const isSubsystem = (name: string): name is Subsystem => (SUBSYSTEMS as readonly string[]).includes(name);

export class Detail {
  readonly #clock: Clock;
  readonly #until = new Map<string, Instant>();

  constructor({ clock }: { readonly clock: Clock }) { this.#clock = clock; }

  /** Asked for every line of a log: a look into a map, and at the clock only while something is switched on. */
  readonly isOn = (subsystem: string): boolean => {
    const until = this.#until.get(subsystem);
    if (until === undefined) return false;
    if (this.#clock.now() < until) return true;
    this.#until.delete(subsystem);
    return false;
  };

  set(levels: Readonly<Partial<Record<Subsystem, DetailLevel>>>, minutes: number, log?: Log): DetailShown {
    for (const subsystem of SUBSYSTEMS) {
      const level = levels[subsystem];
      if (level === 'detail') this.#until.set(subsystem, instant(this.#clock.now() + minutes * 60_000));
      if (level === 'normal') this.#until.delete(subsystem);
    }
    log?.warn({ detail: SUBSYSTEMS.filter((each) => this.isOn(each)), minutes }, 'detailed logs were switched');
    return this.shown();
  }

  shown(): DetailShown {
    const on = SUBSYSTEMS.filter((subsystem) => this.isOn(subsystem));
    return {
      subsystems: Object.fromEntries(SUBSYSTEMS.map((subsystem) => [subsystem, on.includes(subsystem) ? 'detail' : 'normal'])) as Record<Subsystem, DetailLevel>,
      until: Object.fromEntries(on.map((subsystem) => [subsystem, new Date(this.#until.get(subsystem) ?? 0).toISOString()])),
    };
  }
}
