/** A number as a CRM wants it written. */
import type { Numbers } from '../../../core/numbers.ts';

export const PHONE_STYLES = ['e164', 'digits', 'national'] as const;
export type PhoneStyle = (typeof PHONE_STYLES)[number];

/** `+79035550142`, `79035550142`, `9035550142`; a number of ours or a service code as it is; null = hidden. */
export function written(numbers: Numbers, text: string, style: PhoneStyle, line = ''): string | null {
  const number = numbers.read(text, line);
  if (number.kind === 'hidden') return null;
  if (number.kind !== 'external') return number.digits;
  return { e164: number.e164, digits: number.e164.replace(/^\+/, ''), national: number.national }[style];
}
