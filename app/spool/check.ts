/** `callme spool check` and `repair`. */
import { checkSpool, type SpoolProblem } from '../../recordings/check.ts';
import { repairSpool, type Repair } from '../../recordings/check-repair.ts';
import type { CommandIo } from '../cli/command.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine, table } from '../cli/print.ts';
import { now } from '../cli/stores.ts';
import { onRecordingReady } from '../spooling.ts';
import { progress, type SpoolRoom } from './room.ts';

export async function check(room: SpoolRoom): Promise<ExitCode> {
  const { args, io } = room;
  const problems = await find(room, args.flag('deep'));
  if (args.json) printJson(io, { ok: problems.length === 0, problems });
  else if (problems.length === 0) printLine(io, io.texts.spool.fine);
  else io.stdout(table(io.texts.spool.checkHead, problems.map((each) => [subject(each), said(each, io), io.texts.spool.problemRemedy(each.kind, each.remedy)])));
  return problems.length === 0 ? EXIT.fine : EXIT.problem;
}

async function find({ config, store, storage, folders, fallbackFolder, toldTo, io }: SpoolRoom, deep: boolean): Promise<readonly SpoolProblem[]> {
  const shown = progress(io);
  try {
    return await checkSpool({
      store: store.recordings, folders, storage, toldTo, settings: { ...config.recording, fallbackFolder }, now: now(), signal: io.signal, deep, onRow: shown.step,
    });
  } finally {
    shown.end();
  }
}

const subject = ({ recording, path }: SpoolProblem): string => (recording === '' ? path : recording);
const said = ({ kind, detail, problem }: SpoolProblem, io: CommandIo): string => io.texts.spool.problem(kind, detail, problem);

export async function repair(room: SpoolRoom): Promise<ExitCode> {
  const { args, io, store, storage, folders, fallbackFolder, toldTo, planOf } = room;
  const problems = await find(room, args.flag('deep'));
  const announce = onRecordingReady({ store, clock: { now }, planOf, onFacts: () => undefined });
  const shown = progress(io);
  const repairs = await repairSpool(problems, {
    store: store.recordings, storage, folders, fallbackFolder, toldTo, announce, now: now(), signal: io.signal, deep: args.flag('deep'), dryRun: args.dryRun,
  }, shown.step).finally(shown.end);
  const left = repairs.filter(({ result }) => result === 'left').length;
  if (args.json) printJson(io, { ok: left === 0, dryRun: args.dryRun, repairs });
  else report(repairs, left, room);
  return left === 0 ? EXIT.fine : EXIT.problem;
}

function report(repairs: readonly Repair[], left: number, { args, io }: SpoolRoom): void {
  const { spool } = io.texts;
  if (repairs.length === 0) { printLine(io, spool.fine); return; }
  const result = (each: Repair): string => `${each.result === 'left' ? spool.left : args.dryRun ? spool.wouldRepair : spool.repaired}: ${spool.how(each.how)}`;
  io.stdout(table(spool.repairHead, repairs.map((each) => [subject(each.problem), said(each.problem, io), result(each)])));
  printLine(io, (args.dryRun ? spool.wouldRepairSum : spool.repairSum)(repairs.length - left, left));
}
