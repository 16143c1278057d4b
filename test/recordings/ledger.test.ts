import t from 'tap';
import type { RecordingStore } from '../../core/ports.ts';
import { instant } from '../../core/words.ts';
import { createLedger, type Ledger } from '../../recordings/ledger.ts';
import { appOnReady } from '../fakes/spool.ts';
import { memoryRecordings, recordingRow, type MemoryRecordings } from '../fakes/stores.ts';

const rows = [1, 2, 3].map((number) => recordingRow('main', `2026/11/20/call-1790.${number}.wav`));
const READY = { path: '/x.mp3', seconds: 1, bytes: 9, sha256: 'ab' };

interface Scene { readonly store: MemoryRecordings; readonly ledger: Ledger; readonly commits: () => number }
/** A store whose transactions are counted and undone, as a real one's, when they fail. */
function scene(change: (store: MemoryRecordings) => Partial<RecordingStore> = () => ({})): Scene {
  const store = memoryRecordings(...rows);
  let commits = 0;
  const together = (work: () => void): void => {
    const before = rows.map(({ id }) => store.get(id));
    try { work(); commits += 1; } catch (error) { for (const row of before) if (row !== null) store.put(row); throw error; }
  };
  const given = { ...store, together, ...change(store) };
  return { store, commits: () => commits, ledger: createLedger({ store: given, clock: { now: () => instant(1) }, onReady: appOnReady(given) }) };
}
const stateOf = ({ store }: Scene): readonly unknown[] => rows.map(({ id }) => store.get(id)?.state);

t.test('what comes in one turn shares one commit, and nobody goes on before it', async (t) => {
  const at = scene();
  const [one, two, three] = rows as [typeof rows[0] & object, typeof rows[0] & object, typeof rows[0] & object];
  const all = [at.ledger.patch(one.id, { state: 'spooled' }), at.ledger.ready(two, READY, { channels: 'mono', reason: 'in mono' }), at.ledger.patch(three.id, { state: 'broken' })];
  t.same(stateOf(at), ['closed', 'closed', 'closed'], 'not yet');
  t.same(await Promise.all(all), [undefined, 'uploaded', undefined]);
  await new Promise((resolve) => { setImmediate(resolve); });
  t.equal(at.commits(), 1);
  t.same(stateOf(at), ['spooled', 'uploaded', 'broken']);
  t.match(at.store.get(two.id), { channels: 'mono', reason: 'in mono' }, 'what was ahead of the store went with it');
  await at.ledger.patch(one.id, { state: 'closed' });
  t.equal(at.commits(), 2, 'another turn, another commit');
  t.match(await at.ledger.get(one.id), { state: 'closed' });
});

t.test('a row that the store refuses fails alone, and is not half written', async (t) => {
  const [one, two, three] = rows.map(({ id }) => id) as [typeof rows[0]['id'], typeof rows[0]['id'], typeof rows[0]['id']];
  const at = scene((store) => ({ patch: (id, change, now) => { if (id === two) throw new Error('refused'); store.patch(id, change, now); } }));
  const ends = await Promise.allSettled([one, two, three].map((id) => at.ledger.patch(id, { state: 'spooled' })));
  t.match(ends, [{ status: 'fulfilled' }, { status: 'rejected', reason: { message: 'refused' } }, { status: 'fulfilled' }]);
  t.same(stateOf(at), ['spooled', 'closed', 'spooled']);
});

t.test('a hand-over that took nothing is none, and what came with it is not written', async (t) => {
  const store = memoryRecordings(...rows);
  const [row] = rows;
  if (row === undefined) { t.fail('no row'); return; }
  const ledger = createLedger({ store, clock: { now: () => instant(1) }, onReady: () => undefined });
  await t.rejects(ledger.ready(row, READY, {}), { code: 'NOT_UPLOADED' });
});
