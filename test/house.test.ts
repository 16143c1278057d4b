/**
 * Guards the house: who may know whom, one door per package, nothing declared that is not used, nothing used that is not declared, and no
 * text that belongs to somebody's machine alone. The second half, tables of bad samples, proves that each rule can fail; it makes the file long.
 */
import t from 'tap';
import { COMPUTED, importsOf, inProject, packageOf } from './house/imports.ts';
import { leaksIn } from './house/leaks.ts';
import { complaintsAbout, complaintsAboutPackages, DOORS, PRODUCT, ROOMS, type Declared } from './house/rules.ts';
import { manifest, projectFiles, sourceFiles, textOf, topFolders } from './house/sources.ts';

const { dependencies, optionalDependencies, devDependencies } = manifest();
const DECLARED: Declared = { runtime: Object.keys(dependencies), development: Object.keys(devDependencies) };

t.test('every import of the product obeys the house', async (t) => {
  const files = sourceFiles();
  for (const room of PRODUCT) t.ok(files.some((file) => file.startsWith(`${room}/`)), `${room}/ was looked at`);
  t.same(files.flatMap((file) => complaintsAbout(file, textOf(file))), []);
});

t.test('every package is declared, and every declared one is used', async (t) => {
  const files = sourceFiles().map((file) => ({ file, packages: packagesOf(textOf(file)) }));
  t.same(complaintsAboutPackages(files, DECLARED), []);
});

t.test('every door leads somewhere', async (t) => {
  const files = sourceFiles();
  for (const [name, doors] of Object.entries(DOORS)) {
    for (const door of doors) {
      const behind = files.filter((file) => file === door || (door.endsWith('/') && file.startsWith(door)));
      t.ok(behind.some((file) => importsOf(textOf(file)).some((specifier) => (packageOf(specifier) ?? specifier) === name)), `${door} imports ${name}`);
    }
  }
});

t.test('ARCHITECTURE.md names every folder and every dependency, and no dependency that is gone', async (t) => {
  const text = textOf('ARCHITECTURE.md');
  for (const folder of topFolders()) t.ok(text.includes(`\`${folder}/\``), `the folder \`${folder}/\``);
  const table = text.split(/^## /m).find((section) => section.startsWith('Dependencies\n')) ?? '';
  const rows = [...table.matchAll(/^\| `([^`]+)` \| .+ \| .{20,} \|$/gm)].map(([, name = '']) => name);
  const declared = Object.keys({ ...dependencies, ...optionalDependencies, ...devDependencies });
  t.same(rows.toSorted(), declared.toSorted(), 'the table of dependencies, each with its door and its reason');
  for (const name of Object.keys(DOORS)) t.ok(table.includes(`\`${name}\``), `the door of ${name}`);
});

t.test('no path of a developer\'s machine, no secret', async (t) => {
  const files = projectFiles();
  t.ok(files.includes('package-lock.json') && files.includes('dialplan/callme.conf'), 'all kinds of files are read');
  t.same(files.flatMap((file) => leaksIn(file, textOf(file))), []);
});

// ------------------------------------------------------------------------------------------------ the rules can fail
type Sample = readonly [file: string, text: string, complaint: RegExp];

