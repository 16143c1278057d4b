/** The part of a recording that a player asks for (RFC 9110, section 14). */

/** Bytes `from` to `to`, both included. */
export interface ByteRange { readonly from: number; readonly to: number }
export type AskedRange = { readonly kind: 'whole' } | { readonly kind: 'part'; readonly range: ByteRange } | { readonly kind: 'unsatisfiable' };

const WHOLE: AskedRange = { kind: 'whole' };
const UNSATISFIABLE: AskedRange = { kind: 'unsatisfiable' };
/** No player asks for more; a list of thousands of ranges is an attack. */
const MAX_HEADER = 200;

/**
 * One range is served as a part. Another unit than bytes is ignored, as it must be; several ranges get the whole, as they may (no player
 * asks so, and overlapping ones would multiply the bytes); what is no range of bytes at all is unsatisfiable.
 */
export function askedRange(header: string | undefined, total: number): AskedRange {
  if (header === undefined) return WHOLE;
  if (header.length > MAX_HEADER) return UNSATISFIABLE;
  const [, specs] = /^bytes=(.*)$/i.exec(header.trim()) ?? [];
  if (specs === undefined) return WHOLE;
  return specs.includes(',') ? several(specs) : single(specs.trim(), total);
}

const SPEC = /^(?:(\d+)-(\d*)|-(\d+))$/;
const several = (specs: string): AskedRange => (specs.split(',').every((spec) => SPEC.test(spec.trim())) ? WHOLE : UNSATISFIABLE);

function single(spec: string, total: number): AskedRange {
  const [matched, first, last, suffix] = SPEC.exec(spec) ?? [];
  if (matched === undefined) return UNSATISFIABLE;
  const from = first === undefined ? Math.max(0, total - Number(suffix)) : Number(first);
  const asked = last === undefined || last === '' ? Infinity : Number(last);
  // `bytes=5-2` is no range; a first byte behind the end, and a suffix of no bytes, are none of this recording.
  return from >= total || asked < from ? UNSATISFIABLE : { kind: 'part', range: { from, to: Math.min(asked, total - 1) } };
}
