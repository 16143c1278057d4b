import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Who refers: paths in `${file:…}` are relative to the configuration's own folder. */
export interface Referrer { readonly file: string; readonly env: Readonly<Record<string, string | undefined>> }

interface Wrong { readonly problem: string; readonly expected: string; readonly remedy: string }
export interface Referred { readonly text: string; readonly references: string; readonly mistakes: readonly Wrong[] }

/** A secret is a line of text, not a disk. */
const MAX_SECRET_BYTES = 65_536;
const REFERENCE = /\$\{([a-zA-Z]+):([^}]*)\}/g;

/** Replaces `${env:NAME}` and `${file:PATH}` in a text. What stands in their place is not looked at again. */
export function refer(text: string, referrer: Referrer): Referred {
  const mistakes: Wrong[] = [];
  const references: string[] = [];
  const replaced = text.replaceAll(REFERENCE, (whole: string, kind: string, name: string) => {
    references.push(whole);
    const found = lookUp(kind, name, referrer);
    if (typeof found === 'string') return found;
    mistakes.push(found);
    return whole;
  });
  return { text: replaced, references: references.join(' '), mistakes };
}

function lookUp(kind: string, name: string, referrer: Referrer): string | Wrong {
  if (kind === 'env') return fromEnvironment(name, referrer.env);
  if (kind === 'file') return fromFile(name, referrer.file);
  return { problem: `"\${${kind}:…}" is not known`, expected: '${env:NAME} or ${file:PATH}', remedy: 'write ${env:NAME} or ${file:PATH}' };
}

function fromEnvironment(name: string, env: Referrer['env']): string | Wrong {
  const value = env[name];
  if (value !== undefined && value !== '') return value;
  const problem = `the environment variable ${name} is ${value === undefined ? 'not set' : 'empty'}`;
  return { problem, expected: `a value in ${name}`,
    remedy: `set ${name} where the service gets its environment (systemd: EnvironmentFile=/etc/callme/callme.env)` };
}

function fromFile(name: string, from: string): string | Wrong {
  const path = resolve(dirname(from), name);
  try {
    const stat = statSync(path);
    if (!stat.isFile() || stat.size > MAX_SECRET_BYTES) return cannotRead(path, 'not a small plain file');
    const text = readFileSync(path, 'utf8').replace(/\r?\n$/, '');
    return text === '' ? cannotRead(path, 'empty') : text;
  } catch (error) {
    return cannotRead(path, (error as NodeJS.ErrnoException).code ?? 'unknown error');
  }
}

function cannotRead(path: string, why: string): Wrong {
  return { problem: `the file ${path} cannot be used (${why})`, expected: 'a file that holds the secret',
    remedy: `write the secret into ${path} and let the user that runs callme read it` };
}
