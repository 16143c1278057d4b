/**
 * The way of one recording: closed → spooled → encoded → uploaded, then its WAV goes. Each step looks at the disk first and is harmless
 * when done twice, so that a kill at any boundary costs time and nothing else; and so the steps up to the hand-over need no commit of their own. The WAV is never touched but for its header, and only
 * `purge.ts` removes it.
 */
import type { RecordingRow } from '../core/ports.ts';
import type { Desk } from './desk.ts';
import { codeOf, isSystemError, isWorldly, RecordingError, sentence } from './errors.ts';
import { encode, handOver, letWavGo } from './handover.ts';
import { takeOver } from './takeover.ts';
import { ownTurn } from './turn.ts';
import { begin, fail, refuse, type Going, type Trip } from './trip.ts';

/** Works a row off as far as it goes now. Rejects only when the store failed or on a bug of ours; the row then stays as it is. */
export async function workOff(row: RecordingRow, desk: Desk): Promise<void> {
  const trip = await begin(row, desk);
  if (trip === null) return;
  try {
    while (await step(trip) === 'on') await ownTurn();
  } catch (error) {
    if (desk.signal.aborted || codeOf(error) === 'STOPPED') return;
    if (isWorldly(error)) await refuse(trip, sentence(error));
    else if (error instanceof RecordingError || isSystemError(error)) await fail(trip, sentence(error));
    else throw error;
  }
}

function step(trip: Trip): Promise<Going> {
  // A stop does not hinder the last step: it is short, and what it leaves is only found again by the next sweep.
  if (trip.row.state !== 'uploaded') trip.desk.signal.throwIfAborted();
  switch (trip.row.state) {
    case 'closed': return takeOver(trip);
    case 'spooled': return encode(trip);
    case 'encoded': return handOver(trip);
    case 'uploaded': return letWavGo(trip);
    default: return Promise.resolve('rest');
  }
}
