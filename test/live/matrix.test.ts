/**
 * The recording matrix is current in what it lists, and it can be trusted: three of its stories are played here with the same ear, and the ear notices
 * what is missing. The whole of it is played by `npm run matrix`.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { COLUMNS, storiesOf } from '../../lab/matrix/columns.ts';
import { merged, page, readPage, rowOf, steady, WHOLE, type Row } from '../../lab/matrix/document.ts';
import { raiseScene } from '../../lab/matrix/lane.ts';
import { perform } from '../../lab/matrix/perform.ts';
import { compareBoth, PEOPLE, presenceOf, type Heard } from '../../lab/matrix/presence.ts';
import { preconditions } from '../../lab/preconditions.ts';
import type { StoryName } from '../../lab/scenarios.ts';
import type { Run } from '../../lab/tones.ts';

t.setTimeout(10 * 60_000);
const TEXT = readFileSync(join(import.meta.dirname, '../../docs/recording-matrix.md'), 'utf8');

t.test('docs/recording-matrix.md lists each story in each column', (t) => {
  const { rows } = readPage(TEXT);
  for (const column of COLUMNS) {
    const listed = rows.filter((row) => row.column === column.name).map(({ story }) => story);
    t.same(listed, storiesOf(column), `Asterisk ${column.name}: run npm run matrix`);
  }
  t.same(rows.filter(({ verdict }) => verdict !== WHOLE), [], 'every recording is whole');
  t.end();
});

t.test('it is as its writer would write it', (t) => {
  const { rows, versions } = readPage(TEXT);
  t.equal(page(merged(rows, []), versions), TEXT, 'nobody edited it: run npm run matrix');
  t.end();
});

t.test('a line changes only when its result does', (t) => {
  const old: Row = { story: 'inboundAnswered', column: '22', heard: 'T 2.0 of 2.0, 219 2.0 of 2.0', gap: '≤ 0.3', verdict: WHOLE };
  t.equal(steady({ ...old, heard: 'T 2.5 of 2.5, 219 2.0 of 2.0' }, old), old, 'half a second');
  const changed: readonly Partial<Row>[] = [{ heard: 'T 2.0 of 2.0, 219 0.0 of 2.0' }, { heard: 'T 2.0 of 2.0' }, { heard: 'T 2.0 of 2.0, 220 2.0 of 2.0' }, { gap: '0.5' }, { verdict: 'no' }];
  for (const change of changed) {
    const row = { ...old, ...change };
    t.equal(steady(row, old), row, JSON.stringify(change));
  }
  t.end();
});

const run = (from: number, to: number, ...speakers: Run['speakers']): Run => ({ from, to, speakers });
const TALK: readonly Run[] = [run(0, 1, 'T'), run(1, 4, 'T', '219'), run(4, 5), run(5, 8, 'T', '220')];
const heardOf = (file: readonly Run[], truth = TALK): ReadonlyMap<string, Heard> => new Map(compareBoth(presenceOf(truth), presenceOf(file), 500).map((each) => [each.person, each]));

t.test('the ear', (t) => {
  for (const each of heardOf(TALK).values()) t.equal(each.gap, 0, `${each.person}: the same is the same`);
  const late = heardOf([run(0, 0.5, 'T'), run(0.5, 3.5, 'T', '219'), run(3.5, 3.6), run(3.6, 6.6, 'T', '220')]);
  t.ok([...late.values()].every(({ gap }) => gap <= 0.5), 'begins later, and a pause takes no time in it');
  const deaf = heardOf([run(0, 1, 'T'), run(1, 4, 'T', '219'), run(4, 5), run(5, 8, 'T')]);
  t.match(deaf.get('220'), { heard: 0, gap: Number });
  t.ok((deaf.get('220')?.gap ?? 0) > 2.9, 'a voice that is missing is a gap as long as it spoke');
  t.equal(deaf.get('T')?.gap, 0, 'and nobody else is blamed');
  const hole = heardOf([run(0, 1, 'T'), run(1, 2, 'T', '219'), run(2, 2.6), run(2.6, 4, 'T', '219'), run(4, 5), run(5, 8, 'T', '220')]);
  for (const person of ['T', '219']) t.ok(Math.abs((hole.get(person)?.gap ?? 0) - 0.6) < 0.05, `${person}: a hole of 0.6 s`);
  const stranger = heardOf([run(0, 1, 'T'), run(1, 4, 'T', '219', '221'), run(4, 5), run(5, 8, 'T', '220')]);
  t.match(stranger.get('221'), { spoken: 0 }, 'whoever does not speak with the client is seen');
  t.ok((stranger.get('221')?.heard ?? 0) > 2.9);
  t.equal(PEOPLE.length, 5);
  t.end();
});

const able = await preconditions();
await t.test('three stories on Asterisk 22', { skip: able.ok ? false : able.reason }, async (t) => {
  const [plain] = COLUMNS;
  if (plain === undefined) throw new Error('no columns');
  const scene = await raiseScene(plain, 2);
  t.teardown(() => scene.close());
  const stories: readonly StoryName[] = ['inboundAttendedTransferByKeys', 'inboundJoinedWithSecondClient', 'mobileEmployeeCallsClient'];
  const written = readPage(TEXT).rows;
  for (const story of stories) {
    const performance = await perform(scene.lab, scene.tap, story, scene.cast);
    t.same(performance.complaints, [], `${story} is whole`);
    const row = rowOf({ column: '22', story, performance, reason: '' });
    const old = written.find((each) => each.column === '22' && each.story === story);
    t.equal(steady(row, old), old, `${story}: as the page says, ${row.heard}`);
  }
});
