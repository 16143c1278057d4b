/** Sentences of one call, from facts and notes that no capture holds: deliveries in each state, gaps, books, texts that attack a terminal. */
import t from 'tap';
import { explain, explanation } from '../../app/calls/explain.ts';
import { clean, shellWord, timed, wrapped } from '../../app/calls/layout.ts';
import { explainReplay } from '../../app/calls/replayed.ts';
import { RULES } from '../../app/calls/rules.ts';
import type { Told } from '../../app/calls/told.ts';
import { textsOf } from '../../app/cli/texts/index.ts';
import type { CallEnded, CallStarted, EmployeeReleased, EmployeeTalking, Fact } from '../../core/facts.ts';
import { OUTCOMES } from '../../core/outcome.ts';
import type { Delivery, DeliveryState, RecordingRow, RecordingState } from '../../core/ports.ts';
import { REASONS } from '../../core/routing.ts';
import { DEFAULT_TENANT, type DeliveryId, type Extension, factId, instant, lane, type LegId } from '../../core/words.ts';
import { B24, BEGIN, ended, keyOf, merged, recording, ringing } from '../fakes/sample-calls.ts';

const en = textsOf('en');
const ru = textsOf('ru');
const CALL = keyOf('1790.17');
const plan = { accounts: [B24], lines: [] };
const told = (change: Partial<Told>): Told => ({ id: CALL, facts: [], notes: [], deliveries: [], recordings: [], ...change });
const text = (change: Partial<Told>, texts = en): string => explain(told(change), texts, { times: 'local', plan }).join('\n');

const rings = (at: number, extension = '219', leg = '1790.18'): Fact =>
  ({ ...ringing('1790.17', `ringing/${leg}`, at), extension: extension as Extension, because: { event: 'leg-ringing', leg: leg as LegId, word: '' } });
function talks(at: number, extension: string, because: Fact['because']['event'] = 'bridge-entered', leg = '1790.19'): EmployeeTalking {
  return { ...ringing('1790.17', `talking/${leg}/0`, at), kind: 'employee-talking', extension: extension as Extension, because: { event: because, leg: leg as LegId, word: 'bridge' } };
}
const released = (at: number, extension: string, reason: string): EmployeeReleased =>
  ({ ...ringing('1790.17', `released/${extension}`, at), kind: 'employee-released', extension: extension as Extension, reason, because: { event: 'dial-ended', leg: null, word: reason } });
const over = (change: Partial<CallEnded> = {}): CallEnded => ({ ...ended('1790.17'), ...change });

function delivery(state: DeliveryState, change: Partial<Delivery> = {}): Delivery {
  return {
    id: '12' as DeliveryId, tenant: DEFAULT_TENANT, lane: lane(CALL, B24), account: B24, call: CALL, fact: over(), state, attempts: 2, createdAt: BEGIN,
    notBefore: instant(BEGIN + 60_000), deadline: null, reason: '', fence: 1, ...change,
  };
}
const row = (state: RecordingState, change: Partial<RecordingRow> = {}): RecordingRow => ({
  ...recording('1790.17'), tenant: DEFAULT_TENANT, state, attempts: 0, notBefore: BEGIN, reason: '', createdAt: BEGIN, mp3: null, seconds: null, bytes: null, sha256: null,
  silenceSeconds: null, channels: null, stored: null, upload: null, hold: '', purgedAt: null, ...change,
});

