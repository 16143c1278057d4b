import type { Call } from './calls.ts';
import type { Fact } from './facts.ts';
import type { CallKey, Instant } from './words.ts';

/** What the core asks the shell to do. The shell writes all effects of a batch in one transaction. */
export type Effect =
  | { readonly kind: 'tell'; readonly fact: Fact }
  /** The call changed: keep this snapshot, so that a restart can go on from it. */
  | { readonly kind: 'keep'; readonly call: Call }
  /** The call is over (or merged away) and told: no snapshot needed any more. */
  | { readonly kind: 'forget'; readonly call: CallKey }
  /** Something the core did not understand or had to assume; for `calls explain`, never an exception. */
  | { readonly kind: 'note'; readonly call: CallKey | null; readonly at: Instant; /** Words of the core, `parked 1790.17 701`: the first one says what happened, `calls explain` makes a sentence of it. */ readonly text: string };
