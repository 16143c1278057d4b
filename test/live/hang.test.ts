/** A server that hangs in the middle of the day: the watchdog kills it, and the caller who waits goes by the default route. */
import t from 'tap';
import { stageFor } from './stage.ts';

t.test('CallMe hangs for good: its watchdog kills it, and the caller goes by the default route', async (t) => {
  const scene = await stageFor(t);
  if (scene === null) return;
  const { lab, stage } = scene;
  await lab.reset();
  const hung = stage.server();
  process.kill(hung.pid, 'SIGSTOP');
  const client = await lab.trunk.call('500', { as: '79161234567' });
  const employee = await lab.phones['219'].incoming(60);
  await Promise.all([client.answered(), employee.answered()]);
  t.match(await stage.server().log(), /CallMe hangs: no heartbeat/);
  client.hangUp();
  await lab.quiet();
  await stage.restart();
});
