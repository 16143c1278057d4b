/** Runs a schema over a raw tree and turns what zod says into mistakes with places, expectations and remedies. */
import type { z } from 'zod';
import { homesOf, keysOf, meaningOf, schemaAt } from './describe.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Mistake } from './mistakes.ts';
import { rawAt, showPath, withValue, type Path, type Raw } from './paths.ts';

type Issue = z.core.$ZodIssue;

/** Where each value came from, and how else it could be read. */
export interface Provenance {
  readonly file: string;
  readonly lines: ReadonlyMap<string, number>;
  /** The environment variable that overrides this path. */
  readonly overrides: ReadonlyMap<string, string>;
  readonly references: ReadonlyMap<string, string>;
  readonly alternatives: ReadonlyMap<string, Raw>;
}

export type Parsed<Value> = { readonly ok: true; readonly value: Value; readonly tree: Raw } | { readonly ok: false;
  readonly mistakes: readonly Mistake[]; readonly tree: Raw };

/** `prefix` is where the tree hangs in the whole configuration (an account's keys are checked on their own). */
export function parseWith<Value>(schema: z.ZodType<Value>, tree: Raw, from: Provenance, prefix: Path = []): Parsed<Value> {
  const first = schema.safeParse(tree);
  if (first.success) return { ok: true, value: first.data, tree };
  const second = otherReadings(first.error.issues, tree, from, prefix);
  const result = second === tree ? first : schema.safeParse(second);
  if (result.success) return { ok: true, value: result.data, tree: second };
  const mistakes = result.error.issues.flatMap((issue) => mistakesOf(issue, { schema, tree: second, from, prefix }));
  return { ok: false, mistakes, tree: second };
}

/** `extension: 0219` is text to us and a number to YAML; `CALLME__AGI__DEADLINEMS=500` is a number to us and text to the environment. */
function otherReadings(issues: readonly Issue[], tree: Raw, from: Provenance, prefix: Path): Raw {
  return issues.reduce<Raw>((read, issue) => {
    const path = issue.path.filter((step) => typeof step !== 'symbol');
    const other = from.alternatives.get(showPath([...prefix, ...path]));
    const wrongType = issue.code === 'invalid_type' || issue.code === 'invalid_union' || issue.code === 'invalid_value';
    return wrongType && other !== undefined ? withValue(read, path, other) : read;
  }, tree);
}

interface Context { readonly schema: z.ZodType; readonly tree: Raw; readonly from: Provenance; readonly prefix: Path }

function mistakesOf(issue: Issue, context: Context): readonly Mistake[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey([...path, key], context));
  const meaning = meaningOf(schemaAt(context.schema, path, context.tree));
  const found = rawAt(context.tree, path);
  const remedy = meaning.example === '' ? '' : `write for example: ${meaning.example}`;
  const expected = meaning.expected === '' ? issue.message : meaning.expected;
  if (found === undefined) return [{ ...place(path, context), problem: 'is missing', expected, remedy }];
  return [{ ...place(path, context), problem: `cannot be ${show(found, path, context)}`, expected, remedy: remedy === ''
    ? issue.message : remedy }];
}

function unknownKey(path: Path, context: Context): Mistake {
  const key = String(path.at(-1));
  const known = keysOf(schemaAt(context.schema, path.slice(0, -1)));
  if (known.includes(key)) return outOfPlace(path, context);
  const near = didYouMean(key, known);
  const homes = near === null ? homesOf(context.schema, key) : [];
  const meant = near !== null ? `did you mean "${near}"?` : homes.length > 0 ? `this key belongs to ${homes.join(' or ')}` : 'remove it';
  return { ...place(path, context), problem: 'is not a known key', expected: known.length === 0 ? 'no key here'
    : `one of ${known.join(', ')}`, remedy: meant };
}

/** A key of another variant of this section: `url` beside `source: csv`. */
function outOfPlace(path: Path, context: Context): Mistake {
  return { ...place(path, context), problem: 'does not go with the other keys of its section', expected: 'the keys of one kind of section (docs/config.md)',
    remedy: 'remove it, or correct the key that says of which kind the section is' };
}

/** The line of the key itself, or of the nearest section around it; an environment variable has none. */
export function place(path: Path, context: Pick<Context, 'from' | 'prefix'>): Pick<Mistake, 'source' | 'line' | 'path'> {
  const whole = [...context.prefix, ...path];
  const overrider = context.from.overrides.get(showPath(whole));
  if (overrider !== undefined) return { source: `environment ${overrider}`, line: null, path: showPath(whole) };
  return { source: context.from.file, line: lineOf(whole, context.from), path: showPath(whole) };
}

function lineOf(path: Path, from: Provenance): number | null {
  for (let length = path.length; length > 0; length--) {
    const line = from.lines.get(showPath(path.slice(0, length)));
    if (line !== undefined) return line;
  }
  return null;
}

const SECRET_KEY = /secret|token|pass|key|url|code/i;

/** What was written, as far as it may be shown. */
function show(value: Raw, path: Path, context: Context): string {
  const shown = showPath([...context.prefix, ...path]);
  if (context.from.references.has(shown) || path.some((step) => typeof step === 'string' && SECRET_KEY.test(step))) return 'this value (hidden)';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  return typeof value === 'object' ? 'a section' : JSON.stringify(value).slice(0, 80);
}
