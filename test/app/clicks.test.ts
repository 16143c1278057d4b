/** A click in a CRM becomes one Originate, or a failed call that the CRM is told: never nothing, never two, never one that was kept for later. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { AmiError } from '../../ami/errors.ts';
import { type Action, checkAction } from '../../ami/outgoing.ts';
import { Headers } from '../../ami/wire.ts';
import { Clicks, type ClickedPbx, linkedidOf, type Wish } from '../../app/crm/clicks.ts';
import type { Store } from '../../core/ports.ts';
import { type AccountId, callKey, DEFAULT_TENANT, type Extension, type Linkedid, type PbxId } from '../../core/words.ts';
import { openStore } from '../../store/open.ts';
import { listeningLog } from '../fakes/spool.ts';

const ACCOUNT = 'b24' as AccountId;
const MAIN = 'main' as PbxId;
const RULES = { channel: 'PJSIP/{extension}', context: 'from-internal', number: 'digits', prefix: '9', ringSeconds: 30 } as const;
const wish = (more: Partial<Wish> = {}): Wish =>
  ({ account: ACCOUNT, id: 'start:externalCall.1', extension: '219' as Extension, client: { e164: '+79161234567', national: '9161234567' }, callId: 'externalCall.1', line: '', ...more });
const LINKEDID = linkedidOf(wish());
const KEY = callKey(MAIN, LINKEDID);

interface Scene { readonly store: Store; readonly actions: Action[]; readonly clicks: Clicks; readonly facts: () => number; readonly known: Set<string>; again(): Clicks }
type Answer = () => Promise<Headers>;
const success: Answer = () => Promise.resolve(Headers.of([['Response', 'Success'], ['Message', 'Originate successfully queued']]));
const refusal: Answer = () => Promise.resolve(Headers.of([['Response', 'Error'], ['Message', 'Uniqueid already in use']]));

function scene(t: Test, answer: Answer, { soonMs = 0, lastMs = 60_000, heard = () => true, rules = RULES, link }: { readonly link?: (action: Action) => void; readonly soonMs?: number; readonly lastMs?: number; readonly heard?: () => boolean; readonly rules?: ClickedPbx['rules'] } = {}): Scene {
  const store = openStore({ url: 'sqlite:callme.db', dataDir: join(t.testdir(), 'data'), tenant: DEFAULT_TENANT });
  t.teardown(() => store.close());
  const [actions, known] = [[] as Action[], new Set<string>()];
  let woken = 0;
  const door = { action: async (action: Action) => { link?.(action); actions.push(action); return answer(); }, list: () => Promise.reject(new Error('nobody asks for a list')) };
  const open = (): Clicks => new Clicks({
    pbx: [{ id: MAIN, rules, lines: [], door, isHeard: heard }], store, accounts: [ACCOUNT], clock: { now: () => 1_795_000_000_000 as never }, log: listeningLog(),
    isKnown: (_pbx: PbxId, linkedid: Linkedid) => known.has(linkedid), onFacts: () => { woken += 1; }, soonMs, lastMs,
  });
  const clicks = open();
  t.teardown(() => clicks.stop());
  void clicks.start();
  return { store, actions, clicks, facts: () => woken, known, again: open };
}
const told = ({ store }: Scene): readonly object[] => store.journal.facts(KEY);
const untilTold = async (one: Scene): Promise<void> => { while (one.facts() === 0) await new Promise((resolve) => { setImmediate(resolve); }); };

t.test('Asterisk is asked for the employee first, and carries the CRM\'s own name of the call along', async (t) => {
  const one = scene(t, success, { soonMs: 60_000 });
  await one.clicks.begin(wish());
  t.same(one.actions, [{
    Action: 'Originate', Channel: 'PJSIP/219', Context: 'from-internal', Exten: '979161234567', Priority: 1, ChannelId: LINKEDID, Timeout: 30_000, CallerID: '979161234567', Async: 'true',
    Variable: { __IS_CALLME_ORIGINATE: '1', __CallMeCALL_ID: 'externalCall.1' },
  }]);
  t.match(LINKEDID, /^click-[0-9a-f]{20}$/, 'a linkedid that may stand in a path');
  t.same(told(one), []);
});

t.test('said twice it rings once, also when the call is over and after a restart', async (t) => {
  const one = scene(t, success, { soonMs: 60_000 });
  await one.clicks.begin(wish());
  await one.clicks.begin(wish());
  await one.again().begin(wish());
  one.known.add(LINKEDID);
  await one.again().begin(wish());
  t.equal(one.actions.length, 1);
  await one.clicks.begin(wish({ id: 'start:externalCall.2', callId: 'externalCall.2' }));
  t.equal(one.actions.length, 2, 'another click is another call');
});

for (const [name, answer, isHeard] of [
  ['Asterisk refuses', refusal, true], ['the PBX is away', () => Promise.reject(new AmiError('AMI_DOWN', 'the link is down')), false],
] as const) {
  t.test(`${name}: the CRM is told a failed call at once`, async (t) => {
    const one = scene(t, answer, { soonMs: 60_000, heard: () => isHeard });
    await one.clicks.begin(wish());
    t.match(told(one), [{ kind: 'call-ended', direction: 'outbound', outcome: 'failed', callId: 'externalCall.1', owner: '219', client: { number: '+79161234567' }, talkSeconds: 0 }]);
    t.match(one.store.deliveries.list({ limit: 9 }), [{ account: ACCOUNT, state: 'pending' }], 'and nobody else is told');
    t.equal(one.store.accounts.get(ACCOUNT, 'clicks'), null, 'nothing is kept for later');
  });
}

t.test('the telephone is not registered: Asterisk said yes and no call came', async (t) => {
  const one = scene(t, success);
  await one.clicks.begin(wish());
  await untilTold(one);
  t.match(told(one), [{ kind: 'call-ended', outcome: 'failed' }]);
});

t.test('the call came: nothing is told beside it', async (t) => {
  const one = scene(t, success);
  one.known.clear();
  const asked = one.clicks.begin(wish());
  one.known.add(LINKEDID);
  await asked;
  while (one.store.accounts.get(ACCOUNT, 'clicks') !== null) await new Promise((resolve) => { setImmediate(resolve); });
  t.same(told(one), []);
});

t.test('no answer from Asterisk: it may have begun the call, so it is waited for and not asked again', async (t) => {
  const one = scene(t, () => Promise.reject(new AmiError('AMI_TIMEOUT', 'no answer')), { soonMs: 60_000 });
  await one.clicks.begin(wish());
  t.same([one.actions.length, told(one).length], [1, 0]);
  t.match(one.store.accounts.get(ACCOUNT, 'clicks'), LINKEDID, 'and a crash does not forget it');
});

t.test('the link dies under the click: while the PBX is not heard nothing is told, for the call may live', async (t) => {
  let [heard, looks] = [true, 0];
  const down = (): Promise<Headers> => { heard = false; return Promise.reject(new AmiError('AMI_DOWN', 'the link is down')); };
  const one = scene(t, down, { lastMs: 0, heard: () => { looks += 1; return heard; } });
  await one.clicks.begin(wish());
  while (looks < 6) await new Promise((resolve) => { setImmediate(resolve); });
  t.same(told(one), [], 'however often it looks');
  heard = true;
  await untilTold(one);
  t.match(told(one), [{ outcome: 'failed' }], 'heard again, the PBX knows of no call');
});

t.test('a store that refuses does not end the server: the click is told when it takes it', async (t) => {
  const one = scene(t, success, { lastMs: 0 });
  const commit = one.store.journal.commit.bind(one.store.journal);
  let refusals = 2;
  (one.store.journal as { commit: typeof commit }).commit = (change) => {
    refusals -= 1;
    if (refusals >= 0) throw new Error('no space left');
    return commit(change);
  };
  await one.clicks.begin(wish());
  await untilTold(one);
  t.equal(refusals, -1, 'refused twice, then taken');
  t.match(told(one), [{ outcome: 'failed' }]);
});

t.test('what cannot be dialled is asked of nobody', async (t) => {
  const one = scene(t, success);
  await one.clicks.begin(wish({ extension: '219&PJSIP/trunk' as Extension }));
  t.same(one.actions, []);
});

t.test('what a CRM calls its call cannot become a header, an action or a second variable', async (t) => {
  for (const callId of ['1\r\nAction: Originate\r\nChannel: PJSIP/trunk', '1\0', '1,__ROUTE_TARGET=0', '1"']) {
    const sent: Action[] = [];
    const one = scene(t, () => Promise.resolve(Headers.of([['Response', 'Success']])), { soonMs: 60_000, link: (action) => { checkAction(action); sent.push(action); } });
    await one.clicks.begin(wish({ callId }));
    t.same(sent, [], JSON.stringify(callId));
    t.match(told(one), [{ outcome: 'failed', callId }], 'and the CRM hears that it led to nothing');
  }
});

t.test('the number is written as the trunk wants it', async (t) => {
  for (const [number, prefix, exten] of [['e164', '', '+79161234567'], ['national', '8', '89161234567'], ['digits', '', '79161234567']] as const) {
    const one = scene(t, success, { soonMs: 60_000, rules: { ...RULES, number, prefix } });
    await one.clicks.begin(wish());
    t.equal(one.actions[0]?.['Exten'], exten);
  }
});
