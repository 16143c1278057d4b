/** What a stand-in RetailCRM account holds, and how it may be set up. Numbers in brackets are sections of the contract notes; sources: docs/crm/retailcrm.md. */
import type { Answer } from '../stand-in.ts';

export interface RetailUser { readonly id: number; readonly firstName: string; readonly lastName?: string; readonly code?: string | null; readonly active?: boolean }
export interface RetailCustomer { readonly id: number; readonly firstName: string; readonly lastName?: string; readonly phone: string; readonly manager: number | null }
export type Fields = Readonly<Record<string, unknown>>;

export interface RetailOptions {
  readonly apiKey?: string;
  readonly users?: readonly RetailUser[];
  readonly customers?: readonly RetailCustomer[];
  readonly sites?: readonly string[];
  /** Modules that are registered already, by their code. */
  readonly modules?: Readonly<Record<string, Fields>>;
  /** Addresses that the key may ask; default all that the stand-in has. */
  readonly allowed?: readonly string[];
  /** `access_full` lists no shops. Default selective. */
  readonly siteAccess?: 'access_full' | 'access_selective';
  readonly timezone?: string;
  /** Milliseconds that the account's clock is ahead. */
  readonly ahead?: number;
  /** False: nobody lives at this address, and a page says so. */
  readonly exists?: false;
  /** [3.2] unconfirmed: does `processedCallsCount` count the duplicates too? Default true. */
  readonly countsDuplicates?: boolean;
  /** [3.2] unconfirmed: must a call have `code` or `userId`? Default true. */
  readonly ownerRequired?: boolean;
  /** [3] `errors` may be a map or a list. Default map. */
  readonly errorsAs?: 'map' | 'list';
  /** `/api/v5/credentials` instead of `/api/credentials`. */
  readonly credentialsInside?: boolean;
}

export interface RetailState {
  readonly options: RetailOptions;
  readonly users: RetailUser[];
  readonly customers: readonly RetailCustomer[];
  readonly sites: readonly string[];
  readonly modules: Map<string, Fields>;
  readonly events: Fields[];
  readonly calls: Fields[];
}

export const yes = (said: Fields = {}): Answer => ({ status: 200, body: { success: true, ...said } });
/** [3] */
export const no = (status: number, errorMsg: string, errors?: unknown): Answer => ({ status, body: { success: false, errorMsg, ...errors === undefined ? {} : { errors } } });

/** [3] complaints about fields, as a map or as a list. */
export function complaints({ options }: RetailState, errors: Readonly<Record<string, string>>): Answer {
  return no(400, 'Errors in the entity format', options.errorsAs === 'list' ? Object.entries(errors).map(([field, text]) => `${field}: ${text}`) : errors);
}

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '');
