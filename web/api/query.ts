/** Reading the query of the API: what is not understood is said, and never passed over. */
import { type Answer, printable, problem } from '../exchange.ts';

/** An answer where the query has a parameter that is not known, or one twice; else null. */
export function strangers(query: URLSearchParams, known: readonly string[]): Answer | null {
  const names = [...query.keys()];
  const stranger = names.find((name) => !known.includes(name));
  if (stranger !== undefined) return problem(400, { code: 'BAD_QUERY', message: `"${printable(stranger)}" is not a known parameter`, remedy: `known here: ${known.join(', ')}` });
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  return twice === undefined ? null : problem(400, { code: 'BAD_QUERY', message: `"${twice}" is there twice`, remedy: 'give it once' });
}

export interface Bounds { readonly from: number; readonly to: number; readonly otherwise: number }

/** Null where it is there and is not a whole number within the bounds. */
export function numberIn(query: URLSearchParams, name: string, { from, to, otherwise }: Bounds): number | null {
  const text = query.get(name);
  if (text === null) return otherwise;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  return value >= from && value <= to ? value : null;
}

export const mistake = (name: string, expected: string): Answer => problem(400, { code: 'BAD_QUERY', message: `"${name}" is wrong`, remedy: `expected: ${expected}` });
