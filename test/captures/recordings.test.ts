/** The end of a call names the sound files that its CRM will be told of: a CRM that takes a call once is told its link with it. */
import t from 'tap';
import type { CallEnded, RecordingClosed } from '../../core/facts.ts';
import { stories } from '../core/stories.ts';
import { factsOf } from './story.ts';

t.test('in every capture, the end names exactly the files that are told behind it', (t) => {
  let named = 0;
  for (const { name, events } of stories) {
    const facts = factsOf(events);
    const closed = facts.filter((fact): fact is RecordingClosed => fact.kind === 'recording-closed');
    for (const end of facts.filter((fact): fact is CallEnded => fact.kind === 'call-ended')) {
      const told = closed.filter(({ call }) => call === end.call).map(({ pbx, file }) => `${pbx}/${file}`);
      t.same([...end.recordings ?? []].sort(), told.sort(), `${name}: ${end.call}`);
      named += told.length;
    }
  }
  t.ok(named > 50, `${named} files were named`);
  t.end();
});
