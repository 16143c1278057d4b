/**
 * `npm run matrix [-- OPTION …]`: plays every story with a talk on both versions of Asterisk, listens to the recordings, and writes docs/recording-matrix.md.
 *
 *   --story NAME    only this story (may be given several times)
 *   --column NAME   only this column: 22, 16, "22 random", "22 falling" (may be given several times)
 *   --labs N        labs side by side for each column; default 2, and 1 where CallMe serves
 *   --json          one JSON line a story on stdout, progress on stderr
 *
 * Of a part of the stories only their lines change. Exit code 0: all that was played is whole; 1: something is not; 2: a mistake in the options.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from './build.ts';
import { COLUMNS, storiesOf, TALKS, type Column } from './matrix/columns.ts';
import { merged, page, readPage, rowOf, WHOLE } from './matrix/document.ts';
import { runMatrix, type Played, type Work } from './matrix/run.ts';
import { preconditions } from './preconditions.ts';

const PAGE = join(dirname(import.meta.dirname), 'docs', 'recording-matrix.md');
const TALK_SECONDS = 2;
/** A healing costs time that a busy machine makes longer: where CallMe serves, one lab a column. */
const labsOf = ({ serving }: Column): number => (serving ? 1 : 2);

interface Asked { readonly stories: readonly string[]; readonly columns: readonly Column[]; /** Null = as many as each column takes. */ readonly labs: number | null; readonly json: boolean }

function ask(): Asked | string {
  const { values } = parseArgs({ options: {
    story: { type: 'string', multiple: true }, column: { type: 'string', multiple: true }, labs: { type: 'string' }, json: { type: 'boolean', default: false },
  } });
  const stories = values.story ?? TALKS;
  const columns = COLUMNS.filter(({ name }) => values.column?.includes(name) ?? true);
  const labs = values.labs === undefined ? null : Number(values.labs);
  const unknown = stories.filter((name) => !TALKS.some((each) => each === name));
  if (unknown.length > 0) return `no story with a talk is called ${unknown.join(', ')}; there are ${TALKS.join(' ')}`;
  if (columns.length < (values.column?.length ?? 1)) return `columns are ${COLUMNS.map(({ name }) => `"${name}"`).join(', ')}`;
  return labs === null || (Number.isInteger(labs) && labs > 0 && labs <= 8) ? { stories, columns, labs, json: values.json } : '--labs is a whole number from 1 to 8';
}

const say = (line: string): void => { process.stderr.write(`${line}\n`); };

function report(json: boolean, begun: number): (played: Played) => void {
  return (played) => {
    const { story, column, heard, verdict } = rowOf(played);
    say(`[${((Date.now() - begun) / 1000).toFixed(0).padStart(4)} s] ${column.padEnd(10)} ${story}: ${verdict}${verdict === WHOLE ? '' : ` (${heard})`}`);
    if (json) process.stdout.write(`${JSON.stringify(played)}\n`);
  };
}

/** The plain columns first, side by side; then those with a serving CallMe, which need more of the machine. */
function turnsOf({ columns, stories, labs }: Asked): readonly (readonly Work[])[] {
  const works = columns.map((column): Work => ({ column, stories: storiesOf(column).filter((name) => stories.includes(name)), labs: labs ?? labsOf(column) }));
  return [works.filter(({ column }) => !column.serving), works.filter(({ column }) => column.serving)];
}

async function whyNot({ columns }: Asked): Promise<string> {
  for (const { version } of columns) {
    const able = await preconditions(version);
    if (!able.ok) return able.reason;
    await build(version, say);
  }
  return '';
}

async function main(): Promise<number> {
  const asked = ask();
  if (typeof asked === 'string') { say(asked); return 2; }
  const reason = await whyNot(asked);
  if (reason !== '') { say(reason); return 1; }
  const { played, versions } = await runMatrix(turnsOf(asked), { talkSeconds: TALK_SECONDS, onPlayed: report(asked.json, Date.now()), onNote: say });
  const old = readPage(await readFile(PAGE, 'utf8').catch(() => ''));
  const fresh = played.map(rowOf);
  await writeFile(PAGE, page(merged(old.rows, fresh), new Map([...old.versions, ...versions])));
  const bad = fresh.filter(({ verdict }) => verdict !== WHOLE).length;
  say(`${fresh.length - bad} of ${fresh.length} recordings are whole: docs/recording-matrix.md`);
  return bad === 0 ? 0 : 1;
}

process.exitCode = await main();
