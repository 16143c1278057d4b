/**
 * `kill -9` of CallMe, of lame, of Asterisk, and a full disk, at every step boundary, each with a real file, a real lame, a real store and the worker in a
 * process of its own: after a restart the audio is there, whole, told once, stored once. Nobody has written the boundaries down: a life without an
 * accident meets them (boundaries/mortal.ts), and each line of recordings/ that changes something must be met by one of the scenarios, so a new step
 * that nobody thought of fails here. Each boundary is killed once, in the first scenario that meets it; CALLME_TEST_BOUNDARIES=all kills it in each.
 *
 * A process that is killed behind one boundary leaves the same as one that is killed in front of the next, but where somebody else goes on working:
 * a lame that was started, a bucket that was asked.
 */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { findProgram } from '../../recordings/lame.ts';
import { withoutLame } from '../fakes/lame.ts';
import { boundariesOf, complaintsOf, copied, live, restart, wavOf, whereIsTheSound, worldOf, type World } from './boundaries/lives.ts';
import { CHANGES, CHANGES_AT_ONCE, CHANGES_TOLD, HARMLESS, type Boundary, type Order } from './boundaries/mortal.ts';
import { SCENARIOS, type Scenario } from './boundaries/scenarios.ts';
import { EXEMPT, importsOfFileSystem, isExempt, sitesInSource } from './boundaries/sites.ts';
import { keptIn, work } from './boundaries/work.ts';

t.setTimeout(15 * 60_000);
const ALL = process.env['CALLME_TEST_BOUNDARIES'] === 'all';
const AT_A_TIME = 2;
const SOMEBODY_GOES_ON = /^(?:spawn|launch|bucket)\b/;
/** A full disk lets go of things; a program that starts and a bucket are not on it. */
const NOT_ON_A_DISK = /^(?:unlink|rm|spawn|launch|bucket)/;

interface Found { readonly scenario: Scenario; readonly boundaries: readonly Boundary[] }
const skip = await withoutLame();

t.test('the house of the recordings asks Node for nothing that this test does not watch', (t) => {
  const watched = new Set<string>([...CHANGES, ...CHANGES_AT_ONCE, ...CHANGES_TOLD, ...HARMLESS, 'createWriteStream']);
  const imports = importsOfFileSystem();
  t.ok(imports.length > 10, `${imports.length} imports`);
  t.same(imports.filter(({ name }) => !watched.has(name)).map(({ file, name }) => `recordings/${file} imports ${name} from node:fs: wrap it in boundaries/mortal.ts`), []);
  // A stream writes without a boundary: only what an operator asks for may, beside the worker.
  const byOperators = new Set(EXEMPT.filter(({ text }) => text.source === '.').map(({ file }) => file));
  t.same(imports.filter(({ file, name }) => name === 'createWriteStream' && !byOperators.has(file)), []);
  t.end();
});

await t.test('kills', { skip }, async (t) => {
  const templates = SCENARIOS.map(copied);
  t.teardown(() => { for (const { forget } of templates) forget(); });
  const found: Found[] = [];
  for (const { scenario } of templates) found.push({ scenario, boundaries: await boundariesOf(scenario) });

  await t.test('every line of recordings/ that changes something is met by a scenario', (t) => {
    const met = new Set(found.flatMap(({ boundaries }) => boundaries.flatMap(({ frames }) => frames)));
    const sites = sitesInSource();
    t.ok(sites.length > 40, `${sites.length} lines`);
    t.same(sites.filter((site) => !met.has(site.at) && !isExempt(site)).map(({ at, text }) => `recordings/${at}: ${text}: no scenario of boundaries/scenarios.ts comes here`), []);
    t.same(EXEMPT.filter((each) => !sites.some((site) => each.file === site.file && each.text.test(site.text))), [], 'no exemption is left over');
    t.end();
  });

  await t.test('kill -9 of CallMe', async (t) => {
    const orders = deaths(found);
    t.ok(orders.length > 60, `${orders.length} deaths`);
    await inParallel(orders, async ({ scenario, order }) => {
      const wrong = await afterDeath(scenario, order);
      t.same(wrong, [], `${scenario.name}: ${order.when} ${order.key}`);
    });
  });

  for (const mode of ['full', 'full everywhere'] as const) {
    await t.test(`the disk is ${mode} from here on`, async (t) => {
      const orders = once(found, ({ key }) => !NOT_ON_A_DISK.test(key), ({ key }): Order => ({ mode, key, when: 'before', out: '' }));
      t.ok(orders.length > 20, `${orders.length} boundaries`);
      await inParallel(orders, async ({ scenario, order }) => {
        const wrong = await afterFullDisk(scenario, order);
        t.same(wrong, [], `${scenario.name}: ${order.key}`);
      });
    });
  }
});

interface Case { readonly scenario: Scenario; readonly order: Order }

