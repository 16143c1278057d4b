/** Everything beside the telephony: integration modules [3.4], users, shops, settings, what the key may do. */
import type { Answer, Asked } from '../stand-in.ts';
import { complaints, type Fields, no, type RetailState, textOf, yes } from './state.ts';
import { byId, json, listed } from './telephony.ts';

export function getModule(state: RetailState, code: string): Answer {
  const found = state.modules.get(code);
  return found === undefined ? no(404, 'Integration module does not exist.') : yes({ integrationModule: found });
}

/** [3.4] the path is the code, create-or-update; addresses are absolute (v4), `logo` is SVG. */
export function editModule(state: RetailState, code: string, form: URLSearchParams): Answer {
  const given = json(form.get('integrationModule'));
  if (given === null) return no(400, 'Parameter \'integrationModule\' is missing');
  const errors: Record<string, string> = {};
  for (const field of ['code', 'integrationCode', 'name', 'clientId']) if (typeof given[field] !== 'string' || given[field] === '') errors[field] = 'This value should not be blank.';
  if (given['code'] !== code) errors['code'] = 'The code differs from the address.';
  if (given['logo'] !== undefined && !textOf(given['logo']).endsWith('.svg')) errors['logo'] = 'SVG is expected.';
  const telephony = telephonyOf(given);
  for (const field of ['makeCallUrl', 'changeUserStatusUrl']) if (telephony[field] !== undefined && !/^https:\/\/./.test(textOf(telephony[field]))) errors[field] = 'This value is not a valid URL.';
  if (Object.keys(errors).length > 0) return complaints(state, errors);
  state.modules.set(code, given);
  return yes({ info: infoOf(state, telephony) });
}

export const telephonyOf = (given: Fields): Fields => (given['integrations'] as { telephony?: Fields } | undefined)?.telephony ?? {};

/** [3.4] who and what is not there is named, with success; PHP says `[]` when nothing is. */
function infoOf(state: RetailState, telephony: Fields): unknown {
  const users = (listed(telephony['additionalCodes']) as readonly Fields[]).map(({ userId }) => userId).filter((id) => byId(state, id) === undefined);
  const sites = (listed(telephony['externalPhones']) as readonly Fields[]).map(({ siteCode }) => siteCode).filter((code) => !state.sites.includes(String(code)));
  const info = { ...users.length === 0 ? {} : { notExistUsersIds: users.map(Number) }, ...sites.length === 0 ? {} : { notExistSiteCodes: sites } };
  return Object.keys(info).length === 0 ? [] : info;
}

export function usersPage(state: RetailState, { url }: Asked): Answer {
  const limit = Number(url.searchParams.get('limit') ?? '20');
  const page = Number(url.searchParams.get('page') ?? '1');
  if (![20, 50, 100].includes(limit)) return complaints(state, { limit: 'The value you selected is not a valid choice.' });
  const users = state.users.slice((page - 1) * limit, page * limit)
    .map(({ id, firstName, lastName = '', code = null, active = true }) => ({ id, firstName, lastName, patronymic: '', email: '', active, code, groups: [] }));
  return yes({ pagination: { limit, totalCount: state.users.length, currentPage: page, totalPageCount: Math.max(1, Math.ceil(state.users.length / limit)) }, users });
}

export const sites = (state: RetailState): Answer => yes({ sites: Object.fromEntries(state.sites.map((code) => [code, { code, name: code }])) });
export const accountSettings = ({ options }: RetailState): Answer => yes({ settings: { timezone: { value: options.timezone ?? 'Europe/Moscow', updated_at: '2026-01-01 00:00:00' } } });

export function credentials(state: RetailState, allowed: readonly string[]): Answer {
  const siteAccess = state.options.siteAccess ?? 'access_selective';
  return yes({ credentials: allowed.map((address) => `/api/${address}`), siteAccess, ...siteAccess === 'access_full' ? {} : { sitesAvailable: state.sites } });
}
