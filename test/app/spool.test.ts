/** `callme spool …` in this process, on a store that a "server" holds open. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { RecordingReady } from '../../core/facts.ts';
import type { Store } from '../../core/ports.ts';
import { DEFAULT_TENANT, factId, instant, type Extension, type NodeId, type RecordingId } from '../../core/words.ts';
import { en } from '../../app/cli/texts/en.ts';
import { ru } from '../../app/cli/texts/ru.ts';
import { SPOOL_PROBLEMS } from '../../recordings/check-problems.ts';
import { openStore } from '../../store/open.ts';
import { fakeLame } from '../fakes/lame.ts';
import { B24, commit, delivery, ended, keyOf, openCall, PBX, recording } from '../fakes/sample-calls.ts';
import { mp3Bytes, putFile } from '../fakes/wav.ts';
import { CONFIG, folder, run, writeConfig, type Ran } from './bench.ts';

const DAY = 86_400_000;
const BYTES = mp3Bytes(1);
const SHA256 = createHash('sha256').update(BYTES).digest('hex');
const EXTRA = `recording: { keepMp3Days: 30, minFreeMb: 0, retention: [{ line: "7495 111 22 33", days: 5 }] }
crm:
  - { id: b24, driver: bitrix24, url: "http://127.0.0.1:9/rest/1/x/" }
`;

interface House { readonly cwd: string; readonly store: Store; readonly verb: (...words: readonly string[]) => Promise<Ran> }
function house(t: Test): House {
  const cwd = folder(t);
  const words = ['--config', writeConfig(cwd)];
  writeFileSync(words[1] ?? '', `${CONFIG.replaceAll('DATA', cwd)}${EXTRA}`);
  const bin = join(cwd, 'bin');
  putFile(bin, 'x', Buffer.alloc(0));
  const lame = fakeLame(bin, 'honest');
  writeFileSync(join(bin, 'lame'), readFileSync(lame), { mode: 0o755 });
  process.env['PATH'] = `${bin}:${process.env['PATH'] ?? ''}`;
  putFile(join(cwd, 'recordings'), 'x', Buffer.alloc(0));
  const store = openStore({ url: 'sqlite:callme.db', dataDir: cwd, tenant: DEFAULT_TENANT });
  t.teardown(() => store.close());
  return { cwd, store, verb: (...rest) => run(['spool', ...rest, ...words], { cwd }) };
}

/** A recording that is verified and planned for b24; `settle` ends its delivery. */
function kept({ cwd, store }: House, linkedid: string, about: { readonly days?: number; readonly settle?: 'done' | 'dead' | null; readonly line?: string } = {}): RecordingId {
  const { days = 0, settle = 'done', line = '4951112233' } = about;
  const at = instant(Date.now() - days * DAY);
  const row = { ...recording(linkedid), talked: ['219' as Extension] };
  const mp3 = putFile(join(cwd, 'continuous'), row.file.replace('.wav', '.mp3'), BYTES);
  const over = { ...ended(linkedid), line, at };
  const fact: RecordingReady = {
    kind: 'recording-ready', id: factId(keyOf(linkedid), `recording-ready/${row.file}`), pbx: PBX, call: keyOf(linkedid), linkedid: linkedid as never, at, certain: true, source: 'live',
    because: { event: 'recording-ended', leg: null, word: '' }, recording: row.id, path: mp3, seconds: 1, bytes: BYTES.length, sha256: SHA256,
  };
  store.journal.commit(commit({ at, keep: [openCall(linkedid)] }));
  store.journal.commit(commit({ at, forget: [keyOf(linkedid)], facts: [over], deliveries: [delivery(over)], recordings: [row] }));
  store.recordings.ready(row.id, { state: 'uploaded', mp3, seconds: 1, bytes: BYTES.length, sha256: SHA256 }, fact, settle === null ? [] : [delivery(fact)], at);
  // The call's end, and behind it in the same lane the recording.
  for (let turn = 0; turn < 2; turn += 1) {
    for (const claimed of store.deliveries.claim({ now: instant(Date.now()), node: 'n' as NodeId, leaseMs: 1_000, limit: 9, accounts: [B24] })) {
      store.deliveries.settle(claimed, { state: claimed.fact.kind === 'recording-ready' && settle === 'dead' ? 'dead' : 'done', reason: settle === 'dead' ? 'HTTP 400' : '' }, instant(Date.now()));
    }
  }
  if (settle === 'done') store.recordings.patch(row.id, { state: 'told' }, at);
  return row.id;
}
const mp3Of = ({ cwd }: House, id: RecordingId): string => join(cwd, 'continuous', id.slice('main/'.length).replace('.wav', '.mp3'));

