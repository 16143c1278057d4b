/** The workshop's own thread, from its inside: it works rows off and asks the house for everything that is not on a disk. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { Clock, Log, RecordingRow, RecordingState } from '../core/ports.ts';
import { instant, type PbxId, type RecordingId } from '../core/words.ts';
import { diskAtOnce } from './disk-writes.ts';
import { realTimers } from './lame.ts';
import type { Ledger } from './ledger.ts';
import { readsAtOnce } from './open-file.ts';
import { createWorkshop, type Workshop } from './workshop.ts';
import { createMouth, errorOf, failureOf, type Answer, type FromWorkshop, type Question, type ToWorkshop, type WorkshopSetup } from './workshop-words.ts';

interface House { readonly say: (word: FromWorkshop) => void; readonly ask: (question: Question) => Promise<unknown>; readonly hear: (answer: Answer) => void }

function houseBehind(port: MessagePort): House {
  const asked = new Map<number, { readonly resolve: (value: unknown) => void; readonly reject: (error: Error) => void }>();
  let count = 0;
  const say = createMouth<FromWorkshop>((words) => { port.postMessage(words); });
  return {
    say,
    ask: (question) => new Promise((resolve, reject) => {
      count += 1;
      asked.set(count, { resolve, reject });
      say({ kind: 'ask', ask: count, question });
    }),
    hear: ({ ask, value, error }) => {
      const waiting = asked.get(ask);
      asked.delete(ask);
      if (error === null) waiting?.resolve(value); else waiting?.reject(errorOf(error));
    },
  };
}

/** The rows stay in the house: it answers with what the store said. */
const ledgerIn = ({ ask }: House): Ledger => ({
  patch: async (id, change) => { await ask({ what: 'patch', id, change }); },
  ready: ({ id }, ready, ahead) => ask({ what: 'ready', id, ready, ahead }) as Promise<RecordingState>,
  get: (id) => ask({ what: 'get', id }) as Promise<RecordingRow | null>,
});

/** Apart from the questions: nobody waits for it. */
function logTo(port: MessagePort): Log {
  const say = createMouth<FromWorkshop>((words) => { port.postMessage(words); });
  const at = (level: 'debug' | 'info' | 'warn' | 'error') => (fields: Readonly<Record<string, unknown>>, message: string): void => { say({ kind: 'log', level, fields, message }); };
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => log };
  return log;
}

function open(setup: WorkshopSetup, { house, log, gone }: { readonly house: House; readonly log: Log; readonly gone: ReadonlyMap<RecordingId, boolean> }): Workshop {
  const { folders, settings, aheadMs, asksWhoIsGone, makesRoom, copiesAway } = setup;
  const clock: Clock = { now: () => instant(Date.now() + aheadMs) };
  return createWorkshop({
    folders: folders as ReadonlyMap<PbxId, string>, settings, clock, log, ledger: ledgerIn(house), random: Math.random, timers: realTimers, disk: diskAtOnce, reads: readsAtOnce,
    recorderGone: asksWhoIsGone ? (row): boolean => gone.get(row.id) === true : null,
    makeRoom: makesRoom ? (folder): Promise<unknown> => house.ask({ what: 'room', folder }) : null,
    copyAway: copiesAway ? (row, { path, bytes, sha256 }): Promise<string | null> => house.ask({ what: 'copy', row, path, bytes, sha256 }) as Promise<string | null> : null,
  });
}

function serve(port: MessagePort, setup: WorkshopSetup): void {
  const house = houseBehind(port);
  const gone = new Map<RecordingId, boolean>();
  const workshop = open(setup, { house, log: logTo(port), gone });
  const looks = createLooks(workshop, house);
  const hear = (word: ToWorkshop): void => {
    switch (word.kind) {
      case 'row':
        gone.set(word.row.id, word.gone);
        void workshop.workOff(word.row).then(() => null, failureOf).then((error) => { gone.delete(word.row.id); house.say({ kind: 'done', id: word.row.id, error }); });
        return;
      case 'answer': house.hear(word.answer); return;
      case 'look': void looks.begin(word); return;
      case 'more': looks.more(word); return;
      case 'rest': workshop.rest(); return;
      case 'stop': workshop.stop(); return;
    }
  };
  port.on('message', (words: readonly ToWorkshop[]) => { words.forEach(hear); });
}

interface Looks { begin(look: Extract<ToWorkshop, { kind: 'look' }>): Promise<void>; more(word: Extract<ToWorkshop, { kind: 'more' }>): void }

/** A batch is found when the one before it was dealt with: however many there are, one is in memory. */
function createLooks(workshop: Workshop, { say }: House): Looks {
  const waiting = new Map<number, { readonly next: () => void; readonly stop: AbortController }>();
  return {
    async begin({ look, folder, now }) {
      const stop = new AbortController();
      try {
        for await (const found of workshop.leftovers(folder, { now: instant(now), signal: stop.signal, channelGone: () => true })) {
          const next = new Promise<void>((resolve) => { waiting.set(look, { next: resolve, stop }); });
          say({ kind: 'found', look, found, error: null });
          await next;
        }
        say({ kind: 'found', look, found: null, error: null });
      } catch (error) {
        say({ kind: 'found', look, found: null, error: failureOf(error) });
      } finally {
        waiting.delete(look);
      }
    },
    more({ look, enough }) {
      const one = waiting.get(look);
      if (enough) one?.stop.abort();
      one?.next();
    },
  };
}

if (parentPort !== null) serve(parentPort, workerData as WorkshopSetup);
