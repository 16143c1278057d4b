import t from 'tap';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { diskAtOnce, realDisk, type DiskWrites } from '../../recordings/disk-writes.ts';
import { createPublisher } from '../../recordings/publisher.ts';

interface Scene { readonly folder: string; readonly done: string[]; readonly disk: DiskWrites }
/** Parts in two folders, and a disk that says what it is asked for and fails where `fails` says so. */
function scene(folder: string, fails: (what: string) => boolean = () => false): Scene {
  const done: string[] = [];
  for (const name of ['a/1', 'a/2', 'b/3']) {
    mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
    writeFileSync(path.join(folder, `${name}.part`), name);
  }
  const say = (what: string, name: string): void => {
    done.push(`${what} ${path.relative(folder, name)}`);
    if (fails(done.at(-1) ?? '')) throw Object.assign(new Error('EIO'), { code: 'EIO', syscall: what });
  };
  const disk: DiskWrites = {
    ...realDisk,
    sync: async (name, flags) => { say('sync', name); await realDisk.sync(name, flags); },
    rename: async (from, to) => { say('rename', from); await realDisk.rename(from, to); },
  };
  return { folder, done, disk };
}
const names = (folder: string) => (name: string): [string, string] => [path.join(folder, `${name}.part`), path.join(folder, `${name}.mp3`)];

t.test('a group: contents, then names, then each folder once', async (t) => {
  const { folder, done, disk } = scene(t.testdir());
  const publish = createPublisher(disk, { gatherMs: 3_600_000, most: 3 });
  await Promise.all(['a/1', 'a/2', 'b/3'].map((name) => publish(...names(folder)(name))));
  t.same(done.filter((what) => /^sync [ab]$/.test(what)), ['sync a', 'sync b'], 'one sync for each folder');
  for (const name of ['a/1', 'a/2', 'b/3']) {
    const at = [`sync ${name}.part`, `rename ${name}.part`, `sync ${name[0] ?? ''}`].map((what) => done.indexOf(what));
    t.same(at, [...at].sort((one, other) => one - other), `${name}: content, name, folder`);
    t.ok(at.every((index) => index >= 0) && existsSync(path.join(folder, `${name}.mp3`)));
  }
});

t.test('who comes alone does not wait for ever', async (t) => {
  const { folder, disk } = scene(t.testdir());
  await createPublisher(disk, { gatherMs: 1, most: 100 })(...names(folder)('a/1'));
  t.ok(existsSync(path.join(folder, 'a/1.mp3')));
});

t.test('one that fails fails alone; where a folder cannot be synced none of it is published', async (t) => {
  for (const [failing, ends] of [['sync a/1.part', ['rejected', 'fulfilled', 'fulfilled']], ['rename a/1.part', ['rejected', 'fulfilled', 'fulfilled']], ['sync a', ['rejected', 'rejected', 'fulfilled']]] as const) {
    const { folder, disk } = scene(t.testdir(), (what) => what === failing);
    const publish = createPublisher(disk, { gatherMs: 3_600_000, most: 3 });
    const settled = await Promise.allSettled(['a/1', 'a/2', 'b/3'].map((name) => publish(...names(folder)(name))));
    t.same(settled.map(({ status }) => status), ends, failing);
    if (failing !== 'sync a') t.notOk(existsSync(path.join(folder, 'a/1.mp3')), `${failing}: no final name`);
  }
});

t.test('the disk of the workshop\'s own thread does the same, and says what the system refuses', async (t) => {
  const folder = t.testdir();
  writeFileSync(path.join(folder, '1.part'), 'x');
  const publish = createPublisher(diskAtOnce, { gatherMs: 0, most: 1 });
  await publish(...names(folder)('1'));
  t.ok(existsSync(path.join(folder, '1.mp3')));
  await t.rejects(publish(...names(folder)('none')), { code: 'ENOENT', syscall: 'open' });
  await t.rejects(diskAtOnce.rename(path.join(folder, 'none'), path.join(folder, 'x')), { code: 'ENOENT' });
  await diskAtOnce.remove(path.join(folder, '1.mp3'));
  await diskAtOnce.remove(path.join(folder, '1.mp3'));
  await t.rejects(diskAtOnce.remove(folder), { message: /unlink/ });
  await diskAtOnce.makeFolder(path.join(folder, 'a/b'));
  t.ok(existsSync(path.join(folder, 'a/b')));
  t.ok((await diskAtOnce.freeMb(folder) ?? 0) > 0);
  t.equal(await diskAtOnce.freeMb(path.join(folder, 'none')), null);
});
