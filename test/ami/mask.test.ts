/** Every capture, masked: the same facts, and nothing in it that leads to anybody. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { captureLine, readCapture } from '../../ami/capture.ts';
import type { CaptureEntry } from '../../ami/capture.ts';
import { Masker } from '../../ami/mask.ts';
import { createTranslator } from '../../ami/translate.ts';
import { Headers } from '../../ami/wire.ts';
import { type Calls, noCalls } from '../../core/calls.ts';
import type { Fact } from '../../core/facts.ts';
import type { Profile } from '../../core/parties.ts';
import { phoneKey } from '../../core/phone.ts';
import { step } from '../../core/step.ts';
import type { Extension, Instant, PbxId } from '../../core/words.ts';

const pbx = 'main' as PbxId;
const PROFILE: Profile = { external: [/^PJSIP\/trunk/], internal: /^[0-9]{2,5}$/, mobiles: new Map([['9167770219', '219' as Extension]]) };
const key = Buffer.alloc(32, 7);
const headers = (...pairs: readonly (readonly [string, string])[]): Headers => Headers.of(pairs);

const CAPTURES = join(import.meta.dirname, '..', 'captures');
const files = readdirSync(CAPTURES, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(txt|ndjson)$/.test(name)).sort();

async function entriesOf(file: string): Promise<readonly CaptureEntry[]> {
  const entries: CaptureEntry[] = [];
  for await (const entry of readCapture(join(CAPTURES, file))) entries.push(entry);
  return entries;
}

function factsOf(entries: readonly CaptureEntry[], profile: Profile): readonly Fact[] {
  const translator = createTranslator(pbx, profile);
  const facts: Fact[] = [];
  let calls: Calls = noCalls(pbx);
  for (const entry of entries) {
    const events = entry.kind === 'headers' ? translator.events(entry.headers, entry.at)
      : [entry.kind === 'lost' ? { kind: 'link-lost' as const, pbx, at: entry.at } : { kind: 'resynced' as const, pbx, at: entry.at, alive: translator.living(entry.alive) }];
    for (const event of events) {
      const [next, effects] = step(calls, event);
      calls = next;
      for (const effect of effects) if (effect.kind === 'tell') facts.push(effect.fact);
    }
  }
  return facts;
}

/** What the same fact says in the masked story. */
function mapped(fact: Fact, masker: Masker): unknown {
  const because = { ...fact.because, word: fact.because.event === 'dial-began' ? masker.number(fact.because.word) : fact.because.word };
  if (!('client' in fact)) return { ...fact, because };
  const { client, line, callId } = fact;
  return { ...fact, because, client: { number: masker.number(client.number), name: masker.name(client.name) }, line: masker.words(line), callId: masker.own(callId) };
}

const lines = (entries: readonly CaptureEntry[]): readonly string[] => entries.map(captureLine);

t.test('every capture gives the same facts masked, with the numbers and names in them masked alike', async (t) => {
  t.ok(files.length > 40, 'there are captures');
  for (const file of files) {
    const masker = new Masker(PROFILE);
    const entries = await entriesOf(file);
    const facts = factsOf(entries, PROFILE);
    const mobiles = new Map([...PROFILE.mobiles ?? []].map(([number, extension]) => [phoneKey(masker.number(number)), extension]));
    const masked = entries.map((entry) => masker.entry(entry));
    const again = factsOf(masked, { ...PROFILE, mobiles });
    t.same(again.map((fact) => fact.id), facts.map((fact) => fact.id), `${file}: ids`);
    t.same(again, facts.map((fact) => mapped(fact, masker)), file);
    t.same(factsOf(masked.map((entry) => masker.entry(entry)), { ...PROFILE, mobiles: new Map() }).length > 0, facts.length > 0, `${file}: masked twice is still a capture`);
  }
});

