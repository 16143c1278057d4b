/** One limiter for all that an account is asked: who waits on the telephone goes first, and drivers need not know. */
import t from 'tap';
import { openAccount } from '../../app/accounts.ts';
import { Secret } from '../../app/config/secret.ts';
import { pacedHttp, withPriority } from '../../app/pacing.ts';
import type { Http, HttpRequest } from '../../core/ports.ts';
import { NO_SHELVES } from '../../app/shelves.ts';
import { Limiter } from '../../outbox/limiter.ts';
import type { DriverKind, DriverTools } from '../../crm/driver.ts';
import { accountTools } from '../fakes/crm/tools.ts';
import { ended } from '../fakes/sample-calls.ts';
import { FakeTime } from '../fakes/time.ts';

function scene(): { readonly time: FakeTime; readonly limiter: Limiter; readonly http: Http; readonly asked: string[] } {
  const time = new FakeTime();
  const asked: string[] = [];
  const http: Http = { request: ({ url }) => { asked.push(url); return Promise.resolve({ status: 200, headers: {}, body: null, text: '' }); } };
  return { time, http, asked, limiter: new Limiter({ perSecond: 1, burst: 5, clock: time, timers: time }) };
}
const request = (url: string, signal?: AbortSignal): HttpRequest => ({ method: 'GET', url, timeoutMs: 1_000, ...(signal && { signal }) });

t.test('requests wait their turn, perishable ones before durable ones', async (t) => {
  const { time, limiter, asked, ...inner } = scene();
  const http = pacedHttp(inner.http, limiter);
  for (const name of ['a', 'b', 'c', 'd', 'e']) void withPriority('perishable', () => http.request(request(name)));
  await time.settle();
  t.same(asked.splice(0), ['a', 'b', 'c', 'd', 'e'], 'a burst');
  void http.request(request('nobody said'));
  void withPriority('durable', () => http.request(request('durable')));
  void withPriority('perishable', async () => { await Promise.resolve(); return http.request(request('pop-up')); });
  await time.settle();
  t.same(asked, [], 'then they wait');
  await time.advance(1_000);
  t.same(asked.splice(0), ['pop-up'], 'however deep in the work');
  await time.advance(60_000);
  t.same(asked, ['nobody said', 'durable']);
});

t.test('a wait obeys the signal of its request, and nothing is asked then', async (t) => {
  const { time, limiter, asked, ...inner } = scene();
  const http = pacedHttp(inner.http, limiter);
  for (const name of ['a', 'b', 'c', 'd', 'e']) void withPriority('perishable', () => http.request(request(name)));
  const stop = new AbortController();
  const waiting = http.request(request('late', stop.signal));
  stop.abort(new Error('hung up'));
  await t.rejects(waiting, { message: 'hung up' });
  await time.advance(60_000);
  t.notOk(asked.includes('late'));
});

t.test('an account: its lookups are perishable, its memory is its own', async (t) => {
  const { time, http, asked } = scene();
  const memory = new Map<string, string>();
  let given: DriverTools | null = null;
  const kind: DriverKind = {
    name: 'example', settings: {} as DriverKind['settings'], pace: { perSecond: 1, burst: 5 },
    create: (_settings, tools) => {
      given = tools;
      return {
        lookup: async () => { await tools.http.request(request('lookup')); return null; },
        deliver: async (fact, signal) => { tools.memory(fact.call).set('told', 'yes'); await tools.http.request(request('deliver', signal)); return { kind: 'delivered', note: tools.memory(fact.call).get('told') ?? '' }; },
        check: () => Promise.resolve([]),
      };
    },
  };
  const { driver } = openAccount({ config: { id: 'b24' as never, driver: 'example', settings: new Secret({}) }, kind, settings: new Secret({}) }, accountTools(http, {
    clock: time,
    shelves: { ...NO_SHELVES, memory: { get: (account, call, key) => memory.get(`${account} ${call} ${key}`) ?? null, set: (account, call, key, value) => { memory.set(`${account} ${call} ${key}`, value); } } },
  }));
  t.match(given, { account: 'b24', country: 'RU' });
  const stop = new AbortController();
  const { signal } = stop;
  const work = Array.from({ length: 6 }, () => withPriority('durable', () => driver.deliver(ended('17'), signal)));
  const lookup = driver.lookup('79161234567', signal);
  t.match(await work[0], { kind: 'delivered', note: 'yes' });
  t.same([...memory], [['b24 main/17 told', 'yes']]);
  await lookup;
  t.equal(asked.at(-1), 'lookup', 'a token is kept for it');
  t.ok(asked.filter((url) => url === 'deliver').length < 6, 'while deliveries wait');
  stop.abort();
  await Promise.allSettled(work);
});
