/** What the CRM says, read by the paths of the configuration. Text from outside stays unknown until it has been looked at. */
import { z } from 'zod';
import type { HttpAnswer } from '../../../core/ports.ts';
import type { Contact, Extension } from '../../../core/words.ts';
import type { Settings } from './settings.ts';

/** `result[0].name`: own keys and indexes, one after the other; undefined = not there. `''` = all of it. */
export function at(body: unknown, path: string): unknown {
  const steps = path.split(/[.[\]]+/).filter((step) => step !== '');
  return steps.reduce((here, step) => (isTree(here) && Object.hasOwn(here, step) ? here[step] : undefined), body);
}

const isTree = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null;

/** A login, a proxy, a maintenance page: somebody else answers. */
export const isPage = ({ body, text }: HttpAnswer): boolean => body === null && /^[\s\uFEFF]*</.test(text);
export const isYes = ({ status }: HttpAnswer): boolean => status >= 200 && status < 300;

/** Did the CRM itself answer, and with a yes? */
export function isAnswered(answer: HttpAnswer, { answers, failure }: Pick<Settings, 'answers' | 'failure'>): boolean {
  if (!isYes(answer) || isPage(answer)) return false;
  if (failure !== undefined && isSaid(at(answer.body, failure))) return false;
  return answer.status === 204 || answer.body !== null || answers === 'any';
}

const isSaid = (value: unknown): boolean => value !== undefined && value !== null && value !== false && value !== '';

const id = z.union([z.string().min(1), z.number()]).transform((value) => String(value).slice(0, 200)).nullable().catch(null);
/** A name for people: one line without control characters, because it may travel on to a telephone's display. */
const name = z.union([z.string(), z.number()]).transform((value) => String(value).replace(/\p{Cc}+/gu, ' ').trim().slice(0, 200).toWellFormed()).catch('');
const extension = z.union([z.string(), z.number()]).transform((value) => String(value).trim()).pipe(z.string().regex(/^[0-9A-Za-z_*#+-]{1,40}$/))
  .transform((text) => text as Extension).nullable().catch(null);

export const nameAt = (body: unknown, path: string): string => name.parse(at(body, path));
export const idAt = (body: unknown, path: string): string | null => id.parse(at(body, path));
export const extensionAt = (body: unknown, path: string): Extension | null => extension.parse(at(body, path));

type Paths = Settings['lookup'];

/** `fallback`: the id of a contact whose CRM names none. */
export function contactIn(body: unknown, paths: Paths, fallback: string): Contact | null {
  const found = at(body, paths.found);
  if (found === false || found === null || found === 0) return null;
  const [person, company] = [nameAt(body, paths.name), nameAt(body, paths.company)];
  const contactId = idAt(body, paths.id);
  if (contactId === null && person === '' && company === '' && found !== true) return null;
  const owner = { crmUser: idAt(body, paths.ownerId), extension: extensionAt(body, paths.ownerExtension) };
  return {
    id: contactId ?? fallback, type: person === '' && company !== '' ? 'company' : 'contact', name: person === '' ? company : person,
    owner: owner.crmUser === null && owner.extension === null ? null : owner,
  };
}

/** `false` is how Odoo says "nobody". */
export function contactInText({ body, text }: HttpAnswer, fallback: string): Contact | null {
  const said = name.parse(text === '' ? (body === false ? '' : body) : text.split(/\r?\n/)[0]);
  return said === '' ? null : { id: fallback, type: 'contact', name: said, owner: null };
}

/** Before it reaches the dialplan (crm-contracts 4.1). */
const TARGET = /^[0-9*#+]{1,20}$/;

/** Null = the CRM has no opinion; undefined = what it says is no target. */
export function targetIn({ body, text }: HttpAnswer, path: string): Extension | null | undefined {
  const said = isTree(body) ? at(body, path) : body ?? text.trim();
  if (said === null || said === undefined || said === '' || said === false) return null;
  return (typeof said === 'string' || typeof said === 'number') && TARGET.test(String(said)) ? String(said) as Extension : undefined;
}
