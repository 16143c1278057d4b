/** One try of one delivery, or of a batch of them, under its deadline. Whatever the driver does, a verdict about each comes back in bounded time. */
import type { Clock, Delivery } from '../core/ports.ts';
import type { Verdict } from '../core/verdict.ts';
import { OutboxError } from './errors.ts';
import type { Cancel, Timers } from './timers.ts';

/** `rested`: it was not asked, because the product wants to be left alone: that tells nothing of its health. */
export type Answered = Verdict & { readonly rested?: true };
/** `urgent`: a pop-up waits for it. */
export type Deliver = (delivery: Delivery, signal: AbortSignal, urgent: boolean) => Promise<Answered>;
/** As many answers as deliveries, in their order. */
export type DeliverMany = (deliveries: readonly Delivery[], signal: AbortSignal) => Promise<readonly Answered[]>;

export interface AttemptTools {
  readonly clock: Clock;
  readonly timers: Timers;
  /** A delivery's time, milliseconds; a perishable one also ends at its own deadline. */
  readonly deliverMs: number;
  /** How long a driver may take to come back after its signal: it may just have heard "delivered". */
  readonly graceMs: number;
}

export interface Work {
  readonly deliveries: readonly Delivery[];
  run(signal: AbortSignal): Promise<readonly Answered[]>;
}

export interface Attempted {
  /** As many as deliveries. */
  readonly verdicts: readonly Answered[];
  /** True when we broke it off before the CRM had a fair chance, so that it says nothing about the CRM. */
  readonly cutShort: boolean;
}

/** A pop-up that gets less than this and no answer proves nothing. */
const FAIR_MS = 5_000;

/** Never rejects. `stopping` breaks it off early. */
export async function attempt(work: Work, tools: AttemptTools, stopping: AbortSignal): Promise<Attempted> {
  const controller = new AbortController();
  const limitMs = Math.min(tools.deliverMs, ...work.deliveries.map(({ deadline }) => (deadline === null ? Infinity : Math.max(0, deadline - tools.clock.now()))));
  const brokenOff = breakOff(controller, stopping, { ...tools, limitMs });
  const answer = await Promise.race([answered(work, controller.signal), brokenOff.verdict]);
  brokenOff.cancel();
  const verdicts = typeof answer === 'string' ? work.deliveries.map(() => tryLater(answer)) : answer;
  const silent = verdicts.every(({ kind }) => kind === 'try-later');
  return { verdicts, cutShort: controller.signal.aborted && silent && (stopping.aborted || limitMs < FAIR_MS) };
}

/** What is said of a driver that does not come back, and what to undo when it does. */
function breakOff(controller: AbortController, stopping: AbortSignal, { timers, limitMs, graceMs }: AttemptTools & { readonly limitMs: number }) {
  const cancels: Cancel[] = [];
  const verdict = new Promise<string>((resolve) => {
    const abort = (failure: OutboxError) => {
      if (controller.signal.aborted) return;
      controller.abort(failure);
      cancels.push(timers.after(graceMs, () => resolve(failure.message)));
    };
    const stop = () => abort(new OutboxError('OUTBOX_STOPPING', 'CallMe stops'));
    cancels.push(timers.after(limitMs, () => abort(new OutboxError('OUTBOX_DEADLINE', `no answer within ${limitMs} ms`))));
    cancels.push(() => stopping.removeEventListener('abort', stop));
    stopping.addEventListener('abort', stop, { once: true });
    if (stopping.aborted) stop();
  });
  return { verdict, cancel: () => { for (const cancel of cancels) cancel(); } };
}

/**
 * The verdicts, or why there are none. An error thrown counts as `try-later`: losing a call is worse than telling the CRM to look twice. So
 * do answers that are not as many as the deliveries: nobody knows which is whose.
 */
async function answered(work: Work, signal: AbortSignal): Promise<readonly Answered[] | string> {
  try {
    const verdicts = await work.run(signal);
    return verdicts.length === work.deliveries.length ? verdicts : `the driver gave ${verdicts.length} answers about ${work.deliveries.length} facts`;
  } catch (failure) {
    return spoken(failure);
  }
}

const tryLater = (reason: string): Verdict => ({ kind: 'try-later', reason, retryAfterMs: null });

/** What an error said, short and without addresses: some CRMs carry their secret in the URL. */
export function spoken(failure: unknown): string {
  if (!(failure instanceof Error)) return 'the driver threw something that is no error';
  const code = 'code' in failure && typeof failure.code === 'string' ? `${failure.code}: ` : '';
  return `${code}${failure.message}`.replaceAll(/[a-z][a-z0-9+.-]*:\/\/\S+/gi, '<address>').slice(0, 300);
}