t.test('list: where it is, who talked, which CRM has it', async (t) => {
  const h = house(t);
  const id = kept(h, '1.1');
  t.match((await h.verb('list', '--json')).json(), [{ id, state: 'told', sha256: SHA256, talked: ['219'], pauses: [], hold: '', stored: null, crm: [{ account: 'b24', state: 'done' }] }]);
  t.match((await h.verb('list')).out, /call-1\.1\.wav\s+told\s+0\s+\S+ \S+\s+1\s+219\s+here\s+b24 done/);
  kept(h, '2.2');
  for (const call of ['main/1.1', '1.1']) t.same(((await h.verb('list', '--json', '--call', call)).json() as { id: string }[]).map((row) => row.id), [id]);
});

t.test('check: 0 when all is well; 1 with what is wrong here and at the CRM; both languages', async (t) => {
  const h = house(t);
  kept(h, '1.1');
  t.match(await h.verb('check', '--deep'), { code: 0, out: 'Everything is where it should be.\n' });
  const dead = kept(h, '2.2', { settle: 'dead' });
  const forgotten = kept(h, '3.3', { settle: null });
  rmSync(mp3Of(h, kept(h, '4.4')));
  const checked = await h.verb('check', '--json');
  t.equal(checked.code, 1);
  t.same((checked.json() as { problems: { kind: string; recording: string }[] }).problems.map(({ kind, recording: id }) => `${kind} ${id}`),
    [`crm-dead ${dead}`, `crm-never ${forgotten}`, 'mp3-missing main/2026/11/20/call-4.4.wav']);
  t.match((await h.verb('check')).out, /a CRM does not have it: b24: HTTP 400 +see "callme outbox list --state dead"/);
  t.match((await h.verb('check', '--lang', 'ru')).out, /в CRM не доставлена: b24: HTTP 400 +см\. callme outbox list/);
});

t.test('repair: --dry-run changes nothing, then what can be repaired is, and the rest is named', async (t) => {
  const h = house(t);
  const forgotten = kept(h, '3.3', { settle: null });
  kept(h, '2.2', { settle: 'dead' });
  const planned = (): number => h.store.deliveries.list({ limit: 99 }).filter(({ fact }) => fact.kind === 'recording-ready' && fact.recording === forgotten).length;
  t.match(await h.verb('repair', '--dry-run'), { code: 1, out: /1 would be repaired, 1 left/ });
  t.equal(planned(), 0);
  t.match(await h.verb('repair'), { code: 1, out: /repaired: planned for the CRM[^]*1 repaired, 1 left/ });
  t.equal(planned(), 1);
  t.match((await h.verb('repair', '--json')).json(), { ok: false, repairs: [{ result: 'left', how: 'by-hand' }] });
});

t.test('purge: shows what would go and why, keeps what is held or untold, and does it', async (t) => {
  const h = house(t);
  const [young, old, line, held, dead] = [kept(h, '1.1', { days: 1 }), kept(h, '2.2', { days: 31 }), kept(h, '3.3', { days: 6, line: '74951112233' }), kept(h, '4.4', { days: 31 }), kept(h, '5.5', { days: 31, settle: 'dead' })];
  t.match(await h.verb('hold', held, '--reason', 'case 42'), { code: 0, out: /is on hold/ });
  const dry = await h.verb('purge', '--dry-run', '--json');
  t.match(dry.json(), {
    dryRun: true, going: [{ id: old, rule: 'age' }, { id: line, rule: 'line' }], totals: { age: { recordings: 1, bytes: BYTES.length }, line: { recordings: 1 } },
    staying: [{ id: held, why: 'held', detail: 'case 42' }, { id: dead, why: 'untold', detail: 'b24: dead' }],
  });
  t.match((await h.verb('purge', '--dry-run')).out, /call-2\.2\.wav +age +older than 30 days[^]*on hold: case 42[^]*age: 1, [^]*2 would go/);
  t.match((await h.verb('purge', '--dry-run', '--lang', 'ru')).out, /старше срока хранения[^]*Было бы удалено: 2/);
  t.ok([young, old, line, held, dead].every((id) => existsSync(mp3Of(h, id))), 'a dry run deletes nothing');
  t.match(await h.verb('purge'), { code: 0, out: /2 gone\./ });
  t.same([young, old, line, held, dead].map((id) => existsSync(mp3Of(h, id))), [true, false, false, true, true]);
  t.match(h.store.recordings.get(old), { state: 'purged', reason: 'older than 30 days', mp3: null });
  t.match(await h.verb('hold', old), { code: 1, err: /purged already/ });
  t.match(await h.verb('release', held, '--dry-run'), { code: 0, out: /would be released/ });
  t.equal(h.store.recordings.get(held)?.hold, 'case 42');
  t.match((await h.verb('release', held, '--json')).json(), { id: held, hold: '' });
  t.match(await h.verb('purge'), { code: 0, out: /1 gone\./ });
  t.match(await h.verb('purge'), { code: 0, out: /Nothing to delete/ });
  t.match(await h.verb('hold', 'main/none.wav'), { code: 1, err: /there is no recording main\/none\.wav/ });
});

