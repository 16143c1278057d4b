/** WAVs without a row: which are taken over, for which call, and which are left alone. */
import t, { type Test } from 'tap';
import { Leftovers } from '../../app/leftovers.ts';
import { newSound } from '../../core/sounds.ts';
import type { Store } from '../../core/ports.ts';
import { DEFAULT_TENANT, instant, type Instant } from '../../core/words.ts';
import { openStore } from '../../store/open.ts';
import { commit, ended, keyOf, merged, openCall, PBX, recording } from '../fakes/sample-calls.ts';
import { listeningLog } from '../fakes/spool.ts';
import { putFile, wavBytes } from '../fakes/wav.ts';
import { folder } from './bench.ts';

const MINUTE = 60_000;
const fileOf = (linkedid: string): string => `2026/11/20/call-${linkedid}.wav`;

interface Scene {
  readonly folder: string;
  readonly store: Store;
  readonly leftovers: Leftovers;
  /** Milliseconds from the start of the test. */
  pass(milliseconds: number): Promise<void>;
  heard(up: boolean): void;
  /** File and call of every row, and how often the spool was woken. */
  found(): { readonly rows: Readonly<Record<string, string>>; readonly woken: number };
}

function scene(t: Test): Scene {
  const [place, now] = [folder(t), Date.now()];
  const store = openStore({ url: 'sqlite:callme.db', dataDir: place, tenant: DEFAULT_TENANT });
  t.teardown(() => store.close());
  let [passed, woken, since] = [0, 0, null as Instant | null];
  const leftovers = new Leftovers({
    folders: [{ pbx: PBX, folder: place, upSince: () => since }], journal: store.journal, recordings: store.recordings,
    clock: { now: () => instant(now + passed) }, log: listeningLog(), onFound: () => { woken += 1; },
  });
  return {
    folder: place, store, leftovers,
    pass: async (milliseconds) => { passed += milliseconds; await leftovers.tick(); },
    heard: (up) => { since = up ? instant(now + passed) : null; },
    found: () => ({ rows: Object.fromEntries(store.recordings.list({ limit: 10 }).map(({ file, call }) => [file, call])), woken }),
  };
}

const old = (s: Scene, linkedid: string, declared?: number): string =>
  putFile(s.folder, fileOf(linkedid), wavBytes({ seconds: 1, ...(declared === undefined ? {} : { declared, riff: 0 }) }), 10 * MINUTE);

t.test('nothing is looked for while the PBX is not heard, everything as soon as it is', async (t) => {
  const s = scene(t);
  old(s, '1.1');
  await s.pass(0);
  t.same(s.found(), { rows: {}, woken: 0 });
  s.heard(true);
  await s.pass(1_000);
  t.same(s.found(), { rows: { [fileOf('1.1')]: keyOf('1.1') }, woken: 1 });
  t.match(s.store.recordings.list({ limit: 1 }), [{ state: 'closed', certain: false, bytesClaimed: 16_044 }]);
  await s.pass(121_000);
  t.equal(s.found().woken, 1, 'a file is found once');
});

t.test('a young file is left to whoever announces it; after two minutes, and every hour, it is looked for', async (t) => {
  const s = scene(t);
  putFile(s.folder, fileOf('1.1'), wavBytes({ seconds: 1 }));
  s.heard(true);
  await s.pass(1_000);
  t.same(s.found().rows, {});
  await s.pass(121_000);
  t.same(Object.keys(s.found().rows), [fileOf('1.1')]);
  old(s, '2.2');
  await s.pass(30 * MINUTE);
  t.equal(Object.keys(s.found().rows).length, 1, 'not yet an hour');
  await s.pass(31 * MINUTE);
  t.equal(Object.keys(s.found().rows).length, 2);
  old(s, '3.3');
  await s.pass(1_000);
  s.heard(true);
  await s.pass(1_000);
  t.equal(Object.keys(s.found().rows).length, 3, 'a new link begins anew');
});

t.test('a file that a row knows, and files of calls that go on, are theirs', async (t) => {
  const s = scene(t);
  const file = fileOf('9.9');
  for (const linkedid of ['1.1', '2.2', '3.3', '9.9']) old(s, linkedid);
  s.store.journal.commit(commit({ recordings: [{ ...recording('1.1'), id: `${PBX}/${fileOf('1.1')}` as never, file: fileOf('1.1') }] }));
  s.store.journal.commit(commit({ keep: [openCall('2.2', { linkeds: ['2.2', '3.3'] as never, sounds: [newSound('8.8' as never, file)] })] }));
  s.heard(true);
  await s.pass(1_000);
  t.same(s.found(), { rows: { [fileOf('1.1')]: keyOf('1.1') }, woken: 0 });
  s.store.journal.commit(commit({ facts: [ended('2.2')], forget: [keyOf('2.2')] }));
  await s.pass(121_000);
  t.same(Object.keys(s.found().rows).toSorted(), ['1.1', '2.2', '3.3', '9.9'].map(fileOf), 'when it is over and did not tell them, they are found');
});

t.test('a call that was united into another: its file goes where the story went on', async (t) => {
  const s = scene(t);
  old(s, '2.2');
  s.store.journal.commit(commit({ facts: [merged('2.2', '1.1'), ended('1.1')] }));
  s.heard(true);
  await s.pass(1_000);
  t.same(s.found().rows, { [fileOf('2.2')]: keyOf('1.1') });
});

t.test('an open header is believed to be the end only while the PBX has no call at all', async (t) => {
  const s = scene(t);
  old(s, '2.2', 0);
  s.store.journal.commit(commit({ keep: [openCall('1.1')] }));
  s.heard(true);
  await s.pass(1_000);
  t.same(s.found().rows, {});
  s.store.journal.commit(commit({ facts: [ended('1.1')], forget: [keyOf('1.1')] }));
  await s.pass(121_000);
  t.same(s.found().rows, { [fileOf('2.2')]: keyOf('2.2') });
});

t.test('a stop ends it, and a folder that is not there is no reason to fall over', async (t) => {
  const s = scene(t);
  const nowhere = new Leftovers({
    folders: [{ pbx: PBX, folder: `${s.folder}/none`, upSince: () => instant(0) }], journal: s.store.journal, recordings: s.store.recordings,
    clock: { now: () => instant(0) }, log: listeningLog(), onFound: () => t.fail('there is nothing'),
  });
  await nowhere.tick();
  old(s, '1.1');
  s.heard(true);
  await s.leftovers.start();
  await s.leftovers.stop();
  await s.pass(1_000);
  t.same(s.found().rows, {}, 'stopped');
});
