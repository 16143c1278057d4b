/**
 * `CALLME__WEB__LISTEN=…` overrides `web.listen`. Two underscores go one level down, list entries are counted from 0
 * (`CALLME__PBX__0__AMI__SECRET`), and neither capitals nor single underscores matter (`DEADLINEMS`, `DEADLINE_MS` → `deadlineMs`).
 * An empty variable is as good as none: container files often pass on variables that nobody set.
 */
import type { z } from 'zod';
import { isList, keysOf, schemaAt } from './describe.ts';
import type { Environment } from './locate.ts';
import type { Mistake } from './mistakes.ts';
import { isSection, rawAt, showPath, withValue, type Path, type Raw } from './paths.ts';
import { readLoosely } from './source.ts';

export const PREFIX = 'CALLME__';

export interface Overridden {
  readonly tree: Raw;
  readonly overrides: ReadonlyMap<string, string>;
  readonly alternatives: ReadonlyMap<string, Raw>;
  readonly mistakes: readonly Mistake[];
}

export function override(tree: Raw, schema: z.ZodType, env: Environment): Overridden {
  const overrides = new Map<string, string>();
  const alternatives = new Map<string, Raw>();
  const mistakes: Mistake[] = [];
  let result = tree;
  for (const [name, value] of variables(env)) {
    const path = pathOf(name, result, schema);
    const gap = gapIn(path, result);
    if (gap !== null) { mistakes.push({ source: `environment ${name}`, line: null, path: showPath(path), ...gap }); continue; }
    result = withValue(result, path, value);
    overrides.set(showPath(path), name);
    alternatives.set(showPath(path), readLoosely(value));
  }
  return { tree: result, overrides, alternatives, mistakes };
}

/** Sorted, so that a whole section comes before the keys in it and entry 0 before entry 1. */
function variables(env: Environment): readonly (readonly [string, string])[] {
  return Object.entries(env)
    .flatMap(([name, value]) => (name.startsWith(PREFIX) && name.length > PREFIX.length && value !== undefined && value !== ''
      ? [[name, value] as const] : []))
    .toSorted(([one], [other]) => one.localeCompare(other, 'en', { numeric: true }));
}

function pathOf(name: string, tree: Raw, schema: z.ZodType): Path {
  return name.slice(PREFIX.length).split('__').reduce<Path>((path, word) => [...path, stepOf(word, path, tree, schema)], []);
}

function stepOf(word: string, path: Path, tree: Raw, schema: z.ZodType): string | number {
  const here = rawAt(tree, path);
  const meant = schemaAt(schema, path);
  if (/^\d+$/.test(word) && (Array.isArray(here) || (here === undefined && isList(meant)))) return Number(word);
  const plain = (key: string): string => key.toLowerCase().replaceAll(/[-_]/g, '');
  const known = [...(isSection(here) ? Object.keys(here) : []), ...keysOf(meant)];
  return known.find((key) => plain(key) === plain(word)) ?? camel(word);
}

function camel(word: string): string {
  return word.toLowerCase().replaceAll(/_+(.)/g, (_whole, letter: string) => letter.toUpperCase());
}

/** A list has no holes: entry 3 of a list of one is a slip of the pen. Neither can text have keys. */
function gapIn(path: Path, tree: Raw): Pick<Mistake, 'problem' | 'expected' | 'remedy'> | null {
  for (const [index, step] of path.entries()) {
    const here = rawAt(tree, path.slice(0, index));
    const length = Array.isArray(here) ? here.length : 0;
    if (typeof step === 'number' && step > length) return { problem: `there is no entry ${step}`, expected: `0 to ${length}`,
      remedy: 'count the entries of the list from 0' };
    if (typeof step === 'string' && here !== undefined && !isSection(here)) {
      return { problem: `${showPath(path.slice(0, index))} has no keys`, expected: 'the name of a key', remedy: 'see: callme config explain' };
    }
  }
  return null;
}
