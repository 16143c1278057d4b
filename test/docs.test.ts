/** The documents say what is there: links lead somewhere, generated parts are current, every verb, option and key of the configuration is named. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Command } from '../app/cli/command.ts';
import { VERBS } from '../app/cli/registry.ts';
import { textsOf } from '../app/cli/texts/index.ts';
import { keysOf, schemaAt } from '../app/config/describe.ts';
import type { Path } from '../app/config/paths.ts';
import { configSchema } from '../app/config/schema.ts';
import { OUTCOMES } from '../core/outcome.ts';
import { DURABLE_RETRY, ceiling } from '../core/schedule.ts';
import { PARTS, withPart } from '../docs/generate.ts';
import { anchorsOf, namedPaths, relativeLinks } from './house/links.ts';
import { projectFiles, ROOT, textOf, topFolders } from './house/sources.ts';

const PAGES = projectFiles().filter((path) => path.endsWith('.md'));

t.test('every relative link leads to a file that is there, and to a heading in it', async (t) => {
  t.ok(PAGES.includes('README.md') && PAGES.includes('docs/crm/bitrix24.md'), 'pages were found');
  const links = PAGES.flatMap((page) => relativeLinks(page, textOf(page)).map((link) => ({ page, ...link })));
  t.ok(links.length > 20, `${links.length} links`);
  t.same(links.filter(({ path }) => !existsSync(join(ROOT, path))).map(({ page, path }) => `${page} → ${path}`), []);
  const lost = links.filter(({ path, anchor }) => anchor !== '' && path.endsWith('.md') && existsSync(join(ROOT, path)) && !anchorsOf(textOf(path)).has(anchor));
  t.same(lost.map(({ page, path, anchor }) => `${page} → ${path}#${anchor}`), []);
});

t.test('every file and folder that a page names in backticks is there', async (t) => {
  const tops = topFolders();
  const named = PAGES.flatMap((page) => namedPaths(textOf(page), tops).map((path) => ({ page, path })));
  t.ok(named.length > 50, `${named.length} paths`);
  const isThere = (path: string): boolean => ['', '.ts'].some((ending) => existsSync(join(ROOT, path + ending)));
  t.same(named.filter(({ path }) => !isThere(path) && !MADE_LATER.test(path)).map(({ page, path }) => `${page} names ${path}`), []);
});

/** What a reader of the page will make. */
const MADE_LATER = /^crm\/drivers\/notebook\.ts$/;

t.test('generated parts are current', async (t) => {
  for (const part of PARTS) t.equal(textOf(part.file), withPart(textOf(part.file), part), `${part.file}, ${part.name}: run node docs/generate.ts`);
  const outcomes = textOf('docs/outcomes.md');
  for (const { why } of OUTCOMES) t.ok(outcomes.includes(why), why);
  t.ok(textOf('docs/failures.md').includes(`| ${ceiling(1, DURABLE_RETRY) / 1000} s |`), 'the first wait');
});

t.test('a part that is not current, or lacks its marks, is noticed', async (t) => {
  const [part] = PARTS;
  if (part === undefined) throw new Error('no parts');
  const stale = textOf(part.file).replace('**busy**', '**missed**');
  t.not(withPart(stale, part), stale);
  t.throws(() => withPart('# no marks', part), /lacks the marks/);
});

t.test('every verb and every action is in docs/cli.md, every verb in both READMEs', async (t) => {
  const page = textOf('docs/cli.md');
  for (const { verb, load } of VERBS) {
    for (const readme of ['README.md', 'README.ru.md']) t.match(textOf(readme), new RegExp(`\`callme ${verb}\\b`), `${readme}: ${verb}`);
    for (const leaf of leavesOf((await load()).default)) {
      const action = leaf.command.split(' ')[0] ?? '';
      const named = new RegExp(`\`(?:callme )?${action === verb ? verb : `${verb} ${action}`}\\b`);
      const about = page.split('\n\n').filter((paragraph) => named.test(paragraph)).join('\n');
      t.not(about, '', `${verb} ${action}`);
      for (const option of optionsOf(leaf)) t.ok(about.includes(`--${option}`), `${verb} ${action} --${option}`);
    }
  }
});

const leavesOf = (command: Command): readonly Command[] => command.children ?? [command];
const optionsOf = (command: Command): readonly string[] => Object.keys(command.builder(textsOf('en')).options ?? {});

t.test('every key of the configuration is in docs/config.md and in the full example', async (t) => {
  const page = textOf('docs/config.md');
  const example = textOf('examples/callme.yaml');
  const keys = leafKeys([]);
  t.ok(keys.length > 30, `${keys.length} keys`);
  for (const key of keys) {
    const last = key.split('.').at(-1) ?? '';
    t.ok(page.includes(`\`${key}\``) || page.includes(`\`.${last}\``), `docs/config.md: ${key}`);
    t.match(example, new RegExp(`\\b${last}:`), `examples/callme.yaml: ${key}`);
  }
});

/** `pbx[].ami.port`, from the schema itself. */
function leafKeys(path: Path): readonly string[] {
  const schema = schemaAt(configSchema, path);
  const keys = keysOf(schema);
  if (keys.length > 0) return keys.flatMap((key) => leafKeys([...path, key]));
  const entry = schemaAt(configSchema, [...path, 0]);
  if (keysOf(entry).length > 0) return leafKeys([...path, 0]);
  return [path.map((step) => (typeof step === 'number' ? '[]' : `.${step}`)).join('').slice(1)];
}

t.test('links and paths are read as GitHub reads them', async (t) => {
  const page = ['# A title: with `code`, dots.', '[a](docs/x.md#one) [b](https://example.org/y) [c](#here)', '```', '[no](link.md)', '```',
    '`[no](code.md)` see `core/step.ts`, `nowhere/x.ts`'].join('\n');
  t.same(relativeLinks('docs/page.md', page), [{ path: 'docs/docs/x.md', anchor: 'one' }, { path: 'docs/page.md', anchor: 'here' }]);
  t.same([...anchorsOf(page)], ['a-title-with-code-dots']);
  t.same([...anchorsOf('## Debian and Ubuntu: `x` – y\n')], ['debian-and-ubuntu-x--y']);
  t.same(namedPaths(page, ['core', 'docs']), ['core/step.ts']);
});
