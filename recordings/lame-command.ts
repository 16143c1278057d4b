/** Where lame is, and how it is called so that the PBX comes first. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import path from 'node:path';
import { RecordingError } from './errors.ts';

export const HOW_TO_INSTALL =
  'install the package "lame" (Debian, Ubuntu: apt-get install lame; RHEL family: dnf install lame from EPEL or RPM Fusion)';

/** The absolute path of a program, or null. Looked up each time: the operator may be installing it right now. */
export async function findProgram(name: string): Promise<string | null> {
  const folders = path.isAbsolute(name) ? [''] : (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  for (const folder of folders) {
    const candidate = path.join(folder, name);
    if (await isProgram(candidate)) return candidate;
  }
  return null;
}

async function isProgram(file: string): Promise<boolean> {
  if (!await access(file, constants.X_OK).then(() => true, () => false)) return false;
  return stat(file).then((found) => found.isFile(), () => false);
}

/** The lowest of the ordinary classes: the idle class might never be served on a PBX that records all day. */
const IONICE = ['-c', '2', '-n', '7'];
let ionice: Promise<readonly string[]> | null = null;

/** `ionice` with its options when it is there and works: some containers forbid it, and then it would start nothing at all. Asked once. */
export function findIonice(): Promise<readonly string[]> {
  ionice ??= findProgram('ionice').then((program) => (program === null ? [] : tried(program)));
  return ionice;
}

function tried(program: string): Promise<readonly string[]> {
  return new Promise((resolve) => {
    execFile(program, [...IONICE, 'true'], { timeout: 10_000 }, (error) => resolve(error === null ? [program, ...IONICE] : []));
  });
}

/** `lame` (a program on PATH, or an absolute path) as a command; its priority is `runLame`'s. Rejects with LAME_MISSING. */
export async function findEncoder(name: string): Promise<readonly string[]> {
  const lame = await findProgram(name);
  if (lame === null) throw new RecordingError('LAME_MISSING', `lame is not there (${name}): ${HOW_TO_INSTALL}`);
  return [lame];
}
