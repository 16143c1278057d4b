/** From the configuration to the dialplan, by the verbs that a person uses. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { folder, run } from '../app/bench.ts';

const base = (recording: string): string => `pbx:
  - { id: main, ami: { username: callme, secret: s }, external: ["^PJSIP/trunk"] }
recording: ${recording}
`;

interface Pbx { readonly etc: string; verb(name: string, ...words: readonly string[]): ReturnType<typeof run>; configure(recording: string): void; read(name: string): string }

function pbx(test: Test, recording: string): Pbx {
  const cwd = folder(test);
  const config = join(cwd, 'callme.yaml');
  const etc = join(cwd, 'etc');
  const configure = (text: string): void => { writeFileSync(config, base(text)); };
  configure(recording);
  return { etc, configure, read: (name) => readFileSync(join(etc, name), 'utf8'), verb: (name, ...words) => run(['dialplan', name, '--etc', etc, ...words, ...(name === 'uninstall' ? [] : ['--config', config])], { cwd }) };
}

async function installed(test: Test, recording: string): Promise<Pbx> {
  const made = pbx(test, recording);
  mkdirSync(made.etc);
  writeFileSync(join(made.etc, 'extensions.conf'), '[general]\n');
  test.equal((await made.verb('install')).code, 0);
  return made;
}

t.test('nothing to decide: no policy, and the kit as it is', async (t) => {
  const made = await installed(t, '{ channels: mono }');
  t.notOk(existsSync(join(made.etc, 'callme-policy.conf')));
  t.notMatch(made.read('callme.conf'), '#include callme-policy.conf');
});

t.test('rules become a dialplan; a change of the configuration is a difference', async (t) => {
  const made = await installed(t, '{ rules: [{ direction: outbound, number: "^7495", record: false }] }');
  t.match(made.read('callme.conf').split('\n')[0], '#include callme-policy.conf');
  t.match(made.read('callme-policy.conf'), '${REGEX("^7495" ${CallMeNUMBER})}');
  t.equal((await made.verb('diff')).code, 0);
  made.configure('{ rules: [{ direction: outbound, number: "^7499", record: false }] }');
  t.match(await made.verb('diff'), { code: 1, out: /-.*\^7495[\s\S]*\+.*\^7499/ });
  t.equal((await made.verb('install')).code, 0);
  t.equal((await made.verb('diff')).code, 0);
  made.configure('{}');
  t.equal((await made.verb('install')).code, 0);
  t.match(made.read('callme-policy.conf'), /Set\(CallMeRECORD=yes\)\n same => n,Set\(CallMeRECORD_REASON=default\)/, 'the old rules are gone from a policy that is there already');
  t.notMatch(made.read('callme-policy.conf'), 'REGEX');
  t.equal((await made.verb('uninstall')).code, 0);
  t.same(readdirSync(made.etc), ['extensions.conf']);
});

t.test('record nothing by default is a policy, too', async (t) => {
  const made = await installed(t, '{ default: false }');
  t.match(made.read('callme-policy.conf'), 'Set(__CallMeRECORD=no)');
});

t.test('announcement, beep and stereo reach the kit, where a global may overrule them', async (t) => {
  const made = await installed(t, '{ announce: custom/notice, beep: 15, channels: stereo }');
  for (const line of ['Set(CallMeSOUND=custom/notice)', 'Set(CallMeBEEP=15)', 'Set(CallMeSTEREO=yes)']) t.match(made.read('callme.conf'), line);
  made.configure('{ announce: custom/notice, beep: 30 }');
  t.equal((await made.verb('diff')).code, 1);
  t.equal((await made.verb('install')).code, 0);
  for (const line of ['Set(CallMeBEEP=30)', 'Set(CallMeSTEREO=no)']) t.match(made.read('callme.conf'), line);
});

t.test('what cannot stand in a dialplan is a mistake of the configuration, with its place', async (t) => {
  const wrong = {
    'rules: [{ number: "^(?!7)", record: false }]': 'recording.rules[0].number', 'rules: [{ line: "a b", record: true }]': 'recording.rules[0].line',
    'rules: [{ number: "^7" }]': 'recording.rules[0].record', 'rules: [{ direction: internal, record: false }]': 'recording.rules[0].direction',
    'rules: [{ trunk: x, record: false }]': 'recording.rules[0].trunk', 'announce: "a,b"': 'recording.announce', 'announce: notice.wav': 'recording.announce',
    'announce: ../x': 'recording.announce', 'beep: 4': 'recording.beep', 'channels: both': 'recording.channels', 'default: maybe': 'recording.default',
  };
  for (const [recording, place] of Object.entries(wrong)) {
    const cwd = folder(t);
    writeFileSync(join(cwd, 'callme.yaml'), base(`{ ${recording} }`));
    const checked = await run(['config', 'check', '--config', join(cwd, 'callme.yaml')], { cwd });
    t.match(checked, { code: 2 }, recording);
    t.ok(`${checked.err}${checked.out}`.includes(place), `${recording}: ${checked.err}`);
  }
});
