/** What the captures do not show: CEL with holes in it, and CDR beside it. */
import t from 'tap';
import { stories } from '../core/stories.ts';
import { factsOf } from '../captures/story.ts';
import { CDR_COLUMNS, celOf, csvLine, type Fields, streamOf } from '../fakes/books-of-ami.ts';
import { celText, endings, pastOf } from './story.ts';

const rowsOf = (name: string): readonly Fields[] => celOf(streamOf(stories.find((story) => story.name === name)?.file ?? name));
const brief = (past: Parameters<typeof endings>[0]) => endings(past).map(({ call, direction, client, outcome, owner, talked, certain }) => ({ call, direction, client: client.number, outcome, owner, talked, certain }));

const AT = '2026-11-20 12:00:0';
const EPOCH = Date.UTC(2026, 10, 20, 12) / 1000;
const row = (second: number, eventtype: string, channel: string, id: number, more: Fields = {}): Fields =>
  ({ eventtype, eventtime: `${AT}${second}`, channame: channel, uniqueid: `${EPOCH}.${id}`, linkedid: `${EPOCH}.1`, ...more });
const bridge = (technology: string, id = 'b1'): Fields => ({ extra: JSON.stringify({ bridge_id: id, bridge_technology: technology }) });
const hangup = (cause: number, dialstatus = ''): Fields => ({ extra: JSON.stringify({ hangupcause: cause, hangupsource: '', dialstatus }) });

/** 219 dials out and nobody lifts: no row of CEL holds the dial string. */
const unanswered: readonly Fields[] = [
  row(0, 'CHAN_START', 'PJSIP/219-00000001', 1, { cid_num: '219', exten: '879161234567', context: 'from-internal' }),
  row(0, 'CHAN_START', 'PJSIP/trunk-00000002', 2, { exten: 's', context: 'from-trunk' }),
  row(4, 'HANGUP', 'PJSIP/trunk-00000002', 2, { exten: '879161234567', appname: 'AppDial', ...hangup(127) }),
  row(4, 'HANGUP', 'PJSIP/219-00000001', 1, { exten: '879161234567', ...hangup(127, 'CANCEL') }),
];

t.test('without the dial string the client is what was dialled; CDR beside CEL knows it', async (t) => {
  const cdr = csvLine(CDR_COLUMNS, {
    src: '219', dst: '879161234567', channel: 'PJSIP/219-00000001', dstchannel: 'PJSIP/trunk-00000002', lastapp: 'Dial', lastdata: 'PJSIP/79161234567@trunk,30', start: `${AT}0`, end: `${AT}4`,
    duration: '4', billsec: '0', disposition: 'NO ANSWER', uniqueid: `${EPOCH}.1`,
  });
  t.match(brief(await pastOf(t, { cel: celText(unanswered) })), [{ client: '879161234567', outcome: 'cancelled', owner: '219' }]);
  const both = await pastOf(t, { cel: celText(unanswered), cdr });
  t.equal(both.kind, 'cel');
  t.match(brief(both), [{ client: '79161234567', outcome: 'cancelled', owner: '219' }]);
  t.match(brief(await pastOf(t, { cel: celText(unanswered), cdr: 'no book at all\n' })), [{ client: '879161234567' }], 'a CDR that cannot be read takes nothing away');
});

t.test('how a dial ended: the dialler\'s word where it dialled one, the cause where it says nothing', async (t) => {
  const ended = async (cause: number, status: string) => endings(await pastOf(t, {
    cel: celText(unanswered.map((fields) => (fields['eventtype'] !== 'HANGUP' ? fields : { ...fields, ...(fields['channame'] === 'PJSIP/219-00000001' ? hangup(cause, status) : hangup(cause)) }))),
  }))[0];
  for (const [cause, status, outcome, word] of [
    [17, 'BUSY', 'busy', 'BUSY'], [16, 'NOANSWER', 'missed', 'NOANSWER'], [21, 'CHANUNAVAIL', 'failed', 'CHANUNAVAIL'], [17, '', 'busy', 'BUSY'], [19, '', 'missed', 'NOANSWER'],
    [127, '', 'cancelled', 'CANCEL'], [34, '', 'failed', 'CONGESTION'], [3, '', 'failed', 'CHANUNAVAIL'],
  ] as const) t.match(await ended(cause, status), { outcome, dialStatus: word }, `cause ${cause}, DIALSTATUS '${status}'`);
});

