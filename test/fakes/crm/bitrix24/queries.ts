/** Methods that only tell: contacts, users, lines, statistics. */
import type { Answer } from '../stand-in.ts';
import { ok, refuse } from './calls.ts';
import { intOf, mapOf, type Params, textOf } from './params.ts';
import { phoneKey, type PortalCall, type PortalState } from './state.ts';

const ORDER = ['CONTACT', 'LEAD', 'COMPANY'];

/** [1.8] normalises the number; sorted CONTACT, LEAD, COMPANY; USER_PHONE_INNER may be null. */
export function searchCrmEntities(state: PortalState, params: Params): Answer {
  const phone = phoneKey(textOf(params['PHONE_NUMBER']));
  if (phone === '') return refuse('PHONE_NUMBER should not be empty');
  const found = state.contacts.filter((contact) => phoneKey(contact.phone) === phone)
    .sort((one, other) => ORDER.indexOf(one.type) - ORDER.indexOf(other.type));
  return ok(found.map((contact) => {
    const owner = state.users.find((user) => user.id === contact.responsible);
    return {
      CRM_ENTITY_TYPE: contact.type, CRM_ENTITY_ID: contact.id, ASSIGNED_BY_ID: contact.responsible, NAME: contact.name,
      // [1.1] an empty map is `[]`.
      ASSIGNED_BY: owner === undefined ? [] : {
        ID: String(owner.id), TIMEMAN_STATUS: 'OPENED', USER_PHONE_INNER: owner.extension ?? null, WORK_PHONE: null, PERSONAL_PHONE: null, PERSONAL_MOBILE: null,
      },
    };
  }));
}

/** [1.12] FILTER by UF_PHONE_INNER, ACTIVE, ID; NAME and LAST_NAME can be missing, ids are text. */
export function userGet(state: PortalState, params: Params): Answer {
  const filter = mapOf(params['FILTER'] ?? params['filter']);
  const found = state.users.filter((user) =>
    (filter['UF_PHONE_INNER'] === undefined || (user.extension ?? '') === textOf(filter['UF_PHONE_INNER']))
    && (filter['ID'] === undefined || String(user.id) === textOf(filter['ID']))
    && (filter['ACTIVE'] === undefined || (user.active !== false) === (filter['ACTIVE'] === true || filter['ACTIVE'] === 'true' || filter['ACTIVE'] === 'Y')));
  return list(found.map((user) => ({
    ID: String(user.id), ACTIVE: user.active !== false, ...(user.name === undefined ? {} : { NAME: user.name }),
    ...(user.lastName === undefined ? {} : { LAST_NAME: user.lastName }), ...(state.brief ? {} : { UF_PHONE_INNER: user.extension ?? '' }),
  })), intOf(params['start']) ?? 0);
}

/** [1.9] the lines of this application; webhooks share them. */
export function externalLineGet(state: PortalState): Answer {
  return ok(state.lines.map((line) => ({ NUMBER: line.number, NAME: line.name ?? '', CRM_AUTO_CREATE: line.autoCreate === false ? 'N' : 'Y' })));
}

/** [1.11] finished calls only: a live call is not in the statistics. */
export function statisticGet(state: PortalState, params: Params): Answer {
  const filter = mapOf(params['FILTER']);
  const fits = (call: PortalCall): boolean => call.finish !== null
    && (filter['CALL_ID'] === undefined || call.callId === filter['CALL_ID'])
    && (filter['EXTERNAL_CALL_ID'] === undefined || call.externalCallId === textOf(filter['EXTERNAL_CALL_ID']))
    && (filter['ID'] === undefined || String(call.finish.activityId) === textOf(filter['ID']));
  return list(state.calls.filter(fits).map((call) => ({
    ID: String(call.finish?.activityId ?? ''), CALL_ID: call.callId, EXTERNAL_CALL_ID: call.externalCallId, CALL_TYPE: String(call.type),
    PORTAL_USER_ID: String(call.finish?.userId ?? ''), PHONE_NUMBER: call.phone, CALL_DURATION: String(call.finish?.duration ?? 0),
    CALL_FAILED_CODE: call.finish?.statusCode ?? '', RECORD_FILE_ID: call.records.at(-1)?.fileId ?? null,
  })));
}

/** [1.1] list methods add `total`; a page is 50. */
function list(rows: readonly unknown[], start = 0): Answer {
  return { status: 200, body: { result: rows.slice(start, start + 50), total: rows.length, ...(rows.length > start + 50 ? { next: start + 50 } : {}) } };
}