t.test('a call in one sentence, in both languages', async (t) => {
  t.equal(text({ facts: [rings(BEGIN), over()] }).split('\n')[1], 'Inbound call from +79161234567 (Петров) on line 4951112233: answered, talked 61 s, rang 5 s, belongs to 220');
  t.equal(text({ facts: [rings(BEGIN), over()] }, ru).split('\n')[1], 'Входящий звонок (+79161234567, Петров) на линию 4951112233: отвечен, разговор 61 с, ожидание ответа 5 с, за 220');
  t.match(text({ facts: [rings(BEGIN)] }), 'in progress, the phone of 219 rings');
  t.match(text({ facts: [rings(BEGIN), talks(BEGIN + 1, '219')] }), 'in progress, 219 talks with the client', 'the tests of the whole house wait for this');
  t.match(text({ facts: [over({ client: { number: '', name: '' }, owner: null, outcome: 'missed', talkSeconds: 0 })] }), 'from a hidden number on line 4951112233: missed, rang 5 s, belongs to nobody');
  const neverDialled = over({ direction: 'outbound', client: { number: '', name: '' }, line: '', callId: 'x-1', outcome: 'missed', talkSeconds: 0, owner: '219' as Extension });
  t.match(text({ facts: [neverDialled] }), 'Outbound call, begun by the CRM as x-1: missed', 'nobody was called: no number is named');
  t.match(text({ facts: [merged('1790.17', '1790.1')] }), /A call that has reached nobody: became part of main\/1790\.1/);
  t.match(text({ facts: [over({ certain: false })] }), 'belongs to 220 (concluded, not seen)');
});

t.test('clocks, offsets and days', async (t) => {
  const at = (when: Date, words: string) => ({ at: when.getTime(), text: words, why: '' });
  const midnight = [at(new Date(2026, 10, 20, 23, 59, 59, 7), 'one'), at(new Date(2026, 10, 21, 0, 0, 2, 250), 'two')];
  t.same(timed(midnight, 'local'), ['  23:59:59.007    +0.0 s  one', '  2026-11-21 00:00:02.250    +3.2 s  two']);
  t.same(timed(midnight, 'relative'), ['     +0.0 s  one', '     +3.2 s  two']);
  t.same(timed(midnight, 'none'), ['  one', '  two']);
  t.same(timed([], 'local'), []);
  t.same(wrapped('one two three /a/very/long/path', 9), ['one two', 'three', '/a/very/long/path']);
  for (const line of text({ facts: [over({ outcome: 'missed', rule: 'inbound-missed', dialStatus: 'NOANSWER', talked: [] })] }).split('\n')) t.ok(line.length <= 120, line);
  t.match(text({ facts: [over()] }), /^What the PBX said, \d{4}-\d\d-\d\d:$/m);
});

t.test('why a phone stopped ringing is read from what stands around it', async (t) => {
  const story = (reason: string, change: Partial<Told>, next: readonly Fact[] = []): string =>
    explanation(told({ ...change, facts: [rings(BEGIN), released(BEGIN + 5, '219', reason), ...next] }), en, { times: 'none' }).sentences.find(({ fact }) => fact?.includes('released'))?.why ?? '';
  t.match(story('CANCEL', {}, [talks(BEGIN + 9, '220')]), '220 took the call');
  t.match(story('CANCEL', {}, [over()]), 'the caller was gone');
  t.match(story('CANCEL', {}, [rings(BEGIN + 9, '220')]), 'Asterisk called the ringing off');
  t.match(story('CANCEL', { notes: [{ at: instant(BEGIN + 5), text: 'forwarded 219 Local/220@from-internal' }] }, [over()]), 'sent the call on to Local/220@from-internal');
  t.match(story('HANGUP', { notes: [{ at: instant(BEGIN + 4), text: 'picked-up 220 219' }] }), '220 had picked the call up');
  t.match(story('HANGUP', { notes: [{ at: instant(BEGIN + 4), text: 'picked-up 220 221' }] }), 'its channel was closed', 'another pickup explains nothing');
  for (const [reason, why] of [['BUSY', 'busy'], ['NOANSWER', 'nobody lifted'], ['CHANUNAVAIL', 'cannot be reached'], ['CONGESTION', 'no way'], ['DONTCALL', 'DialEnd DONTCALL']] as const) t.match(story(reason, {}), why);
});

