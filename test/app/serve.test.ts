/** `callme serve` as a whole, inside this process: a call from the PBX to the CRM, the ways of an outage, routing, and what must never get out. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import t, { type Test } from 'tap';
import { CallMe } from '../../app/serve.ts';
import { secretsOf } from '../../app/config/index.ts';
import { type AgiCall, call, parseArgs, type Setup } from '../fakes/agi.ts';
import { HOSTILE_NAMES, type Lie, type Portal } from '../fakes/crm/bitrix24.ts';
import { withoutLame } from '../fakes/lame.ts';
import { goldenIds, moment, Story } from '../fakes/story.ts';
import { putFile, wavBytes } from '../fakes/wav.ts';
import { AMI_SECRET, build, factsOf, type House, IRINA, keyOf, Listener, open, options, place, settled } from './house.ts';

t.setTimeout(120_000);

const INBOUND = 'b1_inbound_blind_refer';
const LINKEDID = '1795168702.6';
const WEBHOOK_SECRET = 'webhooksecret0001';
const noLame = await withoutLame();
const skip = noLame === false ? {} : { skip: noLame };

/** The portal has all of the call, and nothing is under way any more. */
const told = (house: House, portal: Portal): Promise<void> => house.log.until(() => (portal.call(LINKEDID)?.records.length ?? 0) > 0 && settled(house));
const refusals = (portal: Portal): readonly string[] => portal.ledger.filter(({ status, lie }) => lie === null && status !== 200).map(({ method, status }) => `${method} ${status ?? ''}`);

function noSecrets(t: Test, { log }: House): void {
  t.ok(log.lines.length > 5, 'the log says something');
  for (const secret of [AMI_SECRET, WEBHOOK_SECRET]) t.notMatch(log.text, secret, `${secret} is not in the log`);
}

t.test('a call with a transfer, from the PBX to the portal: one register, one finish, one record', skip, async (t) => {
  const where = await place(t);
  const house = await open(t, where);
  await new Story(where.pbx, INBOUND, where.recordings).play();
  await told(house, where.portal);
  const [record, ...more] = where.portal.calls;
  t.match(record, { externalCallId: LINKEDID, phone: /79161234567$/, type: 2, registers: 1, finishes: 1, finish: { userId: 8, statusCode: '200' }, entity: { type: 'CONTACT', id: 318 } });
  t.equal(record?.records.length, 1);
  t.ok((record?.records[0]?.bytes.length ?? 0) > 40_000, 'seven seconds of sound');
  t.same([...record?.cards ?? []], [], 'no card stays open');
  t.same(more, []);
  t.same(refusals(where.portal), []);
  t.same(factsOf(house, keyOf(LINKEDID)).map((fact) => fact.id).filter((id) => !id.includes('recording-ready')), goldenIds(INBOUND));
  t.match(house.callMe.store.recordings.list({ limit: 9 }), [{ state: 'told' }]);
  noSecrets(t, house);
  await t.test('a restart tells nothing again', async (t) => {
    const requests = where.portal.ledger.length;
    await house.callMe.stop(1_000);
    const again = await open(t, where);
    await again.callMe.stop(1_000);
    t.equal(where.portal.ledger.length, requests);
  });
});

t.test('a call to a number that is not watched is recorded, and no CRM hears of it', skip, async (t) => {
  const where = await place(t, { lines: '"999"' });
  const house = await open(t, where);
  await new Story(where.pbx, INBOUND, where.recordings).play();
  await house.log.until(() => house.callMe.store.recordings.list({ state: 'uploaded', limit: 1 }).length === 1);
  t.same(factsOf(house, keyOf(LINKEDID)).at(-1)?.kind, 'recording-ready');
  await house.callMe.stop(1_000);
  t.same(where.portal.ledger.map(({ method }) => method), []);
  const again = await build(t, where);
  t.same(again.callMe.store.deliveries.count(), {});
});

t.test('a recording whose end nobody heard: its open header is repaired once its call is gone', skip, async (t) => {
  const where = await place(t);
  const house = await open(t, where);
  const story = new Story(where.pbx, INBOUND, where.recordings);
  await story.play(moment('BridgeEnter', { BridgeNumChannels: '2' }));
  await house.log.until(() => factsOf(house, keyOf(LINKEDID)).some((fact) => fact.kind === 'employee-talking'));
  where.pbx.reset();
  await story.play();
  putFile(where.recordings, `2026/11/20/call-${LINKEDID}.wav`, wavBytes({ seconds: 3, declared: 0, riff: 0 }));
  await told(house, where.portal);
  t.match(house.callMe.store.recordings.list({ limit: 9 }), [{ certain: false, state: 'told', seconds: 3 }]);
});

