/** A capture that exists, masked: a dump, lines, lines with heads, files that are none. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type CaptureHead, headLine } from '../../ami/capture-head.ts';
import { captureLine, readCapture } from '../../ami/capture.ts';
import type { CaptureEntry } from '../../ami/capture.ts';
import { contentOf, maskCapture, type MaskCaptureOptions } from '../../ami/mask-capture.ts';
import { Headers } from '../../ami/wire.ts';
import { partyOf, type Profile } from '../../core/parties.ts';
import { type Extension, instant, type PbxId } from '../../core/words.ts';
import { Ears } from './ears.ts';
import { failsWith } from './stage.ts';

const PROFILE: Profile = { internal: /^\d{3}$/u, external: [/^PJSIP\/trunk/u, /^PJSIP\/\+?74951234567-/u, /^SIP\/10\.1\.2\.3-/u], mobiles: new Map([['9161234567', '219' as Extension]]) };
const dump = new URL('../captures/22.10.1/n1_resync_midcall.txt', import.meta.url).pathname;
const heard = (pbx: string, ...pairs: readonly (readonly [string, string])[]): CaptureEntry => ({ kind: 'headers', at: instant(5), pbx: pbx as PbxId, headers: Headers.of(pairs) });
const options = (path: string, out: string, more: Partial<MaskCaptureOptions> = {}): MaskCaptureOptions =>
  ({ path, out: { path: out, log: new Ears() }, version: '1.2.3', profileOf: (head) => head?.profile ?? PROFILE, ...more });

async function read(path: string): Promise<{ readonly heads: readonly CaptureHead[]; readonly entries: readonly CaptureEntry[] }> {
  const heads: CaptureHead[] = [];
  const entries: CaptureEntry[] = [];
  for await (const entry of readCapture(path, { onHead: (head) => heads.push(head) })) entries.push(entry);
  return { heads, entries };
}

t.test('a dump becomes lines: head first, every entry, its list of the living too, for its owner alone', async (t) => {
  const out = join(t.testdir(), 'masked.ndjson');
  const { entries: before } = await read(dump);
  t.match(await maskCapture(options(dump, out)), { entries: before.length, idsHoldNumbers: false, broken: false });
  const { heads, entries } = await read(out);
  t.match(heads, [{ masked: true, pbx: '', version: '1.2.3', profile: { internal: PROFILE.internal } }]);
  t.same(entries.map(({ kind, at, pbx }) => [kind, at, pbx]), before.map(({ kind, at, pbx }) => [kind, at, pbx]));
  t.ok(entries.some((entry) => entry.kind === 'resync' && entry.alive.length === 2));
  const text = readFileSync(out, 'utf8');
  t.ok(text.startsWith('{"capture":1,"masked":true'));
  t.notMatch(text, /9161234567|Ivan|Olga|4951234567/);
  t.equal(statSync(out).mode & 0o777, 0o600);
});

t.test('the head speaks of the masked PBX: its trunks and its people\'s telephones are recognised', async (t) => {
  const folder = t.testdir();
  const [path, out] = [join(folder, 'a.ndjson'), join(folder, 'b.ndjson')];
  const head = headLine({ masked: false, pbx: 'main', version: '0.9.0', profile: PROFILE });
  writeFileSync(path, [head, ...[['PJSIP/74951234567-00000001', '+79161234567'], ['SIP/10.1.2.3-00000002', '89031112233'], ['PJSIP/74950000000-00000001', '89031112233']]
    .map(([channel = '', number = '']) => captureLine(heard('main', ['Event', 'Newchannel'], ['Channel', channel], ['CallerIDNum', number])))].join('\n'));
  await maskCapture(options(path, out));
  const { heads, entries } = await read(out);
  t.match(heads, [{ masked: true, pbx: 'main', version: '1.2.3' }]);
  const profile = heads[0]?.profile;
  if (profile === undefined || profile === null) throw new Error('no profile in the head');
  const parties = entries.map((entry) => (entry.kind === 'headers' ? partyOf(profile, entry.headers.text('Channel'), entry.headers.text('CallerIDNum'), '') : null));
  t.match(parties, [{ kind: 'employee', extension: '219' }, { kind: 'external', number: /^8\d{10}$/ }, { kind: 'unknown' }]);
  t.notMatch(readFileSync(out, 'utf8'), /9161234567|4951234567|9031112233|10(\\*)\.1/);
});

t.test('several PBXs in one file: a head for each, one mask for each number', async (t) => {
  const folder = t.testdir();
  const [path, out] = [join(folder, 'a.ndjson'), join(folder, 'b.ndjson')];
  const said = (pbx: string): string => `${headLine({ masked: false, pbx, version: '', profile: PROFILE })}\n${captureLine(heard(pbx, ['Event', 'Newstate'], ['CallerIDNum', '79161234567']))}\n`;
  writeFileSync(path, said('main') + said('branch') + captureLine({ kind: 'lost', at: instant(9), pbx: 'main' as PbxId }));
  t.match(await maskCapture(options(path, out)), { entries: 3 });
  const { heads, entries } = await read(out);
  t.same(heads.map(({ pbx, masked }) => [pbx, masked]), [['main', true], ['branch', true]]);
  t.equal(new Set(entries.map((entry) => (entry.kind === 'headers' ? entry.headers.text('CallerIDNum') : 'lost'))).size, 2);
});

t.test('no capture: an error, and no file; nothing in it: a head alone', async (t) => {
  const folder = t.testdir({ empty: '', bad: '{"at":1}\n' });
  for (const name of ['none', 'bad']) {
    await failsWith(t, maskCapture(options(join(folder, name), join(folder, 'out'))), 'AMI_CAPTURE');
    t.notOk(existsSync(join(folder, 'out')), name);
  }
  t.match(await maskCapture(options(join(folder, 'empty'), join(folder, 'out'))), { entries: 0 });
  t.match((await read(join(folder, 'out'))).heads, [{ masked: true }]);
});

const full = existsSync('/dev/full') ? {} : { skip: 'this system has no /dev/full to refuse writes' };
t.test('the disk refuses: it is said, and nothing more is read', full, async (t) => {
  t.match(await maskCapture(options(dump, '/dev/full')), { broken: true });
});

t.test('a signal ends it between two lines', async (t) => {
  const out = join(t.testdir(), 'cut.ndjson');
  t.match(await maskCapture(options(dump, out, { signal: AbortSignal.abort() })), { entries: 1 });
  t.equal((await read(out)).entries.length, 1);
});

t.test('what a file holds is told by its first line', async (t) => {
  const line = captureLine(heard('main', ['Event', 'Hangup']));
  const folder = t.testdir({ empty: '', masked: `{"capture":1,"masked":true}\n${line}`, open: `{"capture":1,"masked":false}\n${line}`, old: line, dump: 'Asterisk Call Manager/8\r\n', blank: '\n' });
  t.same(['none', 'empty', 'masked', 'open', 'old', 'dump', 'blank'].map((name) => contentOf(join(folder, name))), [null, null, 'masked', 'unmasked', 'unmasked', 'unmasked', 'unmasked']);
});
