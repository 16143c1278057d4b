import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { VERBS } from '../../app/cli/registry.ts';
import { en } from '../../app/cli/texts/en.ts';
import { ru } from '../../app/cli/texts/ru.ts';
import { folder, run, writeConfig } from './bench.ts';

t.test('help teaches: verbs, examples, exit codes, in both languages', async (t) => {
  const cwd = folder(t);
  const english = await run(['--help'], { cwd });
  t.equal(english.code, 0);
  for (const { verb } of VERBS) t.match(english.out, new RegExp(`callme ${verb}\\b`));
  t.match(english.out, 'Exit codes: 0 fine, 1 a problem was found, 2 usage or configuration, 3 cannot connect');
  t.match((await run(['--help'], { cwd, env: { LANG: 'ru_RU.UTF-8' } })).out, 'Коды возврата');
  t.match((await run(['--help', '--lang=ru'], { cwd, env: { LANG: 'C' } })).out, 'Коды возврата');
  t.match((await run(['--help', '--lang', 'en'], { cwd, env: { LC_ALL: 'ru_RU.UTF-8' } })).out, 'Exit codes');
});

t.test('every verb and every action has help with --json and --config, and --dry-run where it writes', async (t) => {
  const cwd = folder(t);
  for (const { verb, load } of VERBS) {
    const { default: command } = await load();
    for (const leaf of command.children ?? [command]) {
      const words = leaf === command ? [verb] : [verb, leaf.command.split(' ')[0] ?? ''];
      const { code, out } = await run([...words, '--help'], { cwd });
      t.equal(code, 0, words.join(' '));
      t.match(out, '--json', words.join(' '));
      t.match(out, '--config', words.join(' '));
      t.equal(out.includes('--dry-run'), leaf.writes === true, words.join(' '));
    }
  }
});

t.test('what is not understood: exit code 2, said on stderr', async (t) => {
  const cwd = folder(t);
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [[], /Name a verb/], [['bogus'], /bogus/], [['doctr'], /doctor/], [['calls'], /Name what to do/], [['calls', 'list', '--nope'], /nope/],
    [['calls', 'show'], /./], [['outbox', 'list', '--state', 'x'], /pending/], [['--lang', 'de', 'status'], /lang/], [['config', 'check', '--config'], /config/],
  ];
  for (const [argv, said] of cases) {
    const { code, out, err } = await run(argv, { cwd });
    t.equal(code, 2, argv.join(' '));
    t.equal(out, '', argv.join(' '));
    t.match(err, said, argv.join(' '));
  }
});

t.test('init, config check, config explain', async (t) => {
  const cwd = folder(t);
  const file = join(cwd, 'callme.yaml');
  const words = ['--config', file, '--data-dir', join(cwd, 'data')];
  t.equal((await run(['init', '--dry-run', ...words], { cwd })).code, 0);
  t.notOk(existsSync(file), '--dry-run writes nothing');
  const made = await run(['init', ...words], { cwd });
  t.equal(made.code, 0);
  t.equal(statSync(file).mode & 0o007, 0, 'not for everybody');
  t.ok(statSync(join(cwd, 'data')).isDirectory());
  const secret = /secret: "([0-9a-f]{48})"/.exec(readFileSync(file, 'utf8'))?.[1] ?? 'none';
  t.match(made.out, `secret = ${secret}`, 'the same secret for manager.conf');
  for (const hint of ['[callme]', 'read = system,call,user', 'callme dialplan install', '#include callme.conf', 'callme doctor', 'callme serve']) t.ok(made.out.includes(hint), hint);
  const again = await run(['init', ...words], { cwd });
  t.equal(again.code, 1);
  t.match(again.err, '--force');
  t.match(readFileSync(file, 'utf8'), secret, 'untouched');
  const forced = await run(['init', '--force', '--json', ...words], { cwd });
  t.match(forced.json(), { ok: true, file, next: [/dialplan install/, /doctor/, /serve/] });
  t.notMatch(readFileSync(file, 'utf8'), secret, 'a secret is never used twice');
  t.equal((await run(['config', 'check', '--config', file], { cwd })).code, 0, 'what init writes is right');
  const explained = await run(['config', 'explain', '--json', '--config', file], { cwd });
  t.match(explained.json(), { values: [{ path: 'dataDir', value: join(cwd, 'data'), origin: /^callme\.yaml:\d+$/ }] });
});