const outages: readonly (readonly [string, Lie])[] = [
  ['503', { kind: 'answer', status: 503, body: 'Service Unavailable', type: 'text/html' }], ['resets', { kind: 'reset-before' }], ['silence', { kind: 'silence-before' }],
  ['it hears and answers with a reset', { kind: 'reset-after' }],
  ['it refuses and quotes our address', { kind: 'answer', status: 503, body: { error: 'OVERLOAD', error_description: `try http://portal/rest/1/${WEBHOOK_SECRET}/ later` } }],
];
for (const [name, lie] of outages) {
  t.test(`the CRM is down for the whole call (${name}) and back later: one each`, skip, async (t) => {
    const where = await place(t);
    const house = await open(t, where, { deliverMs: 300 });
    where.portal.misbehave({ lie, times: Infinity });
    await new Story(where.pbx, INBOUND, where.recordings).play();
    await where.portal.until(({ order }) => order === 2);
    await house.log.until(() => house.callMe.store.recordings.list({ state: 'uploaded', limit: 1 }).length === 1);
    where.portal.behave();
    await told(house, where.portal);
    const calls = where.portal.callsOf(LINKEDID);
    t.match(calls, [{ finishes: 1, finish: { userId: 8, statusCode: '200' } }]);
    t.equal(calls.length, 1, 'one call');
    t.equal(calls[0]?.records.length, 1, 'one record');
    if (lie.kind !== 'reset-after') t.equal(calls[0]?.registers, 1, 'one register');
    t.same([...calls[0]?.cards ?? []], [], 'no card stays open');
    t.same(refusals(where.portal), []);
    t.notOk(house.callMe.store.deliveries.count().dead, 'no dead letter');
    noSecrets(t, house);
  });
}

t.test('two of them on one store: the second is refused, the first goes on', async (t) => {
  const where = await place(t);
  const { callMe } = await open(t, where);
  const second = await options(where.config, new Listener());
  t.throws(() => new CallMe(second), { code: 'STORE_IN_USE', message: /another callme serve works with .*: stop it first/ });
  t.ok(callMe.readiness().ready);
  await callMe.stop(1_000);
  const third = new CallMe(second);
  t.pass('and when the first is gone, another may');
  await third.stop(1_000);
});

t.test('a store that cannot be opened is not left locked', async (t) => {
  const where = await place(t);
  const wrong = await options(where.config, new Listener());
  const postgres = { ...wrong, config: { ...wrong.config, store: { url: Object.assign(Object.create(wrong.config.store.url) as typeof wrong.config.store.url, { reveal: () => 'postgres://u:p@h/db' }) } } };
  t.throws(() => new CallMe(postgres), { code: 'STORE_NOT_SUPPORTED' });
  t.throws(() => new CallMe(postgres), { code: 'STORE_NOT_SUPPORTED' }, 'again the same, not STORE_IN_USE');
});

for (const room of ['agi', 'web'] as const) {
  t.test(`a start that fails (${room} port taken) takes back what has started`, async (t) => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    t.teardown(() => { taken.close(); });
    const where = await place(t, { [room]: `127.0.0.1:${(taken.address() as { port: number }).port}` });
    const { callMe } = await build(t, where);
    await t.rejects(callMe.start(), { code: `${room.toUpperCase()}_PORT_TAKEN`, message: /taken/ });
    t.same([callMe.agi.address, callMe.web.address], [null, null]);
    const next = await options(where.config, new Listener());
    await new CallMe(next).stop(1_000);
    t.pass('the store is free');
  });
}

// ---------------------------------------------------------------------------------------------------------------- FastAGI

async function ask({ callMe }: House, request: Readonly<Record<string, string>>, setup: Setup = {}): Promise<AgiCall> {
  const asked = await call(callMe.agi.address?.port ?? 0, { request, ...setup });
  await asked.ended;
  return asked;
}
const answer = ({ variables }: AgiCall): readonly unknown[] => ['ROUTE_TARGET', 'ROUTE_REASON', 'ROUTE_SOURCE', 'CALLERID(name)'].map((name) => variables.get(name));
const searches = (portal: Portal): number => portal.ledger.filter(({ method }) => method.includes('searchcrmentities')).length;

t.test('FastAGI: whose client calls', async (t) => {
  const where = await place(t);
  const house = await open(t, where);
  t.same(answer(await ask(house, { agi_callerid: '79161234567' })), ['220', 'owner-of-contact', 'live', 'Irina']);
  t.same(answer(await ask(house, { agi_callerid: '+79161234567' })), ['220', 'owner-of-contact', 'cache', 'Irina']);
  t.equal(searches(where.portal), 1, 'the second one is answered from memory');
  t.same(answer(await ask(house, { agi_callerid: '79990000000' })), ['', 'unknown-number', 'fallback', undefined]);
  const asked = where.portal.ledger.length;
  t.same(answer(await ask(house, { agi_callerid: '79160000001', agi_callingpres: '35' })), ['', 'hidden-number', 'fallback', undefined]);
  t.same(answer(await ask(house, { agi_callerid: 'unknown' })), ['', 'hidden-number', 'fallback', undefined]);
  t.equal(where.portal.ledger.length, asked, 'the CRM is not asked about nobody');
});

