/** call/event, calls/upload and manager, with the rules of [3.1], [3.2] and [3.3]. */
import type { Answer } from '../stand-in.ts';
import { complaints, type Fields, no, type RetailState, type RetailUser, yes } from './state.ts';

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';
const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && Number(value) >= 0;
type Rule = readonly [field: string, fits: (value: unknown, all: Fields) => boolean, needed: boolean];

/** [3.1] the fields of the table, and no others. */
const EVENT: readonly Rule[] = [
  ['phone', isText, true],
  ['type', (type) => ['in', 'out', 'hangup'].includes(String(type)), true],
  ['codes', (codes) => Array.isArray(codes) && codes.every(isText), false],
  ['userIds', (ids) => Array.isArray(ids) && ids.every((id) => Number.isSafeInteger(id)), false],
  // With a space, other than in uploads.
  ['hangupStatus', (status, { type }) => type === 'hangup' && ['answered', 'busy', 'cancel', 'failed', 'no answered'].includes(String(status)), false],
  ['externalPhone', isText, false], ['callExternalId', isText, false], ['site', isText, false], ['webAnalyticsData', (data) => typeof data === 'object', false],
];

export function callEvent(state: RetailState, form: URLSearchParams): Answer {
  const event = json(form.get('event'));
  if (event === null) return no(400, 'Parameter \'event\' is missing');
  const errors = faults(event, EVENT);
  if (event['codes'] === undefined && event['userIds'] === undefined) errors['codes'] = 'Either codes or userIds must be given.';
  if (event['type'] === 'hangup' && event['hangupStatus'] === undefined) errors['hangupStatus'] = 'This value should not be blank.';
  if (isText(event['site']) && !state.sites.includes(event['site'])) errors['site'] = 'Site does not exist.';
  if (Object.keys(errors).length > 0) return complaints(state, errors);
  state.events.push(event);
  return yes(strangers(state, event));
}

/** [3.1] operators who do not exist are named, with success. */
function strangers(state: RetailState, event: Fields): Fields {
  const codes = listed(event['codes']).filter((code) => byCode(state, code) === undefined);
  const users = listed(event['userIds']).filter((id) => byId(state, id) === undefined);
  return { ...codes.length === 0 ? {} : { notExistCodes: codes }, ...users.length === 0 ? {} : { notExistUsers: users } };
}

/** [3.2] */
const CALL: readonly Rule[] = [
  ['date', (date) => isText(date) && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(date) && !Number.isNaN(Date.parse(date)), true],
  ['type', (type) => type === 'in' || type === 'out', true],
  ['phone', isText, true],
  ['code', isText, false], ['userId', (id) => Number.isSafeInteger(id), false],
  // Without the `ed` of events.
  ['result', (result) => ['answered', 'busy', 'failed', 'no answer', 'not allowed', 'unknown'].includes(String(result)), true],
  ['duration', isCount, false], ['durationWaiting', isCount, false], ['externalId', isText, false],
  ['recordUrl', (url) => isText(url) && /^https?:\/\//.test(url), false],
  ['externalPhone', isText, false], ['site', isText, false], ['source', (source) => typeof source === 'object', false], ['clientId', isText, false],
];

export function callsUpload(state: RetailState, form: URLSearchParams): Answer {
  const calls = json(form.get('calls'));
  if (!Array.isArray(calls)) return no(400, 'Parameter \'calls\' is missing');
  if (calls.length === 0 || calls.length > 50) return no(400, 'The array of calls must hold from 1 to 50 calls');
  for (const call of calls as readonly Fields[]) {
    const errors = { ...faults(call, CALL), ...ownerFaults(state, call) };
    if (Object.keys(errors).length > 0) return complaints(state, errors);
  }
  return yes(stored(state, calls));
}

function ownerFaults(state: RetailState, call: Fields): Record<string, string> {
  const { code, userId } = call;
  if (code === undefined && userId === undefined) return state.options.ownerRequired === false ? {} : { code: 'Either code or userId must be given.' };
  const owner = code === undefined ? byId(state, userId) : byCode(state, code);
  return owner === undefined || owner.active === false ? { [code === undefined ? 'userId' : 'code']: 'The user does not exist or is not active.' } : {};
}

/** [3.2] ids that are there already are named, and change nothing. */
function stored(state: RetailState, calls: readonly Fields[]): Fields {
  const duplicates: unknown[] = [];
  for (const call of calls) {
    const known = call['externalId'] !== undefined && state.calls.some((one) => one['externalId'] === call['externalId']);
    if (known) duplicates.push(call['externalId']);
    else state.calls.push(call);
  }
  const processedCallsCount = state.options.countsDuplicates === false ? calls.length - duplicates.length : calls.length;
  return { processedCallsCount, ...duplicates.length === 0 ? {} : { duplicateCalls: duplicates } };
}

/** [3.3] */
export function manager(state: RetailState, query: URLSearchParams): Answer {
  const phone = (query.get('phone') ?? '').replace(/\D/g, '');
  if (phone === '') return no(400, 'Parameter \'phone\' is missing');
  const customer = state.customers.find((one) => one.phone.replace(/\D/g, '').slice(-10) === phone.slice(-10));
  const responsible = customer?.manager === undefined || customer.manager === null ? undefined : byId(state, customer.manager);
  const links = { newOrderLink: 'https://acme.retailcrm.ru/orders/add', newCustomerLink: 'https://acme.retailcrm.ru/customers/add' };
  return yes({
    ...responsible === undefined ? {} : { manager: { id: responsible.id, firstName: responsible.firstName, lastName: responsible.lastName ?? '', patronymic: '', email: '', code: responsible.code ?? null } },
    ...customer === undefined || query.get('details') !== '1' ? {}
      : { customer: { id: customer.id, externalId: null, firstName: customer.firstName, lastName: customer.lastName ?? '', phones: [{ number: customer.phone }] } },
    links,
  });
}

export const byCode = (state: RetailState, code: unknown): RetailUser | undefined => state.users.find((user) => user.code === code);
export const byId = (state: RetailState, id: unknown): RetailUser | undefined => state.users.find((user) => String(user.id) === String(id));
export const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function faults(given: Fields, rules: readonly Rule[]): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const [field, fits, needed] of rules) {
    const value = given[field];
    if (value === undefined) { if (needed) errors[field] = 'This value should not be blank.'; } else if (!fits(value, given)) errors[field] = 'This value is not valid.';
  }
  for (const field of Object.keys(given)) if (!rules.some(([name]) => name === field)) errors[field] = 'This form should not contain extra fields.';
  return errors;
}

/** [3] one field of the form holds JSON. */
export function json(text: string | null): Fields | null {
  try {
    const value = JSON.parse(text ?? '') as unknown;
    return typeof value === 'object' && value !== null ? value as Fields : null;
  } catch {
    return null;
  }
}
