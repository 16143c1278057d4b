/**
 * A CRM that does what the test says, delivery by delivery, and remembers what it was asked. It also watches the promises of the
 * outbox: never two of a lane at once, never more than allowed per account.
 */
import type { Delivery } from '../../core/ports.ts';
import type { Verdict } from '../../core/verdict.ts';
import type { AccountId } from '../../core/words.ts';

/** `hang`: never comes back, not even on its signal. `obey`: comes back (with an AbortError) on its signal alone. */
export type Answer = Verdict | Error | 'hang' | 'obey' | Promise<Verdict>;
export type Script = (delivery: Delivery, number: number) => Answer;

export const DELIVERED: Verdict = { kind: 'delivered', note: 'told' };
export const REFUSED: Verdict = { kind: 'refused', reason: '400' };
export const SKIPPED: Verdict = { kind: 'skipped', reason: 'hidden number' };
export const LOCKED_OUT: Verdict = { kind: 'locked-out', reason: '401' };
export const tryLater = (retryAfterMs: number | null = null): Verdict => ({ kind: 'try-later', reason: '503', retryAfterMs });

export class Unreliable {
  /** What was tried, in order: the part of the fact's id that tells what happened, with the call: `17#ended`. */
  readonly tried: string[] = [];
  readonly delivered: string[] = [];
  readonly signals: AbortSignal[] = [];
  readonly breaches: string[] = [];
  most = new Map<AccountId, number>();
  script: Script;
  /** Who did not obey its signal is given up by the outbox, and does not count any more. */
  readonly #underWay = new Map<Delivery, AbortSignal>();

  constructor(script: Script = () => DELIVERED) { this.script = script; }

  readonly deliver = async (delivery: Delivery, signal: AbortSignal): Promise<Verdict> => {
    const name = delivery.fact.id.slice(delivery.fact.id.indexOf('/') + 1);
    this.#watch(delivery, signal);
    this.tried.push(name);
    this.signals.push(signal);
    try {
      const verdict = await answered(this.script(delivery, this.tried.length), signal);
      if (verdict.kind === 'delivered') this.delivered.push(name);
      return verdict;
    } finally {
      this.#underWay.delete(delivery);
    }
  };

  #watch(delivery: Delivery, signal: AbortSignal): void {
    const others = [...this.#underWay].filter(([, { aborted }]) => !aborted).map(([other]) => other);
    for (const other of others) if (other.lane === delivery.lane) this.breaches.push(`two of ${delivery.lane} at once`);
    this.#underWay.set(delivery, signal);
    const now = 1 + others.filter(({ account }) => account === delivery.account).length;
    this.most.set(delivery.account, Math.max(now, this.most.get(delivery.account) ?? 0));
  }
}

async function answered(answer: Answer, signal: AbortSignal): Promise<Verdict> {
  if (answer instanceof Error) throw answer;
  if (answer === 'hang') return new Promise(() => undefined);
  if (answer !== 'obey') return answer;
  return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true }));
}
