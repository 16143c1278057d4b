/** The law of this room: the books of a call tell the same end of it as the stream that a listener heard. */
import t, { type Test } from 'tap';
import { phoneKey } from '../../core/phone.ts';
import type { CallEnded } from '../../core/facts.ts';
import { stories } from '../core/stories.ts';
import { factsOf } from '../captures/story.ts';
import { CDR_COLUMNS, cdrOf, celOf, csvLine, streamOf } from '../fakes/books-of-ami.ts';
import { cdrText, celText, endings, pastOf } from './story.ts';

type Story = (typeof stories)[number];
const heard = ({ events }: Story): readonly CallEnded[] => factsOf(events).filter((fact) => fact.kind === 'call-ended');
const timed = ({ file }: Story): boolean => file.endsWith('.ndjson');
/**
 * The two know different things: the listener came in mid call or the PBX died; nobody lifted at a click-to-call, and that the CRM had asked
 * for it is a channel variable, which no book holds.
 */
const partial = ({ name }: Story): boolean => /n1_|n2_|clickToCallUnlifted/.test(name);

/** Employees alone in a conference room are nobody's call: whether they are one or several is told to no CRM. */
const room = ({ name }: Story): boolean => /Conference/.test(name);

/** Of a dial that nobody answered CEL has no dial string: the trunk's prefix stays before the number. The telephone is the same. */
const told = ({ call, direction, client, outcome, owner, talked, handOvers }: CallEnded) =>
  ({ call, direction, client: phoneKey(client.number), outcome, owner, talked, handOvers: handOvers.map(({ from, to }) => `${from}>${to}`) });

function near(t: Test, one: readonly CallEnded[], other: readonly CallEnded[], seconds: number): void {
  one.forEach(({ call, talkSeconds }, index) => {
    const expected = other[index]?.talkSeconds ?? Number.NaN;
    t.ok(Math.abs(talkSeconds - expected) <= seconds, `${call}: ${talkSeconds} s of talk, heard ${expected} s`);
  });
}

for (const story of stories) {
  const rows = celOf(streamOf(story.file));
  if (rows.length === 0 || partial(story)) continue;
  t.test(`CEL of ${story.name}`, async (t) => {
    const past = await pastOf(t, { cel: celText(rows) });
    t.equal(past.kind, 'cel');
    t.same(past.unreadable, []);
    const counted = ({ direction }: CallEnded): boolean => !room(story) || direction !== 'internal';
    const [read, live] = [endings(past).filter(counted), heard(story).filter(counted)];
    t.same(read.map(told), live.map(told));
    if (timed(story)) near(t, read, live, 1);
  });
}

/** CDR keeps whole seconds of pairs of channels: who handed over to whom and on whose word is not in it. */
const known = ({ direction, client, outcome, owner, call }: CallEnded) => ({ call, direction, client: client.number, outcome, owner });

for (const story of stories) {
  const rows = cdrOf(streamOf(story.file));
  if (rows.length === 0) continue;
  t.test(`CDR of ${story.name}`, async (t) => {
    const withLinkedid = rows.map((row) => csvLine([...CDR_COLUMNS, 'peeraccount', 'linkedid', 'sequence'], row)).join('');
    for (const [how, text] of [['without linkedid', cdrText(rows)], ['with linkedid', withLinkedid]] as const) {
      const past = await pastOf(t, { cdr: text });
      t.same(past.unreadable, [], how);
      const [read, live] = [endings(past), heard(story)];
      t.same(read.map(known), live.map(known), how);
      if (timed(story)) near(t, read, live, 2);
    }
  });
}
