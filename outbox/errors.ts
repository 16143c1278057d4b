/** What can go wrong in the outbox, as stable codes. */
export type OutboxCode =
  /** The abort reason that a driver sees when its time for one delivery is over. */
  | 'OUTBOX_DEADLINE'
  /** The abort reason that a driver sees when CallMe stops and cannot wait any longer. */
  | 'OUTBOX_STOPPING'
  /** So many requests wait for one account's limiter that another one would only grow the queue. */
  | 'OUTBOX_LIMITER_FULL';

export class OutboxError extends Error {
  readonly code: OutboxCode;

  constructor(code: OutboxCode, message: string) {
    super(message);
    this.name = 'OutboxError';
    this.code = code;
  }
}
