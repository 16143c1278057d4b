/** What a telephony engineer expects of each story of the lab, against what the law makes of its captures from Asterisk 22 and 16. */
import t from 'tap';
import { expectations, type ExpectedCall } from '../../lab/expectations.ts';
import type { StoryName } from '../../lab/scenarios.ts';
import type { CallEnded, Fact } from '../../core/facts.ts';
import { factsOf } from '../captures/story.ts';
import { stories } from './stories.ts';

/** Signals and key presses take their time. */
const SECONDS = 1.5;

/** The calls that somebody would count: a consultation that became part of a client's call is none of its own. */
function ended(facts: readonly Fact[]): readonly CallEnded[] {
  const merged = new Set(facts.filter(({ kind }) => kind === 'call-merged').map(({ call }) => call));
  return facts.filter((fact) => fact.kind === 'call-ended').filter((fact) => fact.direction !== 'internal' || !merged.has(fact.call)).toSorted((one, other) => one.startedAt - other.startedAt);
}

const told = ({ direction, outcome, owner, talked }: CallEnded | ExpectedCall): string => `${direction} ${outcome} owner=${owner ?? '-'} talked=${talked.join('>')}`;

for (const { name, events } of stories.filter((story) => /^\d+-lab\//.test(story.name))) {
  const story = name.replace(/^.*\/|\.ndjson$/g, '') as StoryName;
  t.test(`${name}: direction, outcome, owner, who talked and for how long`, (t) => {
    const [expected, calls] = [expectations[story], ended(factsOf(events))];
    t.equal(calls.length, expected.length, 'as many calls');
    for (const [index, call] of calls.entries()) {
      const wanted = expected[index];
      if (wanted === undefined) continue;
      if (wanted.unsure !== undefined && (told(call) !== told(wanted) || Math.abs(call.talkSeconds - wanted.talkSeconds) > SECONDS)) { t.comment(`${told(call)} ${call.talkSeconds} s, expected ${told(wanted)} ${wanted.talkSeconds} s: ${wanted.unsure}`); continue; }
      t.equal(told(call), told(wanted));
      t.ok(Math.abs(call.talkSeconds - wanted.talkSeconds) <= SECONDS, `talked ${call.talkSeconds} s, expected ${wanted.talkSeconds}`);
    }
    t.end();
  });
}

t.test('every story of the lab has a capture of both versions', (t) => {
  for (const version of ['22-lab', '16-lab']) t.same(Object.keys(expectations).filter((story) => !stories.some(({ name }) => name === `${version}/${story}.ndjson`)), [], version);
  t.end();
});
