import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DEFAULT_TENANT, instant, type NodeId } from '../../core/words.ts';
import type { Store } from '../../core/ports.ts';
import { tailCalls } from '../../app/calls/tail.ts';
import { openStore } from '../../store/open.ts';
import { B24, BEGIN, commit, delivery, ended, keyOf, openCall, recording, ringing } from '../fakes/sample-calls.ts';
import { folder, run, writeConfig } from './bench.ts';

interface House { readonly cwd: string; readonly words: readonly string[]; readonly store: Store }

/** A configuration with a store that a "server" holds open, as in real life. */
function house(t: Parameters<typeof folder>[0]): House {
  const cwd = folder(t);
  const words = ['--config', writeConfig(cwd)];
  const store = openStore({ url: 'sqlite:callme.db', dataDir: cwd, tenant: DEFAULT_TENANT });
  t.teardown(() => store.close());
  return { cwd, words, store };
}

/** One call that ended and whose delivery is dead. */
function deadLetter({ store }: House, linkedid = '1790.17'): string {
  const facts = [ringing(linkedid), ended(linkedid)];
  store.journal.commit(commit({ keep: [openCall(linkedid)] }));
  store.journal.commit(commit({ forget: [keyOf(linkedid)], facts, deliveries: [delivery(ended(linkedid))], recordings: [recording(linkedid)], notes: [{ call: keyOf(linkedid), at: BEGIN, text: 'seen \u001b[31mred' }] }));
  const [claimed] = store.deliveries.claim({ now: BEGIN, node: 'n' as NodeId, leaseMs: 1_000, limit: 1, accounts: [B24] });
  if (claimed === undefined) throw new Error('nothing to claim');
  store.deliveries.settle(claimed, { state: 'dead', reason: 'HTTP 400: phone is empty' }, BEGIN);
  return claimed.id;
}

t.test('without a store: empty lists, and looking makes none', async (t) => {
  const cwd = folder(t);
  const words = ['--config', writeConfig(cwd)];
  for (const verb of ['calls', 'outbox', 'spool']) t.same((await run([verb, 'list', '--json', ...words], { cwd })).json(), [], verb);
  t.match(await run(['calls', 'show', 'x', ...words], { cwd }), { code: 1, err: /no store yet/ });
  t.match(await run(['status', '--json', ...words], { cwd }), { code: 1, out: /"server": null/ });
  t.match(await run(['outbox', 'retry', 'x', ...words], { cwd }), { code: 1 });
});

t.test('calls list and show', async (t) => {
  const h = house(t);
  deadLetter(h);
  const list = (await run(['calls', 'list', '--json', ...h.words], h)).json();
  t.match(list, [{ id: 'main/1790.17', state: 'ended', direction: 'inbound', outcome: 'answered', owner: '220' }]);
  t.match((await run(['calls', 'list', ...h.words], h)).out, /main\/1790\.17\s+ended\s+inbound/);
  for (const id of ['main/1790.17', '1790.17']) t.match((await run(['calls', 'show', id, '--json', ...h.words], h)).json(), { id: 'main/1790.17', deliveries: [{ state: 'dead' }], recordings: [{ state: 'closed' }] });
  t.match(await run(['calls', 'show', 'main/9.9', ...h.words], h), { code: 1, err: /no call main\/9\.9/ });
});

t.test('calls explain tells it in sentences, in both languages, with nothing that moves a cursor', async (t) => {
  const h = house(t);
  deadLetter(h);
  const { code, out } = await run(['calls', 'explain', '1790.17', ...h.words], h);
  t.equal(code, 0);
  for (const sentence of ['the phone of 219 began to ring', 'answered, talked 61 s, rang 5 s, belongs to 220', '): dead after 1 attempt\n    answer: HTTP 400: phone is empty', 'note: seen ?[31mred']) t.ok(out.includes(sentence), sentence);
  t.notMatch(out, '\u001b');
  t.match((await run(['calls', 'explain', '1790.17', '--lang', 'ru', ...h.words], h)).out, 'отвечен, разговор 61 с, ожидание ответа 5 с, за 220');
  t.match((await run(['calls', 'explain', '1790.17', '--json', ...h.words], h)).json(), { sentences: [{ note: /^seen/ }, { text: 'the phone of 219 began to ring' }, {}] });
});

