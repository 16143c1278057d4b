import t from 'tap';
import type { Test } from 'tap';
import { displayName } from '../../agi/scripts/caller.ts';
import { createScripts } from '../../agi/scripts/index.ts';
import type { ScriptTools } from '../../agi/scripts/index.ts';
import { byRules } from '../../agi/scripts/record.ts';
import type { RecordPolicy } from '../../agi/scripts/record.ts';
import { patienceFor } from '../../agi/scripts/in-time.ts';
import type { Routed } from '../../agi/scripts/route.ts';
import { AgiServer } from '../../agi/server.ts';
import type { RecordingDecision } from '../../core/recording-policy.ts';
import type { Finding, Route, RouteAsk } from '../../core/routing.ts';
import { instant } from '../../core/words.ts';
import type { AccountId, Extension } from '../../core/words.ts';
import { call, memoryLog } from '../fakes/agi.ts';
import type { AgiCall, Setup } from '../fakes/agi.ts';

const ANNA: Route = { target: '219' as Extension, reason: 'owner-of-contact', text: 'hers', source: 'cache', name: 'ООО "Ромашка"' };
const NOW = instant(1_790_000_000_000);
const found = (name: string): Finding => ({ kind: 'found', account: 'b24' as AccountId, source: 'live', contact: { id: '1', type: 'contact', name, owner: null } });

interface House { readonly port: number; readonly asked: RouteAsk[]; readonly routed: Routed[]; readonly log: ReturnType<typeof memoryLog> }

async function house(t: Test, tools: Partial<ScriptTools> = {}, deadlineMs = 20_000): Promise<House> {
  const asked: RouteAsk[] = [];
  const routed: Routed[] = [];
  const log = memoryLog();
  const route = (ask: RouteAsk): Promise<Route> => { asked.push(ask); return Promise.resolve(ANNA); };
  const scripts = createScripts({
    route, onRouted: (told) => routed.push(told), find: () => Promise.resolve({ kind: 'none', source: 'live' }), clock: { now: () => NOW }, ...tools,
  });
  const server = new AgiServer({ port: 0, deadlineMs, scripts, log });
  await server.start();
  t.teardown(() => server.stop(0));
  return { port: server.address?.port ?? 0, asked, routed, log };
}

async function whole(port: number, setup: Setup = {}): Promise<AgiCall> {
  const caller = await call(port, setup);
  await caller.closed;
  return caller;
}

t.test('route: target, reason, source, name and linkedid, the target first', async (t) => {
  const { port, asked, routed } = await house(t);
  const caller = await whole(port);
  t.same([...caller.variables], [
    ['ROUTE_TARGET', '219'], ['ROUTE_REASON', 'owner-of-contact'], ['ROUTE_SOURCE', 'cache'], ['CallMeLINKEDID', '1790000000.17'],
    ['CALLERID(name)', 'ООО "Ромашка"'],
  ]);
  t.same([...caller.inherited], ['CallMeLINKEDID'], 'the linkedid goes to every channel of the call');
  t.equal(caller.commands.length, 6, 'one round trip each, none wasted');
  t.match(asked, [{ number: '+79035550142', line: '74951234567' }]);
  t.same(routed, [{ linkedid: '1790000000.17', target: '219', reason: 'owner-of-contact', source: 'cache', text: 'hers', at: NOW }]);
});

t.test('route: the line is the argument, else DNID, else the extension', async (t) => {
  const { port, asked } = await house(t);
  await whole(port, { script: 'route?x=y', request: { agi_arg_1: '84957654321' } });
  await whole(port, { request: { agi_dnid: 'unknown', agi_extension: '78001' } });
  await whole(port, { request: { agi_dnid: 'unknown', agi_extension: '' } });
  t.same(asked.map((ask) => ask.line), ['84957654321', '78001', '']);
});

t.test('route: a hidden number is never looked up under a name', async (t) => {
  const { port, asked } = await house(t);
  const hidden = [
    { agi_callerid: 'unknown' }, { agi_callerid: '' }, { agi_callerid: 'Anonymous' }, { agi_callerid: '<unknown>' }, { agi_callerid: 'anonymous@10.0.0.1' },
    { agi_callerid: '+79035550142', agi_callingpres: '32' }, { agi_callerid: '+79035550142', agi_callingpres: '35' },
  ];
  for (const request of hidden) await whole(port, { request });
  t.same(asked.map((ask) => ask.number), hidden.map(() => ''));
});

t.test('route: what reaches a CRM of a number is digits and a plus', async (t) => {
  const { port, asked } = await house(t);
  await whole(port, { request: { agi_callerid: '+7 (903) 555-01-42' } });
  await whole(port, { request: { agi_callerid: "8903' or 1=1" } });
  t.same(asked.map((ask) => ask.number), ['+79035550142', '']);
});

