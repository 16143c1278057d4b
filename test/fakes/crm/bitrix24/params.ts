/** Parameters of a request: JSON, or urlencoded with PHP brackets, in the body or the query [1.1]. */
import type { Asked } from '../stand-in.ts';

export type Params = Readonly<Record<string, unknown>>;

export function paramsOf(asked: Asked): Params {
  const type = String(asked.headers['content-type'] ?? '');
  const query = brackets(asked.url.searchParams);
  if (type.includes('json')) return { ...query, ...json(asked.body.toString('utf8')) };
  if (type.includes('urlencoded')) return { ...query, ...brackets(new URLSearchParams(asked.body.toString('utf8'))) };
  return query;
}

function json(text: string): Params {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Params : {};
  } catch {
    return {};
  }
}

/** `a[b]=1`, `a[]=1` and `a[0]=1`, one level deep: names that are all numbers make a list, as PHP's array would be one. */
export function brackets(form: URLSearchParams): Params {
  const found: Record<string, unknown> = {};
  for (const [key, value] of form) {
    const [, outer = key, inner] = /^([^[]+)\[([^\]]*)\]$/.exec(key) ?? [];
    if (inner === undefined) found[outer] = value;
    else if (inner === '') found[outer] = [...(Array.isArray(found[outer]) ? found[outer] as unknown[] : []), value];
    else found[outer] = { ...(found[outer] as Params | undefined), [inner]: value };
  }
  return Object.fromEntries(Object.entries(found).map(([key, value]) => [key, listed(value)]));
}

const listed = (value: unknown): unknown =>
  (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).every((key, index) => key === String(index)) ? Object.values(value) : value);

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '');
/** PHP's `(int)`, but null where there is no whole number at all. */
export const intOf = (value: unknown): number | null => (/^\d{1,15}$/.test(textOf(value)) ? Number(value) : null);
/** 1, true, "1" and "Y" are yes; null when the key is missing. */
export const flagOf = (value: unknown): boolean | null => (value === undefined ? null : value === true || value === 'Y' || textOf(value) === '1');
export const mapOf = (value: unknown): Params => (typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Params : {});
