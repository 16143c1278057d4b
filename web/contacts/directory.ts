/** What the window asks about contacts, employees and lines; the app answers (`app/directory.ts`). */
export interface DirectoryStats {
  readonly hits: number;
  readonly misses: number;
  readonly hitRatePercent: number;
  readonly cacheSize: number;
  /** Accounts whose people are in memory. */
  readonly configCacheSize: number;
  /** ISO 8601, null = not yet. */
  readonly lastFullRefresh: string | null;
  readonly accounts: readonly { readonly id: string; readonly driver: string }[];
}
export interface Customer {
  /** As a plan writes it, `+79035550142`. */
  readonly phone: string;
  readonly account: string;
  readonly id: string;
  readonly type: string;
  readonly name: string;
  readonly owner: { readonly extension: string | null; readonly name: string | null; readonly crmUser: string | null } | null;
  readonly source: 'cache' | 'live';
}
/** `unknown`: no CRM knows this number. `silent`: none could tell now. */
export type CustomerAnswer = { readonly kind: 'found'; readonly customer: Customer } | { readonly kind: 'unknown' } | { readonly kind: 'silent'; readonly why: string };

export interface Manager { readonly extension: string | null; readonly name: string; readonly accounts: readonly { readonly account: string; readonly user: string; readonly name: string; readonly active: boolean }[] }
export interface LineShown { readonly line: string; readonly name: string; readonly rules: readonly unknown[] }
export interface SearchResult {
  readonly contacts: readonly { readonly account: string; readonly id: string; readonly type: string; readonly name: string; readonly phone: string | null }[];
  readonly managers: readonly Manager[];
  readonly lines: readonly LineShown[];
}

export interface Directory {
  stats(): DirectoryStats;
  /** Asks the CRMs again about everything that is known, in the background. Returns about how many numbers. */
  refresh(): number;
  /** Forgets everything. Returns how many numbers. */
  invalidate(): number;
  customer(phone: string, asking: { readonly fresh: boolean; readonly signal: AbortSignal }): Promise<CustomerAnswer>;
  /** By extension, else by name; null = nobody. */
  manager(wanted: string, signal: AbortSignal): Promise<Manager | null>;
  /** By number in any spelling, else by name; null = none. */
  line(wanted: string): LineShown | null;
  lines(): readonly LineShown[];
  /** Contacts, managers and lines by a part of a number or of a name. */
  search(text: string, signal: AbortSignal): Promise<SearchResult>;
  /** Null = there is no such account or driver. No secrets. */
  config(type: string | null): Readonly<Record<string, unknown>> | null;
}
