/** `callme debug` against a window on a real socket. */
import t, { type Test } from 'tap';
import { Args, type CommandIo } from '../../app/cli/command.ts';
import { LANGUAGES, type Language, textsOf } from '../../app/cli/texts/index.ts';
import { debugTexts } from '../../app/cli/texts/debug.ts';
import debug from '../../app/commands/debug.ts';
import { Detail, DETAIL_MINUTES, SUBSYSTEMS } from '../../app/detail.ts';
import { debugRoutes } from '../../web/contacts/debug.ts';
import { WebServer } from '../../web/server.ts';
import { memoryLog } from '../fakes/agi.ts';
import { FakeTime } from '../fakes/time.ts';
import { CONFIG, folder, writeConfig } from './bench.ts';

const TOKEN = 'token-of-the-test-0001';

async function server(t: Test) {
  const [time, log] = [new FakeTime(), memoryLog()];
  const detail = new Detail({ clock: time });
  const port = { subsystems: SUBSYSTEMS, minutes: DETAIL_MINUTES, shown: () => detail.shown(), set: (levels: object, minutes: number) => detail.set(levels, minutes) };
  const web = new WebServer({ host: '127.0.0.1', port: 0, version: '1', readiness: () => ({ ready: true, checks: {} }), routes: debugRoutes({ debug: port, tokens: [TOKEN], clock: time, log }) });
  await web.start();
  t.teardown(() => web.stop());
  return { detail, time, listen: new URL(web.address ?? '').host };
}

async function run(t: Test, verb: string, values: Readonly<Record<string, unknown>>, { listen, tokens = [TOKEN], language = 'en' }: { listen: string; tokens?: readonly string[]; language?: Language }) {
  const cwd = folder(t);
  const config = writeConfig(cwd, CONFIG.replace('web: { listen: "127.0.0.1:0" }', `web: { listen: "${listen}", tokens: ${JSON.stringify(tokens)} }`));
  let out = '';
  const io: CommandIo = { env: {}, cwd, terminal: false, signal: new AbortController().signal, stdout: (text) => { out += text; }, stderr: () => undefined, texts: textsOf(language) };
  const child = debug.children?.find(({ command }) => command.startsWith(verb));
  const code = await child?.run?.(new Args({ config, minutes: 30, ...values }), io);
  return { code, out };
}

t.test('show, on, off', async (t) => {
  const { detail, time, listen } = await server(t);
  t.match(await run(t, 'show', {}, { listen }), { code: 0, out: /^ami: normal\nagi: normal\n/ });
  t.match(await run(t, 'on', { subsystems: 'crm, http', minutes: 10 }, { listen }), { code: 0, out: new RegExp(`crm: detail until ${new Date(time.now() + 600_000).toISOString()}`) });
  t.same(SUBSYSTEMS.filter((each) => detail.isOn(each)), ['crm', 'http']);
  t.match(await run(t, 'show', {}, { listen, language: 'ru' }), { out: /crm: подробно до 2/ });
  t.match(JSON.parse((await run(t, 'off', { subsystems: 'crm', json: true }, { listen })).out), { subsystems: { crm: 'normal', http: 'detail' } });
  await run(t, 'on', {}, { listen });
  t.ok(SUBSYSTEMS.every((each) => detail.isOn(each)), 'all, where none is named');
  await run(t, 'off', {}, { listen });
  t.notOk(SUBSYSTEMS.some((each) => detail.isOn(each)));
});

t.test('a dry run asks nobody', async (t) => {
  t.match(await run(t, 'on', { subsystems: 'crm', 'dry-run': true }, { listen: '127.0.0.1:1' }), { code: 0, out: /Would log in detail for 30 minutes: crm\./ });
  t.match(await run(t, 'off', { 'dry-run': true }, { listen: '127.0.0.1:1', language: 'ru' }), { out: /Обычно писали бы: ami, agi/ });
  t.match(JSON.parse((await run(t, 'on', { 'dry-run': true, json: true, subsystems: 'ami' }, { listen: '127.0.0.1:1' })).out), { dryRun: true, subsystems: { ami: 'detail' }, minutes: 30 });
});

t.test('what cannot be done is said, with what to do', async (t) => {
  const { listen } = await server(t);
  await t.rejects(run(t, 'on', { subsystems: 'crm,nobody' }, { listen }), { exit: 2, message: /no subsystem "nobody"; known: ami/ });
  for (const minutes of [0, 1_441, 1.5]) await t.rejects(run(t, 'on', { minutes }, { listen }), { exit: 2, message: /from 1 to 1440/ });
  await t.rejects(run(t, 'show', {}, { listen, tokens: [] }), { code: 'NO_TOKEN', exit: 1, remedy: /web\.tokens/ });
  await t.rejects(run(t, 'show', {}, { listen, tokens: ['another-token-0002'] }), { code: 'REFUSED', message: /HTTP 401/ });
  await t.rejects(run(t, 'show', {}, { listen: '127.0.0.1:1' }), { code: 'AWAY', exit: 3, message: /127\.0\.0\.1:1/, remedy: /callme serve/ });
});

t.test('both languages say the same things', async (t) => {
  const shape = (value: unknown): unknown => (typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, shape(entry)])) : typeof value);
  const [en, ru] = LANGUAGES.map((language) => debugTexts(textsOf(language)));
  t.same(shape(en), shape(ru));
  t.not(en, ru);
  for (const child of debug.children ?? []) for (const language of LANGUAGES) {
    t.ok(child.describe(textsOf(language)).length > 5);
    t.ok(child.builder(textsOf(language)));
  }
});
