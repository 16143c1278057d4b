/** The workshop in a thread of its own, as the house sees it. The thread begins with the first work and ends with `close`. */
import { Worker } from 'node:worker_threads';
import type { RecordingRow } from '../core/ports.ts';
import type { RecordingId } from '../core/words.ts';
import type { RecordingSettings } from './desk.ts';
import type { MakeRoom } from './disk.ts';
import { RecordingError } from './errors.ts';
import type { Leftover, LeftoverAsk } from './sweep.ts';
import type { Workshop, WorkshopParts } from './workshop.ts';
import { createMouth, errorOf, failureOf, type FromWorkshop, type Question, type ToWorkshop, type WorkshopSetup } from './workshop-words.ts';

/** What the thread cannot have itself. */
export type House = Pick<WorkshopParts, 'folders' | 'clock' | 'log' | 'ledger' | 'recorderGone' | 'makeRoom' | 'copyAway'> & { readonly settings: RecordingSettings };

interface Batch { readonly found: readonly Leftover[] | null; readonly error: Error | null }
interface Ends { readonly row: RecordingRow; readonly resolve: () => void; readonly reject: (error: Error) => void }

/** As TypeScript in a checkout, as JavaScript in the package. */
const INSIDE = new URL(import.meta.url.endsWith('.ts') ? './workshop-inside.ts' : './workshop-inside.js', import.meta.url);

export function threadedWorkshop(house: House): Workshop {
  const rows = new Map<RecordingId, Ends>();
  const looks = new Map<number, (batch: Batch) => void>();
  let [worker, count, closed] = [null as Worker | null, 0, false];

  const end = (id: RecordingId, error: Error | null): void => {
    const ends = rows.get(id);
    rows.delete(id);
    if (error === null) ends?.resolve(); else ends?.reject(error);
  };
  const hear = (word: FromWorkshop): void => {
    switch (word.kind) {
      case 'ask': void answer(word.question).then((value) => ({ ask: word.ask, value, error: null }), (error: unknown) => ({ ask: word.ask, value: null, error: failureOf(error) })).then((one) => { sayIfThere({ kind: 'answer', answer: one }); }); return;
      case 'done': end(word.id, word.error === null ? null : errorOf(word.error)); return;
      case 'found': looks.get(word.look)?.({ found: word.found, error: word.error === null ? null : errorOf(word.error) }); return;
      case 'log': house.log[word.level](word.fields, word.message); return;
    }
  };
  /** A thread that died (out of memory, a bug) takes nothing with it: its rows are as the store has them. */
  const lost = (thread: Worker | null, error: Error): void => {
    // Who dies of an error ends besides: another thread may be at work by then.
    if (thread !== worker) return;
    worker = null;
    for (const { reject } of rows.values()) reject(error);
    for (const look of looks.values()) look({ found: null, error });
    rows.clear();
  };
  const mouth = createMouth<ToWorkshop>((words) => { worker?.postMessage(words); });
  const say = (word: ToWorkshop): void => {
    if (closed) throw new RecordingError('STOPPED', 'the workshop of the recordings is closed');
    worker ??= startThread(house, { hear, lost });
    mouth(word);
  };
  const sayIfThere = (word: ToWorkshop): void => { if (worker !== null) say(word); };
  const answer = (question: Question): Promise<unknown> => answerOf(house, question, question.what === 'ready' ? rows.get(question.id)?.row : undefined);

  return {
    workOff: (row: RecordingRow) => new Promise((resolve, reject) => {
      rows.set(row.id, { row, resolve, reject });
      say({ kind: 'row', row, gone: house.recorderGone?.(row) ?? false });
    }),
    async *leftovers(folder: string, { now, signal, channelGone }: LeftoverAsk): AsyncGenerator<readonly Leftover[], undefined> {
      const look = (count += 1);
      let heard = Promise.withResolvers<Batch>();
      looks.set(look, (batch) => { heard.resolve(batch); });
      say({ kind: 'look', look, folder, now });
      try {
        for (;;) {
          const { found, error } = await heard.promise;
          if (error !== null) throw error;
          if (found === null) return;
          heard = Promise.withResolvers<Batch>();
          yield found.filter(({ file, linkedid, complete }) => complete || channelGone(file, linkedid));
          signal.throwIfAborted();
          say({ kind: 'more', look, enough: false });
        }
      } finally {
        looks.delete(look);
        sayIfThere({ kind: 'more', look, enough: true });
      }
    },
    rest: () => { sayIfThere({ kind: 'rest' }); },
    stop: () => { sayIfThere({ kind: 'stop' }); },
    close: () => {
      const thread = worker;
      closed = true;
      lost(thread, new RecordingError('STOPPED', 'CallMe is stopping'));
      void thread?.terminate();
    },
  };
}

interface Hearing { readonly hear: (word: FromWorkshop) => void; readonly lost: (thread: Worker, error: Error) => void }

/**
 * Megabytes. Sound is in buffers outside of the heap; what is left is a few rows. Without a limit the young generation grows to tens of megabytes in a rush of thousands of
 * recordings, and never shrinks again.
 */
const MEMORY = { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 128 };

function startThread({ folders, settings, clock, recorderGone, makeRoom, copyAway }: House, { hear, lost }: Hearing): Worker {
  const setup: WorkshopSetup = {
    folders, settings, aheadMs: clock.now() - Date.now(), asksWhoIsGone: recorderGone !== null, makesRoom: makeRoom !== null, copiesAway: copyAway !== null,
  };
  const worker = new Worker(INSIDE, { workerData: setup, name: 'recordings', resourceLimits: MEMORY });
  worker.on('message', (words: readonly FromWorkshop[]) => { words.forEach(hear); });
  worker.once('error', (error) => { lost(worker, error instanceof Error ? error : new Error(String(error))); });
  worker.once('exit', () => { lost(worker, new Error('the workshop of the recordings has ended')); });
  return worker;
}

async function answerOf({ ledger, makeRoom, copyAway }: House, question: Question, row: RecordingRow | undefined): Promise<unknown> {
  switch (question.what) {
    case 'patch': return ledger.patch(question.id, question.change);
    case 'ready': return ledger.ready({ ...demanded(row), ...question.ahead }, question.ready, question.ahead);
    case 'get': return ledger.get(question.id);
    case 'copy': return await copyAway?.(question.row, question) ?? null;
    case 'room': return room(makeRoom, question.folder);
  }
}

function demanded(row: RecordingRow | undefined): RecordingRow {
  if (row === undefined) throw new Error('a row was handed over that nobody gave away');
  return row;
}

/** What a policy says of its work is nobody's business there, and may not be a thing that can be sent. */
async function room(makeRoom: MakeRoom | null, folder: string): Promise<null> {
  await makeRoom?.(folder);
  return null;
}
