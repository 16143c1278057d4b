/**
 * Links to recordings: what signs them, and how long they open. The keys are `web.linkSecrets`, or a file in `dataDir` that is made once: one key
 * a line, the first signs, each opens. So a key is changed by a new first line, and its links end when its line goes.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Log } from '../core/ports.ts';
import { DEFAULT_TENANT, type RecordingId } from '../core/words.ts';
import { linkTo } from '../web/links.ts';
import type { Config } from './config/index.ts';

export interface RecordingLinks {
  /** Never empty. */
  readonly keys: readonly string[];
  /** For a CRM: opens for `web.linkDays`; null where `web.publicUrl` is not set, because nobody outside could open it. */
  readonly forCrm: (recording: RecordingId) => string | null;
  /** For a person; where `web.publicUrl` is not set, the link is relative to this server. */
  readonly forPerson: (recording: RecordingId, minutes: number) => { readonly url: string; readonly expiresAt: string };
}

export class LinkKeysError extends Error {
  override readonly name = 'LinkKeysError';
  readonly code = 'LINK_KEYS';
  readonly remedy: string;
  constructor(message: string, remedy: string, options?: ErrorOptions) {
    super(message, options);
    this.remedy = remedy;
  }
}

const [DAY, MINUTE] = [86_400, 60];

/** Makes the file of keys if need be; call it after the store is locked, so that only one process does. Throws LinkKeysError. */
export function openRecordingLinks({ config, clock, log }: { readonly config: Pick<Config, 'dataDir' | 'web'>; readonly clock: Clock; readonly log: Log }): RecordingLinks {
  const { publicUrl, linkDays, linkSecrets } = config.web;
  const keys = linkSecrets.length > 0 ? linkSecrets.map((secret) => secret.reveal()) : keysIn(config.dataDir, log);
  const [key = ''] = keys;
  const link = (recording: RecordingId, seconds: number): { readonly path: string; readonly expires: number } => {
    const expires = Math.ceil(clock.now() / 1000) + seconds;
    return { path: linkTo({ tenant: DEFAULT_TENANT, recording, expires }, key), expires };
  };
  return {
    keys,
    forCrm: (recording) => (publicUrl === undefined ? null : `${publicUrl}${link(recording, linkDays * DAY).path}`),
    forPerson: (recording, minutes) => {
      const { path, expires } = link(recording, minutes * MINUTE);
      return { url: `${publicUrl ?? ''}${path}`, expiresAt: new Date(expires * 1000).toISOString() };
    },
  };
}

/** In `dataDir`. */
export const KEYS_FILE = 'link-keys';
const MIN_KEY = 32;

function keysIn(dataDir: string, log: Log): readonly string[] {
  const file = join(dataDir, KEYS_FILE);
  try {
    return read(file, log) ?? made(dataDir, file);
  } catch (error) {
    if (error instanceof LinkKeysError) throw error;
    throw new LinkKeysError(`cannot read or make ${file}: ${error instanceof Error ? error.message : String(error)}`,
      'let the user that runs CallMe write into dataDir, or name secrets under web.linkSecrets', { cause: error });
  }
}

/** Null = there is no file. A damaged one is never replaced: all links that CRMs have would end. */
function read(file: string, log: Log): readonly string[] | null {
  const mode = statSync(file, { throwIfNoEntry: false })?.mode;
  if (mode === undefined) return null;
  if ((mode & 0o077) !== 0) {
    log.warn({ file }, 'others could read the keys of links to recordings: closed to them now; put a new key in front if somebody may have');
    chmodSync(file, 0o600);
  }
  const keys = readFileSync(file, 'utf8').split('\n').map((line) => line.trim()).filter((line) => line !== '' && !line.startsWith('#'));
  if (keys.length > 0 && keys.every((key) => key.length >= MIN_KEY)) return keys;
  throw new LinkKeysError(`${file} holds a key of less than ${MIN_KEY} characters, or none`,
    'bring the file back from a backup; or remove it: CallMe makes another one, and links that CRMs have already end');
}

/** Written beside and renamed: a crash leaves either no file or a whole one. */
function made(dataDir: string, file: string): readonly string[] {
  mkdirSync(dataDir, { recursive: true });
  const key = randomBytes(32).toString('base64url');
  const part = `${file}.part`;
  const handle = openSync(part, 'w', 0o600);
  try {
    writeSync(handle, `# Signs links to recordings. One key a line: the first signs, each opens.\n${key}\n`);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(part, file);
  syncFolder(dataDir);
  return [key];
}

function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
