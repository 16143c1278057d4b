/**
 * What must hold for every line of the kit, without an Asterisk: the rules that were measured (16 and 22) or read in the sources of 11 to 22.
 */
import { readFile } from 'node:fs/promises';
import t from 'tap';
import { policyFile } from '../../app/dialplan-kit/policy.ts';
import { RECORD_ALL } from '../../core/recording-policy.ts';
import { callmeUser } from '../../lab/configuration/manager.ts';

interface Line { readonly context: string; readonly extension: string; readonly label: string; readonly application: string; readonly data: string }

const read = (name: string): Promise<string> => readFile(new URL(`../../dialplan/${name}`, import.meta.url), 'utf8');

/** `exten => s,n(label),App(data)` and `same => n(label),App(data)`; comments away. */
function parse(text: string): Line[] {
  const lines: Line[] = [];
  let [context, extension] = ['', ''];
  for (const raw of text.split('\n')) {
    const line = raw.replace(/(^|\s);.*$/, '').trim();
    const section = /^\[([^\]]+)\]/.exec(line);
    if (section) { context = section[1] ?? ''; continue; }
    const priority = /^(?:exten\s*=>\s*([^,]+),|same\s*=>\s*)(?:n|1)(?:\(([^)]*)\))?,([A-Za-z]+)\((.*)\)$/.exec(line);
    if (line === '' || line.startsWith('include =>')) continue;
    if (!priority) throw new Error(`not a line of a dialplan: ${line}`);
    extension = priority[1] ?? extension;
    lines.push({ context, extension, label: priority[2] ?? '', application: priority[3] ?? '', data: priority[4] ?? '' });
  }
  return lines;
}

const [kit, freepbx] = [parse(await read('callme.conf')), parse(await read('callme-freepbx.conf'))];
const all = [...kit, ...freepbx];
const shown = (lines: readonly Line[]): string[] => lines.map((line) => `[${line.context}] ${line.application}(${line.data})`);

t.test('there is something to check', async (t) => {
  t.same([...new Set(kit.map(({ context }) => context))], [
    'callme-id', 'callme-resource', 'callme-in', 'callme-out', 'callme-rec', 'callme-options', 'callme-announce', 'callme-end', 'callme-pause', 'callme-resume',
    'callme-agi', 'callme-ask', 'callme-route',
  ]);
  t.ok(freepbx.length > 5);
});

t.test('nothing of the PBX is redefined', async (t) => {
  t.same(kit.filter(({ context }) => !context.startsWith('callme-')), []);
  t.same([...new Set(freepbx.map(({ context }) => context))].filter((context) => !context.startsWith('callme-')), ['from-pstn-custom', 'macro-dialout-trunk-predial-hook']);
});

t.test('applications that 11 to 22 have, no Macro (gone in 21), no Monitor (gone in 21)', async (t) => {
  const everywhere = ['AGI', 'Answer', 'ExecIf', 'Gosub', 'Goto', 'GotoIf', 'MixMonitor', 'Playback', 'Return', 'Set', 'StackPop', 'StopMixMonitor', 'UserEvent'];
  t.same(shown(all.filter(({ application }) => !everywhere.includes(application))), []);
});

t.test('MixMonitor: an id always, beep and sides only when asked for, never a post-command', async (t) => {
  t.same(shown(all.filter(({ application }) => application === 'MixMonitor')), ['[callme-rec] MixMonitor(${CallMeFILE},${CallMeOPTIONS})'], 'one recorder');
  const options = kit.filter(({ data }) => data.startsWith('CallMeOPTIONS='));
  t.same(options.map(({ data }) => data.replace('CallMeOPTIONS=', '')), [
    'i(CallMeMIXID)', '${CallMeOPTIONS}B(${CallMeBEEP})', '${CallMeOPTIONS}r(${CallMeDIR}/${CallMePATH}-in.wav)t(${CallMeDIR}/${CallMePATH}-out.wav)S',
  ]);
  t.match(shown(all.filter(({ application }) => application === 'StopMixMonitor')), ['[callme-end] StopMixMonitor(${CallMeMIXID})']);
});

t.test('nothing is said, beeped or split unless the installer or a global says so: each default stands once', async (t) => {
  for (const value of ['CallMeSOUND=', 'CallMeBEEP=0', 'CallMeSTEREO=no', 'CallMeDIR=/var/spool/asterisk/continuous', 'CallMeAGI=127.0.0.1:4573']) {
    t.equal(kit.filter(({ application, data }) => application === 'Set' && data === value).length, 1, value);
  }
});

