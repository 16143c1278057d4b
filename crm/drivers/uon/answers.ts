/**
 * What U-ON says. The shapes of its answers are unconfirmed (crm-contracts 4.3), so both readings are understood: the status of HTTP, or `result`, `error`
 * in an answer of 200; lists under a name, or bare; ids as text or number.
 */
import { z } from 'zod';
import type { HttpAnswer } from '../../../core/ports.ts';

export type Reply =
  | { readonly ok: true; readonly body: object; readonly date: string }
  /** `status`: of HTTP, or what the body says instead of it. `definite`: U-ON itself says no, and has done nothing. */
  | { readonly ok: false; readonly status: number; readonly definite: boolean; readonly page: boolean; readonly retryAfterMs: number | null };

const code = z.union([z.number(), z.string().regex(/^\d{3}$/)]).transform(Number).optional().catch(undefined);
const envelope = z.looseObject({
  result: code, code, error: z.unknown().optional(),
});
const inner = z.looseObject({ code, message: z.string().catch('') });
const AUTH = /key|ключ|token|auth|авториз|access|доступ/i;

export function replyOf(answer: HttpAnswer): Reply {
  const { status, headers, body, text } = answer;
  const isObject = typeof body === 'object' && body !== null;
  const said = isObject ? saidStatus(body) : null;
  const page = body === null && text.trimStart().startsWith('<');
  if (status >= 200 && status < 300 && isObject && said === null) return { ok: true, body, date: headers['date'] ?? '' };
  const effective = status >= 200 && status < 300 ? said ?? status : status;
  const seconds = headers['retry-after'] ?? '';
  // A 408 may have been said in the middle of the work.
  const definite = isObject && effective >= 400 && effective < 500 && effective !== 408;
  return { ok: false, status: effective, definite, page, retryAfterMs: /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : null };
}

/** The status that an answer of 200 hides; null = it hides none. */
function saidStatus(body: object): number | null {
  const read = envelope.safeParse(body);
  if (!read.success) return null;
  const { result, code: outer, error } = read.data;
  if (error !== undefined && error !== null && error !== false && error !== '') return errorStatus(error) ?? outer ?? 400;
  return [result, outer].find((one) => one !== undefined && one >= 400 && one < 600) ?? null;
}

function errorStatus(error: unknown): number | null {
  const read = inner.safeParse(typeof error === 'string' ? { message: error } : error);
  if (!read.success) return null;
  const { code: said, message } = read.data;
  return said !== undefined && said >= 400 && said < 600 ? said : AUTH.test(message) ? 401 : null;
}

/** The list in an answer: bare, or under whatever name (PHP makes an object of it where its keys have gaps), or one alone under its own name. */
export function listIn(body: object, single: string): readonly unknown[] {
  if (Array.isArray(body)) return body as unknown[];
  const { [single]: one, ...others } = body as Readonly<Record<string, unknown>>;
  const lists = Object.values(others).flatMap((value) => (isTree(value) ? [Object.values(value)] : []));
  const list = lists.find((members) => members.length > 0 && members.every(isTree));
  return list ?? (Array.isArray(one) ? one as unknown[] : isTree(one) ? [one] : []);
}

const isTree = (value: unknown): value is object => typeof value === 'object' && value !== null;

const text = z.union([z.string(), z.number()]).transform(String).nullable().optional().catch(null);
const id = z.union([z.string().regex(/^[1-9]\d*$/), z.number().int().positive()]).transform(String).nullable().optional().catch(null);
/** A name travels to telephones: one short line. */
export const tidy = (name: string): string => name.replace(/\p{Cc}+/gu, ' ').trim().slice(0, 200).toWellFormed();

export const client = z.looseObject({
  u_id: id, id, u_name: text, u_surname: text, u_sname: text, u_company: text, u_phone: text, u_phone_mobile: text, u_phone_home: text,
  manager_id: id, u_manager_id: id,
});
export type Client = z.infer<typeof client>;
const flag = z.unknown().optional();
export const manager = z.looseObject({ u_id: id, id, u_name: text, u_surname: text, name: text, active: flag, u_active: flag });
export type Manager = z.infer<typeof manager>;
export const historyCall = z.looseObject({ phone: text, start: text, date: text, direction: text, record_link: text });
export type HistoryCall = z.infer<typeof historyCall>;
export const lead = z.looseObject({ u_phone: text, client_phone: text, client_phone_mobile: text });

/** Members that are no such thing are left out. */
export const readAll = <Shape>(shape: z.ZodType<Shape>, list: readonly unknown[]): readonly Shape[] => list.flatMap((one) => {
  const read = shape.safeParse(one);
  return read.success ? [read.data] : [];
});