/** Ids and times hold digits of their own. */
const withoutIds = (line: string): string => line.replaceAll(/1\d{9}\.\d+/g, 'ID').replace(/^\{"at":\d+/, '{');

t.test('no outside number and no name of anybody is in a masked capture', async (t) => {
  let numbers = 0;
  for (const file of files) {
    const masker = new Masker(PROFILE);
    const entries = await entriesOf(file);
    const before = lines(entries).map(withoutIds).join('\n');
    const after = lines(entries.map((entry) => masker.entry(entry))).map(withoutIds).join('\n');
    // Whatever stands in a caller id of the story, in whatever way it is spelt elsewhere.
    const shown = [...before.matchAll(/\["[a-z]*(?:callerid|connectedline)num","([^"]*)"\]/g)].map(([, number = '']) => phoneKey(number));
    for (const number of new Set([...shown.filter((digits) => digits.length > 5), '9161234567', '9990000000'])) {
      if (before.includes(number)) numbers += 1;
      t.notOk(after.includes(number), `${file}: ${number}`);
    }
    const names = [...before.matchAll(/\["[a-z]*(?:callerid|connectedline)name","([^"]*)"\]/g)].map(([, name = '']) => name).filter((name) => /^\p{L}{3,}/u.test(name));
    for (const name of new Set([...names, 'Ivan', 'Olga', 'Petr'])) t.notOk(after.includes(name), `${file}: ${name}`);
    t.notMatch(after, /127\.0\.0\.\d+:\d{6}|@a23ee97/);
  }
  t.ok(numbers > 40, 'there was something to mask');
});

t.test('what the law reads stays as it is', async (t) => {
  const masker = new Masker(PROFILE);
  const [first] = (await entriesOf('22.10.1/b1_inbound_blind_refer.txt')).filter((entry) => entry.kind === 'headers' && entry.headers.event === 'Newchannel');
  if (first?.kind !== 'headers') throw new Error('no Newchannel in the capture');
  const masked = masker.headers(first.headers);
  for (const [name, value] of first.headers) if (!/callerid|accountcode/.test(name)) t.equal(masked.text(name), value, name);
  t.match(masked.text('CallerIDNum'), /^7\d{10}$/);
  t.not(masked.text('CallerIDNum'), first.headers.text('CallerIDNum'));
});

t.test('one telephone has one mask, however it is spelt; the country stays before it', async (t) => {
  const masker = new Masker({ ...PROFILE, key });
  const ten = masker.number('9161234567');
  t.match(ten, /^\d{10}$/);
  t.same(['79161234567', '+79161234567', '89161234567', '879161234567', '+7 (916) 123-45-67', '8-916-123-45-67'].map((number) => masker.number(number)), [
    `7${ten}`, `+7${ten}`, `8${ten}`, `87${ten}`, `+7 (${ten.slice(0, 3)}) ${ten.slice(3, 6)}-${ten.slice(6, 8)}-${ten.slice(8)}`,
    `8-${ten.slice(0, 3)}-${ten.slice(3, 6)}-${ten.slice(6, 8)}-${ten.slice(8)}`,
  ]);
  t.equal(masker.name('+7 916 123-45-67').replaceAll(/\D/g, ''), `7${ten}`, 'networks put the number where the name belongs');
  for (const kept of ['219', '12345', '*8', '112', '', '<unknown>', 'anonymous', 'Anonymous']) t.equal(masker.number(kept), kept);
  for (const host of ['10.1.2.3', 'sip.example.org']) t.notMatch(masker.number(`anonymous@${host}`), host);
  t.match(masker.number('anonymous@10.1.2.3'), /^anonymous@198\.1[89]\.\d+\.\d+$/);
});

t.test('another key, another mask; the key is drawn anew each time', async (t) => {
  t.equal(new Masker({ ...PROFILE, key }).number('79161234567'), new Masker({ ...PROFILE, key }).number('79161234567'));
  const drawn = new Set(Array.from({ length: 8 }, () => new Masker(PROFILE).number('79161234567')));
  t.equal(drawn.size, 8);
});

/** A small generator of its own, so that a failure can be seen again. */
function* random(seed: number): Generator<number, never> {
  for (let state = seed; ;) { state = (state * 1_103_515_245 + 12_345) % 2_147_483_648; yield state / 2_147_483_648; }
}

t.test('random numbers: never the same number, never a shared mask, never an extension, found again wherever they stand', async (t) => {
  const masker = new Masker({ ...PROFILE, key });
  const luck = random(20);
  const digits = (count: number): string => Array.from({ length: count }, () => Math.floor(luck.next().value * 10)).join('');
  const numbers = [...new Set(Array.from({ length: 400 }, () => digits(10)))].filter((number) => !number.startsWith('1'));
  const masks = new Map(numbers.map((number) => [number, masker.number(number)]));
  t.equal(new Set(masks.values()).size, numbers.length, 'two telephones never become one');
  const failures: string[] = [];
  for (const [number, mask] of masks) {
    const item = masker.headers(headers(
      ['Event', 'Newexten'], ['CallerIDNum', `+7${number}`], ['CallerIDName', `Petr ${number}`], ['Channel', `Local/8${number}@from-internal-00000001;1`],
      ['Exten', `8${number}`], ['Application', 'Dial'], ['AppData', `PJSIP/7${number}@trunk&PJSIP/219,30,tTU(callme-out)`], ['DialString', `7${number}@trunk`],
      ['DestChannel', `PJSIP/7${number}-0000002e`], ['AccountCode', number], ['Unheard-Of', `see ${number}`], ['Uniqueid', '1795168702.6'], ['Context', `did-7${number}`],
    ));
    const text = captureLine({ kind: 'headers', at: 1 as Instant, pbx, headers: item });
    const right = mask.length === 10 && mask !== number && !PROFILE.internal.test(mask) && !text.includes(number) && text.includes('"1795168702.6"')
      && item.text('CallerIDNum') === `+7${mask}` && item.text('Exten') === `8${mask}` && item.text('Channel') === `Local/8${mask}@from-internal-00000001;1`
      && item.text('AppData') === `PJSIP/7${mask}@trunk&PJSIP/219,30,tTU(callme-out)` && item.text('DialString') === `7${mask}@trunk`
      && item.text('DestChannel') === `PJSIP/7${mask}-0000002e` && item.text('Context') === `did-7${mask}`;
    if (!right) failures.push(text);
  }
  t.same(failures, []);
});

t.test('nothing of a number shows through its mask, and neighbours are no neighbours', async (t) => {
  const masker = new Masker({ ...PROFILE, key });
  // Neighbours at the end, and neighbours in the middle that end alike.
  for (const step of [1, 100_000]) {
    const numbers = Array.from({ length: 1_000 }, (_each, n) => String(9_161_234_567 + n * step).slice(0, 10));
    const masks = numbers.map((number) => masker.number(number));
    const steps = masks.slice(1).map((mask, n) => Number(mask.slice(0, 5)) - Number(masks[n]?.slice(0, 5)));
    t.ok(new Set(steps).size > 900, 'the way from one mask to the next says nothing');
    // By chance one digit of ten is the same; the first is never a zero.
    for (let place = 0; place < 10; place++) {
      t.ok(numbers.filter((number, n) => number[place] === masks[n]?.[place]).length < 180, `place ${place} against the number`);
      t.ok(masks.slice(1).filter((mask, n) => mask[place] === masks[n]?.[place]).length < 180, `place ${place} against the neighbour`);
    }
    t.ok(masks.filter((mask, n) => mask.includes(numbers[n]?.slice(5) ?? '') || mask.includes(numbers[n]?.slice(0, 5) ?? '')).length < 5);
  }
});

t.test('a person is one person in every role', async (t) => {
  const masker = new Masker({ ...PROFILE, key });
  const roles = ['CallerIDName', 'ConnectedLineName', 'DestCallerIDName', 'TransfereeConnectedLineName', 'OrigTransfererCallerIDName', 'CallerIDname', 'MemberName', 'CallerID'];
  t.same(new Set(roles.map((role) => masker.headers(headers(['Event', 'X'], [role, 'Иван «Ёж» Петров'])).text(role))).size, 1);
  t.match(masker.name('Ivan'), /^Name-[a-z]{8}$/);
  t.not(masker.name('Ivan'), masker.name('Olga'));
});

t.test('short numbers of a town: a permutation of their own, and none of them becomes an extension', async (t) => {
  const masker = new Masker({ internal: /^[0-9]{2,5}$|^60\d{4}$/, external: [], key });
  const numbers = Array.from({ length: 300 }, (_each, n) => String(610_000 + n));
  const masks = numbers.map((number) => masker.number(number));
  t.equal(new Set(masks).size, numbers.length);
  t.notOk(masks.some((mask) => /^60/.test(mask)));
  t.equal(masker.number('600001'), '600001');
});

t.test('a trunk that is named by a number is still a trunk', async (t) => {
  for (const [external, number] of [[/^PJSIP\/7495/u, '74951234567'], [/^SIP\/\+?[78]\d{10}-/u, '74951234567'], [/^PJSIP\/(?!8)/u, '74951234567']] as const) {
    const masker = new Masker({ internal: PROFILE.internal, external: [external], key });
    const technology = external.source.includes('PJSIP') ? 'PJSIP' : 'SIP';
    const channel = masker.headers(headers(['Event', 'Newstate'], ['Channel', `${technology}/${number}-00000001`])).text('Channel');
    t.match(channel, external, external.source);
    t.notMatch(channel, number);
  }
});

t.test('ids stay, whatever they are, also inside other values; a bare number as an id opens no door', async (t) => {
  const masker = new Masker({ ...PROFILE, key });
  const id = 'click-79990000000-of-olga';
  const item = masker.headers(headers(['Event', 'VarSet'], ['Uniqueid', 'pbx-1795168702.6'], ['Linkedid', id], ['SwapUniqueid', '79161234567'],
    ['Variable', '__CallMeLINKEDID'], ['Value', id]));
  t.same([item.text('Uniqueid'), item.text('Linkedid'), item.text('Value'), item.text('Variable')], ['pbx-1795168702.6', id, id, '__CallMeLINKEDID']);
  t.equal(masker.idsHoldNumbers, true, 'and it is said');
  const file = `/var/spool/asterisk/continuous/2026/11/20/call-${id}+1795168702.6.wav`;
  const end = masker.headers(headers(['Event', 'UserEvent'], ['Uniqueid', 'pbx-1795168702.6'], ['Linkedid', id], ['UserEvent', 'CallMeRecEnd'],
    ['RecLinkedid', id], ['RecLinkedidNow', id], ['RecFile', file], ['RecSize', '48044']));
  t.same([end.text('RecFile'), end.text('RecLinkedid'), end.text('RecSize')], [file, id, '48044']);
  t.match(masker.headers(headers(['Event', 'VarSet'], ['Variable', 'NOTE'], ['Value', `of ${id} by Ivan`])).text('Value'), new RegExp(`^masked-[a-z]{8}${id}masked-[a-z]{8}$`));
  t.notMatch(masker.headers(headers(['Event', 'VarSet'], ['Variable', 'NOTE'], ['Value', 'call 79161234567'])).text('Value'), '79161234567');
  const quiet = new Masker(PROFILE);
  quiet.headers(headers(['Event', 'Hangup'], ['Uniqueid', 'pbx1-1795168702.6'], ['Linkedid', '5f0c1d2e-1111-2222-3333-795161234567'], ['BridgeUniqueid', 'callme-1700000000123-1']));
  t.equal(quiet.idsHoldNumbers, false);
});

t.test('values that only look like numbers stay: ids, dates, times, ports, channels', async (t) => {
  const masker = new Masker({ ...PROFILE, key });
  for (const text of ['/var/spool/2026/11/20/in-219-20261120-103217-1795168702.6.wav', 'PJSIP/219-00000012', 'PJSIP/1219-0000123a', '2026-11-20 10:06:17', '10:06:17',
    '1795168702.6', '47f2a60c-712c-450a-9f4c-123456789012', '0x7f233c0191f0', 'from-internal,219,1', '127.0.0.1:12971', 'callme-rec,s,1', 'q1,tT,,,40']) t.equal(masker.words(text), text, text);
  for (const text of ['sip:ivan@sip.example.org', 'sip:79161234567@10.1.2.3:5060', 'PJSIP/trunk/sip:79161234567@sip.example.org', 'info@example.org', '10.1.2.3', 'sip:sip.example.org',
    '[2001:db8:1::7]:5060', 'tel:+79161234567', '"Ivan Petrov" <219>', 'x"Ivan', '7 916 123 45 67', 'a:79161234567:b', 'monitor/79161234567-74951234567.wav']) {
    t.notMatch(masker.words(text), /ivan|79161234567|74951234567|10\.1\.2\.3|example\.org|info@|916 123|:1::7/i, text);
  }
  t.match(masker.words('PJSIP/trunk/sip:79161234567@sip.example.org'), /^PJSIP\/trunk\/sip:7\d{10}@host-[a-z]{8}\.invalid$/);
});

t.test('what a dialplan says by variables, user events and unknown headers is nobody else\'s', async (t) => {
  const masker = new Masker({ ...PROFILE, key });
  const value = (variable: string, text: string): string => masker.headers(headers(['Event', 'VarSet'], ['Variable', variable], ['Value', text])).text('Value');
  t.same([value('DIALSTATUS', 'BUSY'), value('ANSWEREDTIME', '12'), value('BRIDGEPEER', 'PJSIP/219-00000012'), value('IS_CALLME_ORIGINATE', '1'), value('__CallMeCALL_ID', 'crm-42'),
    value('CallMeCALL_ID', 'externalCall.5f0c.1700000000'), value('CallMeRECORD', 'yes'), value('FOO', ''), value('CallMeLINKEDID', '79990000000')], ['BUSY', '12', 'PJSIP/219-00000012', '1', 'crm-42', 'externalCall.5f0c.1700000000', 'yes', '', '79990000000']);
  for (const [variable, text] of [['CALLERID(name)', 'Ivan'], ['DIALSTATUS', 'Ivan'], ['PIN', '1234'], ['CallMeRECCH', 'Local/79161234567@a-00000001;1'], ['CallMeCALL_ID', '79161234567'],
    ['SIPURI', 'sip:ivan@10.1.2.3']] as const) t.notMatch(value(variable, text), /ivan|1234|10\.1/i, variable);
  t.notMatch(masker.headers(headers(['Event', 'VarSet'], ['Variable', 'DB(cidname/79161234567)'], ['Value', 'x'])).text('Variable'), '79161234567');
  const item = masker.headers(headers(['Event', 'UserEvent'], ['Channel', 'PJSIP/219-00000001'], ['CallerIDName', 'Ivan'], ['Uniqueid', '1795168702.6'], ['Linkedid', '1795168702.6'],
    ['UserEvent', 'Card'], ['State', 'Ivan'], ['Uniqueid', 'Ivan'], ['Linkedid', '79161234567'], ['RecFile', '2026/11/20/Ivan.wav'], ['79161234567', 'Ivan'], ['Ivan Petrov', '5'], ['__proto__', 'Ivan']));
  t.notMatch(captureLine({ kind: 'headers', at: 1 as Instant, pbx, headers: item }), /ivan|79161234567/i);
  t.same([item.text('Uniqueid'), item.text('Linkedid'), item.text('UserEvent'), item.text('Channel')], ['1795168702.6', '1795168702.6', 'Card', 'PJSIP/219-00000001']);
  t.same([...masker.headers(headers(['Event', 'DTMFEnd'], ['Digit', '7'])), ...masker.headers(headers(['Event', 'DTMFEnd'], ['Digit', '#']))].map(([, text]) => text), ['DTMFEnd', '0', 'DTMFEnd', '#'],
    'what people key in are codes and cards');
});

t.test('CEL, CDR, queues, applications: the shapes stay', async (t) => {
  const masker = new Masker({ ...PROFILE, key });
  const of = (event: string, name: string, value: string, ...more: readonly (readonly [string, string])[]): string => masker.headers(headers(['Event', event], ...more, [name, value])).text(name);
  t.match(of('CEL', 'Extra', '{"bridge_id":"b-1","hangupcause":16,"hangupsource":"PJSIP/79161234567-00000001","dialstatus":"BUSY","note":"Ivan"}'),
    /^\{"bridge_id":"b-1","hangupcause":16,"hangupsource":"PJSIP\/7\d{10}-00000001","dialstatus":"BUSY","note":"masked-[a-z]{8}"\}$/);
  t.match(of('CEL', 'Extra', 'Ivan'), /^masked-/);
  t.match(of('Cdr', 'CallerID', '"Ivan" <219>'), /^"Name-[a-z]{8}" <219>$/);
  t.match(of('Cdr', 'CallerID', '"" <79161234567>'), /^"" <7\d{10}>$/);
  t.match(of('Cdr', 'CallerID', 'Ivan'), /^Name-/);
  t.match(of('QueueMemberStatus', 'MemberName', 'Ivan Petrov'), /^Name-/);
  t.equal(of('QueueMemberStatus', 'MemberName', 'PJSIP/219'), 'PJSIP/219');
  t.match(of('Newexten', 'AppData', 'CALLERID(name)=Ivan', ['Application', 'Set']), /^CALLERID\(name\)=masked-/);
  t.match(of('Newexten', 'AppData', '__CallMeLINKEDID=1795168702.6', ['Application', 'Set']), '__CallMeLINKEDID=1795168702.6');
  t.match(of('Newexten', 'AppData', 'hello Ivan', ['Application', 'NoOp']), /^masked-[a-z]{8}$/);
  t.match(of('Newexten', 'AppData', 'sub,s,1(Ivan,5)', ['Application', 'Gosub']), /^sub,s,1\(masked-[a-z]{8}\)$/);
  t.match(of('BlindTransfer', 'Extension', '89161234567'), /^8\d{10}$/);
  t.match(of('Newchannel', 'AccountCode', '12'), /^masked-/);
  t.same(['NOT_INUSE', 'Fully Booted', '16', 'Invalid (Ivan: 5)'].map((text) => of('X', 'Status', text)).map((text) => text.replace(/^masked-.*/, 'masked')), ['NOT_INUSE', 'Fully Booted', '16', 'masked']);
  t.match(of('AsyncAGIExec', 'Result', '200%20result%3D1%20(Ivan)'), /^masked-/);
  t.match(of('ConfbridgeJoin', 'Conference', '79161234567'), /^7\d{10}$/);
});

t.test('hostile values cannot break a line', async (t) => {
  const masker = new Masker({ ...PROFILE, key });
  const hostile = ['"', '\\"}', '😀'.repeat(40), 'a\r\nEvent: Hangup', '\u0000\u001b[31m', '\u2028', '\ud800', '"'.repeat(5_000), '1.'.repeat(5_000), ':'.repeat(5_000), 'a'.repeat(20_000), '7 '.repeat(5_000)];
  for (const value of hostile) {
    const names = ['CallerIDNum', 'CallerIDName', 'Channel', 'Exten', 'Context', 'AppData', 'Value', 'Extra', 'CallerID', 'RecFile', 'Whatever', value.slice(0, 50)];
    const line = captureLine({ kind: 'headers', at: 1 as Instant, pbx, headers: masker.headers(headers(['Event', 'UserEvent'], ...names.map((name) => [name, value] as const))) });
    t.equal(line.split(/[\r\n]/).length, 1);
    t.doesNotThrow(() => { JSON.parse(line); });
    const plain = captureLine({ kind: 'headers', at: 1 as Instant, pbx, headers: masker.headers(headers(['Event', 'Newexten'], ['Application', 'Dial'], ...names.map((name) => [name, value] as const))) });
    t.equal(plain.split(/[\r\n]/).length, 1);
  }
});

t.test('a loose internal expression lets no customer through', async (t) => {
  for (const internal of [/[0-9]/, /.*/, /^\d+$/, /^[a-z0-9]+$/i]) {
    const masker = new Masker({ internal, external: [], key });
    t.notMatch(masker.number('79161234567'), '79161234567', internal.source);
    t.notMatch(masker.name('Ivan'), 'Ivan', internal.source);
    t.equal(masker.number('219'), '219');
  }
});

t.test('memory is bounded', async (t) => {
  const masker = new Masker({ ...PROFILE, key });
  for (let n = 0; n < 1_500; n++) masker.headers(headers(['Event', 'Hangup'], ['Uniqueid', `originate-${n}`]));
  const value = (id: string): string => masker.headers(headers(['Event', 'VarSet'], ['Variable', 'X'], ['Value', id])).text('Value');
  t.equal(value('originate-1499'), 'originate-1499');
  t.match(value('originate-3'), /^masked-/, 'the oldest are forgotten');
});