t.test('notes are the core\'s words; a leg that the facts know has its extension; prose of older stores stays as it is', async (t) => {
  const notes = (words: readonly string[]): readonly string[] => explanation(told({ facts: [talks(BEGIN + 99, '220')], notes: words.map((each, index) => ({ at: instant(BEGIN + index), text: each })) }), en, { times: 'none' })
    .sentences.filter(({ note }) => note !== null).map((each) => each.text);
  t.same(notes(['held 219', 'unheld 219']), ['219 put the call on hold', 'the hold by 219 ended']);
  t.same(notes(['blind-transferred client 220', 'united main/1.1 leg-seen', 'picked-up 220 219']), ['the client transferred the call blindly to 220', 'main/1.1 became part of this call', '220 picked up the call that rang at 219']);
  t.same(notes(['parked client 701', 'unparked client 1790.19', 'unparked client 9.9']), ['the client was parked on 701', 'the client left the parking: retrieved by 220', 'the client left the parking: retrieved by the channel 9.9']);
  t.same(notes(['voicemail client', 'attended-transferred -']), ['the caller was sent to a voicemail box', 'somebody completed an attended transfer']);
  t.same(notes(['routed 219 live owner-of-contact', 'routed - timeout crm-late']), ['CallMe told the dialplan: routed to 219: owner-of-contact (live)', 'CallMe told the dialplan: routed to the default route: crm-late (timeout)']);
  const prose = ['routed to 219: owner-of-contact (live)', 'routed 219 live by hand', 'held back by a doubt', 'the snapshot of this open call could not be read', ''];
  t.same(notes(prose), prose.map((each) => `note: ${each}`));
});

t.test('decisions say by which rule', async (t) => {
  const of = (change: Partial<Told>, texts = en) => Object.fromEntries(explanation(told(change), texts, { times: 'local' }).decisions.map((each) => [each.decision, each]));
  const answered = of({ facts: [over({ talked: ['219', '220'] as Extension[] })], notes: [{ at: BEGIN, text: 'routed - timeout crm-late' }] });
  t.match(answered, {
    direction: { value: 'inbound', rule: 'direction-inbound' }, owner: { value: '220', rule: 'last-who-talked', why: /219 → 220/ }, talk: { value: '61' },
    outcome: { value: 'answered', rule: 'talked', why: /client and an employee were in one bridge.*row talked.*BridgeEnter/ },
    route: { value: '-', rule: 'crm-late', why: 'the CRM did not answer in time (crm-late); the configuration decided, because the CRM was late' }, trust: { value: 'seen' },
  });
  const missed = of({ facts: [over({ outcome: 'missed', rule: 'inbound-missed', dialStatus: 'NOANSWER', talked: [], talkSeconds: 0, source: 'reconciled' })] });
  t.match(missed, { outcome: { text: 'missed, the last attempt ended with NOANSWER', rule: 'inbound-missed' }, owner: { rule: 'last-who-rang' }, trust: { value: 'reconciled', why: /CDR, CEL/ } });
  t.notOk(missed['talk']);
  const way = (change: Partial<CallEnded>): string => of({ facts: [over({ talked: [], rang: [], ...change })] })['owner']?.rule ?? '';
  t.same([way({ direction: 'outbound' }), way({ direction: 'internal' }), way({ owner: null })], ['who-dialled', 'first-offered', 'nobody-reached']);
  t.match(of({ facts: [over({ certain: false })] }), { trust: { value: 'concluded' } });
  t.match(of({ facts: [over({ direction: 'outbound', callId: 'ext-42' })] }), { direction: { rule: 'direction-click-to-call', why: /ext-42/ } });
  t.equal(of({ facts: [over({ rule: '' })] })['outcome']?.why, '', 'a store of an older version knows no row');
  t.match(of({ facts: [merged('1790.17', '1790.1')] }), { 'goes-on': { value: 'main/1790.1' } });
});

