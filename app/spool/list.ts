/** `callme spool list` and `retry`. */
import type { RecordingRow, RecordingState } from '../../core/ports.ts';
import type { CallKey, RecordingId } from '../../core/words.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine, showTime, table } from '../cli/print.ts';
import { limitOf, now } from '../cli/stores.ts';
import type { SpoolRoom } from './room.ts';

export const STATES: readonly RecordingState[] = ['growing', 'closed', 'spooled', 'encoded', 'uploaded', 'told', 'purged', 'empty', 'broken'];

export function list(room: SpoolRoom): ExitCode {
  const { args, io, store, toldTo } = room;
  const state = STATES.find((known) => known === args.text('state'));
  const call = callOf(room);
  const rows = store.recordings.list({ limit: limitOf(args), ...(state === undefined ? {} : { state }), ...(call === undefined ? {} : { call }) });
  if (args.json) printJson(io, rows.map((row) => ({ ...row, crm: toldTo(row) })));
  else io.stdout(rows.length === 0 ? `${io.texts.spool.none}\n` : table(io.texts.spool.head, rows.map((row) => cells(row, room))));
  return EXIT.fine;
}

/** `--call`: the key, or the linkedid alone (of the first PBX that has it). */
export function callOf({ args, config, store }: Pick<SpoolRoom, 'args' | 'config' | 'store'>): CallKey | undefined {
  const text = args.text('call');
  if (text === undefined || text.includes('/')) return text as CallKey | undefined;
  const keys = config.pbx.map(({ id }) => `${id}/${text}` as CallKey);
  return keys.find((key) => store.journal.calls({ call: key, limit: 1 }).length > 0) ?? keys[0];
}

function cells(row: RecordingRow, { io, toldTo }: SpoolRoom): readonly string[] {
  const { texts } = io;
  const where = row.mp3 === null ? (row.stored === null ? '' : texts.spool.bucket) : row.stored === null ? texts.spool.here : texts.spool.both;
  const crm = toldTo(row).map(({ account, state }) => `${account} ${state}`).join(', ');
  const reason = [row.hold === '' ? '' : `${texts.spool.onHold}: ${row.hold}`, row.reason].filter((part) => part !== '').join('; ');
  return [row.id, row.state, String(row.attempts), showTime(row.createdAt), row.seconds?.toFixed(0) ?? '', row.silenceSeconds?.toFixed(0) ?? '', row.talked.join(' '), where, crm, reason];
}

export function retry({ args, io, store }: SpoolRoom): ExitCode {
  const id = (args.text('id') ?? '') as RecordingId;
  const done = args.dryRun ? store.recordings.get(id) !== null : store.recordings.retry(id, now());
  if (!done) throw unknown(io, id);
  if (args.json) printJson(io, { ok: true, dryRun: args.dryRun, retried: [id] });
  else printLine(io, args.dryRun ? io.texts.spool.wouldRetry(id) : io.texts.spool.retried(id));
  return EXIT.fine;
}

export const unknown = (io: SpoolRoom['io'], id: string): CliFailure =>
  new CliFailure({ code: 'NO_RECORDING', exit: EXIT.problem, message: io.texts.spool.unknown(id), remedy: io.texts.spool.unknownRemedy });
