/** Calls, notes, unsorted calls, contacts and pop-ups: sections 2.3 to 2.7. */
import type { Answer, Asked } from '../stand-in.ts';
import {
  addCard, type Amo, type Card, either, type Fields, filled, hal, integer, invalid, isFields, itemsOf, jsonOf, type Kind, lastTen, line, map, mistakeIn, nothing, oneOf, problem, type StoredNote,
} from './state.ts';

const status = oneOf(1, 2, 3, 4, 5, 6, 7, 8);
const CALL = {
  direction: oneOf('inbound', 'outbound'), duration: integer, source: filled, phone: filled, 'uniq?': line, 'link?': filled, 'call_responsible?': either(integer, line),
  'call_result?': line, 'call_status?': status, 'responsible_user_id?': integer, 'created_by?': integer, 'updated_by?': integer, 'created_at?': integer, 'updated_at?': integer,
  'request_id?': line,
};

/** POST /api/v4/calls (2.4): nothing is compared with what is there, `uniq` neither. */
export function logCalls(amo: Amo, asked: Asked): Answer {
  const items = itemsOf(asked);
  if (items === null) return invalid('NotArray', '');
  for (const item of items) {
    const wrong = mistakeIn(item, CALL) ?? strangerIn(amo, item, ['created_by', 'responsible_user_id']);
    if (wrong !== null) return wrong;
  }
  const calls: Fields[] = [];
  const errors: Fields[] = [];
  for (const item of items) {
    const card = cardFor(amo, String(item['phone']));
    if (card === null) { errors.push({ title: 'Entity not found', request_id: item['request_id'] }); continue; }
    logAt(amo, card, item);
    const type = card.kind === 'companies' ? 'company' : card.kind.slice(0, -1);
    calls.push({ id: amo.next(), entity_id: card.id, entity_type: type, account_id: amo.id, request_id: item['request_id'], _embedded: { entity: { id: card.id } } });
  }
  return hal(calls.length === 0 ? amo.switches.missing : 200, { _total_items: calls.length, errors, _embedded: { calls } });
}

/** "one active lead and no customers -> lead; one customer and no active leads -> customer; otherwise the contact/company" (2.4). */
function cardFor(amo: Amo, phone: string): Card | null {
  const card = [...amo.cards.values()].find((one) => visible(amo, one) && one.phones.some((each) => lastTen(each) === lastTen(phone)));
  if (card === undefined) return null;
  const active = card.leads.filter((lead) => lead.active);
  if (active.length === 1 && card.customers.length === 0) return amo.cards.get(active[0]?.id ?? 0) ?? card;
  if (card.customers.length === 1 && active.length === 0) return amo.cards.get(card.customers[0] ?? 0) ?? card;
  return card;
}
const visible = (amo: Amo, card: Card): boolean => !amo.hidden.has(card.id);

/** A call is seen as a note of its card (2.6 has its form). */
function logAt(amo: Amo, card: Card, item: Fields): void {
  const { uniq, duration, source, link, phone, call_responsible, call_result, call_status } = item;
  const params = { uniq, duration, source, ...(link === undefined ? {} : { link }), phone, call_responsible, call_result, call_status };
  card.notes.push({ id: amo.next(), type: item['direction'] === 'inbound' ? 'call_in' : 'call_out', params, fields: item });
}

/** A user id that is nobody's is refused. */
function strangerIn(amo: Amo, item: Fields, names: readonly string[]): Answer | null {
  const wrong = names.find((name) => item[name] !== undefined && !amo.users.some((user) => user.id === item[name]));
  return wrong === undefined ? null : invalid('NotSupportedChoice', wrong);
}

const METADATA = {
  phone: filled, 'from?': line, call_responsible: either(integer, line), called_at: integer, duration: integer, link: line, service_code: filled, uniq: filled, 'is_call_event_needed?': (value: unknown) => typeof value === 'boolean',
};
const UNSORTED = { source_uid: filled, source_name: filled, 'pipeline_id?': oneOf(401, 402), 'created_at?': integer, 'request_id?': line, _embedded: map, metadata: map };

