/**
 * CallMe is stopped, or killed, during fifty live calls of a real Asterisk and started again: calls end, begin and are handed over meanwhile.
 * Afterwards what was told and what the PBX wrote down (CEL) are the same, and the portal has heard each call exactly once.
 */
import { readFile, writeFile } from 'node:fs/promises';
import t from 'tap';
import { installKit, pbxOf, raiseStage, type Stage } from '../../lab/demo/stage.ts';
import type { Lab } from '../../lab/lab.ts';
import { blindTransfer, takes } from '../../lab/scenarios/story.ts';
import type { Dialog } from '../../lab/sip/dialog.ts';
import { answer } from '../../lab/sip/policy.ts';
import { labFor } from './lab.ts';
import type { CallLine } from './scene.ts';
import { until } from './until.ts';

interface Talk { readonly client: Dialog; readonly employee: Dialog }
interface Totals { readonly told: number; readonly missing: number; readonly differs: number; readonly extra: number; readonly open: number }

/** The deliveries of a hundred calls, at the pace that the portal allows. */
const TOLD_SECONDS = 300;

/** Clients are numbers of their own: the portal's calls are told apart by them. */
let clients = 0;
const nextClient = (): string => `7495${String(1_000_000 + (clients += 1))}`;

async function call(lab: Lab, line = '500'): Promise<Talk> {
  const client = await lab.trunk.call(line, { as: nextClient() });
  const employee = await lab.phones[219].incoming();
  await Promise.all([client.answered(), employee.answered()]);
  return { client, employee };
}

async function calls(lab: Lab, count: number): Promise<readonly Talk[]> {
  const talks: Talk[] = [];
  while (talks.length < count) talks.push(await call(lab));
  return talks;
}

async function hangUp(talks: readonly Talk[]): Promise<void> {
  for (const [index, { client, employee }] of talks.entries()) (index % 2 === 0 ? client : employee).hangUp();
  await Promise.all(talks.map(({ client }) => client.ended()));
}

/** The client goes on to 220, and 219 is out of it. */
async function transferred(lab: Lab, talks: readonly Talk[]): Promise<void> {
  for (const { employee } of talks) {
    await blindTransfer(lab, employee, '220');
    await takes(lab, '220');
  }
}

const callsOf = async (stage: Stage): Promise<readonly CallLine[]> => JSON.parse(await stage.verb('calls', 'list', '--limit', '999', '--json')) as readonly CallLine[];
const stateOf = async (stage: Stage, state: string): Promise<number> => (await callsOf(stage)).filter((line) => line.state === state).length;
const deliveries = async (stage: Stage, state: string): Promise<number> => (JSON.parse(await stage.verb('outbox', 'list', '--state', state, '--limit', '999', '--json')) as readonly unknown[]).length;
const unsettled = async (stage: Stage): Promise<number> => await deliveries(stage, 'pending') + await deliveries(stage, 'claimed') + await deliveries(stage, 'deferred');

async function reconciled(stage: Stage): Promise<Totals> {
  const { totals } = JSON.parse(await stage.verb('reconcile', '--from', '1h', '--dry-run', '--json')) as { readonly totals: Totals };
  return totals;
}

interface Crowd { readonly over: number; readonly ending: number; readonly staying: number; readonly handedOver: number; readonly inside: number; readonly born: number }

/** Everything that can happen to a call around a gap; resolves with the number of calls when the PBX is quiet and CallMe is there again. */
async function throughGap(lab: Lab, stage: Stage, crowd: Crowd, stop: () => Promise<void>): Promise<number> {
  const before = (await callsOf(stage)).length;
  await hangUp(await calls(lab, crowd.over));
  const ending = await calls(lab, crowd.ending);
  const staying = await calls(lab, crowd.staying);
  await until(async () => await stateOf(stage, 'open') === crowd.ending + crowd.staying);
  await stop();
  await hangUp(ending);
  await hangUp(await calls(lab, crowd.inside));
  await transferred(lab, staying.slice(0, crowd.handedOver));
  const born = await calls(lab, crowd.born);
  await stage.restart();
  await until(async () => await stateOf(stage, 'open') === crowd.staying + crowd.born);
  await transferred(lab, staying.slice(crowd.handedOver, crowd.handedOver + 1));
  for (const { client } of staying) client.hangUp();
  await hangUp(born);
  await lab.quiet(30);
  return before + crowd.over + crowd.ending + crowd.staying + crowd.inside + crowd.born;
}

const lab = await labFor(t, { kit: false });

if (lab) {
  await installKit(lab.asterisk);
  const stage = await raiseStage(pbxOf(lab.asterisk));
  t.teardown(() => stage.close());
  const written = await readFile(stage.files.config, 'utf8');
  const books = `    cdr: { source: csv, cel: ${lab.asterisk.books.cel}, timezone: UTC }\n`;
  await writeFile(stage.files.config, written.replace(/^agi:/m, `${books}agi:`), { mode: 0o600 });
  await stage.server().stop();
  await stage.restart();
  for (const phone of Object.values(lab.phones)) phone.policy = answer(0.1);

  const ways: readonly (readonly [string, Crowd, () => Promise<void>])[] = [
    ['stopped during fifty live calls', { over: 4, ending: 25, staying: 25, handedOver: 4, inside: 8, born: 8 }, () => stage.server().stop()],
    ['killed during ten live calls', { over: 2, ending: 5, staying: 5, handedOver: 2, inside: 3, born: 3 }, () => stage.server().kill9()],
  ];
  let gaps = 0;
  for (const [name, crowd, stop] of ways) {
    await t.test(`CallMe is ${name}`, async (t) => {
      const total = await throughGap(lab, stage, crowd, stop);
      await until(async () => await stateOf(stage, 'ended') === total);
      t.same(await reconciled(stage), { told: total, missing: 0, differs: 0, extra: 0, open: 0, filled: 0 }, 'the difference is zero');
      const lines = await callsOf(stage);
      t.equal(lines.length, total, 'no call that was none');
      // Who hangs up in the moment of the answer was not talked with: what each became is compared above.
      t.same(lines.filter(({ certain }) => !certain), [], 'nothing had to be concluded');
      await until(async () => await unsettled(stage) === 0, TOLD_SECONDS);
      const finishes = lines.map(({ linkedid }) => stage.portal.callsOf(linkedid).reduce((sum, { finishes: count }) => sum + count, 0));
      t.same(finishes.filter((count) => count !== 1), [], 'the portal has heard each call once');
      t.equal(stage.portal.calls.length, total);
      t.equal((await stage.server().log()).split('the gap was made good').length - 1, (gaps += 1), 'the books were read');
    });
  }
}