t.test('FastAGI: a CRM that is silent, broken or gone means the default route', async (t) => {
  const where = await place(t);
  const house = await open(t, where);
  where.portal.misbehave({ lie: { kind: 'silence-before' }, times: Infinity });
  t.same(answer(await ask(house, { agi_callerid: '79161234567' })), ['', 'crm-late', 'timeout', undefined]);
  where.portal.behave();
  where.portal.misbehave({ lie: { kind: 'reset-before' }, times: Infinity });
  t.same(answer(await ask(house, { agi_callerid: '79161234568' })), ['', 'crm-failed', 'fallback', undefined]);
  await where.portal.stop();
  t.same(answer(await ask(house, { agi_callerid: '79161234569' })), ['', 'crm-failed', 'fallback', undefined]);
  noSecrets(t, house);
});

t.test('a lookup overtakes a CRM that is silent about deliveries', async (t) => {
  const where = await place(t);
  const house = await open(t, where);
  where.portal.misbehave({ at: 'externalcall.register', lie: { kind: 'silence-before' }, times: Infinity });
  await new Story(where.pbx, 'e3_unanswered', where.recordings).play();
  await where.portal.until(({ method }) => method.includes('register'));
  where.portal.addContact({ id: 400, name: 'Boris', phone: '+79170000000', responsible: 7 });
  t.same(answer(await ask(house, { agi_callerid: '79170000000' })), ['219', 'owner-of-contact', 'live', 'Boris']);
});

t.test('without the PBX telephones are answered all the same, and /ready says why it is not', async (t) => {
  const where = await place(t);
  await where.pbx.close();
  const house = await build(t, where);
  await house.callMe.start();
  await house.log.says(/refused the connection/);
  await house.log.says(/link: /);
  t.same(answer(await ask(house, { agi_callerid: '79990000000' })), ['', 'unknown-number', 'fallback', undefined]);
  const ready = await fetch(`${house.callMe.web.address ?? ''}/ready`);
  t.equal(ready.status, 503);
  t.match(await ready.json(), { status: 'not ready', checks: { 'pbx main': /^down: .*refused/, 'agi': 'up', 'store': 'up' } });
  t.equal((await fetch(`${house.callMe.web.address ?? ''}/health`)).status, 200);
});

t.test('with the PBX /ready says so; a store that refuses is not ready', async (t) => {
  const where = await place(t);
  const house = await open(t, where);
  const look = async (): Promise<unknown> => { const said = await fetch(`${house.callMe.web.address ?? ''}/ready`); return [said.status, await said.json()]; };
  t.match(await look(), [200, { status: 'ready', checks: { 'pbx main': 'up', 'store': 'up', 'agi': 'up' } }]);
  const { journal } = house.callMe.store as { journal: { commit: unknown } };
  const { commit } = journal;
  journal.commit = () => { throw new Error('no space left'); };
  const story = new Story(where.pbx, 'e3_unanswered', where.recordings);
  await story.play();
  await house.log.says(/the store refused a commit/);
  t.match(await look(), [503, { checks: { 'store': /refuses to write/ } }]);
  journal.commit = commit;
  await house.log.until(() => house.callMe.readiness().ready);
  t.match(factsOf(house, keyOf('1795168934.87')).at(-1), { kind: 'recording-closed' });
});

// ---------------------------------------------------------------------------------------------------------------- what must never get out

const SAFE = /^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]*$/u;
t.test('a hostile name from the CRM: what reaches AGI is one harmless line, AMI and the log hear nothing of it', async (t) => {
  const hostile = HOSTILE_NAMES.map((name, index) => ({ id: 500 + index, name, phone: `+7916555000${index}`, responsible: 8 }));
  const where = await place(t, { portal: { users: [{ id: 7, name: 'Anna', extension: '219' }, { id: 8, name: 'Olga', extension: '220' }], contacts: [IRINA, ...hostile] } });
  const house = await open(t, where);
  const actions = where.pbx.actions.length;
  for (const { phone, name } of hostile) {
    const asked = await ask(house, { agi_callerid: phone });
    t.equal(asked.variables.get('ROUTE_TARGET'), '220', `name ${hostile.findIndex((one) => one.name === name)}`);
    for (const line of asked.commands) {
      t.match(line, SAFE, 'printable');
      const words = parseArgs(line);
      t.equal(words.length, /^set/i.test(line) ? 4 : 3, 'one command with its arguments');
      t.notMatch(words.at(-1), /\$[{[]/, 'nothing to expand');
      t.ok((words.at(-1) ?? '').length <= 80, 'short');
    }
  }
  t.ok(house.log.lines.every((line) => line.endsWith('\n') && SAFE.test(line.trimEnd())), 'log lines are lines');
  for (const probe of ['reboot', '<script>', 'etc/passwd', 'Action: Originate', 'SHELL']) t.notMatch(house.log.text, probe);
  t.notMatch(where.pbx.actions.slice(actions).map((action) => [...action].join()).join(), /reboot|script|passwd|SHELL|SIP\/1/);
});

t.test('every secret of the configuration is known to the log', async (t) => {
  const where = await place(t);
  const { loadConfig } = await import('../../app/config/index.ts');
  const loaded = loadConfig({ file: where.config, env: {}, cwd: '/' });
  t.ok(loaded.ok && secretsOf(loaded).includes(AMI_SECRET) && secretsOf(loaded).some((secret) => secret.includes(WEBHOOK_SECRET)));
});
