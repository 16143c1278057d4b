/** `callme capture`: what it writes replays to the same facts, masked or not; and what it says when it cannot. */
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { capturePath, goldenIds, moment, Story } from '../fakes/story.ts';
import { folder, run } from './bench.ts';
import { AMI_SECRET, Listener, place } from './house.ts';

const INBOUND = 'b1_inbound_blind_refer';
interface Told { readonly id: string; readonly certain: boolean; readonly kind: string }
const facts = (out: string): readonly Told[] => out.trimEnd().split('\n').map((line) => JSON.parse(line) as Told);

t.test('a call captured and replayed gives the facts that the live PBX gave, its gap included', async (t) => {
  for (const gap of [false, true]) {
    const where = await place(t);
    const story = new Story(where.pbx, INBOUND, where.recordings);
    const stop = new AbortController();
    const file = join(where.folder, 'story.ndjson');
    const said = new Listener();
    const capturing = run(['capture', '--out', file, '--json', '--config', where.config], { cwd: where.folder, signal: stop.signal });
    void capturing.then(() => { said.write('done'); });
    await where.pbx.next('CoreShowChannels');
    if (gap) {
      await story.play(moment('BridgeEnter', { BridgeNumChannels: '2' }));
      await said.until(() => readFileSync(file, 'utf8').includes('["bridgenumchannels","2"]'));
      where.pbx.reset();
      await where.pbx.next('CoreShowChannels');
    }
    await story.play();
    const last = 'CallMeRecEnd';
    // It writes to the disk now and then: what has arrived there is all there is to wait for.
    await said.until(() => readFileSync(file, 'utf8').includes(last) && where.pbx.clients.size > 0);
    stop.abort();
    const { code, out, err } = await capturing;
    t.equal(code, 0);
    const [head = '', ...lines] = readFileSync(file, 'utf8').trimEnd().split('\n');
    t.match(JSON.parse(head), { capture: 1, masked: true, pbx: 'main', version: /^\d+\.\d+\.\d+/, internal: '^[0-9]{2,5}$', external: ['^PJSIP\\/trunk'] });
    t.match(JSON.parse(out), { file, entries: lines.length, connected: true, masked: true });
    t.match(err, /docs\/captures\.md/, 'who sends it must look first');
    t.notMatch(lines.join('\n'), /9161234567|Ivan|Olga/, 'masked without being asked');
    t.equal(lines.filter((line) => line.includes('"resync"')).length, gap ? 2 : 1);
    t.equal(lines.filter((line) => line.includes('"lost":true')).length, gap ? 1 : 0);
    t.equal(statSync(file).mode & 0o777, 0o600, 'names and numbers are for us alone');
    t.notMatch(out + err + lines.join(), AMI_SECRET);
    const replayed = await run(['replay', file, '--json'], { cwd: where.folder });
    t.equal(replayed.code, 0);
    t.same(facts(replayed.out).map((fact) => fact.id), goldenIds(INBOUND), gap ? 'with a gap' : 'without a gap');
    t.match(facts(replayed.out).filter((fact) => fact.kind === 'call-ended'), [{ certain: true }]);
  }
});

t.test('unmasked only when asked: numbers and names stay, and it warns', async (t) => {
  const where = await place(t);
  const story = new Story(where.pbx, INBOUND, where.recordings);
  const stop = new AbortController();
  const file = join(where.folder, 'open.ndjson');
  const capturing = run(['capture', '--unmasked', '--out', file, '--json', '--config', where.config], { cwd: where.folder, signal: stop.signal });
  const said = new Listener();
  await where.pbx.next('CoreShowChannels');
  await story.play();
  await said.until(() => readFileSync(file, 'utf8').includes('CallMeRecEnd'));
  stop.abort();
  const { code, out, err } = await capturing;
  t.equal(code, 0);
  t.match(JSON.parse(out), { masked: false });
  t.match(err, /Not masked: telephone numbers and names/);
  const text = readFileSync(file, 'utf8');
  t.match(JSON.parse(text.split('\n')[0] ?? ''), { capture: 1, masked: false });
  t.match(text, /79161234567/);
  t.match(text, /Ivan/);

  // The same story masked afterwards: the same facts, numbers apart.
  const masked = join(where.folder, 'masked.ndjson');
  const remade = await run(['capture', '--mask', file, '--out', masked, '--json'], { cwd: where.folder });
  t.equal(remade.code, 0);
  t.match(remade.json(), { file: masked, masked: true });
  t.notMatch(readFileSync(masked, 'utf8'), /9161234567|Ivan|Olga/);
  const [plain, after] = [await run(['replay', file, '--json'], { cwd: where.folder }), await run(['replay', masked, '--json'], { cwd: where.folder })];
  const bare = (text: string): string => text.replaceAll(/"(number|word|name)":"[^"]*"/g, '"$1"');
  t.equal(bare(after.out), bare(plain.out));
  t.same(facts(after.out).map((fact) => fact.id), goldenIds(INBOUND));
});

t.test('masked and unmasked events never share a file', async (t) => {
  const where = await place(t);
  const capture = (...more: readonly string[]) => run(['capture', '--config', where.config, ...more], { cwd: where.folder });
  const [open, old, masked] = ['open', 'old', 'masked'].map((name) => join(where.folder, name));
  if (open === undefined || old === undefined || masked === undefined) throw new Error('no names');
  writeFileSync(open, '{"capture":1,"masked":false}\n');
  writeFileSync(old, '{"at":1,"pbx":"main","lost":true}\n');
  writeFileSync(masked, '{"capture":1,"masked":true}\n');
  t.match(await capture('--out', open), { code: 2, err: /open holds events that are not masked[^]*--out/ });
  t.match(await capture('--out', old), { code: 2, err: /old holds events that are not masked/ });
  t.match(await capture('--out', masked, '--unmasked'), { code: 2, err: /masked is a masked capture/ });
  t.equal(where.pbx.connections, 0, 'nobody was asked');
  const stop = new AbortController();
  const going = run(['capture', '--config', where.config, '--out', masked, '--json'], { cwd: where.folder, signal: stop.signal });
  await new Listener().until(() => readFileSync(masked, 'utf8').includes('"resync"'));
  stop.abort();
  t.match(await going, { code: 0 }, 'a masked one goes on');
  t.equal(readFileSync(masked, 'utf8').match(/"capture":1,"masked":true/g)?.length, 2);
});

