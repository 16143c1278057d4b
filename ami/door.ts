import type { ListAnswer } from './lists.ts';
import type { Action } from './outgoing.ts';
import type { Headers } from './wire.ts';

/** Who can take an action to Asterisk: a Link, or the supervisor that owns one. */
export interface Door {
  /**
   * Resolves with Asterisk's response, also when it is a refusal (see `refusal` in wire.ts). Rejects with AmiError: AMI_ACTION (not
   * sent), AMI_TIMEOUT (sent, no answer within `ms`: it may have happened), AMI_DOWN and whatever else ended the link.
   */
  action(action: Action, ms?: number): Promise<Headers>;
  /** For actions that answer with an event list. Rejects as above, and with AMI_OVERFLOW. */
  list(action: Action, ms?: number): Promise<ListAnswer>;
}
