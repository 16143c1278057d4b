/** docs/recording-matrix.md: one line for each story and column, changed only where a result has changed. */
import { GAP_SECONDS } from '../hearing.ts';
import type { StoryName } from '../scenarios.ts';
import { COLUMNS, storiesOf, type ColumnName } from './columns.ts';
import type { FileHeard } from './perform.ts';
import type { Heard } from './presence.ts';
import type { Played } from './run.ts';

export interface Row { readonly story: StoryName; readonly column: ColumnName; readonly heard: string; readonly gap: string; readonly verdict: string }

export const WHOLE = 'whole';

/** Half seconds: what changes less is no change. */
const half = (seconds: number): string => (Math.round(seconds * 2) / 2).toFixed(1);
const shown = ({ person, heard, spoken }: Heard): string => `${person} ${half(heard)} of ${half(spoken)}`;
const fileText = ({ people }: FileHeard): string => people.filter(({ heard, spoken }) => heard >= 0.25 || spoken >= 0.25).map(shown).join(', ');

export function rowOf({ story, column, performance, reason }: Played): Row {
  if (performance === null) return { story, column, heard: '', gap: '', verdict: `not played: ${cell(reason)}` };
  const { files, complaints } = performance;
  const gap = Math.max(0, ...files.flatMap(({ people }) => people.map((each) => each.gap)));
  return {
    story, column, heard: files.map(fileText).join('; '), gap: gap <= GAP_SECONDS ? `≤ ${GAP_SECONDS}` : gap.toFixed(1),
    verdict: complaints.length === 0 ? WHOLE : `**broken**: ${cell(complaints.join('; '))}`,
  };
}

const cell = (text: string): string => text.replaceAll('|', '/').replaceAll('\n', ' ');

/** Half a second more or less is not worth a change of the page. */
const SAME_SECONDS = 0.5;

/** The old row, as long as it says the same. */
export function steady(row: Row, old: Row | undefined): Row {
  if (old?.verdict !== row.verdict || old.gap !== row.gap) return row;
  const [before, now] = [old.heard, row.heard].map((text) => text.split(/(\d+\.\d)/));
  const isSame = before !== undefined && now !== undefined && before.length === now.length && before.every((part, index) => isAlike(part, now[index] ?? ''));
  return isSame ? old : row;
}

const isAlike = (one: string, other: string): boolean => one === other || Math.abs(Number(one) - Number(other)) <= SAME_SECONDS;

const isWell = ({ verdict }: Row): boolean => verdict === WHOLE;

export function page(rows: readonly Row[], versions: ReadonlyMap<ColumnName, string>): string {
  const sections = COLUMNS.map(({ name }) => section(name, rows.filter(({ column }) => column === name), versions.get(name) ?? '')).filter((text) => text !== '');
  return `${HEAD}\n${sections.join('\n')}`;
}

function section(name: ColumnName, rows: readonly Row[], version: string): string {
  if (rows.length === 0) return '';
  const lines = rows.map(({ story, heard, gap, verdict }) => `| ${story} | ${heard} | ${gap} | ${verdict} |`);
  const good = rows.filter(isWell).length;
  return [`## Asterisk ${name}`, '', `${TITLES[name]} Asterisk ${version}. ${good} of ${rows.length} stories are whole.`, '',
    '| Story | Seconds heard of seconds spoken | Longest gap, s | Verdict |', '|---|---|---|---|', ...lines, ''].join('\n');
}

const TITLES: Readonly<Record<ColumnName, string>> = {
  22: 'The kit alone.', 16: 'The kit alone.',
  '22 random': 'Debian\'s build, telephones with random RTP sequence numbers, healed by `callme serve`.',
  '22 falling': 'Debian\'s build, each new stream numbered below the last one, healed by `callme serve`.',
};

/** Rows and versions that a page shows. */
export function readPage(text: string): { readonly rows: readonly Row[]; readonly versions: ReadonlyMap<ColumnName, string> } {
  const rows: Row[] = [];
  const versions = new Map<ColumnName, string>();
  let column: ColumnName | undefined;
  for (const line of text.split('\n')) {
    column = line.startsWith('## Asterisk ') ? COLUMNS.find(({ name }) => line === `## Asterisk ${name}`)?.name : column;
    const version = / Asterisk (\S+)\. \d+ of \d+ stories/.exec(line)?.[1];
    if (column !== undefined && version !== undefined) versions.set(column, version);
    const [, story, heard, gap, verdict] = /^\| (\w+) \| (.*?) \| (.*?) \| (.*) \|$/.exec(line) ?? [];
    if (column !== undefined && story !== undefined && story !== 'Story') rows.push({ story: story as StoryName, column, heard: heard ?? '', gap: gap ?? '', verdict: verdict ?? '' });
  }
  return { rows, versions };
}

/** New results over old ones, in the order of the stories; what is no longer a story goes. */
export function merged(old: readonly Row[], fresh: readonly Row[]): readonly Row[] {
  const find = (rows: readonly Row[], column: ColumnName, story: StoryName): Row | undefined => rows.find((row) => row.column === column && row.story === story);
  return COLUMNS.flatMap((column) => storiesOf(column).flatMap((story) => {
    const [before, now] = [find(old, column.name, story), find(fresh, column.name, story)];
    return now === undefined ? before ?? [] : steady(now, before);
  }));
}

const HEAD = `# The recording matrix

Written by \`npm run matrix\`: do not edit. It plays every story of the lab (\`lab/scenarios\`) in which an outside party talks with somebody, on a real
Asterisk with real SIP telephones that each sound a tone of their own, and listens to the WAV that CallMe's kit made of it.

**Heard** is how long a voice is in the recording. **Spoken** is the truth that it is compared with, and Asterisk is not asked for it: it is taken packet by
packet at the client's own telephone, which says what he sent, and what reached him of the others. Who speaks while the client is on hold or parked, or in a
consultation beside him, does not reach him and must not be in the recording. Seconds are rounded to halves.

**Longest gap** is the longest time in which somebody speaks with the client and is not heard in the recording. More than ${GAP_SECONDS} s fails the story; so does a
voice that is missing, one that is heard longer than it spoke, and a talk that nothing records. A moment in which only the client can be heard (the telephone of
the other one sends key tones, the next one still rings) is no gap.

T is the client, T2 a second party outside, 219, 220 and 221 are employees. A recording holds one call, so most stories have one; where 219 joins two
outside parties whom he called or who called him, two calls with a recording each become one, and both files have the rest: they stand behind one another,
with a semicolon in between. Calls between two telephones of the PBX are not recorded (\`internalCall\`), and a story without a talk has nothing to be heard.
`;