t.test('a table without the extra data (FreePBX before 15): who is named as a peer is in the same bridge', async (t) => {
  for (const { name } of stories.filter((story) => story.name.startsWith('22.10.1-cel/'))) {
    const bare = rowsOf(name).map((fields) => ({ ...fields, extra: '' }));
    t.same(brief(await pastOf(t, { cel: celText(bare) })), brief(await pastOf(t, { cel: celText(rowsOf(name)) })), name);
  }
});

t.test('extra data that was cut at the width of its column still gives what is whole in it', async (t) => {
  const rows = rowsOf('22.10.1-cel/b1_inbound_blind_refer.txt');
  const cut = rows.map((fields) => ({ ...fields, extra: (fields['extra'] ?? '').replace(/"bridge_technology".*$/, '"bridge_techn') }));
  t.same(brief(await pastOf(t, { cel: celText(cut) })), brief(await pastOf(t, { cel: celText(rows) })));
});

t.test('a third in a conversation makes no conference of it', async (t) => {
  const rows = [
    row(0, 'CHAN_START', 'PJSIP/trunk-00000001', 1, { cid_num: '79161234567', exten: '500' }), row(0, 'CHAN_START', 'PJSIP/219-00000002', 2), row(1, 'ANSWER', 'PJSIP/219-00000002', 2),
    row(1, 'BRIDGE_ENTER', 'PJSIP/219-00000002', 2, bridge('simple_bridge')), row(1, 'BRIDGE_ENTER', 'PJSIP/trunk-00000001', 1, bridge('simple_bridge')),
    row(2, 'CHAN_START', 'PJSIP/220-00000003', 3, { linkedid: `${EPOCH}.3`, exten: '*8' }), row(3, 'BRIDGE_ENTER', 'PJSIP/220-00000003', 3, { linkedid: `${EPOCH}.3`, ...bridge('softmix') }),
    ...[2, 1, 3].map((id) => row(6, 'HANGUP', ['', 'PJSIP/trunk-00000001', 'PJSIP/219-00000002', 'PJSIP/220-00000003'][id] ?? '', id, hangup(16))),
  ];
  t.match(brief(await pastOf(t, { cel: celText(rows) })), [{ call: `main/${EPOCH}.1`, outcome: 'answered', talked: ['219', '220'] }]);
});

t.test('a call whose beginning nobody wrote down is concluded, not seen', async (t) => {
  const rows = rowsOf('22.10.1-cel/e1_ringgroup.txt').filter(({ eventtype }) => eventtype !== 'CHAN_START');
  t.match(brief(await pastOf(t, { cel: celText(rows) })), [{ outcome: 'answered', owner: '220', certain: false }]);
});

t.test('a voicemail is entered where cel.conf tracks it; events of the PBX\'s own making do no harm', async (t) => {
  const rows = [
    row(0, 'CHAN_START', 'PJSIP/trunk-00000001', 1, { cid_num: '79161234567', exten: '500' }), row(1, 'MY_OWN_EVENT', 'PJSIP/trunk-00000001', 1),
    row(2, 'APP_START', 'PJSIP/trunk-00000001', 1, { appname: 'VoiceMail', appdata: '219@default' }), row(5, 'HANGUP', 'PJSIP/trunk-00000001', 1, hangup(16)), row(5, 'CHAN_END', 'PJSIP/trunk-00000001', 1),
  ];
  const past = await pastOf(t, { cel: celText(rows) });
  t.same(past.events.map(({ kind }) => kind), ['leg-opened', 'leg-seen', 'application-entered', 'leg-closed']);
  t.equal(factsOf(past.events).filter(({ kind }) => kind === 'call-ended').length, 1);
});

