/**
 * Where an inbound call should go, and why. Pure: what the CRM said comes in as a Finding, what comes out is a Route that the
 * AGI script tells the dialplan. A CRM never names a destination by itself: only extensions that the config knows are targets, because
 * text that reaches `Dial()` is toll fraud waiting to happen (shields.md, Shield A).
 */
import type { AccountId, Contact, Employee, Extension } from './words.ts';

/** What a lookup brought: somebody, nobody, no number to ask about, no answer in time, or no way to tell. */
export type Finding =
  | { readonly kind: 'found'; readonly contact: Contact; readonly account: AccountId; readonly source: 'cache' | 'live' }
  | { readonly kind: 'none'; readonly source: 'cache' | 'live' }
  | { readonly kind: 'hidden' }
  | { readonly kind: 'late' }
  | { readonly kind: 'failed'; readonly why: string };
/** `routed`: the extension that a CRM named for this caller on this line (`Driver.route`); it goes before the owner's. */
export type RoutedFinding = Finding & { readonly routed?: Extension };

/** `cache` and `live`: the CRM's knowledge decided. `fallback`: the config did. `timeout`: the config did, because the CRM was late. */
export type RouteSource = 'cache' | 'live' | 'fallback' | 'timeout';
export type RouteReason =
  | 'crm-routed' | 'owner-of-contact' | 'owner-has-no-extension' | 'owner-not-ours' | 'contact-without-owner' | 'unknown-number' | 'hidden-number'
  | 'crm-late' | 'crm-failed' | 'line-mapped' | 'line-unmapped';

/** One sentence for people per reason: `calls explain` and the log show it. */
export const REASONS: Readonly<Record<RouteReason, string>> = {
  'crm-routed': 'the CRM sends this caller to this extension',
  'owner-of-contact': 'the contact belongs to this employee',
  'owner-has-no-extension': 'the owner of the contact has no extension in the CRM or in the config',
  'owner-not-ours': 'the CRM names an extension that the config does not know',
  'contact-without-owner': 'the contact belongs to nobody',
  'unknown-number': 'no CRM knows this number',
  'hidden-number': 'the caller hid the number',
  'crm-late': 'the CRM did not answer in time',
  'crm-failed': 'the CRM could not tell',
  'line-mapped': 'the called line is mapped to this extension',
  'line-unmapped': 'the called line is mapped to nobody',
};

export interface RoutingRules {
  readonly mode: 'crm_responsible' | 'static_mapping';
  readonly employees: readonly Employee[];
  /** Line (DID) to extension. With `crm_responsible` it is asked when the CRM names nobody. */
  readonly lines: Readonly<Record<string, Extension>>;
  readonly fallback: Extension | 'default';
  /** Source of the regular expression of internal numbers: decides alone while `employees` is empty. */
  readonly internal: string;
}
export interface Route {
  /** Null = the dialplan's own default route. */
  readonly target: Extension | null;
  readonly reason: RouteReason;
  readonly text: string;
  readonly source: RouteSource;
  /** The contact's name, `''` when nobody was found. */
  readonly name: string;
}
/** What the AGI script needs to know of an inbound call. `number` is `''` when hidden. */
export interface RouteAsk { readonly number: string; readonly line: string; readonly signal: AbortSignal }

/** The only texts that may stand in a dial string. */
const DIALABLE = /^[0-9A-Za-z_*#+-]{1,40}$/;
export const isDialable = (text: string): boolean => DIALABLE.test(text);

/** Decides about one call. Never throws; each way out names its reason. */
export function decideRoute(rules: RoutingRules, line: string, finding: RoutedFinding): Route {
  const name = finding.kind === 'found' ? finding.contact.name : '';
  if (rules.mode === 'static_mapping') return { ...byLine(rules, line, 'line-unmapped', 'fallback'), name };
  if (finding.routed !== undefined && isOurs(rules, finding.routed)) return { ...answer(finding.routed, 'crm-routed', 'source' in finding ? finding.source : 'live'), name };
  if (finding.kind !== 'found') return { ...byLine(rules, line, nobody(finding), finding.kind === 'late' ? 'timeout' : 'fallback'), name };
  const owner = ownerExtension(rules, finding.contact, finding.account);
  if (owner.target === null) return { ...byLine(rules, line, owner.reason, 'fallback'), name };
  return { ...answer(owner.target, 'owner-of-contact', finding.source), name };
}

function nobody(finding: Exclude<Finding, { kind: 'found' }>): RouteReason {
  const reasons = { none: 'unknown-number', hidden: 'hidden-number', late: 'crm-late', failed: 'crm-failed' } as const;
  return reasons[finding.kind];
}

/** The owner's extension: as the CRM says, else as our own list of employees says. */
function ownerExtension(rules: RoutingRules, contact: Contact, account: AccountId): { target: Extension | null; reason: RouteReason } {
  const owner = contact.owner;
  if (owner === null) return { target: null, reason: 'contact-without-owner' };
  if (owner.extension !== null && isOurs(rules, owner.extension)) return { target: owner.extension, reason: 'owner-of-contact' };
  const mapped = owner.crmUser === null ? undefined : employeeOf(rules.employees, account, owner.crmUser);
  if (mapped !== undefined && isDialable(mapped.extension)) return { target: mapped.extension, reason: 'owner-of-contact' };
  return { target: null, reason: owner.extension === null ? 'owner-has-no-extension' : 'owner-not-ours' };
}

function isOurs(rules: RoutingRules, extension: Extension): boolean {
  if (!isDialable(extension)) return false;
  if (rules.employees.length === 0) return new RegExp(rules.internal).test(extension);
  return rules.employees.some((employee) => employee.extension === extension);
}

function employeeOf(employees: readonly Employee[], account: AccountId, crmUser: string): Employee | undefined {
  return employees.find((employee) => Object.hasOwn(employee.crm, account) && String(employee.crm[account]) === crmUser);
}

/** Nobody by the CRM: the line's own extension, then the fallback. The reason stays why the CRM did not decide. */
function byLine(rules: RoutingRules, line: string, reason: RouteReason, source: RouteSource): Omit<Route, 'name'> {
  const mapped = Object.hasOwn(rules.lines, line) ? rules.lines[line] : undefined;
  const kept = rules.mode === 'static_mapping' ? 'line-mapped' : reason;
  if (mapped !== undefined && isDialable(mapped)) return lineAnswer(mapped, kept, source);
  return answer(rules.fallback === 'default' || !isDialable(rules.fallback) ? null : rules.fallback, reason, source);
}

function lineAnswer(target: Extension, reason: RouteReason, source: RouteSource): Omit<Route, 'name'> {
  const text = reason === 'line-mapped' ? REASONS[reason] : `${REASONS[reason]}; ${REASONS['line-mapped']}`;
  return { target, reason, text, source };
}

const answer = (target: Extension | null, reason: RouteReason, source: RouteSource): Omit<Route, 'name'> =>
  ({ target, reason, text: REASONS[reason], source });

/** Lookup and decision in one: what the AGI script is given. `find` must answer when the signal aborts, and never reject. */
export function createRouter(
  rules: RoutingRules, find: (number: string, signal: AbortSignal, line: string) => Promise<RoutedFinding>,
): (ask: RouteAsk) => Promise<Route> {
  return async ({ number, line, signal }) => decideRoute(rules, line, number === '' ? { kind: 'hidden' } : await find(number, signal, line));
}
