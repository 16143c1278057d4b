import { readdirSync } from 'node:fs';
import t from 'tap';
import { applyFilters, FILTERS } from '../../ami/filters.ts';
import { dumpBody, response } from '../fakes/ami.ts';
import { stage } from './stage.ts';

const folder = new URL('../captures/', import.meta.url).pathname;
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.txt'));
const items = files.flatMap((file) => dumpBody(`${folder}${file}`).split('\r\n\r\n')).filter((item) => item.startsWith('Event: '));
const expressions = FILTERS.map((filter) => new RegExp(filter));
const passes = (item: string): boolean => expressions.some((expression) => expression.test(item));
const name = (item: string): string => /^Event: (\S+)/.exec(item)?.[1] ?? '';

t.test('of the captures everything stays that the core needs', async (t) => {
  const needed = new Set(['Newchannel', 'Newstate', 'NewCallerid', 'NewConnectedLine', 'DialBegin', 'DialState', 'DialEnd', 'Hangup', 'BridgeEnter',
    'BridgeLeave', 'BridgeMerge', 'BridgeCreate', 'BridgeDestroy', 'BlindTransfer', 'AttendedTransfer', 'Pickup', 'ParkedCall', 'UnParkedCall', 'Hold',
    'Unhold', 'UserEvent', 'OriginateResponse', 'LocalBridge', 'LocalOptimizationBegin', 'LocalOptimizationEnd', 'Rename', 'FullyBooted', 'Shutdown',
    'AgentConnect', 'QueueCallerJoin', 'QueueCallerLeave', 'QueueCallerAbandon', 'MixMonitorStart', 'MixMonitorStop']);
  const lost = items.filter((item) => needed.has(name(item)) && !passes(item)).map(name);
  t.same(lost, []);
  const seals = items.filter((item) => /^EventName: LINKEDID_END/m.test(item));
  t.ok(seals.length > 0 && seals.every(passes), 'the seals of CEL stay');
  t.same(items.filter((item) => name(item) === 'CEL' && !seals.includes(item) && passes(item)), [], 'the rest of CEL goes');
  t.ok(items.filter((item) => needed.has(name(item))).length > 1_000);
});

t.test('of the VarSets those of CallMe stay, plain and inherited', async (t) => {
  const variables = items.filter((item) => name(item) === 'VarSet');
  const ours = variables.filter((item) => /^Variable: _{0,2}(CallMe|IS_CALLME_ORIGINATE)/m.test(item));
  t.ok(ours.length > 50 && ours.every(passes));
  t.same(variables.filter((item) => passes(item) && !ours.includes(item)), []);
  t.equal(passes('Event: VarSet\r\nVariable: __IS_CALLME_ORIGINATE\r\nValue: 1'), true);
  t.equal(passes('Event: VarSet\r\nVariable: DIALSTATUS\r\nValue: CallMe'), false);
});

t.test('the noise goes: more than half of all bytes', async (t) => {
  const noise = new Set(['Newexten', 'RTCPSent', 'RTCPReceived', 'TestEvent', 'Cdr', 'MusicOnHoldStart', 'SuccessfulAuth']);
  t.same(items.filter((item) => noise.has(name(item)) && passes(item)).map(name), []);
  const bytes = (list: readonly string[]): number => list.reduce((sum, item) => sum + item.length, 0);
  t.ok(bytes(items.filter(passes)) < bytes(items) / 2);
});

t.test('each expression is one action of legal length; the wide one goes first', async (t) => {
  const { pbx, link } = await stage(t);
  t.same(await applyFilters(link), { kind: 'filtered' });
  t.same(pbx.received('Filter').map((action) => [action.text('Operation'), action.text('Filter')]), FILTERS.map((filter) => ['Add', filter]));
  t.match(FILTERS[0], /Newchannel/);
});

t.test('refused: Asterisk’s message, and no second try', async (t) => {
  const { pbx, link } = await stage(t);
  pbx.on('Filter', (action) => response(action, 'Error', ['Message', 'Permission denied']));
  t.same(await applyFilters(link), { kind: 'refused', message: 'Permission denied' });
  t.equal(pbx.received('Filter').length, 1);
});
