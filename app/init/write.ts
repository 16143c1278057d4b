/** Writes the first configuration and makes the data folder; a file that holds a secret is never readable by everybody, not for a moment. */
import { closeSync, existsSync, fchmodSync, fchownSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, unlinkSync,
  writeSync, chownSync } from 'node:fs';
import { dirname } from 'node:path';

/** The service user that Asterisk packages make and `deploy/callme.service` uses. */
export interface Account { readonly uid: number; readonly gid: number }

/** Only root can give files away; null = files stay with whoever runs this, or there is no such user. */
export function asteriskAccount(passwd = '/etc/passwd'): Account | null {
  if (process.getuid?.() !== 0 || !existsSync(passwd)) return null;
  const fields = readFileSync(passwd, 'utf8').split('\n').map((line) => line.split(':')).find(([name]) => name === 'asterisk');
  const [uid, gid] = [Number(fields?.[2]), Number(fields?.[3])];
  return Number.isInteger(uid) && Number.isInteger(gid) ? { uid, gid } : null;
}

/** Readable by the owner and by Asterisk's group, in one step: the old file or the new one, never half of it. */
export function writePrivate(file: string, text: string, account: Account | null): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o755 });
  const temporary = `${file}.${process.pid}.tmp`;
  const descriptor = openSync(temporary, 'wx', 0o600);
  try {
    writeSync(descriptor, text);
    if (account !== null) { fchownSync(descriptor, 0, account.gid); fchmodSync(descriptor, 0o640); }
    fsyncSync(descriptor);
    renameSync(temporary, file);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  } finally {
    closeSync(descriptor);
  }
}

/** True when it was made. A folder that is already there keeps its owner and its mode. */
export function makeDataFolder(folder: string, account: Account | null): boolean {
  if (existsSync(folder)) return false;
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  if (account !== null) chownSync(folder, account.uid, account.gid);
  return true;
}
