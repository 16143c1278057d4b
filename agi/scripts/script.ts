import type { Log } from '../../core/ports.ts';
import type { AgiSession } from '../session.ts';
import type { AgiRequest } from '../wire.ts';

/** What a script is given. It may throw, reject or never end: the server sees to it that the caller goes on. */
export interface Conversation {
  readonly session: AgiSession;
  readonly request: AgiRequest;
  /** Milliseconds until the server ends the session, whatever the script does. */
  readonly leftMs: number;
  readonly log: Log;
}
export type Script = (conversation: Conversation) => Promise<void>;
