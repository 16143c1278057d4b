/** `callme spool export`. */
import { resolve } from 'node:path';
import type { RecordingRow } from '../../core/ports.ts';
import { exportRecordings, type ExportResult } from '../../recordings/export.ts';
import { allRows } from '../../recordings/manifest.ts';
import { recordingOpener } from '../../recordings/storage/open-recording.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine, table } from '../cli/print.ts';
import { callOf } from './list.ts';
import { megabytes, progress, whenOption, type SpoolRoom } from './room.ts';

export async function exportSpool(room: SpoolRoom): Promise<ExitCode> {
  const { args, io, store, storage, toldTo } = room;
  const folder = args.text('out');
  if (folder === undefined || folder === '') throw new CliFailure({ code: 'NO_OUT', exit: EXIT.usage, message: io.texts.spool.noOut, remedy: io.texts.spool.noOutRemedy });
  const out = resolve(io.cwd, folder);
  const shown = progress(io);
  const result = await exportRecordings({
    rows: rowsOf(room), out, openRecording: recordingOpener(storage), callOf: (row) => store.journal.calls({ call: row.call, limit: 1 })[0] ?? null,
    toldTo, signal: io.signal, dryRun: args.dryRun, onRow: shown.step,
  }).finally(shown.end);
  if (args.json) printJson(io, { ok: result.failed.length === 0, dryRun: args.dryRun, out, ...result });
  else report(result, out, room);
  return result.failed.length === 0 ? EXIT.fine : EXIT.problem;
}

function rowsOf(room: SpoolRoom): Iterable<RecordingRow> {
  const [from, to, call] = [whenOption(room, 'from'), whenOption(room, 'to'), callOf(room)];
  const inWindow = ({ createdAt }: RecordingRow): boolean => createdAt >= (from ?? -Infinity) && createdAt < (to ?? Infinity);
  if (call !== undefined) return room.store.recordings.list({ call, limit: RECORDINGS_OF_A_CALL }).filter(inWindow);
  return allRows(room.store.recordings, { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) });
}

const RECORDINGS_OF_A_CALL = 10_000;

function report({ exported, failed }: ExportResult, out: string, { args, io }: SpoolRoom): void {
  const { spool } = io.texts;
  if (failed.length > 0) io.stdout(table(spool.exportFailed, failed.map(({ recording, why }) => [recording, why])));
  printLine(io, (args.dryRun ? spool.wouldExport : spool.exported)(exported.length, megabytes(exported.reduce((sum, { bytes }) => sum + bytes, 0)), out));
}
