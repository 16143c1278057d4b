/**
 * Lives of CallMe's outbox over one store: the real dispatcher, pacing, accounts, driver and HTTP client, a store in a file, and a clock that stands still
 * for the dispatcher alone. A life may end as a process does: nothing of it is written any more.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Test } from 'tap';
import { openAccount } from '../../app/accounts.ts';
import { Secret } from '../../app/config/secret.ts';
import { createHttp } from '../../app/http.ts';
import { postingOf } from '../../app/outbox/posting.ts';
import type { Fact } from '../../core/facts.ts';
import { PERISHABLE, PERISH_MS } from '../../core/facts.ts';
import type { Delivery, Log, Store } from '../../core/ports.ts';
import { type AccountId, DEFAULT_TENANT, instant, type NodeId, type RecordingId } from '../../core/words.ts';
import { createDispatcher, type Outbox } from '../../outbox/dispatcher.ts';
import { openStore } from '../../store/open.ts';
import { EMPLOYEES, LINES, linkTo, type Stage, story } from '../contract/driver-stage.ts';
import { accountTools } from '../fakes/crm/tools.ts';
import { commit, delivery } from '../fakes/sample-calls.ts';
import { FakeTime } from '../fakes/time.ts';
import type { World } from './worlds.ts';

export const ACCOUNT = 'examined' as AccountId;
const LINKED = /\/recordings\/|call-/;

export interface House { readonly world: World; readonly stage: Stage; readonly folder: string; readonly sound: string; readonly time: FakeTime }

export async function houseOf(t: Test, world: World): Promise<House> {
  const stage = await world.start();
  t.teardown(() => stage.standIn?.stop());
  const folder = t.testdir();
  const sound = join(folder, 'call.mp3');
  writeFileSync(sound, Buffer.alloc(9_000, 'ID3 '));
  return { world, stage, folder, sound, time: new FakeTime(Date.now()) };
}

export interface Life {
  readonly store: Store;
  readonly outbox: Outbox;
  readonly said: readonly { readonly level: string; readonly message: string }[];
  /** Commits the durable facts of a call. */
  tell(linkedid: string): void;
  /** Commits these, pop-ups with their deadline. */
  commit(facts: readonly Fact[]): void;
  /** Lets the clock go on, step by step, and never while an answer is awaited. */
  until(so: () => boolean, stepMs?: number): Promise<void>;
  /** Nothing waits any more. */
  readonly settled: () => boolean;
  /** As `kill -9`: from here on nothing of this life reaches the disk or the network. */
  die(): Promise<void>;
  /** Lets everything happen that needs no time, until it is so: an answer may be awaited meanwhile. */
  pump(so: () => boolean): Promise<void>;
}

let lives = 0;
/** Sockets are read in turns of the loop, not in the time that stands still. */
const soon = (): Promise<void> => pause(2);

export async function live(t: Test, house: House): Promise<Life> {
  const { world, stage, folder, sound, time } = house;
  const store = openStore({ url: 'sqlite:callme.db', dataDir: folder, tenant: DEFAULT_TENANT });
  const http = createHttp({ version: '0.0.0' });
  const said: { level: string; message: string }[] = [];
  const at = (level: string) => (_fields: unknown, message: string): void => { said.push({ level, message }); };
  const log: Log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: () => log };
  const settings = new Secret<unknown>(world.kind.settings.parse(stage.settings));
  // The limit is no matter here, and its clock is the real one.
  const config = { id: ACCOUNT, driver: world.kind.name, settings: new Secret({}), pace: { perSecond: 1_000, burst: 1 } };
  const account = openAccount({ config, kind: world.kind, settings },
    accountTools(http, { shelves: store, employees: EMPLOYEES, lines: LINES, publicUrl: 'https://pbx.example.org/callme', link: linkOf }));
  let wake = (): void => undefined;
  store.deliveries.takeBack(time.now());
  lives += 1;
  const outbox = createDispatcher({
    store: store.deliveries, ...postingOf([account]), node: `life-${lives}` as NodeId, clock: time, timers: time, random: () => 0, log, onSettled: () => { wake(); },
  });
  await outbox.start();
  let alive = true;
  const end = async (): Promise<void> => {
    if (!alive) return;
    alive = false;
    store.close();
    await http.close();
    const stopped = outbox.stop(0);
    await time.advance(10_000);
    await stopped;
  };
  t.teardown(end);
  const idle = async (): Promise<void> => {
    while (outbox.status().some(({ inFlight }) => inFlight > 0)) {
      await Promise.race([new Promise<void>((resolve) => { wake = resolve; }), soon()]);
    }
  };
  const counts = (): Partial<Record<Delivery['state'], number>> => store.deliveries.count();
  const write = (facts: readonly Fact[]): void => {
    const deliveries = facts.map((fact) => delivery(fact, ACCOUNT, PERISHABLE.has(fact.kind) ? time.now() + PERISH_MS : null));
    store.journal.commit(commit({ at: instant(time.now()), facts, deliveries }));
    outbox.wake();
  };
  return {
    store, outbox, said, die: end, commit: write,
    tell: (linkedid) => { write(story(linkedid, sound).durable); },
    pump: async (so) => {
      while (!so()) {
        await time.settle();
        await soon();
      }
    },
    until: async (so, stepMs = 1_000) => {
      await time.settle();
      await idle();
      for (let steps = 0; !so(); steps += 1) {
        if (steps > 100_000) throw new Error(`it does not come to an end: ${JSON.stringify(counts())}`);
        await time.advance(stepMs);
        await idle();
      }
    },
    settled: () => { const { pending = 0, claimed = 0, deferred = 0, held = 0 } = counts(); return pending + claimed + deferred + held === 0; },
  };
}

const linkOf = (recording: RecordingId): string => {
  const linkedid = /call-(.*)\.wav$/.exec(recording)?.[1] ?? '';
  if (!LINKED.test(recording)) throw new Error('no recording of the story');
  return linkTo(linkedid);
};
