import t from 'tap';
import { type Readiness, WebServer } from '../../web/server.ts';

const serve = (readiness: () => Readiness, port = 0): WebServer => new WebServer({ host: '127.0.0.1', port, version: '1.2.3', readiness });

t.test('health says that the process lives, ready says what is missing', async (t) => {
  let ready = false;
  const web = serve(() => ({ ready, checks: { main: ready ? 'up' : 'down: refused' } }));
  await web.start();
  t.teardown(() => web.stop());
  const ask = async (path: string): Promise<{ status: number; body: unknown }> => {
    const answer = await fetch(`${web.address}${path}`);
    return { status: answer.status, body: await answer.json() };
  };
  t.same(await ask('/health'), { status: 200, body: { status: 'ok', version: '1.2.3' } });
  t.same(await ask('/ready'), { status: 503, body: { status: 'not ready', checks: { main: 'down: refused' } } });
  ready = true;
  t.same(await ask('/ready'), { status: 200, body: { status: 'ready', checks: { main: 'up' } } });
  t.equal((await ask('/secrets')).status, 404);
});

t.test('a taken port is told with the key to change', async (t) => {
  const first = serve(() => ({ ready: true, checks: {} }));
  await first.start();
  t.teardown(() => first.stop());
  const second = serve(() => ({ ready: true, checks: {} }), Number(new URL(first.address ?? '').port));
  await t.rejects(second.start(), { code: 'WEB_PORT_TAKEN', message: /web\.listen/ });
});

t.test('start and stop may be called twice', async (t) => {
  const web = serve(() => ({ ready: true, checks: {} }));
  await web.start();
  await web.start();
  await web.stop();
  await web.stop();
  t.equal(web.address, null);
});
