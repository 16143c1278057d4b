import { chmodSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { install, KitError, openFolder, planInstall, unifiedDiff, uninstall, type Plan, type Wish } from '../../app/dialplan-kit.ts';
import { kitFolder } from '../../app/package-root.ts';
import { folder } from './bench.ts';

const WISH: Wish = { recordings: null, agi: null, freepbx: null, force: false };

interface Etc { readonly path: string; write(name: string, content: string | Buffer): void; read(name: string): string; plan(wish?: Partial<Wish>): Plan; put(wish?: Partial<Wish>): Plan; names(): readonly string[] }

function etc(t: Parameters<typeof folder>[0], files: Readonly<Record<string, string | Buffer>>): Etc {
  const path = openFolder(folder(t));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  const plan = (wish: Partial<Wish> = {}): Plan => planInstall(path, kitFolder(), { ...WISH, ...wish });
  return {
    path, plan,
    write: (name, content) => writeFileSync(join(path, name), content),
    read: (name) => readFileSync(join(path, name), 'latin1'),
    put: (wish) => { const made = plan(wish); install(made); return made; },
    names: () => readdirSync(path).sort(),
  };
}

const undo = ({ path }: Etc, force = false) => uninstall(path, { force, dryRun: false });

t.test('plain Asterisk: one include line at the end, and the kit; twice changes nothing', async (t) => {
  const pbx = etc(t, { 'extensions.conf': '[general]\n' });
  t.equal(pbx.put().target, 'extensions.conf');
  t.equal(pbx.read('extensions.conf'), '[general]\n#include callme.conf\n');
  t.equal(pbx.read('callme.conf'), readFileSync(join(kitFolder(), 'callme.conf'), 'latin1'));
  t.same(pbx.plan().changes, []);
  const before = statSync(join(pbx.path, 'extensions.conf')).ino;
  pbx.put();
  t.equal(statSync(join(pbx.path, 'extensions.conf')).ino, before, 'not written again');
});

t.test('uninstall restores byte for byte, whatever the file was', async (t) => {
  const strange: Readonly<Record<string, Buffer>> = {
    'no final newline': Buffer.from('[general]'), 'CRLF': Buffer.from('[a]\r\nexten => 1,1,NoOp()\r\n'), 'CRLF without the last': Buffer.from('[a]\r\n[b]'),
    'not UTF-8': Buffer.from([0x5b, 0xe0, 0xff, 0x5d, 0x0a]), 'empty': Buffer.alloc(0), 'NUL': Buffer.from('a\0b\n'),
  };
  for (const [what, content] of Object.entries(strange)) {
    const pbx = etc(t, { 'extensions.conf': content });
    pbx.put();
    t.match(pbx.read('extensions.conf'), /(^|\n)#include callme\.conf\r?\n$/, what);
    t.equal(pbx.read('extensions.conf').endsWith('\r\n'), what.startsWith('CRLF'), `${what}: its own line ending`);
    t.ok(undo(pbx), what);
    t.ok(readFileSync(join(pbx.path, 'extensions.conf')).equals(content), `${what}: byte for byte`);
    t.same(pbx.names(), ['extensions.conf'], `${what}: nothing stays behind`);
  }
});

t.test('a file that the installer made goes again; an empty folder is left empty', async (t) => {
  const pbx = etc(t, {});
  pbx.put();
  t.same(pbx.names(), ['callme-backup', 'callme.conf', 'extensions.conf']);
  undo(pbx);
  t.same(pbx.names(), []);
  t.equal(undo(pbx), null, 'a second time there is nothing to undo');
});

t.test('FreePBX: extensions_custom.conf, its hooks, and a warning where a hook is taken', async (t) => {
  const pbx = etc(t, { 'extensions.conf': '#include extensions_custom.conf\n', 'extensions_additional.conf': '', 'extensions_custom.conf': '[from-pstn-custom]\nexten => _X.,1,NoOp()\n' });
  const plan = pbx.put();
  t.equal(plan.target, 'extensions_custom.conf');
  t.ok(plan.freepbx);
  t.match(plan.warnings, [{ code: 'hook-taken', text: /from-pstn-custom/ }]);
  t.equal(pbx.read('callme.conf').split('\n')[0], '#include callme-freepbx.conf');
  t.ok(existsSync(join(pbx.path, 'callme-freepbx.conf')));
  t.equal(pbx.read('extensions.conf'), '#include extensions_custom.conf\n', 'only one file is touched');
  t.equal(pbx.read('extensions_custom.conf').match(/#include/g)?.length, 1);
  undo(pbx);
  t.same(pbx.names(), ['extensions.conf', 'extensions_additional.conf', 'extensions_custom.conf']);
  t.notOk(pbx.plan({ freepbx: false }).freepbx, '--no-freepbx');
});

t.test('which file carries the line', async (t) => {
  t.equal(etc(t, { 'extensions_custom.conf': '' }).plan().target, 'extensions_custom.conf');
  t.equal(etc(t, { 'extensions.conf': '#include "extensions_custom.conf"\n', 'extensions_custom.conf': '' }).plan().target, 'extensions_custom.conf');
  t.equal(etc(t, { 'extensions.conf': '; #include extensions_custom.conf\n', 'extensions_custom.conf': '' }).plan().target, 'extensions.conf', 'a file that nobody includes would be silence');
  t.equal(etc(t, { 'extensions_override_freepbx.conf': '' }).plan().target, 'extensions_custom.conf');
});

t.test('a line that is there already counts, in each of its spellings; a comment does not', async (t) => {
  for (const line of ['#include callme.conf', '#include "callme.conf"', '  #include <callme.conf>  ; mine', '#tryinclude callme.conf\r']) {
    t.same(etc(t, { 'extensions.conf': `${line}\n` }).plan().changes.map(({ name }) => name), ['callme.conf'], line);
  }
  for (const line of [';#include callme.conf', '#include callme.conf.old', 'exten => 1,1,NoOp(#include callme.conf)']) {
    t.same(etc(t, { 'extensions.conf': `${line}\n` }).plan().changes.map(({ name }) => name), ['callme.conf', 'extensions.conf'], line);
  }
});

t.test('the configuration reaches the kit; what would break a dialplan does not', async (t) => {
  const pbx = etc(t, { 'extensions.conf': '' });
  pbx.put({ recordings: '/srv/rec/continuous/', agi: '10.0.0.5:4600' });
  t.match(pbx.read('callme.conf'), 'Set(CallMeDIR=/srv/rec/continuous)');
  t.match(pbx.read('callme.conf'), 'Set(CallMeAGI=10.0.0.5:4600)');
  pbx.put({ recordings: '/srv/other' });
  t.match(pbx.read('callme.conf'), 'Set(CallMeDIR=/srv/other)');
  for (const recordings of ['/a,b', '/a;b', '/a)b', '/${SHELL(id)}', '/a b', 'relative', '/a/../b', '/a\nb']) {
    t.throws(() => pbx.plan({ recordings }), { code: 'KIT_BAD_SETTING' }, JSON.stringify(recordings));
  }
  for (const agi of ['x', 'h:1,2', 'h:1)', '$:1', 'a b:1']) t.throws(() => pbx.plan({ agi }), { code: 'KIT_BAD_SETTING' }, agi);
  undo(pbx);
  t.same(pbx.names(), ['extensions.conf']);
});

t.test('links that lead out of the folder are not followed, neither when reading nor when writing', async (t) => {
  const outside = join(folder(t), 'victim');
  writeFileSync(outside, 'precious');
  for (const name of ['extensions.conf', 'callme.conf']) {
    const pbx = etc(t, name === 'callme.conf' ? { 'extensions.conf': '' } : {});
    symlinkSync(outside, join(pbx.path, name));
    t.throws(() => pbx.put(), { code: 'KIT_UNSAFE_FILE' }, name);
  }
  const dangling = etc(t, { 'extensions.conf': '' });
  symlinkSync(join(dangling.path, 'nothing'), join(dangling.path, 'callme.conf'));
  t.throws(() => dangling.put(), { code: 'KIT_UNSAFE_FILE' });
  const backup = etc(t, { 'extensions.conf': '' });
  symlinkSync(join(outside, '..'), join(backup.path, 'callme-backup'));
  t.throws(() => backup.put(), { code: 'KIT_UNSAFE_FILE' });
  t.equal(backup.read('extensions.conf'), '', 'nothing was changed');
  t.equal(readFileSync(outside, 'utf8'), 'precious');
});

t.test('a link inside the folder is followed and stays a link', async (t) => {
  const pbx = etc(t, { 'real.conf': '[a]\n' });
  symlinkSync('real.conf', join(pbx.path, 'extensions.conf'));
  pbx.put();
  t.ok(lstatSync(join(pbx.path, 'extensions.conf')).isSymbolicLink());
  t.match(pbx.read('real.conf'), '#include callme.conf');
  undo(pbx);
  t.equal(pbx.read('real.conf'), '[a]\n');
});

t.test('mode and owner stay; new files take those of the file beside them', async (t) => {
  const pbx = etc(t, { 'extensions.conf': '' });
  chmodSync(join(pbx.path, 'extensions.conf'), 0o640);
  pbx.put();
  t.equal(statSync(join(pbx.path, 'extensions.conf')).mode & 0o777, 0o640);
  t.equal(statSync(join(pbx.path, 'callme.conf')).mode & 0o777, 0o640);
  t.equal(statSync(join(pbx.path, 'callme-backup')).mode & 0o777, 0o700);
});

t.test('edits by others are not lost', async (t) => {
  const pbx = etc(t, { 'extensions.conf': '[a]' });
  pbx.put();
  pbx.write('extensions.conf', `${pbx.read('extensions.conf')}[theirs]\n`);
  t.throws(() => undo(pbx), { code: 'KIT_FOREIGN_EDIT' });
  t.match(pbx.read('extensions.conf'), '#include callme.conf', 'nothing was changed');
  t.match(undo(pbx, true), [{ name: 'extensions.conf', fate: 'stripped' }, { name: 'callme.conf', fate: 'removed' }]);
  t.equal(pbx.read('extensions.conf'), '[a]\n[theirs]\n');
});

t.test('an edited kit file is not written over, and kept when it must be', async (t) => {
  const pbx = etc(t, { 'extensions.conf': '' });
  pbx.put();
  pbx.write('callme.conf', '; mine\n');
  t.throws(() => pbx.plan(), { code: 'KIT_FOREIGN_EDIT' });
  pbx.put({ force: true });
  t.equal(pbx.read('callme.conf.edited'), '; mine\n');
  pbx.write('callme.conf', '; mine again\n');
  t.throws(() => undo(pbx), KitError);
  undo(pbx, true);
  t.equal(pbx.read('callme.conf.edited'), '; mine again\n');
  t.same(pbx.names(), ['callme.conf.edited', 'extensions.conf']);
});

t.test('a foreign callme.conf from before comes back', async (t) => {
  const pbx = etc(t, { 'extensions.conf': '', 'callme.conf': '; of another program\n' });
  pbx.put();
  pbx.put({ recordings: '/srv/x' });
  undo(pbx);
  t.equal(pbx.read('callme.conf'), '; of another program\n');
});

t.test('killed anywhere: uninstall still restores, and a second install finishes', async (t) => {
  const files = { 'extensions.conf': '[a]', 'extensions_additional.conf': '' };
  for (const done of [0, 1, 2]) {
    const pbx = etc(t, files);
    const plan = pbx.plan();
    install(plan);
    for (const change of plan.changes.slice(done)) {
      if (change.before === null) rmSync(join(pbx.path, change.name));
      else pbx.write(change.name, change.before);
    }
    if (done === 1) { pbx.put(); t.same(pbx.plan().changes, [], 'finished'); }
    undo(pbx);
    t.equal(pbx.read('extensions.conf'), '[a]', `after ${done} files`);
    t.same(pbx.names(), Object.keys(files).sort());
  }
});

t.test('after a restore by hand the next install backs up anew', async (t) => {
  const pbx = etc(t, { 'extensions.conf': '[old]\n' });
  pbx.put();
  pbx.write('extensions.conf', '[new]\n');
  pbx.put();
  undo(pbx);
  t.equal(pbx.read('extensions.conf'), '[new]\n');
});

t.test('a damaged backup is said, not restored', async (t) => {
  const pbx = etc(t, { 'extensions.conf': '[a]\n' });
  pbx.put();
  writeFileSync(join(pbx.path, 'callme-backup', 'extensions.conf'), 'garbage');
  t.throws(() => undo(pbx), { code: 'KIT_NO_BACKUP' });
  writeFileSync(join(pbx.path, 'callme-backup', 'manifest.json'), JSON.stringify({ files: [{ name: '../../etc/passwd', original: null, installed: 'x' }] }));
  t.throws(() => undo(pbx), { code: 'KIT_NO_BACKUP' }, 'nor is a list that names other files believed');
});

t.test('no folder, a file for a folder, a folder for a file', async (t) => {
  const path = folder(t);
  t.throws(() => openFolder(join(path, 'none')), { code: 'KIT_NO_FOLDER' });
  writeFileSync(join(path, 'file'), '');
  t.throws(() => openFolder(join(path, 'file')), { code: 'KIT_NO_FOLDER' });
  const pbx = etc(t, {});
  mkdirSync(join(pbx.path, 'extensions.conf'));
  t.throws(() => pbx.plan(), { code: 'KIT_UNSAFE_FILE' });
});

t.test('unified diff', async (t) => {
  const lines = (...text: string[]): Buffer => Buffer.from(text.map((line) => `${line}\n`).join(''));
  t.equal(unifiedDiff('x', lines('a'), lines('a')), '');
  t.equal(unifiedDiff('x', null, lines('a')), '--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n');
  t.equal(unifiedDiff('x', Buffer.from('a'), lines('a')), '--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n');
  t.equal(unifiedDiff('x', lines('1', '2', '3', '4', '5', '6'), lines('1', '2', '3', 'new', '4', '5', '6')), '--- a/x\n+++ b/x\n@@ -1,6 +1,7 @@\n 1\n 2\n 3\n+new\n 4\n 5\n 6\n');
  const many = Array.from({ length: 30 }, (_, index) => `line ${index}`);
  t.equal(unifiedDiff('x', lines(...many), lines('first', ...many.slice(1, -1), 'last')).match(/^@@/gm)?.length, 2, 'far changes are two hunks');
});
