/** What a comparison found, for people and for programs. */
import type { CallEnded } from '../../core/facts.ts';
import type { CallRow, Window } from '../../core/ports.ts';
import type { CommandIo } from '../cli/command.ts';
import { printable, printLine, showTime, table } from '../cli/print.ts';
import type { Texts } from '../cli/texts/index.ts';
import type { Differing } from './compare.ts';
import type { Counts, Reconciled } from './run.ts';

export function totalsOf(found: readonly Reconciled[]): Counts {
  const sum = (name: keyof Counts): number => found.reduce((total, { counts }) => total + counts[name], 0);
  return { told: sum('told'), missing: sum('missing'), differs: sum('differs'), extra: sum('extra'), open: sum('open'), filled: sum('filled') };
}

export interface Report { readonly ok: boolean; readonly dryRun: boolean; readonly window: Window }

/** One document; each list holds the first thousand. */
export const asJson = (found: readonly Reconciled[], { ok, dryRun, window }: Report): unknown => ({
  ok, dryRun, from: new Date(window.from).toISOString(), to: new Date(window.to).toISOString(), totals: totalsOf(found),
  pbx: found.map(({ pbx, kind, rows, counts, missing, differs, extra, unreadable }) => ({
    id: pbx, books: kind, rows, ...counts, unreadable, missingCalls: missing.map(callOf), extraCalls: extra,
    differingCalls: differs.map(({ told, expected, differences }) => ({ id: told.call, differences, certain: told.certain, told: callOf(told), books: callOf(expected.ended) })),
  })),
});

const callOf = ({ call, linkedid, direction, outcome, client, line, owner, startedAt, at, talkSeconds }: CallEnded): unknown =>
  ({ id: call, linkedid, direction, outcome, client: client.number, line, owner, startedAt, endedAt: at, talkSeconds });

export function printReport(io: CommandIo, found: readonly Reconciled[], { dryRun, window }: Report): void {
  const { reconcile: says } = io.texts;
  for (const each of found) {
    printLine(io, says.head(each.pbx, showTime(window.from), showTime(window.to), each.kind?.toUpperCase() ?? '', each.rows));
    const rows = [
      ...each.missing.map((ended) => missingRow(ended, dryRun ? says.missing : says.filled, io.texts)),
      ...each.differs.map((differing) => differingRow(differing, io.texts)), ...each.extra.map((row) => extraRow(row, io.texts)),
    ];
    if (rows.length > 0) io.stdout(table(says.columns, rows));
    printUnreadable(io, each);
  }
  const { told, missing, differs, extra, open, filled } = totalsOf(found);
  printLine(io, says.totals({ told, missing, differs, extra }));
  if (filled > 0) printLine(io, says.filledNow(filled));
  if (open > 0) printLine(io, says.open(open));
  if (differs > 0) printLine(io, says.differsMeans);
}

export function printUnreadable(io: CommandIo, { unreadable }: Reconciled): void {
  if (unreadable.length === 0) return;
  printLine(io, io.texts.reconcile.unreadable(unreadable.length));
  for (const { where, why } of unreadable) printLine(io, `  ${printable(where)}: ${printable(why)}`);
}

const missingRow = (ended: CallEnded, state: string, texts: Texts): readonly string[] =>
  [ended.call, state, showTime(ended.startedAt), ended.direction, ended.client.number, '', summary(ended, texts)];
const differingRow = ({ told, expected, differences }: Differing, { reconcile: says }: Texts): readonly string[] => [
  told.call, told.certain ? says.differs : says.differsConcluded, showTime(told.startedAt), expected.ended.direction, told.client.number,
  differences.map(({ aspect, told: text }) => `${says.aspects[aspect]} ${text === '' ? '-' : text}`).join(', '),
  differences.map(({ aspect, books }) => `${says.aspects[aspect]} ${books === '' ? '-' : books}`).join(', '),
];
const extraRow = (row: CallRow, { calls, reconcile: says }: Texts): readonly string[] =>
  [row.id, says.extra, showTime(row.startedAt), row.direction, row.client, [row.outcome ?? '', row.owner ?? '', calls.seconds(row.talkSeconds)].filter((text) => text !== '').join(', '), ''];
const summary = ({ outcome, owner, talkSeconds }: CallEnded, { calls }: Texts): string => [outcome, owner ?? '', calls.seconds(talkSeconds)].filter((text) => text !== '').join(', ');