t.test('export: a window or a call, verified, with both manifests; a bad time and no folder are usage', async (t) => {
  const h = house(t);
  kept(h, '1.1', { days: 10 });
  const id = kept(h, '2.2');
  t.match(await h.verb('export'), { code: 2, err: /--out FOLDER/ });
  t.match(await h.verb('export', '--out', 'x', '--from', 'yesterday'), { code: 2, err: /"yesterday" is not a time/ });
  t.match(await h.verb('export', '--out', 'out', '--from', '2d', '--dry-run'), { code: 0, out: /1 would be copied/ });
  t.notOk(existsSync(join(h.cwd, 'out')));
  t.match((await h.verb('export', '--out', 'out', '--from', '2d', '--json')).json(), { ok: true, exported: [{ recording: id, client: '+79161234567', owner: '220', talked: ['219'], crm: 'b24=done' }] });
  t.same(readFileSync(join(h.cwd, 'out/main/2026/11/20/call-2.2.mp3')), BYTES);
  t.match((await h.verb('export', '--out', 'one', '--call', '1.1', '--json')).json(), { exported: [{ recording: 'main/2026/11/20/call-1.1.wav' }] });
  writeFileSync(mp3Of(h, id), 'x');
  t.match(await h.verb('export', '--out', 'bad', '--call', '2.2'), { code: 1, out: /call-2\.2\.wav/ });
});

t.test('without a store there is nothing, and nothing is made', async (t) => {
  const cwd = folder(t);
  const words = ['--config', writeConfig(cwd)];
  for (const verb of ['check', 'repair', 'purge', 'export']) t.match(await run(['spool', verb, '--json', ...words], { cwd }), { code: 0 }, verb);
  for (const verb of ['hold', 'release', 'retry']) t.match(await run(['spool', verb, 'x', ...words], { cwd }), { code: 1 }, verb);
  t.notOk(existsSync(join(cwd, 'callme.db')));
});

t.test('every kind of problem has its words and its remedy in Russian', async (t) => {
  for (const kind of SPOOL_PROBLEMS) {
    t.match(ru.spool.problem(kind, 'x', ''), /[а-я]/, kind);
    t.match(ru.spool.problemRemedy(kind, ''), /[а-я]/, kind);
    t.equal(en.spool.problem(kind, 'x', 'said'), 'said');
  }
});

t.test('a bucket: its keys stay secret, plain http goes to this machine alone', async (t) => {
  const cwd = folder(t);
  const file = writeConfig(cwd);
  const config = (endpoint: string): void => { writeFileSync(file, `${CONFIG.replaceAll('DATA', cwd)}storage: { kind: s3, endpoint: "${endpoint}", bucket: calls, accessKeyId: AKIA1, secretAccessKey: top-secret-1 }\n`); };
  const shown = async (): Promise<Ran> => await run(['config', 'explain', '--json', '--config', file], { cwd });
  for (const endpoint of ['https://s3.example.org', 'http://127.0.0.1:9000']) {
    config(endpoint);
    const { code, out } = await shown();
    t.equal(code, 0);
    t.notMatch(out, /AKIA1|top-secret/);
    t.match(out, 'storage.keepLocalDays');
  }
  config('http://s3.example.org');
  t.match(await run(['config', 'check', '--config', file], { cwd }), { code: 2, err: /storage\.endpoint: is not encrypted/ });
  writeFileSync(file, `${CONFIG.replaceAll('DATA', cwd)}storage: { kind: s3, endpoint: "https://s3.example.org", bucket: B_, secretAccessKey: top-secret-1 }\n`);
  const bad = await run(['config', 'check', '--config', file], { cwd });
  t.match(bad, { code: 2, err: /storage\.accessKeyId: is missing[^]*storage\.bucket: cannot be "B_"|storage\.bucket[^]*storage\.accessKeyId/ });
  t.notMatch(bad.err, 'top-secret');
});