t.test('what was concluded is marked, what was seen of an uncertain call is not', async (t) => {
  const found: CallStarted = { ...ringing('1790.17', 'started'), kind: 'call-started', certain: false, because: { event: 'resynced', leg: null, word: 'leg-opened' } };
  const died = over({ certain: false, because: { event: 'resynced', leg: null, word: 'leg-closed' } });
  const out = text({ facts: [found, { ...talks(BEGIN + 1, '219'), certain: false }, died] });
  t.match(out, /came in on line 4951112233 \(concluded, not seen\)/);
  t.match(out, /the call was over \(concluded, not seen\)/);
  t.match(out, 'not there any more when the link came back');
  t.match(out, /219 began to talk with the client(?! \()/);
  t.notMatch(text({ facts: [talks(BEGIN, '219', 'resynced')] }), 'concluded, not seen', 'found at a resync, and nothing was missed');
  t.match(text({ facts: [talks(BEGIN, '219', 'leg-closed')] }), '219 went on talking with the client');
  t.match(text({ facts: [over({ because: { event: 'linked-sealed', leg: null, word: '1790.17' } })] }), 'CEL LINKEDID_END');
});

t.test('each delivery with its state, its answer and what to do', async (t) => {
  const said = (state: DeliveryState, change: Partial<Delivery> = {}, texts = en): string => text({ facts: [over()], deliveries: [delivery(state, change)] }, texts);
  t.match(said('done', { attempts: 1, reason: 'call 77' }), /b24 ← call-ended \(the call was over\): accepted at attempt 1\n {4}answer: call 77/);
  t.match(said('deferred', { reason: 'HTTP 503' }), /waits after 2 attempts, next try \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\n {4}answer: HTTP 503/);
  t.match(said('dead', { reason: 'HTTP 400' }), /dead after 2 attempts\n {4}answer: HTTP 400\n {4}what to do: once the reason is gone: callme outbox retry 12$/m);
  t.match(said('dead', { attempts: 21 }, ru), /не доставлено, после 21 попытки ждёт вашего решения\n {4}что делать: когда причина устранена: callme outbox retry 12$/m);
  t.match(said('held'), 'see callme crm check --account b24; then: callme outbox retry 12');
  for (const [state, words] of [['pending', 'waits for its turn'], ['claimed', 'is being told'], ['skipped', 'not needed there'], ['expired', 'too late'], ['dropped', 'given up by an operator']] as const) {
    t.match(said(state), words);
    t.notMatch(said(state), 'what to do');
  }
  const two = text({ deliveries: [delivery('done', { id: '10' as DeliveryId, fact: over() }), delivery('pending', { id: '9' as DeliveryId, fact: rings(BEGIN) })] });
  t.ok(two.indexOf('employee-ringing') < two.indexOf('call-ended'), 'oldest first');
});

t.test('a call of which no CRM heard says why', async (t) => {
  const why = (change: Partial<Told>, by: Parameters<typeof explain>[2]['plan']): string => explain(told(change), en, by === undefined ? { times: 'none' } : { times: 'none', plan: by }).join('\n');
  t.match(why({ facts: [over()] }, { accounts: [], lines: [] }), 'no CRM is configured');
  t.match(why({ facts: [over({ direction: 'internal' })] }, plan), 'internal calls are nobody\'s business');
  t.match(why({ facts: [over({ direction: 'internal' })] }, { ...plan, internal: true }), 'when this call took place');
  t.match(why({ facts: [over()] }, { ...plan, lines: ['500'] }), 'the line 4951112233 is not among those to be watched');
  t.match(why({ facts: [merged('1790.17', '1790.1')] }, plan), 'see callme calls explain main/1790.1');
  t.match(why({ facts: [{ ...ringing('1790.17', 'started'), kind: 'call-started' }] }, plan), 'Nothing was to be told yet');
  t.notMatch(why({ facts: [over()] }, undefined), 'What the CRMs answered', 'a replay tells nobody');
});

t.test('recordings with state, place and remedy', async (t) => {
  t.match(text({ recordings: [row('told', { mp3: '/data/x.mp3', seconds: 61.5 })] }), 'call-1790.17.wav: stored, and the CRMs were told, 61.5 s, /data/x.mp3');
  t.match(text({ recordings: [row('broken', { reason: 'lame: exit 1' })] }), /: broken\n {4}lame: exit 1\n {4}what to do: .*callme spool retry main\/2026\/11\/20\/call-1790\.17\.wav/);
  t.match(text({ recordings: [row('spooled', { attempts: 1 })] }), /waits to become an MP3, 1 attempt, next try \d{4}/);
});

t.test('nothing from outside moves the cursor or opens a line', async (t) => {
  const evil = 'x\u001b[31m\r\n\u202e\u0007\u2028y';
  const bad = over({ client: { number: evil, name: evil }, line: evil, callId: evil, owner: evil as Extension, talked: [evil] as Extension[], dialStatus: evil, outcome: 'busy', rule: 'busy' });
  const facts: Fact[] = [
    { ...bad, kind: 'call-started' } as unknown as CallStarted, { ...rings(BEGIN, evil), line: evil } as Fact, released(BEGIN, evil, evil), talks(BEGIN, evil), bad, { ...merged('1790.17', evil) },
    { ...bad, kind: 'call-handed-over', from: evil, to: evil } as unknown as Fact, { ...bad, id: factId(CALL, 'r'), kind: 'recording-closed', file: evil, bytes: 1 } as unknown as Fact,
    { ...bad, id: factId(CALL, 'm'), kind: 'recording-ready', path: evil, seconds: 1 } as unknown as Fact,
  ];
  const notes = [evil, `held ${evil}`, `parked ${evil} ${evil}`, `forwarded ${evil} ${evil}`, `routed ${evil} live ${evil}`, `united ${evil}`].map((each) => ({ at: BEGIN, text: each }));
  const story = told({ facts, notes, deliveries: [delivery('dead', { reason: evil, account: evil as Delivery['account'] })], recordings: [row('broken', { file: evil, reason: evil, mp3: evil, id: evil as RecordingRow['id'] })] });
  for (const texts of [en, ru]) for (const line of explain(story, texts, { times: 'local', plan })) t.notMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u, line);
  t.equal(clean('a'.repeat(1_000)).length, 200);
  t.equal(shellWord('main/1790.17'), 'main/1790.17');
  t.equal(shellWord("a'; rm -rf /"), "'a'\\''; rm -rf /'");
});

