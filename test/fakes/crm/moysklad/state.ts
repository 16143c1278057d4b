/** What a stand-in MoySklad holds, and how it may be set up. Numbers in brackets are sections of the contract notes; sources: docs/crm/moysklad.md. */
import type { Answer } from '../stand-in.ts';

export interface SkladEmployee { readonly id: string; readonly extension: string | null }
export interface SkladClient { readonly id: string; readonly name?: string; readonly phone: string; /** Id of an employee. */ readonly owner?: string }
export type Fields = Readonly<Record<string, unknown>>;

export interface SkladOptions {
  readonly token?: string;
  readonly employees?: readonly SkladEmployee[];
  readonly clients?: readonly SkladClient[];
  /** False: the application Phone API is not connected (55008). */
  readonly connected?: false;
  /** Milliseconds that MoySklad's clock is ahead. */
  readonly ahead?: number;
  /** Unconfirmed: what a second POST of one `externalId` does. Default `same`: it answers the call that is there. */
  readonly again?: 'same' | 'refused' | 'second';
  /** Unconfirmed: does the answer to a PUT show the links? Default true. */
  readonly showsLinks?: false;
  /** Unconfirmed: does an employee who is not there name the parameter? Default true; false = 404 and 1021 alone. */
  readonly namesEmployee?: false;
}

export interface SkladCall { readonly id: string; readonly fields: Record<string, unknown>; readonly links: string[]; posts: number; ends: number }
export interface SkladEvent { readonly externalId: string; readonly eventType: string; readonly extension: string | null; readonly sequence: number }

export interface SkladState {
  readonly options: SkladOptions;
  readonly employees: SkladEmployee[];
  readonly clients: readonly SkladClient[];
  readonly calls: SkladCall[];
  readonly events: SkladEvent[];
}

/** [4.2] */
export const no = (status: number, code: number, error: string, parameter?: string): Answer =>
  ({ status, body: { errors: [{ error, ...parameter === undefined ? {} : { parameter }, code, error_message: error }] } });
