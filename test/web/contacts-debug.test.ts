/** Detailed logs switched over HTTP: by whoever has a token, and only as it is understood. */
import t, { type Test } from 'tap';
import { Detail, DETAIL_MINUTES, SUBSYSTEMS } from '../../app/detail.ts';
import { debugRoutes } from '../../web/contacts/debug.ts';
import { FakeTime } from '../fakes/time.ts';
import { type AskOptions, ask as send, bench, Lines } from './window.ts';

const TOKEN = 'token-of-the-test-0001';

async function window(t: Test) {
  const [time, lines] = [new FakeTime(), new Lines()];
  const detail = new Detail({ clock: time });
  const debug = { subsystems: SUBSYSTEMS, minutes: DETAIL_MINUTES, shown: () => detail.shown(), set: (levels: object, minutes: number) => detail.set(levels, minutes, lines.log) };
  const { address } = await bench(t, { web: { routes: debugRoutes({ debug, tokens: [TOKEN], clock: time, log: lines.log }) } });
  const ask = async (options: AskOptions = {}, path = '/api/v1/debug') => {
    const { status, headers, text } = await send(address, path, { ...options, headers: { authorization: `Bearer ${TOKEN}`, ...(options.body === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers } });
    return { status, headers, json: JSON.parse(text) as unknown };
  };
  const put = (body: unknown) => ask({ method: 'PUT', body: JSON.stringify(body) });
  return { ask, put, detail, time, lines, address };
}

t.test('switched on for minutes, shown, switched off', async (t) => {
  const { ask, put, detail, time, lines } = await window(t);
  t.match(await ask(), { status: 200, json: { subsystems: { ami: 'normal', http: 'normal' }, until: {} } });
  t.match(await put({ subsystems: { crm: 'detail', http: 'detail' }, minutes: 10 }), { status: 200, json: { subsystems: { crm: 'detail', ami: 'normal' }, until: { http: new Date(time.now() + 600_000).toISOString() } } });
  t.ok(detail.isOn('http'));
  t.ok(lines.all.some(({ level, message }) => level === 'warn' && message === 'detailed logs were switched'));
  t.match(await put({ subsystems: { http: 'normal' } }), { json: { subsystems: { crm: 'detail', http: 'normal' } } });
  time.jump(600_000);
  t.match(await ask(), { json: { subsystems: { crm: 'normal' } } });
  await put({ subsystems: { ami: 'detail' } });
  time.jump(30 * 60_000 - 1);
  t.ok(detail.isOn('ami'), 'half an hour where nobody says');
  time.jump(1);
  t.notOk(detail.isOn('ami'));
});

t.test('what is not understood changes nothing', async (t) => {
  const { ask, put, detail } = await window(t);
  for (const body of [{}, [], null, 'crm', { subsystems: {} }, { subsystems: [] }, { subsystems: { crm: 'loud' } }, { subsystems: { nobody: 'detail' } }, { subsystems: { crm: 'detail', nobody: 'detail' } }, { subsystems: { crm: 'detail' }, minutes: 0 },
    { subsystems: { crm: 'detail' }, minutes: 1_441 }, { subsystems: { crm: 'detail' }, minutes: 1.5 }, { subsystems: { crm: 'detail' }, minutes: '5' }, { subsystems: { crm: 'detail' }, more: 1 }, { subsystems: { constructor: 'detail' } }]) {
    t.match(await put(body), { status: 400, json: { error: { code: 'BAD_BODY', remedy: /"crm": "detail".*1 to 1440/ } } }, JSON.stringify(body));
  }
  t.match(await ask({}, '/api/v1/debug?x=1'), { status: 400 });
  t.match(await ask({ method: 'DELETE' }), { status: 405 });
  t.notOk(SUBSYSTEMS.some((each) => detail.isOn(each)));
});

t.test('nothing without a token', async (t) => {
  const { address, detail } = await window(t);
  t.equal((await send(address, '/api/v1/debug')).status, 401);
  t.equal((await send(address, '/api/v1/debug', { method: 'PUT', body: '{"subsystems":{"crm":"detail"}}', headers: { 'content-type': 'application/json', authorization: 'Bearer x' } })).status, 401);
  t.notOk(detail.isOn('crm'));
});
