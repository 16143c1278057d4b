/** What `callme crm check` can find wrong with an account. One code for each mistake of setting up, so that a person reads the same sentence whatever the CRM is called. */
export const CHECK_CODES = [
  /** Nobody answers there, or somebody who is no CRM. */
  'reachable',
  /** The address leads to another product, portal or account. */
  'address',
  /** The token is wrong, revoked, or belongs to somebody who left. */
  'token',
  /** The token ends soon. */
  'token-expiry',
  /** A right or scope is missing. */
  'scope',
  /** The account is not paid, or its plan has no telephony or API. */
  'plan',
  /** An employee of the config is nobody in the CRM, or the other way round. */
  'employees',
  /** Two people of the CRM have one extension. */
  'extensions',
  /** A line is not known to the CRM. */
  'lines',
  /** Our clock and theirs differ. */
  'clock',
  /** Recordings cannot be handed over: no public address, no drive. */
  'recordings',
  /** Click-to-call cannot reach us. */
  'click-to-call',
  /** A name in the settings (source, pipeline, shop, default user) is not there. */
  'settings',
  /** The integration is not installed, or switched off. */
  'registration',
] as const;
export type CheckCode = (typeof CHECK_CODES)[number];

export interface CheckLine {
  readonly ok: boolean;
  readonly code: CheckCode;
  /** What was looked at, and what was found. */
  readonly what: string;
  /** What to do about it; `''` where all is well. */
  readonly remedy: string;
}

/** What an account does without: calls and recordings are told all the same, so this is a warning and no failure. */
const SOFT: ReadonlySet<CheckCode> = new Set<CheckCode>(['click-to-call', 'token-expiry']);

export const stateOf = ({ ok, code }: CheckLine): 'ok' | 'warn' | 'fail' => (ok ? 'ok' : SOFT.has(code) ? 'warn' : 'fail');