/** POST /api/v4/leads/unsorted/sip (2.5): all but created_at and pipeline_id is required. */
export function logUnsorted(amo: Amo, asked: Asked): Answer {
  const [item] = itemsOf(asked) ?? [];
  if (item === undefined) return invalid('NotArray', '');
  const metadata = isFields(item['metadata']) ? item['metadata'] : {};
  const wrong = mistakeIn(item, UNSORTED) ?? mistakeIn(metadata, METADATA, 'metadata.') ?? pipelineWithout(amo, item);
  if (wrong !== null) return wrong;
  const contact = addCard(amo, 'contacts', { name: String(metadata['phone']), phones: [String(metadata['phone'])] });
  const lead = addCard(amo, 'leads', { name: 'Call' });
  amo.hidden.add(contact.id).add(lead.id);
  const uid = `unsorted-${amo.next()}`;
  amo.waiting.set(uid, { uid, item, metadata, contact: contact.id, lead: lead.id });
  const one = { uid, account_id: amo.id, request_id: item['request_id'], _embedded: { contacts: [{ id: contact.id }], companies: [], leads: [{ id: lead.id }] } };
  return hal(200, { _total_items: 1, _embedded: { unsorted: [one] } });
}
const pipelineWithout = (amo: Amo, item: Fields): Answer | null => ((item['pipeline_id'] ?? 401) === 401 && !amo.switches.unsortedOn ? invalid('NotSupportedChoice', 'pipeline_id') : null);

/** GET /api/v4/leads/unsorted; the oldest first, whatever was asked for, where filters and orders are ignored. */
export function listUnsorted(amo: Amo): Answer {
  if (amo.waiting.size === 0) return nothing(204);
  const unsorted = [...amo.waiting.values()].map(({ uid, metadata, contact, lead }) => ({
    uid, metadata: amo.switches.unsortedUniq ? metadata : { ...metadata, uniq: undefined }, _embedded: { contacts: [{ id: contact }], leads: [{ id: lead }], companies: [] },
  }));
  return hal(200, { _page: 1, _embedded: { unsorted } });
}

/** Somebody in the office takes an unsorted call: contact and lead are real now, and the call is seen at the lead. */
export function accept(amo: Amo, uid: string): void {
  const one = amo.waiting.get(uid);
  const [contact, lead] = [amo.cards.get(one?.contact ?? 0), amo.cards.get(one?.lead ?? 0)];
  if (one === undefined || contact === undefined || lead === undefined) throw new Error('no such unsorted call');
  amo.waiting.delete(uid);
  amo.hidden.delete(contact.id);
  amo.hidden.delete(lead.id);
  contact.leads.push({ id: lead.id, active: true });
  logAt(amo, lead, { ...one.metadata, direction: 'inbound', source: one.metadata['service_code'] });
}

const NOTE_PARAMS = { uniq: line, duration: integer, source: filled, 'link?': filled, phone: filled, 'call_responsible?': either(integer, line), 'call_result?': line, 'call_status?': status };
const NOTE = { note_type: oneOf('call_in', 'call_out', 'common'), params: map, 'created_by?': integer, 'responsible_user_id?': integer, 'created_at?': integer, 'request_id?': line };

/** POST /api/v4/{entity}/{id}/notes (2.6). */
export function addNotes(amo: Amo, asked: Asked, card: Card): Answer {
  const items = itemsOf(asked);
  if (items === null) return invalid('NotArray', '');
  for (const item of items) {
    const params = isFields(item['params']) ? item['params'] : {};
    const rules = item['note_type'] === 'common' ? { text: filled } : NOTE_PARAMS;
    const wrong = mistakeIn(item, NOTE) ?? mistakeIn(params, rules, 'params.') ?? strangerIn(amo, item, ['created_by', 'responsible_user_id']);
    if (wrong !== null) return wrong;
  }
  const notes = items.map((item): StoredNote => ({ id: amo.next(), type: String(item['note_type']), params: item['params'] as Fields, fields: item }));
  card.notes.push(...notes);
  return hal(200, { _embedded: { notes: notes.map(({ id, fields }) => ({ id, entity_id: card.id, request_id: fields['request_id'] })) } });
}

