/** The examples are what a newcomer copies: the configuration must pass the check, the dialplan must call only what the kit defines. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { driverNames } from '../crm/registry.ts';
import { folder, run } from './app/bench.ts';
import { callsInto, definitions, includesOf, undefinedCalls } from './house/dialplan.ts';
import { projectFiles, ROOT, textOf } from './house/sources.ts';

/** Nothing of this leads anywhere. */
const ENV: Readonly<Record<string, string>> = {
  CALLME_AMI_SECRET: 'example-ami', CALLME_AMI_SECRET_BRANCH: 'example-ami-2', CALLME_WEB_TOKEN: 'example-web-token-1',
  B24_WEBHOOK: 'https://portal.bitrix24.ru/rest/1/secret/', CDR_PASSWORD: 'example-cdr', S3_ACCESS_KEY: 'example-access', S3_SECRET_KEY: 'example-s3-secret',
};
const kitFiles = projectFiles('dialplan').filter((path) => path.endsWith('.conf'));
const examples = projectFiles('examples').filter((path) => path.endsWith('.conf'));

t.test('examples/callme.yaml passes config check', async (t) => {
  const cwd = folder(t);
  const checked = await run(['config', 'check', '--config', join(ROOT, 'examples', 'callme.yaml'), '--json'], { cwd, env: ENV });
  t.match(checked.json(), { ok: true, pbx: ['main', 'branch'], accounts: [{ id: 'b24', driver: 'bitrix24' }], mistakes: [] });
  t.equal(checked.code, 0);
  const without = await run(['config', 'check', '--config', join(ROOT, 'examples', 'callme.yaml')], { cwd });
  t.equal(without.code, 2, 'without its environment it is refused');
  for (const name of Object.keys(ENV)) t.match(without.err, name, `${name} is named`);
});

/** Long enough for every rule about secrets. */
const A_SECRET = 'example-secret-of-the-tests-0123456789abcdef';
const OTHERS = projectFiles('examples').filter((path) => /^examples\/[^/]+\.yaml$/.test(path) && path !== 'examples/callme.yaml');

t.test('the examples of every CRM pass config check, and every driver has one', async (t) => {
  const drivers = new Set<string>();
  for (const path of OTHERS) {
    const names = [...textOf(path).matchAll(/\$\{env:([A-Z0-9_]+)\}/g)].map(([, name = '']) => name);
    const env = { ...Object.fromEntries(names.map((name) => [name, A_SECRET])), ...ENV };
    const checked = await run(['config', 'check', '--config', join(ROOT, path), '--json'], { cwd: folder(t), env });
    t.equal(checked.code, 0, `${path}: ${checked.out}${checked.err}`);
    for (const { driver } of (checked.json() as { readonly accounts: readonly { readonly driver: string }[] }).accounts) drivers.add(driver);
  }
  t.same([...drivers].sort(), [...driverNames()].sort());
});

t.test('what is commented out in examples/callme.yaml would pass, too', async (t) => {
  const cwd = folder(t);
  const text = textOf('examples/callme.yaml').replaceAll(/^( +)# (sourceId|lineNumber|applicationToken):/gm, '$1$2:');
  t.equal([...text.matchAll(/^ {4}(?:sourceId|lineNumber|applicationToken):/gm)].length, 3);
  const file = join(cwd, 'callme.yaml');
  writeFileSync(file, text);
  t.match(await run(['config', 'check', '--config', file], { cwd, env: { ...ENV, B24_APPLICATION_TOKEN: 'example' } }), { code: 0, err: '' });
});

t.test('the dialplan examples call only what the kit defines', async (t) => {
  t.same(examples, ['examples/extensions.conf', 'examples/extensions_custom.conf', 'examples/globals_custom.conf']);
  const kit = kitFiles.map(textOf);
  t.ok(definitions(kit).has('callme-route,s,1'), 'the kit was read');
  for (const path of examples) {
    const text = textOf(path);
    t.same(undefinedCalls([...kit, text], text), [], path);
    for (const name of includesOf(text)) t.ok(existsSync(join(ROOT, 'dialplan', name)), `${path} includes ${name}`);
  }
  t.ok(callsInto(textOf('examples/extensions.conf')).length >= 5, 'there is something to check');
});

t.test('the kit itself and its README call only what is defined', async (t) => {
  const kit = kitFiles.map(textOf);
  for (const path of kitFiles) t.same(undefinedCalls(kit, textOf(path)), [], path);
  const samples = [...textOf('dialplan/README.md').matchAll(/```ini\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  t.ok(samples.length > 0);
  for (const sample of samples) t.same(undefinedCalls([...kit, sample], sample), []);
});

t.test('a call into nowhere is noticed', async (t) => {
  const kit = ['[callme-in]\nexten => s,1,NoOp()\n same => n(again),Return()'];
  t.same(undefinedCalls(kit, ' same => n,Gosub(callme-in,s,1)\n same => n,Goto(callme-in,s,again)'), []);
  t.same(undefinedCalls(kit, 'exten => s,1,Gosub(callme-inn,s,1)'), ['callme-inn,s,1']);
  t.same(undefinedCalls(kit, 'exten => s,1,Gosub(callme-in,x,1(${EXTEN}))'), ['callme-in,x,1']);
  t.same(undefinedCalls(kit, 'exten => s,1,Dial(PJSIP/1@trunk,60,tTU(callme-owt))'), ['callme-owt,s,1']);
  t.same(undefinedCalls(kit, '; Gosub(callme-nowhere,s,1)'), [], 'comments call nothing');
  t.same(undefinedCalls(kit, 'include => callme-nowhere'), ['callme-nowhere']);
  t.same(undefinedCalls(kit, 'exten => s,1,Set(CHANNEL(hangup_handler_push)=callme-gone,s,1)'), ['callme-gone,s,1']);
});

t.test('the installer takes the plain example as it is: the kit comes beside it, the include is there already', async (t) => {
  const etc = join(folder(t), 'etc');
  mkdirSync(etc);
  cpSync(join(ROOT, 'examples', 'extensions.conf'), join(etc, 'extensions.conf'));
  const before = readFileSync(join(etc, 'extensions.conf'), 'utf8');
  const { code } = await run(['dialplan', 'install', '--etc', etc, '--no-freepbx'], { cwd: etc });
  t.equal(code, 0);
  t.equal(readFileSync(join(etc, 'extensions.conf'), 'utf8'), before, 'no second line');
  t.ok(existsSync(join(etc, 'callme.conf')));
});
