/** Where CRMs come to us: what they say arrives letter by letter, and whoever nobody knows is told nothing and soon not even heard. */
import t, { type Test } from 'tap';
import { createHttp } from '../../app/http.ts';
import type { HttpRequest } from '../../core/ports.ts';
import { instant } from '../../core/words.ts';
import { crmDoors, type CrmAddress, type CrmPort, type CrmRequest } from '../../web/crm-doors.ts';
import { WebServer } from '../../web/server.ts';
import { listeningLog } from '../fakes/spool.ts';

type Heard = { readonly to: CrmAddress } & CrmRequest;
interface Scene { readonly heard: Heard[]; readonly log: ReturnType<typeof listeningLog>; readonly ask: (path: string, request?: Partial<HttpRequest>) => Promise<{ readonly status: number; readonly body: unknown; readonly text: string; readonly headers: Readonly<Record<string, string>> }> }

async function scene(t: Test, answer: Awaited<ReturnType<CrmPort['hear']>> = { status: 200, body: { ok: true } }): Promise<Scene> {
  const heard: Heard[] = [];
  const log = listeningLog();
  const port: CrmPort = { hear: async (to, request) => { heard.push({ to, ...request }); return answer; } };
  const server = new WebServer({ host: '127.0.0.1', port: 0, version: '1', readiness: () => ({ ready: true, checks: {} }), routes: crmDoors({ port, clock: { now: () => instant(0) }, log }) });
  await server.start();
  t.teardown(() => server.stop());
  const http = createHttp({ version: '0' });
  t.teardown(() => http.close());
  return { heard, log, ask: (path, request = {}) => http.request({ method: 'POST', url: `${server.address ?? ''}${path}`, timeoutMs: 5_000, ...request }) };
}

t.test('the names that others rely on lead to the accounts', async (t) => {
  const { heard, ask } = await scene(t);
  for (const path of ['/bitrix24/events', '/retailcrm/call?clientId=1', '/oauth?code=2', '/crm/amo/contacts/secret', '/crm/b24']) t.equal((await ask(path)).status, 200, path);
  t.match(heard.map(({ to, path }) => [to, path]), [[{ driver: 'bitrix24' }, ''], [{ driver: 'retailcrm' }, 'call'], [{ any: true }, 'oauth'], [{ account: 'amo' }, 'contacts/secret'], [{ account: 'b24' }, '']]);
  t.equal(heard[1]?.query.get('clientId'), '1');
});

t.test('a body arrives letter by letter, whatever it is called', async (t) => {
  const { heard, ask } = await scene(t);
  await ask('/bitrix24/events', { form: { event: 'ONEXTERNALCALLSTART', 'auth[application_token]': 't 1&2' } });
  await ask('/crm/any', { text: { type: 'application/json', content: '{ "a" : 1 }\n' } });
  await ask('/crm/any', { text: { type: 'text/plain; charset=utf-8', content: 'Ирина' } });
  await ask('/crm/any', { method: 'GET' });
  t.same(heard.map(({ body }) => body), ['event=ONEXTERNALCALLSTART&auth%5Bapplication_token%5D=t+1%262', '{ "a" : 1 }\n', 'Ирина', '']);
  t.match(heard.map(({ method }) => method), ['POST', 'POST', 'POST', 'GET']);
  t.equal(heard[1]?.headers['content-type'], 'application/json', 'headers in lower case');
});

t.test('a body that is too large is refused before anybody reads it', async (t) => {
  const { heard, ask } = await scene(t);
  t.equal((await ask('/crm/any', { text: { type: 'text/plain', content: 'x'.repeat(262_145) } })).status, 413);
  t.equal((await ask('/crm/any', { method: 'PUT' })).status, 405);
  t.same(heard, []);
});

t.test('a word for people goes out as text, everything else as JSON', async (t) => {
  const { ask } = await scene(t, { status: 200, body: 'connected' });
  t.match(await ask('/oauth'), { text: 'connected\n', headers: { 'content-type': /^text\/plain/ } });
});

t.test('whom no account knows is told so, then not heard any more', async (t) => {
  const { heard, log, ask } = await scene(t, null);
  const answer = await ask('/crm/b24/x', { form: { secret: 'guessed-secret' } });
  t.match(answer, { status: 403, body: { error: { code: 'NOT_KNOWN' } } });
  t.notMatch(JSON.stringify(log.said), 'guessed-secret', 'and what was guessed is not in the log');
  while ((await ask('/crm/b24/x')).status === 403) t.ok(heard.length < 100, 'it ends');
  t.match(await ask('/crm/b24/x'), { status: 429, headers: { 'retry-after': /^\d+$/ } });
  t.equal(heard.length, 60);
});
