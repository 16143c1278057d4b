/** `callme spool check`: compares the rows with the disk and says, for each difference, what it is and what helps. Changes nothing. */
import { stat } from 'node:fs/promises';
import type { RecordingRow, RecordingState, RecordingStore } from '../core/ports.ts';
import type { Instant, PbxId, RecordingId } from '../core/words.ts';
import type { RecordingSettings } from './desk.ts';
import { diskLevels } from './disk.ts';
import { sentence } from './errors.ts';
import { findProgram, HOW_TO_INSTALL } from './lame.ts';
import { inspectMp3 } from './mp3.ts';
import { wavIn } from './paths.ts';
import { findLeftovers, type Leftover } from './sweep.ts';
import { inspectWav } from './wav.ts';

export interface SpoolProblem {
  /** The recording's id, `''` when it is about the machine. */
  readonly recording: string;
  readonly path: string;
  readonly problem: string;
  readonly remedy: string;
}
export interface SpoolAsk {
  readonly store: Pick<RecordingStore, 'list' | 'get'>;
  readonly folders: ReadonlyMap<PbxId, string>;
  readonly settings: RecordingSettings;
  readonly now: Instant;
  readonly signal: AbortSignal;
  /** Rows of each state that are looked at. */
  readonly limit: number;
  /** Reads every MP3 and compares its sha256, instead of its size alone. */
  readonly deep: boolean;
}

const STATES: readonly RecordingState[] = ['growing', 'closed', 'spooled', 'encoded', 'uploaded', 'told', 'empty', 'broken'];

export async function checkSpool(ask: SpoolAsk): Promise<readonly SpoolProblem[]> {
  const rows = STATES.flatMap((state) => ask.store.list({ state, limit: ask.limit }));
  const problems = await checkMachine(ask);
  for (const row of rows) {
    ask.signal.throwIfAborted();
    problems.push(...await checkRow(row, ask));
  }
  for (const [pbx, folder] of ask.folders) problems.push(...await checkWavs(pbx, folder, ask));
  return problems;
}

async function checkMachine({ folders, settings }: SpoolAsk): Promise<SpoolProblem[]> {
  const problems: SpoolProblem[] = [];
  const say = (path: string, problem: string, remedy: string): void => { problems.push({ recording: '', path, problem, remedy }); };
  const lame = settings.lame ?? 'lame';
  if (await findProgram(lame) === null) say(lame, 'lame is not there: WAVs wait', HOW_TO_INSTALL);
  for (const folder of folders.values()) {
    const there = await stat(folder).then((found) => found.isDirectory(), () => false);
    if (!there) say(folder, 'the recordings folder is not there', 'mount it, or correct pbx[].recordings');
  }
  for (const level of await diskLevels([...folders.values(), settings.fallbackFolder], settings.minFreeMb)) {
    if (level.low) say(level.folder, `only ${level.freeMb} MB are free, ${settings.minFreeMb} are asked for`, 'free some space');
  }
  return problems;
}

async function checkRow(row: RecordingRow, ask: SpoolAsk): Promise<readonly SpoolProblem[]> {
  const wav = wavIn(ask.folders.get(row.pbx) ?? '/', row.file);
  const problem = (at: string, what: string, remedy: string): readonly SpoolProblem[] => [{ recording: row.id, path: at, problem: what, remedy }];
  if (row.state === 'broken') return problem(wav ?? row.file, `broken after ${row.attempts} attempts: ${row.reason}`, 'remove the cause, then "callme spool retry"');
  if (wav === null) return problem(row.file, 'not a path that CallMe follows', 'move the file by hand; its row cannot be worked off');
  if (row.state === 'empty' || row.state === 'growing') return [];
  if (row.state === 'closed' || row.state === 'spooled') return whyNoWav(wav).then((why) => (why === '' ? [] : problem(wav, why, 'look for the file; "callme spool retry" once it is back')));
  const why = await whyNoMp3(row, ask);
  return why === '' ? [] : problem(row.mp3 ?? '', why, 'restore it from a backup; while its WAV exists "callme spool retry" makes it anew');
}

async function whyNoWav(wav: string): Promise<string> {
  const look = await inspectWav(wav).catch((error: unknown) => sentence(error));
  if (typeof look === 'string') return look;
  if (look.kind === 'missing') return 'the WAV is not there';
  return look.truth.kind === 'foreign' ? `not a recording: ${look.truth.reason}` : '';
}

async function whyNoMp3(row: RecordingRow, ask: SpoolAsk): Promise<string> {
  if (row.mp3 === null) return 'the row names no MP3';
  if (ask.deep) return inspectMp3(row.mp3, ask.signal).then((mp3) => (mp3.sha256 === row.sha256 ? '' : 'the MP3 is not the one that was verified'), sentence);
  return stat(row.mp3).then(({ size }) => (size === row.bytes ? '' : `the MP3 has ${size} bytes, ${row.bytes ?? 0} were verified`), sentence);
}

async function checkWavs(pbx: PbxId, folder: string, ask: SpoolAsk): Promise<readonly SpoolProblem[]> {
  const found = await findLeftovers(folder, new Set(), { now: ask.now, signal: ask.signal, channelGone: () => true });
  return found.flatMap((wav) => {
    const id = `${pbx}/${wav.file}` as RecordingId;
    const why = whyLeft(wav, ask.store.get(id), ask);
    return why === null ? [] : [{ recording: id, path: wavIn(folder, wav.file) ?? '', ...why }];
  });
}

const DAY_MS = 86_400_000;
const TAKEN_OVER = '"callme serve" takes it over within the hour by itself, or at its next start';
const TAKEN_OVER_LATER = '"callme serve" repairs it and takes it over by itself, in an hour in which no call is going on';

function whyLeft(wav: Leftover, row: RecordingRow | null, ask: SpoolAsk): { readonly problem: string; readonly remedy: string } | null {
  const open = wav.complete ? '' : ', its header is open';
  if (row === null) return { problem: `a WAV of ${wav.bytes} bytes that no recording knows${open}`, remedy: wav.complete ? TAKEN_OVER : TAKEN_OVER_LATER };
  const over = ask.now - row.createdAt >= (ask.settings.keepWavDays + 1) * DAY_MS;
  if (!over || !['uploaded', 'told', 'purged'].includes(row.state)) return null;
  return { problem: `its MP3 is ${row.state}, its WAV is still there`, remedy: 'see the log: CallMe may not remove it, or another recording took its name' };
}
