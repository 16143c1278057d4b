/**
 * Telephone numbers as the tenant reads them: what the core needs of a library that it may not know (`app/phones.ts` is the door to it). A number
 * is read by the rules of its line first, then by the plan of the tenant's country.
 */
export type Telephone =
  /** Nobody can be looked up: the caller hid the number, or the network gave none. */
  | { readonly kind: 'hidden' }
  /** One of ours. */
  | { readonly kind: 'internal'; readonly digits: string }
  /** `112`, `*97`, a short number of an operator: nobody's contact. */
  | { readonly kind: 'service'; readonly digits: string }
  | {
    readonly kind: 'external';
    /** `+79035550142`; for a number that fits no plan, `+` and its digits. */
    readonly e164: string;
    /** Without the country: `9035550142`. */
    readonly national: string;
    /** ISO 3166, null = no plan fits. */
    readonly country: string | null;
    /** Whether the plan of that country has such numbers. */
    readonly valid: boolean;
  };

export interface Numbers {
  /** `line`: the DID or trunk, whose own rules come first. */
  read(text: string, line?: string): Telephone;
  /** The key under which all spellings of one telephone meet; `''` = nobody can be looked up. */
  key(text: string, line?: string): string;
  /** Do two spellings mean one telephone? Hidden numbers are never the same. */
  same(one: string, other: string): boolean;
  /** The spellings under which a CRM may hold it, the likeliest first, each once; empty = nobody can be looked up. */
  spellings(text: string, line?: string): readonly string[];
}