t.test('a wrong configuration: exit code 2, every mistake with its line, as text and as JSON', async (t) => {
  const cwd = folder(t);
  const file = writeConfig(cwd, 'dataDir: x\nprot: 1\npbx: []\n');
  const { code, err } = await run(['config', 'check', '--config', file], { cwd });
  t.equal(code, 2);
  t.match(err, /3 mistakes/);
  for (const place of ['callme.yaml:1: dataDir', 'callme.yaml:2: prot', 'callme.yaml:3: pbx']) t.match(err, place);
  const json = await run(['status', '--json', '--config', file], { cwd });
  t.equal(json.code, 2);
  t.match(json.json(), { ok: false, code: 'CONFIG', mistakes: [{ line: 1, path: 'dataDir' }, { line: 2 }, { line: 3 }] });
  t.match((await run(['config', 'check', '--config', file, '--lang', 'ru'], { cwd })).err, /3 ошибки/);
  t.match((await run(['config', 'check'], { cwd, env: { CALLME_CONFIG: 'other.yaml' } })).err, /other\.yaml.*no such file/s);
  const driver = writeConfig(cwd, 'pbx: [{ id: m, ami: { username: a, secret: b }, external: ["x"] }]\ncrm: [{ id: b, driver: bitrix42 }]\n');
  t.match(await run(['config', 'check', '--config', driver], { cwd }), { code: 2, err: /did you mean "bitrix24"/ });
});

t.test('dialplan install, diff, uninstall', async (t) => {
  const cwd = folder(t);
  const config = writeConfig(cwd);
  const etc = join(cwd, 'etc');
  mkdirSync(etc);
  writeFileSync(join(etc, 'extensions.conf'), '[general]');
  const words = ['--etc', etc, '--config', config];
  const dry = await run(['dialplan', 'install', '--dry-run', ...words], { cwd });
  t.equal(dry.code, 0);
  t.match(dry.out, 'would change  extensions.conf');
  t.equal(readFileSync(join(etc, 'extensions.conf'), 'utf8'), '[general]');
  const diff = await run(['dialplan', 'diff', ...words], { cwd });
  t.equal(diff.code, 1);
  t.match(diff.out, '+#include callme.conf');
  const first = await run(['dialplan', 'install', ...words], { cwd });
  t.equal(first.code, 0);
  t.match(first.out, 'asterisk -rx "dialplan reload"');
  t.match(readFileSync(join(etc, 'callme.conf'), 'utf8'), `Set(CallMeDIR=${cwd}/continuous)`, 'the recordings folder of the configuration');
  t.match((await run(['dialplan', 'install', ...words], { cwd })).out, 'Nothing to do');
  t.match((await run(['dialplan', 'install', '--json', ...words], { cwd })).json(), { ok: true, changed: false, files: [{ id: 'callme.conf', state: 'unchanged' }, { id: 'extensions.conf', state: 'unchanged' }] });
  t.equal((await run(['dialplan', 'diff', ...words], { cwd })).code, 0);
  t.equal((await run(['dialplan', 'uninstall', '--dry-run', '--etc', etc], { cwd })).code, 0);
  t.match(readFileSync(join(etc, 'extensions.conf'), 'utf8'), '#include');
  t.match((await run(['dialplan', 'uninstall', '--json', '--etc', etc], { cwd })).json(), { files: [{ id: 'extensions.conf', state: 'restored' }, { id: 'callme.conf', state: 'removed' }] });
  t.equal(readFileSync(join(etc, 'extensions.conf'), 'utf8'), '[general]');
  t.match(await run(['dialplan', 'uninstall', '--etc', etc], { cwd }), { code: 0, out: /Nothing to remove/ });
});

t.test('dialplan: what cannot be', async (t) => {
  const cwd = folder(t);
  const config = writeConfig(cwd);
  t.match(await run(['dialplan', 'install', '--etc', join(cwd, 'none'), '--config', config], { cwd }), { code: 2, err: /there is no folder/ });
  t.match(await run(['dialplan', 'install', '--etc', cwd, '--config', config, '--pbx', 'other'], { cwd }), { code: 2, err: /"other"/ });
  t.match(await run(['dialplan', 'install', '--etc', cwd, '--config', join(cwd, 'none.yaml')], { cwd }), { code: 2, err: /no such file/ });
  t.match(await run(['dialplan', 'install', '--etc', cwd, '--config', config, '--agi', 'a b'], { cwd }), { code: 2, err: /cannot stand in a dialplan/ });
  writeFileSync(join(cwd, 'extensions.conf'), '#include callme.conf\n');
  t.match(await run(['dialplan', 'uninstall', '--etc', cwd], { cwd }), { code: 1, err: /not by this installer/ });
});

t.test('both catalogues say different things', async (t) => {
  for (const verb of Object.keys(en.verbs) as (keyof typeof en.verbs)[]) t.not(en.verbs[verb], ru.verbs[verb], verb);
  t.equal(ru.mistakes(1, 'x'), '1 ошибка в x:');
  t.equal(ru.mistakes(3, 'x'), '3 ошибки в x:');
  t.equal(ru.mistakes(12, 'x'), '12 ошибок в x:');
});
