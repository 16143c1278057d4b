/** `callme replay`: the same facts of a capture as the golden files hold, whatever its format; and what is no capture. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { captureLine, readCapture } from '../../ami/capture.ts';
import { capturePath, goldenIds } from '../fakes/story.ts';
import { folder, run, type Ran, writeConfig } from './bench.ts';

const CAPTURES: readonly (readonly [string, string])[] = [
  ['16.28.0', 'b1_inbound_blind_refer'], ['22.10.1', 'b1_inbound_blind_refer'], ['22.10.1', 'd2_outbound_att_refer'], ['22.10.1', 'e2_queue'],
  ['22.10.1', 'g1_pickup'], ['22.10.1', 'n1_resync_midcall'], ['22.10.1-cel', 'd2_outbound_att_refer'],
];

interface Told { readonly id: string; readonly kind: string; readonly certain: boolean; readonly at: number; readonly pbx: string }
const facts = ({ out }: Ran): readonly Told[] => out.trimEnd().split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as Told);
const replay = (t: Test, file: string, ...more: readonly string[]): Promise<Ran> => run(['replay', file, ...more], { cwd: folder(t) });

/** The same capture as `callme capture` writes it. */
async function asNdjson(t: Test, file: string): Promise<string> {
  const target = join(folder(t), 'story.ndjson');
  for await (const entry of readCapture(file)) appendFileSync(target, `${captureLine(entry)}\n`);
  return target;
}

for (const [version, name] of CAPTURES) {
  t.test(`${name} of Asterisk ${version}`, async (t) => {
    const golden = goldenIds(name, version);
    const raw = await replay(t, capturePath(name, version), '--json');
    t.same([raw.code, raw.err], [0, '']);
    t.same(facts(raw).map((fact) => fact.id), golden, 'a dump');
    const ndjson = await replay(t, await asNdjson(t, capturePath(name, version)), '--json');
    t.same([ndjson.code, ndjson.err], [0, '']);
    t.same(facts(ndjson), facts(raw), 'NDJSON');
  });
}

