import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { driverNames, loadDriver } from '../../crm/registry.ts';

const DRIVER = (name: string): string => `export default { name: '${name}', settings: { safeParse() {} }, pace: { perSecond: 1, burst: 1 }, create() {} };`;

t.test('drivers are found by their files', async (t) => {
  t.ok(driverNames().includes('bitrix24'));
  t.equal((await loadDriver('bitrix24')).name, 'bitrix24');
});

t.test('every driver in the folder loads', async (t) => {
  for (const name of driverNames()) t.equal((await loadDriver(name)).name, name);
});

t.test('a new driver is one new file; folders, tests and other files are none', async (t) => {
  const folder = t.testdir({
    'acme.ts': DRIVER('acme'), 'acme': { 'cupboard.ts': '' }, 'notes.md': '', 'acme.js': '', 'acme.d.ts': '', '.hidden.ts': '', 'Upper.ts': '',
  });
  t.same(driverNames(folder), ['acme']);
  t.equal((await loadDriver('acme', { folder })).name, 'acme');
});

t.test('an unknown name lists the known ones and never becomes a path', async (t) => {
  const from = t.testdir({ 'registry.ts': DRIVER('registry') });
  for (const name of ['nosuch', '', '../registry', '/etc/passwd', 'bitrix24/portal', 'bitrix24.ts', 'bitrix24\u0000', 'BITRIX24', '__proto__', 'x'.repeat(5000), 'a\r\nb']) {
    await t.rejects(loadDriver(name), { code: 'CRM_UNKNOWN_DRIVER', message: /known: .*bitrix24/ }, JSON.stringify(name.slice(0, 20)));
    if (name !== '/etc/passwd') await t.rejects(loadDriver(name, { from }), { code: 'CRM_UNKNOWN_DRIVER' }, `from a folder: ${JSON.stringify(name.slice(0, 20))}`);
  }
  for (const name of ['fs', 'node:fs', 'http', 'registry.ts', 'sub/registry.ts', '@a/b/c', './registry.ts\u0000']) await t.rejects(loadDriver(name, { from }), { code: 'CRM_UNKNOWN_DRIVER' }, name);
});

t.test('a file that is no driver says so', async (t) => {
  const folder = t.testdir({
    'empty.ts': 'export {};', 'alias.ts': DRIVER('other'), 'poor.ts': 'export default { name: "poor", create() {} };', 'text.ts': 'export default "driver";',
    'still.ts': DRIVER('still').replace('perSecond: 1', 'perSecond: 0'), 'broken.ts': 'throw new TypeError("a bug of ours");',
  });
  for (const name of ['empty', 'alias', 'poor', 'text', 'still']) await t.rejects(loadDriver(name, { folder }), { code: 'CRM_BAD_DRIVER' }, name);
  await t.rejects(loadDriver('broken', { folder }), { name: 'TypeError' }, 'one of ours that throws is a bug');
});

t.test('compiled, it looks for .js', async (t) => {
  const { transpileModule, ModuleKind, ScriptTarget } = (await import('typescript')).default;
  const dist = join(t.testdir(), 'crm');
  await mkdir(join(dist, 'drivers'), { recursive: true });
  await writeFile(join(dist, '..', 'package.json'), '{"type":"module"}');
  for (const file of ['registry', 'errors']) {
    const source = await readFile(join(import.meta.dirname, '../../crm', `${file}.ts`), 'utf8');
    const compiled = transpileModule(source, { compilerOptions: { module: ModuleKind.ESNext, target: ScriptTarget.ESNext, rewriteRelativeImportExtensions: true } });
    await writeFile(join(dist, `${file}.js`), compiled.outputText);
  }
  await writeFile(join(dist, 'drivers', 'acme.js'), DRIVER('acme'));
  await cp(join(dist, 'drivers', 'acme.js'), join(dist, 'drivers', 'acme.d.ts'));
  const registry = await import(pathToFileURL(join(dist, 'registry.js')).href) as { driverNames(): string[]; loadDriver(name: string): Promise<{ name: string }> };
  t.same(registry.driverNames(), ['acme']);
  t.equal((await registry.loadDriver('acme')).name, 'acme');
});
