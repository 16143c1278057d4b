/** The JSON columns of a recording. What a hand edit spoiled is left out: a manifest with a hole is better than a spool that stands still. */
import type { PausedSpan } from '../../core/facts.ts';
import type { Extension } from '../../core/words.ts';

export const extensionsOf = (json: string): readonly Extension[] => listOf(json).filter((each): each is Extension => typeof each === 'string');
export const pausesOf = (json: string): readonly PausedSpan[] => listOf(json).filter(isSpan);

function isSpan(value: unknown): value is PausedSpan {
  return typeof value === 'object' && value !== null && 'fromMs' in value && 'toMs' in value && typeof value.fromMs === 'number' && typeof value.toMs === 'number';
}

function listOf(json: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
