/** Several labs side by side work off a list of stories. */
import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { StoryName } from '../scenarios.ts';
import type { Column, ColumnName } from './columns.ts';
import type { Answer, Order } from './lane.ts';
import type { Performance } from './perform.ts';

export interface Played { readonly column: ColumnName; readonly story: StoryName; readonly performance: Performance | null; /** Why it could not be played; `''` = it was. */ readonly reason: string }
export interface Outcome { readonly played: readonly Played[]; /** Versions as Asterisk says them, by column. */ readonly versions: ReadonlyMap<ColumnName, string> }
export interface Work { readonly column: Column; readonly stories: readonly StoryName[]; readonly labs: number }
export interface RunOptions { readonly talkSeconds: number; readonly onPlayed: (played: Played) => void; readonly onNote: (line: string) => void }

const LANE = join(import.meta.dirname, 'lane.ts');
/** A story that a hiccup of the machine broke off (a signal that came too late) is played once more; one that was heard is judged as it is. */
const TRIES = 2;

/** Works one column off with as many labs as given. Never rejects: what could not be played says so. */
async function workOff({ column, stories, labs }: Work, options: RunOptions, versions: Map<ColumnName, string>): Promise<readonly Played[]> {
  const waiting = stories.map((story) => ({ story, tries: 0 }));
  const played: Played[] = [];
  const note = (each: Played): void => { played.push(each); options.onPlayed(each); };
  const lanes = Array.from({ length: Math.min(labs, stories.length) }, () => lane(waiting, column, { ...options, onPlayed: note }, versions));
  await Promise.all(lanes);
  for (const { story } of waiting) note({ column: column.name, story, performance: null, reason: 'no lab could be raised for it' });
  return played;
}

interface Waiting { readonly story: StoryName; readonly tries: number }

/** Resolves when its child is gone. */
function lane(waiting: Waiting[], column: Column, { talkSeconds, onPlayed, onNote }: RunOptions, versions: Map<ColumnName, string>): Promise<void> {
  const child = fork(LANE, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  let now: Waiting | null = null;
  const next = (): void => {
    now = waiting.shift() ?? null;
    if (now === null) child.disconnect(); else order(child, { story: now.story });
  };
  child.on('message', (answer: Answer) => {
    if (answer.kind === 'down') { onNote(`${column.name}: ${answer.reason}`); return; }
    if (answer.kind === 'ready') versions.set(column.name, answer.asterisk);
    if (answer.kind === 'heard') onPlayed({ column: column.name, story: answer.performance.story, performance: answer.performance, reason: '' });
    if (answer.kind === 'failed' && now !== null) {
      if (now.tries + 1 < TRIES) { onNote(`${column.name}: ${answer.story} is played once more: ${answer.reason}`); waiting.push({ ...now, tries: now.tries + 1 }); }
      else onPlayed({ column: column.name, story: answer.story, performance: null, reason: answer.reason });
    }
    now = null;
    next();
  });
  order(child, { column, talkSeconds });
  return new Promise((resolve) => {
    child.once('exit', () => {
      if (now !== null) onPlayed({ column: column.name, story: now.story, performance: null, reason: 'the process of its lab ended' });
      resolve();
    });
  });
}

/** A child that is gone says so by its exit. */
const order = (child: ChildProcess, what: Order): void => { child.send(what, () => undefined); };

/** One column after the other where they share a turn; all turns' columns side by side. */
export async function runMatrix(turns: readonly (readonly Work[])[], options: RunOptions): Promise<Outcome> {
  const versions = new Map<ColumnName, string>();
  const played: Played[] = [];
  for (const turn of turns) played.push(...(await Promise.all(turn.map((work) => workOff(work, options, versions)))).flat());
  return { played, versions };
}