/** GET of the same; the filter of the type works or is ignored (6.5). Pages of `limit`. */
export function listNotes(amo: Amo, { url }: Asked, card: Card): Answer {
  const types = url.searchParams.getAll('filter[note_type][]');
  const all = card.notes.filter(({ type }) => !amo.switches.filters || types.length === 0 || types.includes(type));
  const ordered = amo.switches.filters ? all.toReversed() : all;
  const limit = Math.min(Number(url.searchParams.get('limit') ?? 50), 250);
  const page = Number(url.searchParams.get('page') ?? 1);
  const shown = ordered.slice((page - 1) * limit, page * limit);
  if (shown.length === 0) return nothing(204);
  const next = ordered.length > page * limit ? { next: { href: 'next' } } : {};
  return hal(200, { _page: page, _links: { self: { href: 'self' }, ...next }, _embedded: { notes: shown.map(({ id, type, params }) => ({ id, note_type: type, params, entity_id: card.id })) } });
}

/**
 * GET /api/v4/contacts?query= (2.3): a search in all filled fields. A leading 8 or +7 misses what is written with the other; people write blanks and
 * dashes, which the search does not see.
 */
export function findCards(amo: Amo, { url }: Asked, kind: Kind): Answer {
  const query = url.searchParams.get('query');
  const found = [...amo.cards.values()].filter((card) => card.kind === kind && visible(amo, card))
    .filter((card) => query === null || card.name.includes(query) || card.phones.some((phone) => phone.replace(/\D/g, '').includes(query)));
  if (found.length === 0) return nothing(204);
  return hal(200, { _page: 1, _embedded: { [kind]: found.map(shown) } });
}
const shown = (card: Card): object => ({
  id: card.id, name: card.name, responsible_user_id: card.responsible,
  custom_fields_values: card.phones.length === 0 ? null : [{ field_id: 11, field_code: 'PHONE', values: card.phones.map((value) => ({ value, enum_code: 'WORK' })) }],
  _embedded: { leads: card.leads.map(({ id }) => ({ id })), customers: card.customers.map((id) => ({ id })), companies: card.companies.map((id) => ({ id })), tags: [] },
});

const CONTACT = { name: line, 'responsible_user_id?': integer, 'request_id?': line, 'custom_fields_values?': (value: unknown) => Array.isArray(value) };

/** POST /api/v4/contacts (2.3). */
export function addContacts(amo: Amo, asked: Asked): Answer {
  const items = itemsOf(asked);
  if (items === null) return invalid('NotArray', '');
  for (const item of items) {
    const wrong = mistakeIn(item, CONTACT) ?? strangerIn(amo, item, ['responsible_user_id']);
    if (wrong !== null) return wrong;
  }
  const contacts = items.map((item) => {
    const phones = [...JSON.stringify(item['custom_fields_values'] ?? []).matchAll(/"value":"([^"]+)"/g)].map(([, phone = '']) => phone);
    const card = addCard(amo, 'contacts', { name: String(item['name']), phones, responsible: Number(item['responsible_user_id'] ?? 0) });
    if (amo.switches.searchLag) amo.hidden.add(card.id);
    return { id: card.id, request_id: item['request_id'] };
  });
  return hal(200, { _embedded: { contacts } });
}

/** POST /api/v2/events (2.7): without users everybody would see it, which we never want. */
export function popup(amo: Amo, asked: Asked): Answer {
  const body = jsonOf(asked);
  const add = isFields(body) && Array.isArray(body['add']) ? body['add'] as readonly unknown[] : [];
  const [item] = add;
  if (!isFields(item) || item['type'] !== 'phone_call' || !filled(item['phone_number'])) return problem(400, 'Bad Request');
  const users = Array.isArray(item['users']) ? item['users'] as readonly unknown[] : [];
  if (users.length === 0 || !users.every((user) => amo.users.some((one) => one.id === user))) return invalid('NotSupportedChoice', 'users');
  amo.popups.push({ phone: String(item['phone_number']), users: users.map(Number) });
  return hal(200, { _embedded: { items: [{ element_id: 77_001, element_type: 1, uid: `popup-${amo.next()}`, phone_number: item['phone_number'] }] } });
}
