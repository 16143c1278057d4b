/** Questions that a caller waits for: who is it, and where does the call go? */
import type { HttpAnswer } from '../../../core/ports.ts';
import type { Contact, Extension } from '../../../core/words.ts';
import type { CrmUser } from '../../driver.ts';
import { CrmFailure } from '../../errors.ts';
import { at, contactIn, contactInText, extensionAt, idAt, isAnswered, isPage, isYes, nameAt, targetIn } from './answers.ts';
import { ask, type Desk, type Entry } from './desk.ts';
import type { Values } from './templates.ts';
import { numbersOf } from './values.ts';

/** Rejects with CrmFailure `CRM_LOOKUP_FAILED`, or the HTTP client's failure. */
export async function lookup(desk: Desk, number: string, signal: AbortSignal, line = ''): Promise<Contact | null> {
  const { settings: { lookup: entry }, tools } = desk;
  if (!entry.use || tools.numbers.read(number, line).kind !== 'external') return null;
  const answer = await ask(desk, { entry, values: callValues(desk, { number, line, entry }), operation: 'lookup' }, signal);
  if (answer.status === 404 || answer.status === 204) return null;
  const fallback = tools.numbers.key(number, line);
  if (entry.answer === 'text' && isYes(answer) && !isPage(answer)) return contactInText(answer, fallback);
  return owned(desk, contactIn(settled(desk, answer), entry, fallback));
}

/** The CRM names a user, the configuration knows his extension. */
function owned({ tools }: Desk, contact: Contact | null): Contact | null {
  const owner = contact?.owner ?? null;
  if (contact === null || owner === null || owner.crmUser === null || owner.extension !== null) return contact;
  const ours = tools.employees.find(({ crm }) => String(crm[tools.account] ?? '') === owner.crmUser);
  return { ...contact, owner: { ...owner, extension: ours?.extension ?? null } };
}

/** Rejects as {@link lookup} does, also where the answer is no extension. */
export async function route(desk: Desk, number: string, line: string, signal: AbortSignal): Promise<Extension | null> {
  const entry = desk.settings.route;
  if (entry === undefined || desk.tools.numbers.read(number, line).kind !== 'external') return null;
  const answer = await ask(desk, { entry, values: callValues(desk, { number, line, entry }), operation: 'route' }, signal);
  if (answer.status === 404 || answer.status === 204) return null;
  if (!isYes(answer) || isPage(answer)) throw failed(answer);
  const target = targetIn(answer, entry.target);
  if (target === undefined) throw new CrmFailure('CRM_LOOKUP_FAILED', 'the CRM names a target that is no extension');
  return target;
}

interface Incoming { readonly number: string; readonly line: string; readonly entry: Entry }

function callValues({ settings, tools }: Desk, { number, line, entry }: Incoming): Values {
  const known = line === '' ? null : line;
  return { ...numbersOf(number, { tools, style: entry.phone ?? settings.phone }, line), line: known, did: known, direction: 'in' };
}

/** The people of the CRM. Rejects as {@link lookup} does. */
export async function users(desk: Desk, signal: AbortSignal): Promise<readonly CrmUser[]> {
  const entry = desk.settings.users;
  if (entry === undefined) return [];
  const list = at(settled(desk, await ask(desk, { entry, values: {}, operation: 'users' }, signal)), entry.list);
  if (!Array.isArray(list)) throw new CrmFailure('CRM_LOOKUP_FAILED', 'the CRM lists no users where `users.list` says');
  return list.flatMap((one: unknown) => {
    const id = idAt(one, entry.id);
    const extension = extensionAt(one, entry.extension);
    const active = ![false, 0, '0'].some((no) => at(one, entry.active) === no);
    return id === null ? [] : [{ id, name: nameAt(one, entry.name), extensions: extension === null ? [] : [extension], active }];
  });
}

function settled(desk: Desk, answer: HttpAnswer): unknown {
  if (!isAnswered(answer, desk.settings) || answer.body === null) throw failed(answer);
  return answer.body;
}

const failed = (answer: HttpAnswer): CrmFailure =>
  new CrmFailure('CRM_LOOKUP_FAILED', `HTTP ${answer.status}${isYes(answer) ? ', but not the CRM\'s own answer' : ''}`);
