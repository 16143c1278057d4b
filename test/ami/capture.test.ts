import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type CaptureHead, headLine } from '../../ami/capture-head.ts';
import { CaptureWriter } from '../../ami/capture-writer.ts';
import { captureLine, readCapture } from '../../ami/capture.ts';
import type { CaptureEntry, ReadOptions } from '../../ami/capture.ts';
import { Headers } from '../../ami/wire.ts';
import { instant } from '../../core/words.ts';
import type { PbxId } from '../../core/words.ts';
import { Ears } from './ears.ts';
import { failsWith } from './stage.ts';

const pbx = 'main' as PbxId;
const heard = (at: number, ...pairs: readonly (readonly [string, string])[]): CaptureEntry => ({ kind: 'headers', at: instant(at), pbx, headers: Headers.of(pairs) });
async function collect(path: string, options: ReadOptions = {}): Promise<CaptureEntry[]> {
  const entries: CaptureEntry[] = [];
  for await (const entry of readCapture(path, options)) entries.push(entry);
  return entries;
}
const told = (entries: readonly CaptureEntry[]): unknown => entries.map((entry) => JSON.parse(captureLine(entry)) as unknown);

t.test('what is written is read back: events in header order, resyncs, gaps', async (t) => {
  const path = join(t.testdir(), 'a.ndjson');
  const entries: CaptureEntry[] = [
    { kind: 'resync', at: instant(1), pbx, alive: [Headers.of([['Uniqueid', '1.1'], ['Channel', 'x']])] },
    heard(2, ['Event', 'UserEvent'], ['B', 'Ünï\u2028'], ['A', ''], ['__proto__', 'x']),
    { kind: 'lost', at: instant(3), pbx },
  ];
  const writer = new CaptureWriter({ path, log: new Ears() });
  for (const entry of entries) writer.write(entry);
  writer.close();
  t.match(readFileSync(path, 'utf8').split('\n')[1], /^\{"at":2,"pbx":"main","h":\[\["event","UserEvent"\],\["b",/);
  t.same(told(await collect(path)), told(entries));
});

t.test('a capture goes on where it ended, rotates at its size, and keeps as many as told', async (t) => {
  const path = join(t.testdir(), 'a.ndjson');
  for (let n = 0; n < 5; n++) {
    const writer = new CaptureWriter({ path, log: new Ears(), maxBytes: 120, keep: 2 });
    writer.write(heard(n, ['Event', 'Hangup']));
    writer.flush();
    writer.close();
    writer.write(heard(99, ['Event', 'AfterClose']));
  }
  const ats = async (name: string): Promise<number[]> => (await collect(name)).map((entry) => entry.at);
  t.same([await ats(path), await ats(`${path}.1`), await ats(`${path}.2`)], [[4], [2, 3], [0, 1]]);
  t.equal(existsSync(`${path}.3`), false);
});

const full = existsSync('/dev/full') ? {} : { skip: 'this system has no /dev/full to refuse writes' };
t.test('the disk refuses: one warning, and life goes on', full, async (t) => {
  const log = new Ears();
  const writer = new CaptureWriter({ path: '/dev/full', log });
  for (let n = 0; n < 3; n++) {
    writer.write(heard(n, ['Event', 'Hangup']));
    writer.flush();
  }
  writer.close();
  t.equal(writer.broken, true);
  t.match(log.logged.map((line) => line.message), [/capture ended: .*ENOSPC/]);
  t.equal(log.logged.length, 1);
});

t.test('a head leads what is written, and each file after a rotation; the reader tells of it, and goes on', async (t) => {
  const path = join(t.testdir(), 'a.ndjson');
  const head = '{"capture":1,"masked":true,"pbx":"main","version":"1.2.3","internal":"^\\\\d{3}$","external":["^PJSIP/trunk"],"mobiles":[["9161234567","219"]]}';
  const writer = new CaptureWriter({ path, log: new Ears(), maxBytes: 400, keep: 1 });
  writer.head(head);
  for (let n = 0; n < 8; n++) {
    writer.write(heard(n, ['Event', 'Hangup'], ['N', String(n)]));
    writer.flush();
  }
  writer.close();
  for (const file of [path, `${path}.1`]) {
    const heads: CaptureHead[] = [];
    const entries = await collect(file, { onHead: (each) => heads.push(each) });
    t.ok(entries.length > 0, file);
    t.match(heads, [{ masked: true, pbx: 'main', version: '1.2.3', profile: { internal: /^\d{3}$/u, external: [/^PJSIP\/trunk/u], mobiles: new Map([['9161234567', '219']]) } }]);
    t.equal(heads.length, 1);
  }
});

t.test('heads of other makers: what they tell in another way counts as not told', async (t) => {
  const line = captureLine(heard(5, ['Event', 'Hangup']));
  for (const [head, told] of [
    ['{"capture":2}', { masked: false, pbx: '', version: '', profile: null }],
    ['{"capture":{"by":"lab"},"asterisk":"22.10.1","masked":"yes","pbx":7}', { masked: false, pbx: '', profile: null }],
    ['{"capture":1,"masked":true,"internal":"(","external":["^PJSIP/"]}', { masked: true, profile: null }],
    ['{"capture":1,"internal":"^.$","external":["(","^SIP/",5],"mobiles":[["1"],["2","3"]]}', { profile: { external: [/^SIP\//u], mobiles: new Map([['2', '3']]) } }],
    ['{"capture":1,"internal":"^.$"}', { profile: null }],
  ] as const) {
    const path = join(t.testdir(), 'other.ndjson');
    writeFileSync(path, `${line}\n${head}\n${line}`);
    const heads: CaptureHead[] = [];
    const entries = await collect(path, { onHead: (each) => heads.push(each) });
    t.equal(entries.length, 2, 'also in the middle of a file');
    t.match(heads, [told], head);
  }
  t.equal(headLine({ masked: false, pbx: '', version: '', profile: null }), '{"capture":1,"masked":false}');
});

t.test('a dump of the socket: events a millisecond apart, the list of channels as a resync', async (t) => {
  const dump = new URL('../captures/22.10.1/n1_resync_midcall.txt', import.meta.url).pathname;
  const entries = await collect(dump, { pbx: 'b' as PbxId, start: instant(1_000) });
  t.match(entries[0], { kind: 'headers', at: 1_000, pbx: 'b' });
  const resync = entries.find((entry) => entry.kind === 'resync');
  t.match(resync?.kind === 'resync' && resync.alive.map((each) => each.text('Uniqueid')), ['1795169157.177', '1795169157.178']);
  t.same(entries.map((entry) => entry.at), entries.map((_entry, n) => 1_000 + n));
  t.notOk(entries.some((entry) => entry.kind === 'headers' && entry.headers.event === ''));
});

t.test('a dump read and written as NDJSON is the same story', async (t) => {
  const dump = new URL('../captures/16.28.0/g1_pickup.txt', import.meta.url).pathname;
  const path = join(t.testdir(), 'a.ndjson');
  const entries = await collect(dump);
  const writer = new CaptureWriter({ path, log: new Ears() });
  for (const entry of entries) writer.write(entry);
  writer.close();
  t.ok(entries.length > 50);
  t.same(told(await collect(path)), told(entries));
});

t.test('errors name the file, the line and what is wrong', async (t) => {
  const good = captureLine(heard(1, ['Event', 'Hangup']));
  for (const [bad, message] of [
    ['{"at":1', /line 2 \(the last one, perhaps cut off\) is not JSON/],
    ['{"at":1\n', /line 2 is not JSON/],
    ['[1]\n', /line 2 has no number "at"/],
    ['5\n', /line 2 is no object/],
    ['{"at":"1","pbx":"main","h":[]}\n', /no number "at"/],
    ['{"at":1,"h":[]}\n', /no text "pbx"/],
    ['{"at":1,"pbx":"main"}\n', /no list "h"/],
    ['{"at":1,"pbx":"main","h":[["a",1]]}\n', /no list "h"/],
    ['{"at":1,"pbx":"main","resync":[{}]}\n', /no list "h"/],
  ] as const) {
    const path = join(t.testdir(), 'bad.ndjson');
    writeFileSync(path, `${good}\n${bad}`);
    await failsWith(t, collect(path), 'AMI_CAPTURE', message);
  }
});

t.test('no file, a folder, an empty file', async (t) => {
  const folder = t.testdir({ empty: '' });
  await failsWith(t, collect(join(folder, 'none')), 'AMI_CAPTURE', /cannot read .*ENOENT/);
  await failsWith(t, collect(folder), 'AMI_CAPTURE', /EISDIR/);
  t.same(await collect(join(folder, 'empty')), []);
});
