/** `callme outbox`, and what `status` and the doctor say of accounts: words that a person understands, in both languages. */
import t, { type Test } from 'tap';
import { textsOf } from '../../app/cli/texts/index.ts';
import { loadConfig } from '../../app/config/index.ts';
import { examineOutbox } from '../../app/doctor/outbox.ts';
import type { Delivery, Settlement, Store } from '../../core/ports.ts';
import { type AccountId, DEFAULT_TENANT, instant, type NodeId } from '../../core/words.ts';
import { openStore } from '../../store/open.ts';
import { AMO, B24, BEGIN, commit, delivery, ended, keyOf, ringing, told } from '../fakes/sample-calls.ts';
import { CONFIG, folder, run, writeConfig } from './bench.ts';

const ACCOUNTS = `${CONFIG}crm:
  - { id: b24, driver: bitrix24, url: "https://portal.example/rest/1/webhooksecret0001/" }
`;
interface House { readonly cwd: string; readonly config: string; readonly store: Store; readonly callme: (...words: string[]) => ReturnType<typeof run> }

function house(t: Test): House {
  const cwd = folder(t);
  const config = writeConfig(cwd, ACCOUNTS);
  const store = openStore({ url: 'sqlite:callme.db', dataDir: cwd, tenant: DEFAULT_TENANT });
  t.teardown(() => store.close());
  return { cwd, config, store, callme: (...words) => run([...words, '--config', config], { cwd }) };
}
const minute = (number: number) => instant(BEGIN + number * 60_000);

/** One try at this minute, with this end. */
function tried({ store }: House, at: number, settlement: Settlement, account = B24): Delivery {
  const [claimed] = store.deliveries.claim({ now: minute(at), node: 'n' as NodeId, leaseMs: 1_000, limit: 1, accounts: [account] });
  if (claimed === undefined) throw new Error('nothing to claim');
  store.deliveries.settle(claimed, settlement, instant(minute(at) + 1_500));
  return claimed;
}
const LOCKED = 'HTTP 401 INVALID_CREDENTIALS; the webhook is not valid any more: create a new incoming webhook and put its address into `url`';
function lock({ store }: House): void {
  const { mark } = store.deliveries as unknown as { readonly mark: (account: AccountId, standing: object) => void };
  mark(B24, { account: B24, why: 'locked-out', reason: LOCKED, since: minute(1), looks: 17, nextLook: minute(18) });
}

t.test('a list says for each what happens next, and for an account that stands still why and what to do', async (t) => {
  const h = house(t);
  h.store.journal.commit(told('17', ['a']));
  tried(h, 0, { state: 'dead', reason: 'HTTP 400: phone is empty' });
  h.store.journal.commit(told('18', ['b']));
  tried(h, 1, { state: 'held', reason: LOCKED });
  h.store.journal.commit(told('19', ['c']));
  const open = (await h.callme('outbox', 'list')).out;
  t.match(open, /1\s+dead \(dead letter\)\s+b24\s+main\/17\s+call-ended\s+1\s+nothing until you act: callme outbox retry 1\s+HTTP 400: phone is empty/);
  t.match(open, /3\s+pending \(waits for its turn\).*goes as soon as its turn comes/);
  t.notMatch(open, /LOCKED OUT/);
  lock(h);
  const locked = (await h.callme('outbox', 'list')).out;
  t.match(locked, /2\s+held \(held: the account is locked out\).*goes by itself when b24 works again; next look \d{4}-/);
  t.match(locked, /3\s+pending.*goes by itself when b24 works again/);
  t.match(locked, /b24: LOCKED OUT since .* \(asked 17 times, again .*\), 2 deliveries wait \(1 held\), the oldest since .*It said: HTTP 401 INVALID_CREDENTIALS.* 1 dead letter needs you\.\n {2}.*callme crm check --account b24 says what is missing/);
  const russian = (await h.callme('outbox', 'list', '--lang', 'ru')).out;
  t.match(russian, /held \(задержано: CRM не пускает\).*уйдёт само, когда b24 снова заработает; проверим/);
  t.match(russian, /b24: НЕ ПУСКАЕТ с .* \(спросили 17 раз, снова спросим .*\), 2 доставки ждут \(задержано: 1\), самая старая с .*Вашего решения ждёт: 1 доставка\./);
  t.match(russian, /callme crm check --account b24 скажет, чего не хватает/);
  t.match((await h.callme('outbox', 'list', '--json')).json(), [{ id: '3', state: 'pending' }, { id: '2', state: 'held' }, { id: '1', state: 'dead' }]);
});