/** Each boundary in the first scenario that meets it. */
function once(found: readonly Found[], wanted: (boundary: Boundary) => boolean, order: (boundary: Boundary) => Order): readonly Case[] {
  const known = new Set<string>();
  return found.flatMap(({ scenario, boundaries }) => boundaries.filter(({ key }) => key !== '' && (ALL || !known.has(key))).filter(wanted).map((boundary) => {
    known.add(boundary.key);
    return { scenario, order: order(boundary) };
  }));
}

function deaths(found: readonly Found[]): readonly Case[] {
  const kill = (when: Order['when']) => ({ key }: Boundary): Order => ({ mode: 'kill', key, when, out: '' });
  const last = found.flatMap(({ scenario, boundaries }) => boundaries.filter(({ key }) => key !== '').slice(-1).map((boundary) => ({ scenario, order: kill('after')(boundary) })));
  return [...once(found, () => true, kill('before')), ...once(found, ({ key }) => SOMEBODY_GOES_ON.test(key), kill('after')), ...last];
}

async function inParallel(cases: readonly Case[], run: (each: Case) => Promise<void>): Promise<void> {
  const waiting = [...cases];
  const worker = async (): Promise<void> => { for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await run(next); };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
}

async function inWorld(scenario: Scenario, story: (world: World) => Promise<readonly string[]>): Promise<readonly string[]> {
  const world = await worldOf(scenario);
  try {
    return await story(world);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  } finally {
    await world.end();
  }
}

function afterDeath(scenario: Scenario, order: Order): Promise<readonly string[]> { return inWorld(scenario, async (world) => {
  const before = wavOf(world);
  const { signal, code, said } = await live(world, order);
  if (signal !== 'SIGKILL') return [`it did not die there, it ended with ${code ?? signal ?? '?'}: ${said}`];
  const lost = await whereIsTheSound(world, before);
  await restart(world);
  return [...lost === '' ? [] : [`when it died: ${lost}`], ...await complaintsOf(world)];
}); }

function afterFullDisk(scenario: Scenario, order: Order): Promise<readonly string[]> { return inWorld(scenario, async (world) => {
  const before = wavOf(world);
  const { code, signal, said } = await live(world, order);
  const crash = code === 0 ? [] : [`it ended with ${code ?? signal ?? '?'}: ${said}`];
  const lost = await whereIsTheSound(world, before);
  const { attempts } = keptIn(world.folder).row;
  const blamed = attempts > 0 && scenario.given === undefined ? ['the recording is blamed for a full disk'] : [];
  await restart(world);
  return [...crash, ...blamed, ...lost === '' ? [] : [`while the disk was full: ${lost}`], ...await complaintsOf(world)];
}); }

await t.test('kill -9 of lame', { skip }, async (t) => {
  const lame = await findProgram('lame') ?? 'lame';
  // The first lame that gets a file dies; what tries a tone, and every later one, is the real one.
  const dying = (folder: string, when: string): string => {
    const script = path.join(folder, 'lame-that-dies');
    writeFileSync(script, `#!/bin/sh
for last in "$@"; do :; done
if [ "$last" != "-" ] && mkdir "${folder}/once" 2>/dev/null; then
${when}
  kill -9 $$
fi
exec ${lame} "$@"
`);
    chmodSync(script, 0o755);
    return script;
  };
  const moments: readonly (readonly [string, string])[] = [
    ['before its first byte', ''],
    ['in the middle', `  ${lame} "$@"; head -c 9000 "$last" > "$last.half"; mv "$last.half" "$last"`],
    ['behind its last byte', `  ${lame} "$@"`],
  ];
  for (const scenario of SCENARIOS.filter(({ name }) => /an open header|stereo/.test(name))) {
    for (const [when, script] of moments) {
      await t.test(`${scenario.name}, ${when}`, async (t) => {
        const wrong = await inWorld(scenario, async (world) => {
          const before = wavOf(world);
          await work({ folder: world.folder, until: 'settled', lame: dying(world.folder, script), ...scenario.given?.(world.folder) });
          const { row } = keptIn(world.folder);
          t.ok(existsSync(path.join(world.folder, 'once')), 'it was killed');
          const reason = scenario.name === 'stereo' || row.reason.includes('SIGKILL') ? [] : [`it is ${row.state}: ${row.reason}`];
          const lost = await whereIsTheSound(world, before);
          await restart(world);
          return [...reason, ...lost === '' ? [] : [lost], ...await complaintsOf(world)];
        });
        t.same(wrong, []);
      });
    }
  }
});

t.test('kill -9 of Asterisk: what it leaves is a scenario here, and a real one is killed in a real talk', (t) => {
  t.ok(SCENARIOS.some(({ name }) => name === 'an open header, as a killed Asterisk leaves it'));
  const text = readFileSync(path.join(import.meta.dirname, 'asterisk.test.ts'), 'utf8');
  t.match(text, /await t\.test\('kill -9', .*\n(?:.*\n)*?\s*await asterisk\.kill9\(\);/, 'test/chaos/asterisk.test.ts');
  t.end();
});