t.test('calls tail: what is new and what changed, not what was there', async (t) => {
  const h = house(t);
  deadLetter(h, '1.1');
  const stop = new AbortController();
  const tail = tailCalls(h.store.journal, { intervalMs: 1, signal: stop.signal });
  // The first look happens inside next(), before it waits.
  const first = tail.next();
  h.store.journal.commit(commit({ keep: [openCall('2.2')] }));
  t.match((await first).value, { id: 'main/2.2', state: 'open' });
  const second = tail.next();
  h.store.journal.commit(commit({ forget: [keyOf('2.2')], facts: [ended('2.2')] }));
  t.match((await second).value, { id: 'main/2.2', state: 'ended' });
  const third = tail.next();
  stop.abort();
  t.ok((await third).done, 'stopped');
  const stopped = await run(['calls', 'tail', '--json', ...h.words], { ...h, signal: stop.signal });
  t.match(stopped, { code: 0, out: '' });
});

t.test('outbox list, show, retry, drop', async (t) => {
  const h = house(t);
  const id = deadLetter(h);
  t.match((await run(['outbox', 'list', '--json', ...h.words], h)).json(), [{ id, state: 'dead', account: 'b24', kind: 'call-ended', attempts: 1, reason: /400/ }]);
  t.same((await run(['outbox', 'list', '--json', '--state', 'done', ...h.words], h)).json(), []);
  t.same((await run(['outbox', 'list', '--json', '--account', 'amo', ...h.words], h)).json(), []);
  t.match((await run(['outbox', 'show', id, '--json', ...h.words], h)).json(), { id, fact: { kind: 'call-ended', talkSeconds: 61 } });
  t.equal((await run(['outbox', 'retry', id, '--dry-run', ...h.words], h)).code, 0);
  t.equal(h.store.deliveries.list({ limit: 1 })[0]?.state, 'dead', '--dry-run changes nothing');
  t.equal((await run(['outbox', 'retry', id, ...h.words], h)).code, 0);
  t.match(h.store.deliveries.list({ limit: 1 }), [{ state: 'pending', attempts: 0 }]);
  t.equal((await run(['outbox', 'retry', ...h.words], h)).code, 2, 'which one?');
  t.match(await run(['outbox', 'retry', 'none', ...h.words], h), { code: 1, err: /no delivery none/ });
  t.match((await run(['outbox', 'drop', id, '--reason', 'by hand', '--json', ...h.words], h)).json(), { dropped: [id] });
  t.match(h.store.deliveries.list({ limit: 1 }), [{ state: 'dropped', reason: 'by hand' }]);
});

t.test('outbox retry --all takes what is dead and held', async (t) => {
  const h = house(t);
  const ids = [deadLetter(h, '1.1'), deadLetter(h, '1.2')];
  t.same(((await run(['outbox', 'retry', '--all', '--json', ...h.words], h)).json() as { retried: string[] }).retried.sort(), ids.sort());
  t.match((await run(['outbox', 'retry', '--all', '--json', ...h.words], h)).json(), { retried: [] });
});

t.test('spool list, retry, check', async (t) => {
  const h = house(t);
  deadLetter(h);
  const id = 'main/2026/11/20/call-1790.17.wav';
  t.match((await run(['spool', 'list', '--json', ...h.words], h)).json(), [{ id, state: 'closed' }]);
  h.store.recordings.patch(h.store.recordings.list({ limit: 1 })[0]?.id ?? ('' as never), { state: 'broken', attempts: 10, reason: 'no lame' }, instant(BEGIN));
  t.match(await run(['spool', 'list', '--state', 'broken', ...h.words], h), { code: 0, out: /broken.*no lame/ });
  const checked = await run(['spool', 'check', '--json', ...h.words], h);
  t.equal(checked.code, 1);
  t.match(checked.json(), { ok: false });
  t.match(checked.out, 'broken after 10 attempts: no lame');
  t.equal((await run(['spool', 'retry', id, ...h.words], h)).code, 0);
  t.not(h.store.recordings.list({ limit: 1 })[0]?.state, 'broken');
  t.equal((await run(['spool', 'retry', 'main/none.wav', ...h.words], h)).code, 1);
});

t.test('status sums it up, with a server that does not answer', async (t) => {
  const h = house(t);
  deadLetter(h);
  h.store.journal.commit(commit({ keep: [openCall('5.5')] }));
  const { code, out } = await run(['status', ...h.words], h);
  t.equal(code, 1);
  t.match(out, 'open calls: 1');
  t.match(out, 'dead 1');
  t.match(out, 'callme outbox list --state dead');
  t.match((await run(['status', '--json', ...h.words], h)).json(), { server: null, openCalls: [{ id: 'main/5.5', state: 'open' }], deliveries: { dead: 1 } });
});

t.test('a store that is no store: said, with what to do', async (t) => {
  const cwd = folder(t);
  const words = ['--config', writeConfig(cwd)];
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'callme.db'), 'this is not a database, and long enough to be looked at as one'.repeat(50));
  const { code, err } = await run(['calls', 'list', ...words], { cwd });
  t.equal(code, 1);
  t.match(err, 'the store cannot be opened');
});
