/**
 * The configuration file as a plain tree, with the line of every key. YAML's own mistakes (syntax, a key twice) are collected, not
 * thrown: an operator wants to see all of them at once.
 */
import { readFileSync, statSync } from 'node:fs';
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import type { Mistake } from './mistakes.ts';
import { showPath, type Path, type Raw } from './paths.ts';
import { refer, type Referrer } from './references.ts';

/** A configuration is some kilobytes; more is a wrong file (a database, a device). */
const MAX_BYTES = 1_048_576;
/** Anchors can multiply a small file into gigabytes. */
const MAX_NODES = 50_000;
/** An anchor inside itself would go down for ever; nothing here is deeper than six. */
const MAX_DEPTH = 20;

export interface Source {
  readonly file: string;
  readonly tree: Raw;
  /** Line of each key or list entry, by shown path. */
  readonly lines: ReadonlyMap<string, number>;
  /** `${env:NAME}` and the like, by shown path: the value there is not printed. */
  readonly references: ReadonlyMap<string, string>;
  /** The same value read another way (`0123` as text), for where the first reading has the wrong type. */
  readonly alternatives: ReadonlyMap<string, Raw>;
  readonly mistakes: readonly Mistake[];
}

interface Walk {
  readonly document: Document;
  readonly counter: LineCounter;
  readonly referrer: Referrer;
  readonly lines: Map<string, number>;
  readonly references: Map<string, string>;
  readonly alternatives: Map<string, Raw>;
  readonly mistakes: Mistake[];
  nodes: number;
}

export function readSource(file: string, env: Readonly<Record<string, string | undefined>>): Source {
  const empty = { file, tree: {}, lines: new Map<string, number>(), references: new Map<string, string>(), alternatives: new Map<string, Raw>() };
  const text = readText(file);
  if (typeof text !== 'string') return { ...empty, mistakes: [text] };
  return parseSource(text, { file, env });
}

export function parseSource(text: string, referrer: Referrer): Source {
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter, prettyErrors: false, uniqueKeys: true });
  const walk: Walk = {
    document, counter, referrer, lines: new Map(), references: new Map(), alternatives: new Map(), nodes: 0,
    mistakes: document.errors.map((error) => ({
      source: referrer.file, line: counter.linePos(error.pos[0]).line, path: '',
      problem: error.message, expected: 'YAML', remedy: yamlRemedy(error.code),
    })),
  };
  const tree = isMap(document.contents) ? valueOf(document.contents, [], walk) : {};
  if (document.contents !== null && !isMap(document.contents) && walk.mistakes.length === 0) walk.mistakes.push(notASection(referrer.file));
  return { file: referrer.file, tree, lines: walk.lines, references: walk.references, alternatives: walk.alternatives, mistakes: walk.mistakes };
}

/** `undefined` stands for nothing: `crm:` without a value is as good as no such line. */
function valueOf(node: unknown, path: Path, walk: Walk): Raw {
  walk.nodes += 1;
  if (walk.nodes > MAX_NODES || path.length > MAX_DEPTH) return null;
  if (isAlias(node)) return valueOf(node.resolve(walk.document), path, walk);
  if (isMap(node)) return Object.fromEntries(node.items.flatMap((pair) => entryOf(pair, path, walk)));
  if (isSeq(node)) return node.items.map((item, index) => { mark(item, [...path, index], walk); return valueOf(item, [...path, index], walk); });
  return isScalar(node) ? scalarOf(node, path, walk) : null;
}

function entryOf(pair: { key: unknown; value: unknown }, path: Path, walk: Walk): [string, Raw][] {
  const key = isScalar(pair.key) ? String(pair.key.value) : '?';
  const here = [...path, key];
  mark(pair.key, here, walk);
  const value = valueOf(pair.value, here, walk);
  return value === null ? [] : [[key, value]];
}

function scalarOf(node: { value: unknown; source?: string; range?: readonly number[] | null }, path: Path, walk: Walk): Raw {
  const { value } = node;
  if (typeof value === 'number' || typeof value === 'boolean') {
    if (node.source !== undefined) walk.alternatives.set(showPath(path), node.source);
    return value;
  }
  return typeof value === 'string' ? referenceOf(value, path, walk) : null;
}

function referenceOf(text: string, path: Path, walk: Walk): Raw {
  const shown = showPath(path);
  const found = refer(text, walk.referrer);
  if (found.references === '') return text;
  walk.references.set(shown, found.references);
  for (const wrong of found.mistakes) walk.mistakes.push({ source: walk.referrer.file, line: walk.lines.get(shown) ?? null,
    path: shown, ...wrong });
  walk.alternatives.set(shown, readLoosely(found.text));
  return found.text;
}

/** Text from the environment where the configuration expects a number, a yes/no or a list: read it as YAML. */
export function readLoosely(text: string): Raw {
  const document = parseDocument(text, { prettyErrors: false });
  return document.errors.length > 0 ? text : (document.toJS({ maxAliasCount: 0 }) as Raw);
}

function mark(node: unknown, path: Path, walk: Walk): void {
  const range = (node as { range?: readonly number[] | null } | null)?.range;
  if (range?.[0] !== undefined) walk.lines.set(showPath(path), walk.counter.linePos(range[0]).line);
}

function readText(file: string): string | Mistake {
  const refuse = (problem: string, remedy: string): Mistake => ({ source: file, line: null, path: '', problem,
    expected: 'a readable YAML file', remedy });
  try {
    const { size } = statSync(file);
    if (size > MAX_BYTES) return refuse(`the file has ${size} bytes`, 'name the right file with --config');
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    if (code === 'ENOENT') return refuse('there is no such file', `write one with: callme init --config ${file}`);
    return refuse(`the file cannot be read (${code})`, `let the user that runs callme read it: chgrp asterisk ${file}; chmod 640 ${file}`);
  }
}

function notASection(file: string): Mistake {
  return { source: file, line: 1, path: '', problem: 'the file is not a section of keys',
    expected: 'keys such as "pbx:" at the top', remedy: 'start from: callme init' };
}

function yamlRemedy(code: string): string {
  if (code === 'DUPLICATE_KEY') return 'keep one of the two';
  if (code === 'TAB_AS_INDENT') return 'indent with spaces';
  return 'check the indentation (spaces, never tabs), the quotes and the colons of this line and the one before it';
}
