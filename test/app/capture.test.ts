/** `callme capture`: what it writes replays to the same facts; and what it says when it cannot. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { goldenIds, moment, Story } from '../fakes/story.ts';
import { run } from './bench.ts';
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
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    t.match(JSON.parse(out), { file, entries: lines.length, connected: true });
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
