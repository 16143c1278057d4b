/** Asterisk's wording → events. The captures test the whole; here are the turns that they do not show. */
import t from 'tap';
import { belowRecordings, dialledNumber, partyOf, resourceOf } from '../../core/parties.ts';
import { createTranslator } from '../../ami/translate.ts';
import { Headers } from '../../ami/wire.ts';
import { instant, type PbxId } from '../../core/words.ts';

const profile = { external: [/^PJSIP\/trunk/], internal: /^[0-9]{2,5}$/ };
const translator = createTranslator('main' as PbxId, profile);
const events = (pairs: Readonly<Record<string, string>>) => translator.events(Headers.of(Object.entries(pairs)), instant(1000));
const on = { Uniqueid: '1.1', Linkedid: '1.0' };

t.test('time: Asterisk’s own stamp where it gives one, else the receipt', (t) => {
  t.match(events({ Event: 'Hold', ...on }), [{ kind: 'held', at: 1000 }]);
  t.match(events({ Event: 'Hold', Timestamp: '1795168691.123456', ...on }), [{ at: 1_795_168_691_123 }]);
  t.match(events({ Event: 'Hold', Timestamp: 'nonsense', ...on }), [{ at: 1000 }]);
  t.end();
});

t.test('a transfer that failed is no transfer', (t) => {
  const transfer = { Event: 'AttendedTransfer', OrigTransfererUniqueid: '1.1', OrigTransfererLinkedid: '1.0', SecondTransfererLinkedid: '2.0', TransfereeLinkedid: '1.0' };
  t.match(events({ ...transfer, Result: 'Success' }), [{ kind: 'attended-transferred', leg: '1.1', linkeds: ['1.0', '2.0', '1.0'] }]);
  t.same(events({ ...transfer, Result: 'Fail' }), []);
  t.match(events({ Event: 'BlindTransfer', Result: 'Success', TransfererUniqueid: '1.1', TransfererLinkedid: '1.0', TransfereeUniqueid: '1.0', Extension: '220' }), [{ kind: 'blind-transferred', transferee: '1.0', to: '220' }]);
  t.same(events({ Event: 'BlindTransfer', Result: 'Invalid' }), []);
  t.end();
});

t.test('inherited variables keep their underscores on the wire and lose them here; foreign ones only show their leg', (t) => {
  for (const name of ['CallMeLINKEDID', '_CallMeLINKEDID', '__CallMeLINKEDID']) t.match(events({ Event: 'VarSet', Variable: name, Value: '1.0', ...on }), [{ kind: 'variable-set', variable: 'CallMeLINKEDID' }], name);
  t.match(events({ Event: 'VarSet', Variable: 'DIALSTATUS', Value: 'CallMe', ...on }), [{ kind: 'leg-seen' }]);
  t.end();
});

t.test('who called and who was called: state Down, and AppDial in the list of channels', (t) => {
  t.match(events({ Event: 'Newchannel', Channel: 'PJSIP/trunk-00000001', ChannelStateDesc: 'Ring', ...on }), [{ incoming: true, line: 'trunk' }]);
  t.match(events({ Event: 'Newchannel', Channel: 'PJSIP/trunk-00000001', ChannelStateDesc: 'Down', ...on }), [{ incoming: false }]);
  const live = (application: string) => translator.living([Headers.of(Object.entries({ Event: 'CoreShowChannel', Channel: 'PJSIP/219-1', Application: application, Duration: '01:02:03', ...on }))]);
  t.match(['Dial', 'AppDial', 'AppDial2'].map(live), [[{ incoming: true, seconds: 3723 }], [{ incoming: false }], [{ incoming: false }]]);
  t.match(live('Parked Call'), [{ bridgeKind: 'holding' }]);
  t.end();
});

t.test('parties: helper, outside, employee by the channel’s name or the caller id, else unknown', (t) => {
  const party = (channel: string, number = '') => partyOf(profile, channel, number, '<unknown>');
  t.same(party('Local/219@from-internal-00000001;1'), { kind: 'helper' });
  t.same(party('PJSIP/trunk-00000001', '<unknown>'), { kind: 'external', number: '', name: '' });
  t.same(party('PJSIP/219-00000001'), { kind: 'employee', extension: '219', name: '' });
  t.same(party('SIP/phone-anna-00000001', '219'), { kind: 'employee', extension: '219', name: '' });
  t.same(party('PJSIP/gate-00000001', '79161234567'), { kind: 'unknown', number: '79161234567', name: '' });
  t.equal(resourceOf('DAHDI/i1/74951234567-2'), 'i1/74951234567');
  t.end();
});

t.test('the number in a dial string, in the spellings of each channel driver', (t) => {
  const strings = ['79161234567@trunk', 'trunk/sip:79161234567@203.0.113.5', 'trunk/79161234567', 'g0/79161234567', '74950000101/79161234567', '+79161234567@74951', '219', 'trunk'];
  t.same(strings.map(dialledNumber), ['79161234567', '79161234567', '79161234567', '79161234567', '79161234567', '+79161234567', '219', '']);
  t.end();
});

t.test('recording files: only the dated tail counts, and nothing that climbs', (t) => {
  t.equal(belowRecordings('/any/where/2026/11/20/call-1790.17.wav'), '2026/11/20/call-1790.17.wav');
  for (const bad of ['/x/../../etc/passwd', '/x/2026/11/20/../../../etc/call.wav', '2026/11/20/call 1.wav', '/x/call-1.wav', '']) t.equal(belowRecordings(bad), null, bad);
  t.same(events({ Event: 'UserEvent', UserEvent: 'CallMeRecEnd', RecFile: '/x/evil.wav', ...on }), [{ kind: 'leg-seen', pbx: 'main', at: 1000, leg: '1.1', linked: '1.0' }]);
  t.end();
});

t.test('an event without a channel says nothing', (t) => {
  t.same(events({ Event: 'QueueMemberStatus', Queue: 'q1' }), []);
  t.same(events({ Event: 'CEL', EventName: 'CHAN_START', LinkedID: '1.0' }), []);
  t.match(events({ Event: 'CEL', EventName: 'LINKEDID_END', LinkedID: '1.0' }), [{ kind: 'linked-sealed', linked: '1.0' }]);
  t.match(events({ Event: 'Shutdown' }), [{ kind: 'pbx-stopped' }]);
  t.end();
});