t.test('every rule, row and reason has its sentence in both languages', async (t) => {
  for (const texts of [en, ru]) for (const rule of RULES) t.match(texts.explaining.rules[rule]('16'), /./, rule);
  for (const { rule, why } of OUTCOMES) t.not(ru.explaining.outcomeWhy(rule, why), why, `Russian of row ${rule}`);
  for (const [reason, sentence] of Object.entries(REASONS)) {
    t.equal(en.explaining.reasonOf(reason), `${sentence} (${reason})`);
    t.match(ru.explaining.reasonOf(reason), /[а-я]/, `Russian of ${reason}`);
  }
  t.equal(en.explaining.reasonOf('callme-away'), 'callme-away', 'a reason of the dialplan kit is printed as it is');
  for (const { explaining } of [en, ru]) for (const say of [explaining.reasonOf, explaining.sourceOf, explaining.cause]) t.equal(say('constructor'), 'constructor');
});

t.test('a replay explains each call by itself, with times where the capture has them', async (t) => {
  const other = { ...over(), id: factId(keyOf('9.9'), 'ended'), call: keyOf('9.9'), at: instant(BEGIN - 5_000) };
  const note = { call: CALL, at: BEGIN, text: 'held 219' };
  const lines = explainReplay([rings(BEGIN), other, over()], [note, { ...note, call: null, text: 'nobody\'s' }], en);
  t.same(lines.filter((line) => line.startsWith('main/')), ['main/9.9', 'main/1790.17'], 'by their beginning');
  t.ok(lines.some((line) => /\d\d:\d\d:\d\d\.\d{3} +\+0\.0 s {2}219 put the call on hold/.test(line)));
  t.notOk(lines.some((line) => line.includes('nobody\'s')));
  t.notMatch(explainReplay([{ ...over(), at: instant(136) }], [], en).join('\n'), /\d\d:\d\d|talked \d|rang \d/, 'a dump has no times');
});
