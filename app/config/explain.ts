/** `callme config explain`: every value that is in force, where it comes from, and no secret. */
import { basename } from 'node:path';
import { showListen, type Listen } from './fields.ts';
import type { Config, Loaded } from './load.ts';
import type { Provenance } from './parse.ts';
import { isSection, showPath, type Path } from './paths.ts';
import { maskUrl, Secret } from './secret.ts';

export interface Explained { readonly path: string; readonly value: unknown; readonly origin: string }

export function explainConfig(loaded: Extract<Loaded, { ok: true }>): readonly Explained[] {
  return rowsOf(visible(loaded.config), [], loaded.from);
}

/** Accounts are opened here only to show which keys they have; each value is masked by its name below. */
function visible(config: Config): unknown {
  return { ...config, crm: config.crm.map(({ id, driver, settings }) => ({ id, driver, ...settings.reveal() })) };
}

function rowsOf(value: unknown, path: Path, from: Provenance): readonly Explained[] {
  if (value instanceof Secret || value instanceof RegExp || isListen(value)) return [row(value, path, from)];
  if (Array.isArray(value) && value.length > 0) return value.flatMap((entry, index) => rowsOf(entry, [...path, index], from));
  if (isSection(value) && Object.keys(value).length > 0) return Object.entries(value).flatMap(([key, entry]) => rowsOf(entry,
    [...path, key], from));
  return [row(value, path, from)];
}

function row(value: unknown, path: Path, from: Provenance): Explained {
  const shown = showPath(path);
  return { path: shown, value: masked(value, path, from), origin: originOf(path, from) };
}

const SECRET_KEY = /secret|token|pass|key|code|signature/i;

function masked(value: unknown, path: Path, from: Provenance): unknown {
  if (value instanceof Secret) return value.shown;
  if (value instanceof RegExp) return value.source;
  if (isListen(value)) return showListen(value);
  if (typeof value !== 'string' || path[0] !== 'crm') return value;
  const key = String(path.findLast((step) => typeof step === 'string'));
  if (/url$/i.test(key)) return maskUrl(value);
  return SECRET_KEY.test(key) || from.references.has(showPath(path)) ? '***' : value;
}

/** The value's own line; a value inside an overridden section comes from the variable that replaced the section. */
function originOf(path: Path, from: Provenance): string {
  for (let length = path.length; length > 0; length--) {
    const shown = showPath(path.slice(0, length));
    const variable = from.overrides.get(shown);
    if (variable !== undefined) return `env ${variable}`;
    const line = from.lines.get(shown);
    if (line !== undefined && (length === path.length || isEntry(path, length))) return `${basename(from.file)}:${line}${reference(shown, from)}`;
  }
  return 'default';
}

/** A list entry stands on the line of its list, where it has none of its own. */
function isEntry(path: Path, length: number): boolean {
  return path.slice(length).every((step) => typeof step === 'number');
}

function reference(shown: string, from: Provenance): string {
  const text = from.references.get(shown);
  return text === undefined ? '' : ` ${text}`;
}

function isListen(value: unknown): value is Listen {
  return isSection(value) && Object.keys(value).length === 2 && typeof value['host'] === 'string' && typeof value['port'] === 'number';
}
