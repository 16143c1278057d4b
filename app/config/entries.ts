/** What the rules look at: entries of lists in the raw tree, and the place of what is wrong. */
import type { Mistake } from './mistakes.ts';
import { isSection, rawAt, type Path, type Raw, type RawSection } from './paths.ts';

export type Place = Pick<Mistake, 'source' | 'line' | 'path'>;
export type At = (path: Path) => Place;

/** The sections of a list, each at its own index; what is no section is an empty one (the schema says so already). */
export function entries(tree: Raw, list: string): readonly RawSection[] {
  const found = rawAt(tree, [list]);
  return Array.isArray(found) ? (found as readonly Raw[]).map((entry) => (isSection(entry) ? entry : {})) : [];
}

export const isYes = (value: Raw | undefined): boolean => value === true || value === 'true';
/** YAML reads `219` as a number where we mean text. */
export const asText = (value: Raw | undefined): string | null => (typeof value === 'string' || typeof value === 'number' ? String(value) : null);
