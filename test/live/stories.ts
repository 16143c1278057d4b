/** Plays stories of the lab against `callme serve` and compares the calls that it stored with what a telephony engineer expects of them. */
import type { Test } from 'tap';
import { expectations, handOversOf, type ExpectedCall } from '../../lab/expectations.ts';
import { UNKNOWN_NUMBER, type Stage } from '../../lab/demo/stage.ts';
import type { Lab, LabOptions } from '../../lab/lab.ts';
import { CAST, play, type StoryName } from '../../lab/scenarios.ts';
import type { CallEnded, Fact } from '../../core/facts.ts';
import { stageFor } from './stage.ts';
import { until } from './until.ts';

interface Listed { readonly id: string; readonly state: string; readonly startedAt: number }
interface Told { readonly id: string; readonly state: string; readonly ends: readonly CallEnded[] }

/** The portal knows the lab's client and would have him routed to his own manager: this one goes where the PBX sends everybody. */
const CLIENT = UNKNOWN_NUMBER;
const TALK_SECONDS = 2;
/** Signals, key presses and the whole second that a talk is told in. */
const ABOUT_SECONDS = 1.5;

export async function tellStories(t: Test, names: readonly StoryName[], options: LabOptions = {}): Promise<void> {
  const scene = await stageFor(t, options);
  if (scene === null) return;
  for (const name of names) await t.test(name, (t) => compare(t, name, { lab: scene.lab, stage: scene.stage }));
}

async function compare(t: Test, name: StoryName, { lab, stage }: { readonly lab: Lab; readonly stage: Stage }): Promise<void> {
  const expected = expectations[name];
  t.notOk(expected.some(({ unsure }) => unsure !== undefined), 'nobody could defend another answer');
  const before = new Set((await listed(stage)).map(({ id }) => id));
  await play(lab, name, { talkSeconds: TALK_SECONDS, client: CLIENT });
  const told = await settled(stage, before, expected.length);
  for (const { id, state, ends } of told) t.equal(ends.length, state === 'merged' ? 0 : 1, `${id} is ${state} and was ended once`);
  const ends = told.flatMap((call) => call.ends);
  t.same(ends.map(seen), expected.map(wanted), 'the calls, their outcomes and owners', { trace: lab.trace() });
  for (const [index, end] of ends.entries()) {
    const about = expected[index]?.talkSeconds ?? 0;
    t.ok(Math.abs(end.talkSeconds - about) <= ABOUT_SECONDS, `${end.call}: ${end.talkSeconds} s of talk, ${about} s were spoken`);
  }
}

const seen = ({ direction, client, outcome, owner, talked, handOvers, certain }: CallEnded): object =>
  ({ direction, client: direction === 'internal' ? '' : client.number, outcome, owner, talked, handOvers: handOvers.map(({ from, to }) => `${from}>${to}`), certain });

const wanted = ({ direction, client, outcome, owner, talked }: ExpectedCall): object =>
  ({ direction, client: client === CAST.client ? CLIENT : client, outcome, owner, talked, handOvers: handOversOf(talked), certain: true });

const listed = async (stage: Stage): Promise<readonly Listed[]> => JSON.parse(await stage.verb('calls', 'list', '--json', '--limit', '500')) as readonly Listed[];

/** Once nothing is open and as many calls as expected are over; with more of them the comparison fails, with less the wait. */
async function settled(stage: Stage, before: ReadonlySet<string>, count: number): Promise<readonly Told[]> {
  let fresh: readonly Listed[] = [];
  await until(async () => {
    fresh = (await listed(stage)).filter(({ id }) => !before.has(id));
    return fresh.every(({ state }) => state !== 'open') && fresh.filter(({ state }) => state === 'ended').length >= count;
  });
  return Promise.all(fresh.toSorted((one, other) => one.startedAt - other.startedAt).map(async ({ id, state }) => ({ id, state, ends: await endsOf(stage, id) })));
}

async function endsOf(stage: Stage, id: string): Promise<readonly CallEnded[]> {
  const { facts } = JSON.parse(await stage.verb('calls', 'show', id, '--json')) as { readonly facts: readonly Fact[] };
  return facts.filter((fact) => fact.kind === 'call-ended');
}