t.test('route: a late CRM means the default route, and the lookup is told to stop', async (t) => {
  let aborted = false;
  const { port, routed } = await house(t, {
    route: ({ signal }) => new Promise(() => { signal.addEventListener('abort', () => { aborted = true; }); }),
  }, 600);
  const caller = await whole(port);
  t.match([...caller.variables], [['ROUTE_TARGET', ''], ['ROUTE_REASON', 'crm-late'], ['ROUTE_SOURCE', 'timeout'], ['CallMeLINKEDID', '1790000000.17']]);
  t.ok(aborted);
  t.match(routed, [{ target: null, source: 'timeout' }]);
});

t.test('route: a router that answers when its time is over is heard (a fallback extension)', async (t) => {
  const late: Route = { ...ANNA, target: '200' as Extension, reason: 'crm-late', source: 'timeout', name: '' };
  const { port } = await house(t, { route: ({ signal }) => new Promise((resolve) => { signal.addEventListener('abort', () => { resolve(late); }); }) }, 600);
  const caller = await whole(port);
  t.equal(caller.variables.get('ROUTE_TARGET'), '200');
  t.equal(caller.variables.get('ROUTE_SOURCE'), 'timeout');
});

t.test('route: a router that rejects or throws means the default route', async (t) => {
  for (const route of [() => Promise.reject(new Error('x')), () => { throw new Error('x'); }]) {
    const { port, log } = await house(t, { route });
    const caller = await whole(port);
    t.match([...caller.variables], [['ROUTE_TARGET', ''], ['ROUTE_REASON', 'crm-failed'], ['ROUTE_SOURCE', 'fallback'], ['CallMeLINKEDID', /./]]);
    t.ok(log.lines.some((line) => line.level === 'error'));
  }
});

t.test('route: a target that is no extension never leaves the house', async (t) => {
  for (const target of ['219&PJSIP/7900@trunk', '219,30,tT', '${EVAL(x)}', '1'.repeat(41), 'a b', '219"', '219/1']) {
    const { port, routed } = await house(t, { route: () => Promise.resolve({ ...ANNA, target: target as Extension }) });
    const caller = await whole(port);
    t.equal(caller.variables.get('ROUTE_TARGET'), '', target);
    t.equal(routed[0]?.target, null);
  }
});

t.test('route: the name is set when somebody was found, and fit to be shown', async (t) => {
  const nobody = await house(t, { route: () => Promise.resolve({ ...ANNA, name: '' }) });
  t.notOk((await whole(nobody.port)).variables.has('CALLERID(name)'));
  const evil = await house(t, { route: () => Promise.resolve({ ...ANNA, name: 'Bob"\nEXEC System "x"\u202e\0 ${EVAL(1)}' }) });
  const caller = await whole(evil.port);
  t.equal(caller.variables.get('CALLERID(name)'), 'Bob" EXEC System "x" {EVAL(1)}');
  t.equal(caller.commands.length, 6, 'and no command more');
});

t.test('route: a variable that Asterisk refuses does not keep the others back', async (t) => {
  const { port, log } = await house(t);
  const caller = await whole(port, { answer: (line) => (line.includes('ROUTE_REASON') ? '510 Invalid or unknown command' : undefined) });
  t.equal(caller.variables.get('ROUTE_SOURCE'), 'cache');
  t.match(log.lines.find((line) => line.level === 'warn'), { fields: { variable: 'ROUTE_REASON' } });
});

t.test('route: where the linkedid is refused, the uniqueid stands for it', async (t) => {
  const { port } = await house(t);
  for (const reply of ['510 Invalid or unknown command', '200 result=0', '200 result=1 ()']) {
    const caller = await whole(port, { request: { agi_uniqueid: '99.1' }, answer: (line) => (line.startsWith('GET') ? reply : undefined) });
    t.equal(caller.variables.get('CallMeLINKEDID'), '99.1', reply);
  }
});

t.test('route: a caller who hangs up stops the lookup, and nothing is reported as told', async (t) => {
  const aborted = Promise.withResolvers<undefined>();
  const { port, routed } = await house(t, {
    route: ({ signal }) => new Promise((_, reject) => {
      signal.addEventListener('abort', () => { aborted.resolve(undefined); reject(new Error('aborted')); });
    }),
  });
  const caller = await call(port);
  await caller.command();
  caller.hangup();
  await Promise.all([aborted.promise, caller.closed]);
  t.same(routed, []);
  t.equal(caller.variables.size, 0);
});

t.test('route: a report that throws is logged, the caller notices nothing', async (t) => {
  const { port, log } = await house(t, { onRouted: () => { throw new Error('store is full'); } });
  t.equal((await whole(port)).variables.get('ROUTE_TARGET'), '219');
  t.ok(log.lines.some((line) => line.level === 'error'));
});

