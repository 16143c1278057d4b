/** What the tests of the app share: a folder that goes away, and commands run inside this process. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { Io } from '../../app/cli/io.ts';
import { main } from '../../app/cli/main.ts';

export function folder(t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'callme-app-'));
  t.teardown(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

export interface Ran { readonly code: number; readonly out: string; readonly err: string; readonly json: () => unknown }
export interface Around { readonly cwd: string; readonly env?: Readonly<Record<string, string>>; readonly signal?: AbortSignal; readonly onOut?: (text: string) => void }

/** One verb, in this process, with an environment of its own. */
export async function run(argv: readonly string[], around: Around): Promise<Ran> {
  let out = '';
  let err = '';
  const io: Io = {
    env: around.env ?? {}, cwd: around.cwd, terminal: false, signal: around.signal ?? new AbortController().signal,
    stdout: (text) => { out += text; around.onOut?.(text); }, stderr: (text) => { err += text; },
  };
  const code = await main(argv, io);
  return { code, out, err, json: () => JSON.parse(out) as unknown };
}

export const CONFIG = `dataDir: DATA
pbx:
  - id: main
    ami: { username: callme, secret: "ami-secret-1" }
    recordings: DATA/continuous
    external: ["^PJSIP/trunk"]
agi: { listen: "127.0.0.1:0" }
web: { listen: "127.0.0.1:0" }
`;

/** A configuration in `path`, with its data there too; returns the file. */
export function writeConfig(path: string, text: string = CONFIG): string {
  const file = join(path, 'callme.yaml');
  writeFileSync(file, text.replaceAll('DATA', path), { mode: 0o600 });
  return file;
}
