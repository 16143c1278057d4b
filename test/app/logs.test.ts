import t from 'tap';
import { openLog } from '../../app/logs.ts';
import { Secret } from '../../app/config/index.ts';

interface Listening { readonly lines: string[]; readonly log: ReturnType<typeof openLog> }

function listening(secrets: readonly string[] = [], level = 'debug'): Listening {
  const lines: string[] = [];
  return { lines, log: openLog({ level, terminal: false, secrets, out: { write: (line: string) => { lines.push(line); } } }) };
}

t.test('one JSON object a line, with level, time and message', async (t) => {
  const { lines, log } = listening();
  log.child({ pbx: 'main' }).warn({ call: 'main/1.1' }, 'a call');
  const entry = JSON.parse(lines[0] ?? '') as Readonly<Record<string, unknown>>;
  t.match(entry, { level: 'warn', pbx: 'main', call: 'main/1.1', msg: 'a call' });
  t.match(entry['time'], /^\d{4}-\d\d-\d\dT/);
  t.ok(lines[0]?.endsWith('}\n'));
});

t.test('the level holds', async (t) => {
  const { lines, log } = listening([], 'warn');
  log.info({}, 'not this');
  log.debug({}, 'nor this');
  log.error({}, 'this');
  t.equal(lines.length, 1);
});

t.test('values under telling keys are hidden, at any depth, in children and in errors', async (t) => {
  const { lines, log } = listening();
  log.info({ url: 'https://u/hidden-1', ami: { secret: 'hidden-2', list: [{ Authorization: 'hidden-3', accessToken: 'hidden-4' }] }, held: new Secret('hidden-5') }, 'm');
  log.child({ password: 'hidden-6' }).info({ apiKey: 'hidden-7' }, 'm');
  log.error({ error: Object.assign(new Error('broke'), { code: 'E_X', token: 'hidden-8' }) }, 'm');
  t.notMatch(lines.join(''), /hidden-\d/);
  t.match(lines[2], /"message":"broke".*"code":"E_X"/, 'an error is still readable');
});

t.test('a known secret is blotted out wherever it turns up', async (t) => {
  const { lines, log } = listening(['s3cr"t-value', 'https://p.example.org/rest/1/hook/', 'abc']);
  log.error({ error: new Error('GET https://p.example.org/rest/1/hook/ failed') }, 'message with s3cr"t-value in it');
  log.info({ text: `q=${encodeURIComponent('s3cr"t-value')}`, short: 'abc stays: too short to be told from a word' }, 'm');
  t.notMatch(lines.join(''), 'rest/1');
  t.notMatch(lines.join(''), 't-value');
  t.match(lines.join(''), 'abc stays');
  for (const line of lines) t.doesNotThrow(() => { JSON.parse(line); }, 'still JSON');
});

t.test('a value that is deep, wide or round is cut', async (t) => {
  const { lines, log } = listening();
  const round: Record<string, unknown> = {};
  round['self'] = round;
  log.info({ round, wide: Array.from({ length: 5_000 }, (_, index) => index), big: 10n }, 'm');
  t.ok((lines[0]?.length ?? 0) < 5_000);
  t.match(lines[0], '[deep]');
});