t.test('--mask: what comes from where, and mistakes', async (t) => {
  const cwd = folder(t);
  const out = join(cwd, 'out.ndjson');
  const mask = (file: string, to: string, ...more: readonly string[]) => run(['capture', '--mask', file, '--out', to, ...more], { cwd });
  t.match(await mask(capturePath(INBOUND), out, '--pbx', 'branch', '--internal', '^2\\d\\d$', '--external', '^PJSIP/trunk'), { code: 0 });
  const text = readFileSync(out, 'utf8');
  t.match(JSON.parse(text.split('\n')[0] ?? ''), { capture: 1, masked: true, internal: '^2\\d\\d$', external: ['^PJSIP\\/trunk'] });
  t.match(text.split('\n')[1], /"pbx":"branch"/);
  t.same(facts((await run(['replay', out, '--json'], { cwd })).out).map((fact) => fact.id), goldenIds(INBOUND).map((id) => id.replace('main/', 'branch/')));
  t.match(await mask(capturePath(INBOUND), out), { code: 2, err: /out\.ndjson is already there[^]*--out/ });
  t.match(await mask(out, out), { code: 2, err: /is the capture that is to be masked/ });
  t.match(await mask(out, join(cwd, 'x'), '--unmasked'), { code: 2, err: /exclude each other/ });
  t.match(await mask(join(cwd, 'none'), join(cwd, 'x')), { code: 2, err: /cannot read .*none/ });
  t.match(await mask(out, join(cwd, 'no', 'folder')), { code: 2, err: /ENOENT/ });
  t.match(await mask(out, join(cwd, 'x'), '--internal', '('), { code: 2, err: /regular expression/i });
  appendFileSync(out, '{"at":\n');
  t.match(await mask(out, join(cwd, 'y'), '--json'), { code: 2, out: /AMI_CAPTURE[^]*line \d+ is not JSON/ });
  t.notOk(existsSync(join(cwd, 'x')));
});

t.test('ids that hold numbers stay, and it says so; in Russian too', async (t) => {
  const cwd = folder(t);
  const file = join(cwd, 'a.ndjson');
  writeFileSync(file, '{"at":1,"pbx":"main","h":[["event","Hangup"],["uniqueid","click-79161234567"],["linkedid","click-79161234567"]]}\n');
  t.match(await run(['capture', '--mask', file, '--out', join(cwd, 'b')], { cwd }), { code: 0, err: /call ids .*telephone numbers/ });
  t.match(await run(['capture', '--mask', file, '--out', join(cwd, 'c'), '--lang', 'ru'], { cwd }), { code: 0, out: /записей: 1/, err: /похожи на телефонные номера/ });
});

t.test('a PBX that cannot be reached: exit code 3, and why on stderr', async (t) => {
  const where = await place(t);
  await where.pbx.close();
  const { code, out, err } = await run(['capture', '--seconds', '1', '--json', '--out', join(where.folder, 'none.ndjson'), '--config', where.config], { cwd: where.folder });
  t.equal(code, 3);
  t.match(JSON.parse(out), { entries: 0, connected: false });
  t.match(err, /refused the connection/);
  t.match(err, /remedy/);
  t.notMatch(err, AMI_SECRET);
});

t.test('a wrong password: exit code 3, and the remedy', async (t) => {
  const where = await place(t, { secret: 'hunter-222222' });
  const { code, err } = await run(['capture', '--seconds', '1', '--out', join(where.folder, 'none.ndjson'), '--config', where.config], { cwd: where.folder });
  t.equal(code, 3);
  t.match(err, /denied the login of callme.*/);
  t.match(err, /manager\.conf/);
  t.notMatch(err, 'hunter-222222');
});

t.test('mistakes of the command line: exit code 2', async (t) => {
  const where = await place(t);
  const capture = (...more: readonly string[]) => run(['capture', '--config', where.config, ...more], { cwd: where.folder });
  t.match(await capture('--out', join(where.folder, 'no', 'such', 'folder.ndjson')), { code: 2, err: /ENOENT.*folder\.ndjson/ });
  t.match(await capture('--pbx', 'branch'), { code: 2, err: /no PBX "branch"/ });
  for (const seconds of ['1.5', '0', '-1', 'soon', '3000000']) t.match(await capture('--seconds', seconds), { code: 2, err: /seconds/ }, seconds);
  t.equal(where.pbx.connections, 0, 'nobody was asked');
});

t.test('the chosen PBX is the one that is heard', async (t) => {
  const [where, other] = [await place(t), await place(t)];
  const stop = new AbortController();
  const out = join(where.folder, 'chosen.ndjson');
  const capturing = run(['capture', '--pbx', 'main', '--out', out, '--config', other.config], { cwd: where.folder, signal: stop.signal });
  await other.pbx.next('UserEvent');
  stop.abort();
  const { code, out: said, err } = await capturing;
  t.equal(code, 0);
  t.match(said, /entries in .*chosen\.ndjson/);
  t.match(err, /up: /);
  t.equal(where.pbx.connections, 0);
});