t.test('filters: by state, account and call; a list that is cut says so', async (t) => {
  const h = house(t);
  h.store.journal.commit(told('17', ['a', 'b']));
  h.store.journal.commit(told('18', ['c'], AMO));
  const ids = async (...words: string[]): Promise<readonly string[]> => ((await h.callme('outbox', 'list', '--json', ...words)).json() as readonly { id: string }[]).map(({ id }) => id);
  t.same(await ids('--account', 'amo'), ['3']);
  t.same(await ids('--call', 'main/17'), ['2', '1']);
  t.same(await ids('--call', 'main/17', '--account', 'amo'), []);
  t.same(await ids('--state', 'held'), []);
  t.equal((await h.callme('outbox', 'list', '--state', 'odd')).code, 2);
  t.match((await h.callme('outbox', 'list', '--limit', '2')).out, /The newest 2 are shown/);
});

t.test('show tells the whole history: each attempt, what an operator did, and what next', async (t) => {
  const h = house(t);
  h.store.journal.commit(told('17', ['a']));
  tried(h, 0, { state: 'deferred', reason: 'HTTP 503', notBefore: minute(1) });
  h.store.deliveries.claim({ now: minute(1), node: 'n' as NodeId, leaseMs: 60_000, limit: 1, accounts: [B24] });
  h.store.deliveries.takeBack(minute(2));
  tried(h, 3, { state: 'held', reason: LOCKED });
  h.store.deliveries.release(B24, minute(4));
  tried(h, 4, { state: 'dead', reason: 'HTTP 400: \u001b[31mno' });
  h.store.deliveries.retry('1' as Delivery['id'], minute(5));
  const { out } = await h.callme('outbox', 'show', '1');
  const lines = out.slice(out.indexOf('What was tried')).split('\n').slice(1, 6).map((line) => line.replace(/^ +[\d-]+ [\d:]+ +/, ''));
  t.same(lines, ['put off (after 1.5 s): HTTP 503', 'CallMe ended in the middle of it; it is tried again', `locked out (after 1.5 s): ${LOCKED}`, 'given up (after 1.5 s): HTTP 400: ?[31mno', 'an operator sent it again']);
  t.match(out, /^1\nstate: pending \(waits for its turn\)\nwhat happens next: goes as soon as its turn comes\naccount: b24\ncall: main\/17\ntells: call-ended: /);
  t.match((await h.callme('outbox', 'show', '1', '--lang', 'ru')).out, /состояние: pending \(ждёт очереди\)[\s\S]*Что пробовали:\n.*отложено \(через 1\.5 с\): HTTP 503/);
  t.match((await h.callme('outbox', 'show', '1', '--json')).json(), { id: '1', history: [{ end: 'deferred' }, { end: 'lost' }, { end: 'held' }, { end: 'dead' }, { end: 'retried', beganAt: null }] });
  t.match(await h.callme('outbox', 'show', '9'), { code: 1, err: /no delivery 9/ });
});

t.test('a pop-up says by when it must be told', async (t) => {
  const h = house(t);
  h.store.journal.commit(commit({ facts: [ringing('17')], deliveries: [delivery(ringing('17'), B24, BEGIN + 15_000)] }));
  t.match((await h.callme('outbox', 'list')).out, /a pop-up: told by \d{4}-.* or never/);
  t.match((await h.callme('outbox', 'show', '1')).out, /told by, or never: \d{4}-/);
});

t.test('retry: one, all of an account, all dead letters; a dry run changes nothing', async (t) => {
  const h = house(t);
  for (const [linkedid, account, settlement] of [
    ['1', B24, { state: 'dead', reason: 'x' }], ['2', B24, { state: 'held', reason: 'x' }], ['3', B24, { state: 'deferred', reason: 'x', notBefore: minute(999_999_999) }],
    ['4', AMO, { state: 'dead', reason: 'x' }], ['5', AMO, { state: 'held', reason: 'x' }],
  ] as const) {
    h.store.journal.commit(told(linkedid, ['a'], account));
    tried(h, 0, settlement, account);
  }
  const states = (): readonly string[] => h.store.deliveries.list({ limit: 9 }).toReversed().map(({ state }) => state);
  const before = states();
  const retried = async (...words: string[]): Promise<readonly string[]> => ((await h.callme('outbox', 'retry', '--json', ...words)).json() as { retried: string[] }).retried.toSorted();
  t.same(await retried('--account', 'b24', '--dry-run'), ['1', '2', '3']);
  t.same(await retried('--all-dead', '--dry-run'), ['1', '4']);
  t.same(await retried('--all', '--dry-run', '--account', 'amo'), ['4', '5']);
  t.same(states(), before);
  t.same(await retried('--all-dead', '--account', 'amo'), ['4']);
  t.same(states(), ['dead', 'held', 'deferred', 'pending', 'held']);
  t.same(await retried('--account', 'b24'), ['1', '2', '3']);
  t.same(states(), ['pending', 'pending', 'pending', 'pending', 'held']);
  t.same(await retried('--all'), ['5']);
  t.match(await h.callme('outbox', 'retry'), { code: 2, err: /--account ID, --all-dead or --all/ });
  t.match(await h.callme('outbox', 'retry', '--account', 'b42'), { code: 2, err: /no account "b42"[\s\S]*one of: b24, amo/ });
  t.match(await h.callme('outbox', 'retry', '--account', 'b42', '--lang', 'ru'), { code: 2, err: /нет учётной записи «b42»/ });
});