t.test('a policy that is not there is not called: Gosub into nowhere hangs the caller up', async (t) => {
  const calls = kit.flatMap((line, index) => (line.data.includes('callme-policy') && line.application === 'Gosub' ? [index] : []));
  t.equal(calls.length, 1);
  for (const index of calls) t.match(kit[index - 1], { application: 'GotoIf', data: '${DIALPLAN_EXISTS(callme-policy,s,1)}?decide:start' });
});

t.test('AUDIOHOOK_INHERIT is behind IFMODULE: on 16 and later the bare function is an ERROR per call', async (t) => {
  const uses = all.filter(({ data }) => data.includes('AUDIOHOOK_INHERIT'));
  t.equal(uses.length, 1);
  t.ok(uses.every(({ application, data }) => application === 'ExecIf' && data.includes('${IFMODULE(func_audiohookinherit.so)}" = "1"')));
});

t.test('every AGI ends with the caller', async (t) => {
  const agis = kit.flatMap((line, index) => (line.application === 'AGI' ? [index] : []));
  t.not(agis.length, 0);
  for (const index of agis) t.equal(kit[index - 1]?.data, 'AGIEXITONHANGUP=yes', kit[index]?.data ?? '');
});

t.test('every subroutine returns, every label is there', async (t) => {
  for (const context of new Set(kit.map((line) => line.context))) {
    const own = kit.filter((line) => line.context === context);
    t.equal(own.at(-1)?.application, 'Return', context);
    const wanted = own.filter(({ application }) => application === 'GotoIf').flatMap(({ data }) => (data.split('?').at(-1) ?? '').split(':'));
    t.same(wanted.filter((label) => !own.some((line) => line.label === label)), [], `${context}: labels`);
  }
});

t.test('a UserEvent carries ids, paths and sizes: one quote of free text would swallow the next field', async (t) => {
  const allowed = /^(?:\$\{CallMeLID\}|\$\{CallMeFILE\}|\$\{STAT\(s,\$\{CallMeFILE\}\)\}|\$\{FILTER\(0-9A-Za-z\._\\-,\$\{CHANNEL\(linkedid\)\}\)\})$/;
  const events = kit.filter(({ application }) => application === 'UserEvent');
  t.same(events.map(({ data }) => data.split(',')[0]), ['CallMeRecStart', 'CallMeRecEnd', 'CallMeRecPause', 'CallMeRecResume']);
  for (const { data } of events) {
    for (const [, value] of data.matchAll(/Rec[A-Za-z]+: (.*?)(?=,Rec|$)/g)) t.match(value, allowed, value ?? '');
  }
});

t.test('what the outside can name is filtered before it reaches a path or an AGI argument', async (t) => {
  const raw = kit.filter(({ application, data }) => application !== 'Set' && /\$\{(CHANNEL\(linkedid\)|UNIQUEID|ARG1|EXTEN|CALLERID)/.test(data.replace(/\$\{FILTER\([^}]*\}\)\}/g, '')));
  t.same(shown(raw), []);
});

t.test('no comment begins a block by accident', async (t) => {
  for (const name of ['callme.conf', 'callme-freepbx.conf']) t.notMatch(await read(name), ';--', name);
});

t.test('the policy for whoever installs by hand is what the installer writes without rules', async (t) => {
  t.equal(await read('callme-policy.conf'), policyFile(RECORD_ALL));
});

t.test('the keys of the sample call what is there, and the kit names them as the sample does', async (t) => {
  const sample = await read('features-callme.conf.sample');
  const keys = [...sample.matchAll(/^(callme-\w+) => (\*\d+),self\/both,Gosub\((callme-\w+),s,1\)$/gm)].map(([, name, digits, context]) => [name, digits, context]);
  t.same(keys, [['callme-pause', '*61', 'callme-pause'], ['callme-resume', '*62', 'callme-resume']]);
  for (const [name] of keys) t.ok(kit.some(({ context }) => context === name));
  t.ok(kit.some(({ data }) => data === `CallMeSAVE=${keys.map(([name]) => name).join('#')}`));
});

t.test('the manager sample gives what the tests were run with', async (t) => {
  const sample = await read('manager-callme.conf.sample');
  const user = callmeUser('');
  t.match(sample, `\nread = ${user.read}\n`);
  t.match(sample, `\nwrite = ${user.write}\n`);
  t.match(sample, '\nwritetimeout = 5000\n');
  t.notMatch(user.write, /\b(command|config|all)\b/);
});

t.test('the CEL sample enables what the core needs', async (t) => {
  t.match(await read('cel.conf.sample'), /^enable = yes$[\s\S]*^events = .*\bLINKEDID_END\b[\s\S]*^\[manager\]$\s^enabled = yes$/m);
});
