/**
 * The first line of a capture, `{"capture":1,"masked":true,"pbx":"main",…}`: whether it may be passed on, and what its Pbx is like, because the
 * same events give other facts where another channel leads outside. Captures of older makers have none; those of other makers may hold less.
 */
import { phoneKey } from '../core/phone.ts';
import type { Profile } from '../core/parties.ts';
import type { Extension } from '../core/words.ts';
import type { Masker } from './mask.ts';

export interface CaptureHead {
  readonly masked: boolean;
  /** `''` = of any Pbx in the file. */
  readonly pbx: string;
  /** Of the CallMe that wrote it; `''` = not told. */
  readonly version: string;
  /** As it was configured there; null = not told. */
  readonly profile: Profile | null;
}

export function headLine({ masked, pbx, version, profile }: CaptureHead): string {
  return JSON.stringify({
    capture: 1, masked, ...(pbx !== '' && { pbx }), ...(version !== '' && { version }),
    ...(profile !== null && {
      internal: profile.internal.source, external: profile.external.map(({ source }) => source),
      ...(profile.mobiles !== undefined && profile.mobiles.size > 0 && { mobiles: [...profile.mobiles] }),
    }),
  });
}

type Key = 'masked' | 'pbx' | 'version' | 'internal' | 'external' | 'mobiles';

/** Null where the line is no head. What a head of another maker tells in another way counts as not told. */
export function headOf(value: unknown): CaptureHead | null {
  if (typeof value !== 'object' || value === null || !('capture' in value) || 'h' in value) return null;
  const { masked, pbx, version, internal, external, mobiles } = value as Partial<Record<Key, unknown>>;
  return { masked: masked === true, pbx: textOf(pbx), version: textOf(version), profile: profileOf(internal, external, mobiles) };
}

/** The head of the masked capture: the expressions and telephones of the configuration may spell numbers out. */
export function maskedHead(head: CaptureHead, masker: Masker): CaptureHead {
  const { profile } = head;
  return { ...head, masked: true, profile: profile === null ? null : maskedProfile(profile, masker) };
}

function maskedProfile({ internal, external, mobiles }: Profile, masker: Masker): Profile {
  return {
    internal, external: external.map(({ source }) => maskedExpression(source, masker)).filter((expression) => expression !== null),
    ...(mobiles !== undefined && { mobiles: new Map([...mobiles].map(([number, extension]) => [phoneKey(masker.number(number)), extension])) }),
  };
}

/** Numbers as they are; addresses with their dots as they are in an expression. */
const maskedExpression = (source: string, masker: Masker): RegExp | null =>
  compiled(masker.words(source.replaceAll(/(?:\d{1,3}\\\.){3}\d{1,3}/g, (address) => masker.words(address.replaceAll('\\', '')).replaceAll('.', '\\.'))));

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

function profileOf(internal: unknown, external: unknown, mobiles: unknown): Profile | null {
  const inside = compiled(internal);
  if (inside === null || !Array.isArray(external)) return null;
  const outside = external.slice(0, 100).map(compiled).filter((expression) => expression !== null);
  return { internal: inside, external: outside, mobiles: new Map(Array.isArray(mobiles) ? mobiles.filter(isMobile) : []) };
}

const isMobile = (pair: unknown): pair is [string, Extension] =>
  Array.isArray(pair) && pair.length === 2 && pair.every((text) => typeof text === 'string');

/** Null for what is no expression; the configuration compiles its own in the same way (`u`). */
function compiled(source: unknown): RegExp | null {
  if (typeof source !== 'string' || source.length > 1_000) return null;
  try {
    return new RegExp(source, 'u');
  } catch {
    return null;
  }
}
