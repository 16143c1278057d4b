import type { CheckCode, CheckLine, DriverTools } from '../../driver.ts';
import type { Desk } from './desk.ts';
import type { Application } from './install.ts';
import type { Introduction } from './introducing.ts';
import type { Params } from './portal.ts';
import type { Reply } from './replies.ts';

/** What the check looks at. */
export interface Checking {
  readonly desk: Desk;
  readonly tools: DriverTools;
  readonly application: Application | null;
  readonly events: Introduction['events'];
  /** `''` = not known. */
  readonly applicationToken: () => string;
}

export const fine = (code: CheckCode, what: string): CheckLine => ({ ok: true, code, what, remedy: '' });
export const wrong = (code: CheckCode, what: string, remedy: string): CheckLine => ({ ok: false, code, what, remedy });

const PROBE_MS = 10_000;
export const probe = (desk: Desk, method: string, params: Params, signal: AbortSignal): Promise<Reply> =>
  desk.portal.ask(method, params, { signal, timeoutMs: PROBE_MS });

/** `+7 495…` and `7495…` are one line; a trunk's name stays as it is. */
export const digitsOf = (number: string): string => number.replace(/\D/g, '') || number;
/** A line is ours and public, a whole number stays out of logs all the same. */
export const masked = (number: string): string => (number.length > 4 ? `…${number.slice(-4)}` : number);
