/**
 * The words of CallMe (see docs/glossary.md) as types. A branded string cannot be handed over where another is meant:
 * a Linkedid is not a Uniqueid, though Asterisk often gives both the same text.
 */
declare const brand: unique symbol;
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** Milliseconds since 1970-01-01 UTC. The core never reads a clock: instants arrive with events. */
export type Instant = Brand<number, 'Instant'>;
export type TenantId = Brand<string, 'TenantId'>;
export type PbxId = Brand<string, 'PbxId'>;
/** Asterisk's linkedid: any text, because an Originate may name it (`ChannelId`). Never sort it, never put it into a path unfiltered. */
export type Linkedid = Brand<string, 'Linkedid'>;
/** One channel's uniqueid: the key of a leg. */
export type LegId = Brand<string, 'LegId'>;
/** `<pbx>/<linkedid>`: the key of a call. */
export type CallKey = Brand<string, 'CallKey'>;
/** Made of what happened, `main/1790.17#ended`: the same story told twice gives the same ids. */
export type FactId = Brand<string, 'FactId'>;
export type AccountId = Brand<string, 'AccountId'>;
export type Extension = Brand<string, 'Extension'>;
/** `<call key>|<account>`: deliveries of one lane go one at a time, in order. */
export type Lane = Brand<string, 'Lane'>;
export type DeliveryId = Brand<string, 'DeliveryId'>;
/** `<pbx>/<path below the recordings folder>`: one sound file. */
export type RecordingId = Brand<string, 'RecordingId'>;
export type NodeId = Brand<string, 'NodeId'>;

export const DEFAULT_TENANT = 'default' as TenantId;

export const instant = (milliseconds: number): Instant => milliseconds as Instant;
export const callKey = (pbx: PbxId, linkedid: Linkedid): CallKey => `${pbx}/${linkedid}` as CallKey;
export const factId = (call: CallKey, what: string): FactId => `${call}#${what}` as FactId;
export const lane = (call: CallKey, account: AccountId): Lane => `${call}|${account}` as Lane;

export type Direction = 'inbound' | 'outbound' | 'internal';
export type Outcome = 'answered' | 'missed' | 'busy' | 'cancelled' | 'failed' | 'voicemail';

/** Who is on a leg. `helper` is Asterisk's own plumbing (a Local channel's half): it never is a person. */
export type Party =
  | { readonly kind: 'external'; readonly number: string; readonly name: string }
  | { readonly kind: 'employee'; readonly extension: Extension; readonly name: string }
  | { readonly kind: 'helper' }
  | { readonly kind: 'unknown'; readonly number: string; readonly name: string };

/** Our person: an extension and, per account, the CRM's user id. */
export interface Employee {
  readonly extension: Extension;
  readonly name: string;
  readonly crm: Readonly<Record<string, number | string>>;
  /** Numbers of the employee's own telephones outside. */
  readonly mobile?: readonly string[];
  /** When a card of a call opens on this employee's screen; not given = the tenant's mode. */
  readonly card?: CardMode;
}

/** `ringing`: as soon as the telephone rings; `answer`: when they talk; `never`: no card. */
export type CardMode = 'ringing' | 'answer' | 'never';

/** The CRM's person or company, with the employee who owns it, if the CRM said so. */
export interface Contact {
  readonly id: string;
  readonly type: 'contact' | 'company' | 'lead' | 'client';
  readonly name: string;
  readonly owner: { readonly crmUser: string | null; readonly extension: Extension | null } | null;
}

/** An exhaustive switch ends here: a new variant breaks the build, not a call. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
