/** One try of one delivery, under its deadline. Whatever the driver does, a verdict comes back in bounded time. */
import type { Clock, Delivery } from '../core/ports.ts';
import type { Verdict } from '../core/verdict.ts';
import { OutboxError } from './errors.ts';
import type { Cancel, Timers } from './timers.ts';

export type Deliver = (delivery: Delivery, signal: AbortSignal) => Promise<Verdict>;

export interface AttemptTools {
  readonly deliver: Deliver;
  readonly clock: Clock;
  readonly timers: Timers;
  /** A delivery's time, milliseconds; a perishable one also ends at its own deadline. */
  readonly deliverMs: number;
  /** How long a driver may take to come back after its signal: it may just have heard "delivered". */
  readonly graceMs: number;
}

export interface Attempted {
  readonly verdict: Verdict;
  /** True when we broke it off before the CRM had a fair chance, so that it says nothing about the CRM. */
  readonly cutShort: boolean;
}

/** A pop-up that gets less than this and no answer proves nothing. */
const FAIR_MS = 5_000;

/** Never rejects. `stopping` breaks it off early. */
export async function attempt(delivery: Delivery, tools: AttemptTools, stopping: AbortSignal): Promise<Attempted> {
  const controller = new AbortController();
  const limitMs = Math.min(tools.deliverMs, delivery.deadline === null ? Infinity : Math.max(0, delivery.deadline - tools.clock.now()));
  const brokenOff = breakOff(controller, stopping, { ...tools, limitMs });
  const verdict = await Promise.race([answered(tools.deliver, delivery, controller.signal), brokenOff.verdict]);
  brokenOff.cancel();
  const cutShort = controller.signal.aborted && verdict.kind === 'try-later' && (stopping.aborted || limitMs < FAIR_MS);
  return { verdict, cutShort };
}

/** The verdict of a driver that does not come back, and what to undo when it does. */
function breakOff(controller: AbortController, stopping: AbortSignal, { timers, limitMs, graceMs }: AttemptTools & { readonly limitMs: number }) {
  const cancels: Cancel[] = [];
  const verdict = new Promise<Verdict>((resolve) => {
    const abort = (failure: OutboxError) => {
      if (controller.signal.aborted) return;
      controller.abort(failure);
      cancels.push(timers.after(graceMs, () => resolve(tryLater(failure.message))));
    };
    const stop = () => abort(new OutboxError('OUTBOX_STOPPING', 'CallMe stops'));
    cancels.push(timers.after(limitMs, () => abort(new OutboxError('OUTBOX_DEADLINE', `no answer within ${limitMs} ms`))));
    cancels.push(() => stopping.removeEventListener('abort', stop));
    stopping.addEventListener('abort', stop, { once: true });
    if (stopping.aborted) stop();
  });
  return { verdict, cancel: () => { for (const cancel of cancels) cancel(); } };
}

/** An error thrown counts as `try-later`: losing a call is worse than telling the CRM to look twice. */
async function answered(deliver: Deliver, delivery: Delivery, signal: AbortSignal): Promise<Verdict> {
  try {
    return await deliver(delivery, signal);
  } catch (failure) {
    return tryLater(spoken(failure));
  }
}

const tryLater = (reason: string): Verdict => ({ kind: 'try-later', reason, retryAfterMs: null });

/** What an error said, short and without addresses: some CRMs carry their secret in the URL. */
export function spoken(failure: unknown): string {
  if (!(failure instanceof Error)) return 'the driver threw something that is no error';
  const code = 'code' in failure && typeof failure.code === 'string' ? `${failure.code}: ` : '';
  return `${code}${failure.message}`.replaceAll(/[a-z][a-z0-9+.-]*:\/\/\S+/gi, '<address>').slice(0, 300);
}