t.test('for people it is a table, and what was concluded says so', async (t) => {
  const { code, out } = await replay(t, capturePath('n1_resync_midcall'));
  t.equal(code, 0);
  t.match(out, /fact .*what/);
  t.match(out, /main\/1795169157\.177#ended +\(uncertain\).*outcome=answered.*owner=219/);
  t.notMatch(out, /\[object Object\]|undefined/);
});

t.test('two PBXs in one capture are two stories', async (t) => {
  const one = await asNdjson(t, capturePath('e3_unanswered'));
  const lines = readFileSync(one, 'utf8').trimEnd().split('\n');
  const both = join(folder(t), 'both.ndjson');
  writeFileSync(both, lines.flatMap((line) => [line, line.replace('"pbx":"main"', '"pbx":"branch"')]).join('\n'));
  const told = facts(await replay(t, both, '--json'));
  const golden = goldenIds('e3_unanswered');
  t.same(told.filter((fact) => fact.pbx === 'main').map((fact) => fact.id), golden);
  t.same(told.filter((fact) => fact.pbx === 'branch').map((fact) => fact.id), golden.map((id) => id.replace('main/', 'branch/')));
});

t.test('a gap in a capture is a gap', async (t) => {
  const lines = readFileSync(await asNdjson(t, capturePath('b1_inbound_blind_refer')), 'utf8').trimEnd().split('\n');
  const at = lines.findIndex((line) => line.includes('"BlindTransfer"'));
  const file = join(folder(t), 'gap.ndjson');
  const stamp = JSON.parse(lines[at] ?? '') as { at: number; pbx: string };
  writeFileSync(file, [...lines.slice(0, at), JSON.stringify({ ...stamp, at: stamp.at + 5_000, h: undefined, lost: true }), JSON.stringify({ ...stamp, at: stamp.at + 60_000, h: undefined, resync: [] })].join('\n'));
  const ended = facts(await replay(t, file, '--json')).filter((fact) => fact.kind === 'call-ended');
  t.match(ended, [{ certain: false, owner: '219', at: stamp.at + 5_000 }], 'it lived until the gap began, and who knows how long in it');
});

t.test('what the PBX is like comes from options, else from the configuration, else by rule', async (t) => {
  const cwd = folder(t);
  const dump = capturePath('b1_inbound_blind_refer');
  const config = writeConfig(cwd, readFileSync(writeConfig(cwd), 'utf8').replace('^PJSIP/trunk', '^DAHDI/'));
  const inside = await run(['replay', dump, '--json', '--config', config], { cwd });
  t.notMatch(inside.out, /"direction":"inbound"/, 'the configuration knows no trunk of that name');
  const again = await run(['replay', dump, '--json', '--config', config, '--external', '^PJSIP/trunk'], { cwd });
  t.same(facts(again).map((fact) => fact.id), goldenIds('b1_inbound_blind_refer'), 'the option counts more');
  t.match(await run(['replay', dump, '--external', '('], { cwd }), { code: 2, err: /regular expression/i });
});

t.test('what a capture says of its own PBX counts more than the configuration of this machine, and less than an option', async (t) => {
  const cwd = folder(t);
  const file = await asNdjson(t, capturePath('b1_inbound_blind_refer'));
  const head = '{"capture":1,"masked":true,"pbx":"main","internal":"^[0-9]{2,5}$","external":["^PJSIP/trunk"]}';
  writeFileSync(file, `${head}\n${readFileSync(file, 'utf8')}`);
  const config = writeConfig(cwd, readFileSync(writeConfig(cwd), 'utf8').replace('^PJSIP/trunk', '^DAHDI/'));
  const told = async (...more: readonly string[]): Promise<string> => (await run(['replay', file, '--json', '--config', config, ...more], { cwd })).out;
  t.match(await told(), /"direction":"inbound"/);
  t.notMatch(await told('--external', '^DAHDI/'), /"direction":"inbound"/, 'the option counts more');
  writeFileSync(file, readFileSync(file, 'utf8').replace('"main","internal"', '"branch","internal"'));
  t.notMatch(await told(), /"direction":"inbound"/, 'another PBX of the same file says nothing of this one');
});

t.test('a broken file: exit code 2, and the line', async (t) => {
  const file = await asNdjson(t, capturePath('e3_unanswered'));
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  const broken: readonly (readonly [string, string, RegExp])[] = [
    ['not JSON', '{"at": 1, "pbx', /line 18 is not JSON/], ['no time', '{"pbx":"main","h":[]}', /line 18 has no number "at"/],
    ['no PBX', '{"at":1,"h":[]}', /line 18 has no text "pbx"/], ['no headers', '{"at":1,"pbx":"main","h":{"Event":"Hangup"}}', /line 18 has no list "h"/],
  ];
  for (const [name, line, said] of broken) {
    writeFileSync(file, [...lines.slice(0, 17), line, ...lines.slice(17)].join('\n'));
    const { code, out } = await replay(t, file, '--json');
    t.equal(code, 2, name);
    t.match(out, /"code": ?"AMI_CAPTURE"/, name);
    t.match(out.replaceAll('\\"', '"'), said, name);
    const people = await replay(t, file);
    t.equal(people.code, 2);
    t.match(people.err, said);
  }
});

t.test('no file, a folder, nothing in it', async (t) => {
  t.match(await replay(t, '/nonexistent/story.ndjson'), { code: 2, err: /cannot read \/nonexistent\/story\.ndjson/ });
  t.match(await replay(t, folder(t)), { code: 2, err: /cannot read/ });
  const empty = join(folder(t), 'empty');
  writeFileSync(empty, '');
  t.match(await replay(t, empty), { code: 1, out: 'No facts in this capture.\n', err: '' });
  t.match(await replay(t, empty, '--json'), { code: 1, out: '', err: '' });
});
