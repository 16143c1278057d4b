/** crm.* and external lines: what lookups and set-up ask for [1.9, 1.12]. */
import type { Answer } from '../stand-in.ts';
import { ok, refuse } from './calls.ts';
import { intOf, mapOf, type Params, textOf } from './params.ts';
import type { PortalState } from './state.ts';

const TYPES = ['LEAD', 'CONTACT', 'COMPANY'] as const;

/** [1.12] compares the whole stored number as it was written; up to 20 values; nothing found is `[]`. */
export function findByComm(state: PortalState, params: Params): Answer {
  const values = Array.isArray(params['values']) ? (params['values'] as unknown[]).map(textOf) : [];
  if (!['PHONE', 'EMAIL'].includes(textOf(params['type']))) return refuse('Communication type is not defined', '');
  if (values.length === 0 || values.length > 20) return refuse('Communication values is not defined', '');
  const found = TYPES.map((type) => [type, state.contacts.filter((one) => one.type === type && values.includes(one.phone)).map(({ id }) => id)] as const);
  const some = found.filter(([, ids]) => ids.length > 0);
  return ok(some.length === 0 ? [] : Object.fromEntries(some));
}

/** [1.12] ids as text; a company has a title, a person names; nothing there is 400 with an empty code. */
export const entityGet = (type: (typeof TYPES)[number]) => (state: PortalState, params: Params): Answer => {
  const found = state.contacts.find((one) => one.type === type && one.id === intOf(params['id'] ?? params['ID']));
  if (found === undefined) return refuse('Not found', '');
  const named = type === 'COMPANY' ? { TITLE: found.name } : type === 'LEAD' ? { TITLE: `Call ${found.phone}`, NAME: found.name } : { NAME: found.name, LAST_NAME: null, COMPANY_ID: null };
  return ok({ ID: String(found.id), ...named, ASSIGNED_BY_ID: found.responsible === null ? null : String(found.responsible), PHONE: [{ ID: '901', VALUE: found.phone, VALUE_TYPE: 'WORK', TYPE_ID: 'PHONE' }] });
};

export function statusList(_state: PortalState, params: Params): Answer {
  const type = textOf(mapOf(params['filter'] ?? params['FILTER'])['ENTITY_ID']);
  return ok(type === 'SOURCE' ? ['CALL', 'EMAIL', 'WEB'].map((STATUS_ID, index) => ({ ID: String(index + 1), ENTITY_ID: 'SOURCE', STATUS_ID, NAME: STATUS_ID })) : []);
}

export function lineAdd(state: PortalState, params: Params): Answer {
  const number = textOf(params['NUMBER']);
  if (number === '') return refuse('NUMBER should not be empty');
  if (state.lines.some((line) => line.number === number)) return refuse('Line already exists');
  state.lines.push({ number, name: textOf(params['NAME']), autoCreate: textOf(params['CRM_AUTO_CREATE']) !== 'N' });
  return ok({ ID: state.nextId() });
}

export function lineUpdate(state: PortalState, params: Params): Answer {
  const index = state.lines.findIndex((line) => line.number === textOf(params['NUMBER']));
  const line = state.lines[index];
  if (params['NAME'] === undefined && params['CRM_AUTO_CREATE'] === undefined) return refuse('There are no fields to update');
  if (line === undefined) return refuse('Could not find line with number');
  state.lines[index] = { ...line, ...(params['NAME'] === undefined ? {} : { name: textOf(params['NAME']) }) };
  return ok({ ID: index + 1 });
}