t.test('bad samples: imports', async (t) => {
  const cases: readonly Sample[] = [
    ['core/x.ts', "import { readFileSync } from 'node:fs';", /core\/x\.ts imports node:fs: the core knows nothing/],
    ['core/x.ts', "import { z } from 'zod';", /core knows nothing/],
    ['core/x.ts', "import type { Clock } from '../app/clock.ts';", /core imports nothing outside/],
    ['core/deep/x.ts', "import type { Clock } from '../../ami/link.ts';", /core imports nothing outside/],
    ['core/x.ts', 'const at = Date.now();', /core\/x\.ts uses Date\.now/],
    ['core/x.ts', 'const at = new Date();', /uses new Date\(\)/],
    ['core/x.ts', 'const die = Math.random();', /uses Math\.random/],
    ['core/x.ts', "console.log('here');", /uses console\.log/],
    ['core/x.ts', 'setTimeout(run, 5);', /uses setTimeout/],
    ['core/x.ts', 'if (process.env.DEBUG) run();', /uses process\.env/],
    ...ROOMS.map((room): Sample => [`${room}/x.ts`, `import { x } from '../${room === 'web' ? 'store' : 'web'}/y.ts';`, new RegExp(`the room ${room}/ knows core/`)]),
    ...ROOMS.map((room): Sample => [`${room}/x.ts`, "import type { Config } from '../app/config/index.ts';", /not app\//]),
    ['crm/drivers/bitrix24/x.ts', "export { y } from '../../../outbox/limiter.ts';", /not outbox\//],
    ['ami/x.ts', "import {\n  a,\n  b,\n} from\n  '../agi/session.ts';", /imports \.\.\/agi\/session\.ts/],
    ['ami/x.ts', "const agi = await import('../agi/session.ts');", /not agi\//],
    ['ami/x.ts', "let session: import('../agi/session.ts').AgiSession;", /not agi\//],
    ['ami/x.ts', 'const agi = await import(path);', new RegExp(`imports ${COMPUTED}: a computed import`)],
    ['ami/x.ts', "const fs = require('undici');", /the door of undici is app\/http\.ts/],
    ['ami/x.ts', "import '../web/server.ts';", /not web\//],
    ['app/x.ts', "import { FakeAmi } from '../test/fakes/ami.ts';", /knows neither lab nor tests/],
    ['app/x.ts', "import { raiseLab } from '../lab/lab.ts';", /knows neither lab nor tests/],
    ['app/x.ts', "import about from '../package.json' with { type: 'json' };", /\(the root\)/],
    ['app/x.ts', "import { main } from '../bin/callme.ts';", /app\/ does not know who starts it/],
    ['bin/callme.ts', "import { CallMe } from '../ami/link.ts';", /bin\/ knows app\/ alone/],
    ['bin/callme.ts', "import yargs from 'yargs';", /the door of yargs/],
    ['ami/supervisor.ts', "import Manager from 'asterisk-manager';", /the door of asterisk-manager is ami\/link\.ts/],
    ['agi/server.ts', "import Context from 'ding-dong/lib/context.js';", /the door of ding-dong is agi\/session\.ts/],
    ['crm/http.ts', "import { request } from 'undici';", /the door of undici/],
    ['app/serve.ts', "import { pino } from 'pino';", /the door of pino/],
    ['app/serve.ts', "import pretty from 'pino-pretty';", /the door of pino-pretty/],
    ['store/open.ts', "import { DatabaseSync } from 'node:sqlite';", /the door of node:sqlite is store\/sqlite\//],
    ['app/cli/main.ts', "import yargs from 'yargs';", /the door of yargs/],
    ['web/x.ts', "import fastify from 'fastify';", /the door of fastify/],
    ['app/config/load.ts', "import { parse } from 'yaml';", /the door of yaml/],
    ['recordings/x.ts', "import { z } from 'zod';", /the door of zod/],
    ['crm/lookup.ts', "import { z } from 'zod';", /the door of zod/],
    ['app/x.ts', "import leftPad from 'left-pad';", /left-pad has no door/],
    ['app/x.ts', "import thing from '@scope/thing/part';", /@scope\/thing has no door/],
  ];
  for (const [file, source, complaint] of cases) {
    const complaints = complaintsAbout(file, source);
    t.equal(complaints.length, 1, `${file}: ${source}`);
    t.match(complaints[0], complaint);
  }
});

t.test('good samples: what the rules must let pass', async (t) => {
  const cases: readonly (readonly [file: string, source: string])[] = [
    ['core/x.ts', "import type { Call } from './calls.ts';\n// never Date.now() here, nor import 'node:fs'\n/* import x from 'zod'; */"],
    ['core/x.ts', 'const text = `${new Date(at).toISOString()}`;'],
    ['ami/x.ts', "import type { Log } from '../core/ports.ts';\nimport { x } from './wire.ts';\nimport { connect } from 'node:net';"],
    ['ami/link.ts', "import Manager from 'asterisk-manager';"],
    ['crm/drivers/new.ts', "import { z } from 'zod';"],
    ['crm/registry.ts', 'const door = await import(pathToFileURL(file).href);'],
    ['store/sqlite/x.ts', "import { DatabaseSync } from 'node:sqlite';"],
    ['app/x.ts', "import { x } from '../ami/link.ts';\nimport { y } from '../core/step.ts';\nconst v = import('./commands/init.ts');"],
    ['bin/callme.ts', "import { main } from '../app/cli/main.ts';"],
    ['lab/x.ts', "import { FakeAmi } from '../test/fakes/ami.ts';\nimport Manager from 'asterisk-manager';"],
    ['app/x.ts', "const text = 'https://example.org/import';\nconst s = \"not so important(ly)\";"],
  ];
  for (const [file, source] of cases) t.same(complaintsAbout(file, source), [], `${file}: ${source}`);
});

t.test('bad samples: package.json', async (t) => {
  const declared: Declared = { runtime: ['undici', 'zod'], development: ['tap'] };
  const about = (file: string, ...packages: readonly string[]): readonly string[] =>
    complaintsAboutPackages([{ file: 'crm/y.ts', packages: ['zod'] }, { file, packages }], declared);
  t.same(about('app/http.ts', 'undici'), []);
  t.same(about('app/http.ts', 'undici', 'left-pad'), ['app/http.ts imports left-pad: package.json does not declare it']);
  t.same(about('test/x.ts', 'left-pad', 'undici')[0], 'test/x.ts imports left-pad: package.json does not declare it', 'tests too');
  t.same(about('test/x.ts', 'tap', 'undici'), ['package.json declares undici: no file of the product imports it, drop it'], 'a test is no use of it');
  t.match(about('app/http.ts', 'undici', 'tap'), [/a development dependency is not there once CallMe is installed/]);
});

t.test('bad samples: paths and secrets', async (t) => {
  const hex = 'd5'.repeat(16);
  const mixed = 'aB3'.repeat(12);
  const cases: readonly Sample[] = [
    ['docs/x.md', ['see ', 'home', 'anna', 'callme'].join('/'), /names \/home\/anna/],
    ['app/x.ts', `const at = '${['', 'Users', 'anna'].join('/')}';`, /names \/Users\/anna/],
    ['test/x.ts', `const at = '${['', 'root', '.ssh'].join('/')}';`, /names \/root\/\.ssh/],
    ['deploy/x.service', `secret = ${hex}`, /looks like a secret/],
    ['examples/callme.yaml', `tokens: ["${mixed}"]`, /looks like a secret/],
    ['crm/x.ts', `const apiKey = '${hex.toUpperCase()}';`, /looks like a secret/],
    ['docs/x.md', `url: https://portal.example.org/rest/1/${'k7'.repeat(8)}/`, /looks like a secret/],
  ];
  for (const [file, line, leak] of cases) t.match(leaksIn(file, `first\n${line}\n`), [new RegExp(`${file}:2 .*${leak.source}`)], line);
  const fine = [`secret = "\${env:CALLME_AMI_SECRET}"`, 'https://portal/rest/1/secret/', `sha256 of ${hex}`, 'secret: openssl rand -hex 24', '.lab/root22/etc'];
  for (const line of fine) t.same(leaksIn('docs/x.md', line), [], line);
  t.same(leaksIn('test/x.ts', `secret = ${hex}`), [], 'tests hold samples');
});

t.test('how imports are read', async (t) => {
  t.same(importsOf("import a from 'a';\nimport type { B } from \"b/c\";\nexport * from './d.ts';\nexport const e = 1;\n  const f = 'from x';"), ['a', 'b/c', './d.ts']);
  t.equal(inProject('crm/drivers/x.ts', '../../core/a.ts'), 'core/a.ts');
  t.equal(inProject('crm/x.ts', 'node:fs'), null);
  t.equal(packageOf('ding-dong/lib/context.js'), 'ding-dong');
  t.equal(packageOf('@tapjs/core/x'), '@tapjs/core');
  t.equal(packageOf('node:fs'), null);
});

/** What tests write into files that they start is text, not an import of theirs. */
function packagesOf(source: string): readonly string[] {
  return [...new Set(importsOf(source).flatMap((specifier) => packageOf(specifier) ?? []))];
}