t.test('a client whose row of hanging up comes before the one of the busy phone was still told busy', async (t) => {
  const rows = [
    row(0, 'CHAN_START', 'PJSIP/trunk-00000001', 1, { cid_num: '79161234567', exten: '500' }), row(0, 'CHAN_START', 'PJSIP/219-00000002', 2, { exten: 's' }),
    row(1, 'HANGUP', 'PJSIP/trunk-00000001', 1, hangup(17, 'BUSY')), row(1, 'HANGUP', 'PJSIP/219-00000002', 2, hangup(17)),
  ];
  t.match(brief(await pastOf(t, { cel: celText(rows) })), [{ outcome: 'busy', owner: '219' }]);
});

t.test('who called and who was called', async (t) => {
  const incoming = async (rows: readonly Fields[]) => (await pastOf(t, { cel: celText(rows) })).events.flatMap((event) => (event.kind === 'leg-opened' ? [event.incoming] : []));
  t.same(await incoming(rowsOf('22.10.1-cel/g1_pickup.txt')), [true, false, true], 'who picks up calls in, though his channel runs AppDial from then on');
  const own = (id: number, more: Fields): Fields => ({ linkedid: `${EPOCH}.${id}`, ...more });
  t.same(await incoming([
    row(0, 'CHAN_START', 'PJSIP/219-00000005', 5, own(5, { exten: 's' })), row(3, 'ANSWER', 'PJSIP/219-00000005', 5, own(5, { appname: 'AppDial2', appdata: '(Outgoing Line)' })),
    row(4, 'CHAN_START', 'PJSIP/219-00000006', 6, own(6, { exten: '220' })),
  ]), [false, true], 'an Originate calls its first leg');
});

t.test('transfers, pickups and parking by their extra data', async (t) => {
  const started = [1, 2, 3].map((id) => row(0, 'CHAN_START', `PJSIP/21${id}-0000000${id}`, id, { linkedid: `${EPOCH}.${id === 3 ? 3 : 1}`, exten: '500' }));
  const third = { linkedid: `${EPOCH}.3` };
  const told = async (fields: Fields) => (await pastOf(t, { cel: celText([...started, fields]) })).events.slice(-2);
  const extra = (value: Readonly<Record<string, string>>): Fields => ({ extra: JSON.stringify(value) });
  t.match((await told(row(1, 'PICKUP', 'PJSIP/212-00000002', 2, extra({ pickup_channel: 'PJSIP/213-00000003', pickup_channel_uniqueid: `${EPOCH}.3` }))))[0],
    { kind: 'picked-up', leg: `${EPOCH}.3`, linked: `${EPOCH}.3`, target: `${EPOCH}.2` });
  t.match((await told(row(1, 'ATTENDEDTRANSFER', 'PJSIP/212-00000002', 2, extra({ channel2_uniqueid: `${EPOCH}.3`, transferee_channel_uniqueid: `${EPOCH}.1`, transfer_target_channel_uniqueid: 'N/A' }))))[1],
    { kind: 'attended-transferred', leg: `${EPOCH}.2`, linkeds: [`${EPOCH}.1`, `${EPOCH}.3`] });
  t.match((await told(row(1, 'BLINDTRANSFER', 'PJSIP/212-00000002', 2, extra({ extension: '220', transferee_channel_uniqueid: `${EPOCH}.1` }))))[1], { kind: 'blind-transferred', transferee: `${EPOCH}.1`, to: '220' });
  t.match((await told(row(1, 'PARK_END', 'PJSIP/211-00000001', 1, extra({ reason: 'ParkedCallUnparked', retriever: 'PJSIP/213-00000003' }))))[1], { kind: 'unparked', by: `${EPOCH}.3` });
  t.match((await told(row(1, 'PARK_START', 'PJSIP/211-00000001', 1, extra({ parking_lot: 'default' }))))[1], { kind: 'parked' });
  t.match((await told(row(1, 'PICKUP', 'PJSIP/213-00000003', 3, third)))[1], { kind: 'leg-seen' }, 'without it the row shows its channel alone');
});