t.test('thousands are retried and dropped together', async (t) => {
  const h = house(t);
  const facts = Array.from({ length: 1_001 }, (_, index) => ended(String(index), 'a'));
  h.store.journal.commit(commit({ facts, deliveries: facts.map((fact) => delivery(fact)) }));
  for (const claimed of h.store.deliveries.claim({ now: minute(0), node: 'n' as NodeId, leaseMs: 1_000, limit: 2_000, accounts: [B24] })) h.store.deliveries.settle(claimed, { state: 'dead', reason: 'x' }, minute(0));
  t.match((await h.callme('outbox', 'retry', '--all-dead')).out, '1001 to be tried again at once.');
  t.same(h.store.deliveries.count(), { pending: 1_001 });
  t.equal(h.store.deliveries.claim({ now: minute(1), node: 'n' as NodeId, leaseMs: 1_000, limit: 2_000, accounts: [B24] }).length, 1_001, 'each is the head of its lane again');
});

t.test('an account that is gone is not forgotten, and can be given up', async (t) => {
  const h = house(t);
  h.store.journal.commit(told('17', ['a', 'b'], AMO));
  h.store.journal.commit(told('18', ['c']));
  t.match((await h.callme('outbox', 'list')).out, /amo: is no longer in the configuration, 2 deliveries wait.*\n {2}.*put the account back under crm:, or give its deliveries up: callme outbox drop --account amo --all/);
  t.match((await h.callme('outbox', 'list')).out, /nothing: the account is no longer configured/);
  t.match(await h.callme('outbox', 'drop', '--all'), { code: 2, err: /--account ID together with --all/ });
  t.equal((await h.callme('outbox', 'drop', '--account', 'amo')).code, 2, 'an account alone drops nothing');
  t.match((await h.callme('outbox', 'drop', '--account', 'amo', '--all', '--dry-run')).out, '2 deliveries would be given up.');
  t.same(h.store.deliveries.count(), { pending: 3 });
  t.match((await h.callme('outbox', 'drop', '--account', 'amo', '--all', '--reason', 'sold')).out, '2 deliveries are given up.');
  t.same(h.store.deliveries.count(), { pending: 1, dropped: 2 });
  t.match((await h.callme('outbox', 'show', '1')).out, /an operator gave it up: sold/);
  t.equal(h.store.deliveries.list({ call: keyOf('18'), limit: 1 })[0]?.state, 'pending', 'nobody else\'s');
});

t.test('status is loud about an account that stands still, and calm about one that works', async (t) => {
  const h = house(t);
  h.store.journal.commit(told('17', ['a']));
  t.match((await h.callme('status')).out, /b24: works, 1 delivery waits, the oldest since \d{4}-/);
  tried(h, 0, { state: 'held', reason: LOCKED });
  lock(h);
  const { code, out } = await h.callme('status');
  t.equal(code, 1);
  t.match(out, /b24: LOCKED OUT since .* \(asked 17 times, again .*\), 1 delivery waits \(1 held\)[\s\S]*callme crm check --account b24 says what is missing: renew the token/);
  t.match((await h.callme('status', '--json')).json(), { ok: false, accounts: [{ id: 'b24', state: 'locked-out', looks: 17, waiting: 1, held: 1, dead: 0, since: minute(1), reason: LOCKED }] });
});

t.test('the doctor names the account, the reason and the remedy', async (t) => {
  const h = house(t);
  const loaded = loadConfig({ file: h.config, env: {}, cwd: h.cwd });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  const examined = () => examineOutbox(loaded, { texts: textsOf('en') });
  t.match(examined(), [{ id: 'outbox:b24', state: 'ok', what: 'b24: works, nothing waits.' }]);
  h.store.journal.commit(told('17', ['a']));
  tried(h, 0, { state: 'dead', reason: 'HTTP 400' });
  t.match(examined(), [{ id: 'outbox:b24', state: 'warn', what: /1 dead letter needs you/, remedy: /callme outbox list --state dead --account b24/ }]);
  lock(h);
  t.match(examined(), [{ id: 'outbox:b24', state: 'fail', what: /LOCKED OUT since/, remedy: /callme crm check --account b24/ }]);
});
