/** `callme spool purge`, `hold` and `release`. */
import { planRetention, totals, type RetentionPlan, type RetentionRule } from '../../recordings/retention.ts';
import { finishPurges, purgeRecording } from '../../recordings/retention-purge.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine, showTime, table } from '../cli/print.ts';
import { now } from '../cli/stores.ts';
import { megabytes, namedRow, progress, type SpoolRoom } from './room.ts';

export async function purge(room: SpoolRoom): Promise<ExitCode> {
  const { args, io, store, policy, toldTo, lineOf } = room;
  const plan = planRetention({ store: store.recordings, policy, toldTo, lineOf, now: now() });
  const done = args.dryRun ? { gone: 0, later: 0 } : await act(plan, room);
  if (args.json) printJson(io, { ok: true, dryRun: args.dryRun, ...done, totals: totals(plan), ...asJson(plan) });
  else report(plan, done, room);
  return EXIT.fine;
}

async function act(plan: RetentionPlan, { store, storage, folders, log, io }: SpoolRoom): Promise<{ readonly gone: number; readonly later: number }> {
  const tools = { store: store.recordings, storage, folders, clock: { now }, log, signal: io.signal };
  const shown = progress(io);
  const done = { gone: await finishPurges(tools), later: 0 };
  for (const [index, going] of plan.going.entries()) {
    shown.step(index + 1);
    const purged = await purgeRecording(going, tools);
    if (purged !== 'kept') done[purged] += 1;
  }
  shown.end();
  return done;
}

const asJson = ({ going, staying }: RetentionPlan): Readonly<Record<'going' | 'staying', readonly object[]>> => ({
  going: going.map(({ row, rule, why, bytes }) => ({ id: row.id, state: row.state, rule, why, bytes, createdAt: row.createdAt })),
  staying: staying.map(({ row, why, detail }) => ({ id: row.id, state: row.state, why, detail, createdAt: row.createdAt })),
});

function report(plan: RetentionPlan, done: { readonly gone: number; readonly later: number }, { args, io }: SpoolRoom): void {
  const { spool } = io.texts;
  if (plan.going.length > 0) io.stdout(table(spool.purgeHead, plan.going.map(({ row, rule, why, bytes }) => [row.id, spool.rule(rule), spool.why(rule, why), megabytes(bytes), showTime(row.createdAt)])));
  if (plan.staying.length > 0) io.stdout(table(spool.stayHead, plan.staying.map(({ row, why, detail }) => [row.id, why === 'held' ? spool.held(detail) : spool.untold(detail)])));
  for (const [rule, { recordings, bytes }] of Object.entries(totals(plan)) as [RetentionRule, { recordings: number; bytes: number }][]) {
    if (recordings > 0) printLine(io, spool.purgeTotal(spool.rule(rule), recordings, megabytes(bytes)));
  }
  if (args.dryRun && plan.going.length > 0) printLine(io, spool.wouldPurge(plan.going.length, megabytes(plan.going.reduce((sum, { bytes }) => sum + bytes, 0))));
  else printLine(io, !args.dryRun && done.gone + done.later > 0 ? spool.purged(done.gone, done.later) : spool.nothingToPurge);
}

/** A hold of a recording that is purged would promise what nobody can keep. */
export function hold(room: SpoolRoom): ExitCode {
  const { args, io } = room;
  const row = namedRow(room);
  if (row.state === 'purged') throw new CliFailure({ code: 'PURGED', exit: EXIT.problem, message: io.texts.spool.isPurged(row.id), remedy: io.texts.spool.unknownRemedy });
  return setHold(room, args.text('reason') ?? io.texts.spool.noReason, args.dryRun ? io.texts.spool.wouldHold : io.texts.spool.isHeld);
}

export function release(room: SpoolRoom): ExitCode {
  return setHold(room, '', room.args.dryRun ? room.io.texts.spool.wouldRelease : room.io.texts.spool.isReleased);
}

function setHold(room: SpoolRoom, reason: string, words: (id: string) => string): ExitCode {
  const { args, io, store } = room;
  const { id } = namedRow(room);
  if (!args.dryRun) store.recordings.patch(id, { hold: reason }, now());
  if (args.json) printJson(io, { ok: true, dryRun: args.dryRun, id, hold: reason });
  else printLine(io, words(id));
  return EXIT.fine;
}
