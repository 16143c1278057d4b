/**
 * A driver's answer about one delivery. The driver never sleeps and never retries: the outbox alone decides when to try again.
 * An error that a driver throws counts as `try-later`: losing a call is worse than telling the CRM to look twice.
 */
export type Verdict =
  | { readonly kind: 'delivered'; readonly note: string }
  /** This account has no use for the fact (a hidden number, an unmapped kind). Final, and not a failure. */
  | { readonly kind: 'skipped'; readonly reason: string }
  /** Network, 429, 5xx. `retryAfterMs`: the CRM's own Retry-After, if it gave one. */
  | { readonly kind: 'try-later'; readonly reason: string; readonly retryAfterMs: number | null }
  /** This fact is refused for good (400, 404): a dead letter. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The account as a whole is locked out (401, 403): every delivery of it is held until an operator acts. */
  | { readonly kind: 'locked-out'; readonly reason: string };