t.test('record: yes by default, no by policy, yes when the policy fails or is late; the reason beside it', async (t) => {
  const no: RecordingDecision = { record: false, reason: 'rule2' };
  const cases: readonly (readonly [RecordPolicy | undefined, string, string])[] = [
    [undefined, 'yes', 'default'], [() => no, 'no', 'rule2'], [() => Promise.resolve(no), 'no', 'rule2'], [() => Promise.reject(new Error('x')), 'yes', 'failed'],
    [() => { throw new Error('x'); }, 'yes', 'failed'], [() => new Promise(() => { /* never */ }), 'yes', 'failed'],
  ];
  for (const [record, expected, reason] of cases) {
    const { port } = await house(t, record === undefined ? {} : { record }, 600);
    const caller = await whole(port, { script: 'record' });
    t.same([...caller.variables], [['CallMeRECORD', expected], ['CallMeRECORD_REASON', reason], ['CallMeLINKEDID', '1790000000.17']]);
    t.ok(caller.inherited.has('CallMeRECORD'), 'for the whole call');
  }
});

t.test('record: the policy knows who calls whom on which line', async (t) => {
  const asked: unknown[] = [];
  const { port } = await house(t, { record: ({ direction, line, extension, number }) => { asked.push([direction, line, extension, number]); return { record: true, reason: 'default' }; } });
  await whole(port, { script: 'record', request: { agi_arg_1: '100' } });
  await whole(port, { script: 'record', request: { agi_arg_1: 'trunk', agi_arg_2: 'outbound', agi_arg_3: '219', agi_arg_4: '84951112233' } });
  await whole(port, { script: 'record', request: { agi_arg_1: '', agi_arg_2: 'sideways', agi_arg_3: '220', agi_arg_4: '' } });
  t.same(asked, [['inbound', '100', '', '+79035550142'], ['outbound', 'trunk', '219', '84951112233'], ['inbound', '74951234567', '220', '+79035550142']]);
});

t.test('record: by the rules of the configuration', async (t) => {
  const { port } = await house(t, { record: byRules({ rules: [{ direction: 'outbound', record: true }, { number: /^7903/u, record: false }], default: true }) });
  const said = async (request: Readonly<Record<string, string>>): Promise<string> => {
    const { variables } = await whole(port, { script: 'record', request });
    return `${variables.get('CallMeRECORD') ?? ''} ${variables.get('CallMeRECORD_REASON') ?? ''}`;
  };
  t.equal(await said({}), 'no rule2');
  t.equal(await said({ agi_callingpres: '32' }), 'yes default', 'a withheld number is no number');
  t.equal(await said({ agi_arg_2: 'outbound', agi_arg_4: '79035550142' }), 'yes rule1');
});

t.test('callerid: sets the name, and says nothing when there is none', async (t) => {
  const known = await house(t, { find: () => Promise.resolve(found('Ирина Орлова')) });
  t.same([...(await whole(known.port, { script: 'callerid' })).variables], [['CALLERID(name)', 'Ирина Орлова']]);
  let asked = 0;
  const count = (finding: Finding) => () => { asked += 1; return Promise.resolve(finding); };
  for (const find of [count({ kind: 'none', source: 'live' }), count({ kind: 'late' }), count(found(' \u200b')), () => { asked += 1; return Promise.reject(new Error('x')); }]) {
    t.same((await whole((await house(t, { find })).port, { script: 'callerid' })).commands, []);
  }
  t.equal(asked, 4);
  await whole((await house(t, { find: count(found('x')) })).port, { script: 'callerid', request: { agi_callerid: 'unknown' } });
  t.equal(asked, 4, 'a hidden number is not asked about');
});

t.test('displayName keeps letters of every script and fits into one command', async (t) => {
  t.equal(displayName('  Ёлкин,\tИван\r\n"Ф"  '), 'Ёлкин, Иван "Ф"');
  t.equal(displayName('名前 שם اسم 🌼'), '名前 שם اسم 🌼');
  t.equal(displayName('$${x} $[1+1] $5'), '{x} [1+1] $5');
  t.equal(displayName('\u0000\u001b[31m\u202e'), '[31m');
  t.equal(Array.from(displayName('🌼'.repeat(500))).length, 80, 'cut between characters, not inside');
  t.equal(displayName('x'.repeat(1_000_000)).length, 80);
  t.equal(displayName('\ud800x'), 'x', 'half a character is none');
});

t.test('the lookup gets most of the time and leaves enough to answer', async (t) => {
  t.equal(patienceFor(799.7), 550);
  t.equal(patienceFor(800), 560);
  t.equal(patienceFor(300), 150);
  t.equal(patienceFor(0), 0);
});
