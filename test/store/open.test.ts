import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DEFAULT_TENANT } from '../../core/words.ts';
import { lockStore, openStore } from '../../store/open.ts';

const tenant = DEFAULT_TENANT;

t.test('sqlite: is relative to dataDir, or absolute', async (t) => {
  const dir = t.testdir({ other: {} });
  openStore({ url: 'sqlite:callme.db', dataDir: dir, tenant }).close();
  openStore({ url: `sqlite:${join(dir, 'other', 'there.db')}`, dataDir: '/nowhere', tenant }).close();
  t.ok(existsSync(join(dir, 'callme.db')));
  t.ok(existsSync(join(dir, 'other', 'there.db')));
});

t.test('what is not there is refused with the remedy and without the password', async (t) => {
  for (const url of ['postgres://callme:hush@db/callme', 'postgresql://callme:hush@db/callme', 'mysql://callme:hush@db', 'callme:hush', '', 'sqlite:']) {
    t.throws(() => openStore({ url, dataDir: t.testdir(), tenant }), { code: 'STORE_NOT_SUPPORTED', message: /sqlite:callme\.db/ }, url);
    t.throws(() => openStore({ url, dataDir: t.testdir(), tenant }), { message: /^(?!.*hush)/s }, url);
  }
  t.throws(() => openStore({ url: 'postgres://db/callme', dataDir: t.testdir(), tenant }), { message: /not in this version yet/ });
});

t.test('one server per store: a second is told who is in its way, and a freed lock can be taken again', async (t) => {
  const place = { url: 'sqlite:callme.db', dataDir: join(t.testdir(), 'not', 'yet', 'there') };
  const lock = lockStore(place);
  t.throws(() => lockStore(place), { code: 'STORE_IN_USE', message: /another callme serve/ });
  openStore({ ...place, tenant }).close();
  t.pass('commands look into the store beside the server');
  lock.release();
  lock.release();
  lockStore(place).release();
});
