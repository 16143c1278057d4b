/** What each CRM was told and answered, what became of the recordings, and what a person can do where something is stuck. */
import { showTime } from '../cli/print.ts';
import type { Texts } from '../cli/texts/index.ts';
import { concerns, type Plan } from '../../core/plan.ts';
import type { Delivery, RecordingRow } from '../../core/ports.ts';
import { clean, shellWord } from './layout.ts';
import { sentenceOf } from './sentences.ts';
import { outlineOf, type Told } from './told.ts';

/** `about` is the delivery's or the recording's id. */
export interface Answer { readonly about: string; readonly text: string; readonly why: string; readonly remedy: string }

/** Oldest first, as they were told. */
export const answers = ({ deliveries }: Told, texts: Texts): readonly Answer[] =>
  deliveries.toSorted((one, other) => one.createdAt - other.createdAt || Number(one.id) - Number(other.id)).map((delivery) => answer(delivery, texts));

function answer(delivery: Delivery, texts: Texts): Answer {
  const { explaining: says } = texts;
  const { id, fact, account, state, attempts, notBefore, reason } = delivery;
  const what = says.delivered[state](attempts, showTime(notBefore));
  const text = `${clean(account)} ← ${fact.kind} (${sentenceOf(fact, texts)}): ${what}`;
  return { about: id, text, why: reason === '' ? '' : says.answer(clean(reason, 400).trim()), remedy: remedy(delivery, says) };
}

function remedy({ id, account, state }: Delivery, says: Texts['explaining']): string {
  if (state === 'dead') return says.retry(`callme outbox retry ${shellWord(id)}`);
  return state === 'held' ? says.unlock(`callme crm check --account ${shellWord(account)}`, `callme outbox retry ${shellWord(id)}`) : '';
}

/** Why no CRM was told anything, by the configuration as it is now; null where something was told or is still to come. */
export function silence(told: Told, { accounts, lines, internal }: Plan, { explaining: says }: Texts): string | null {
  const { described, merged, ended } = outlineOf(told);
  if (told.deliveries.length > 0) return null;
  if (accounts.length === 0) return says.silence.noAccounts;
  if (merged !== null && ended === null) return says.silence.merged(clean(merged.into));
  if (described === null) return says.silence.nothingYet;
  if (!concerns({ accounts, lines, internal: internal ?? false }, described.direction, described.line)) {
    return described.direction === 'internal' ? says.silence.internal : says.silence.line(clean(described.line));
  }
  return ended === null ? says.silence.nothingYet : says.silence.notPlanned;
}

export const recorded = ({ recordings }: Told, texts: Texts): readonly Answer[] => recordings.map((row) => recording(row, texts));

const WORKED_ON: ReadonlySet<string> = new Set(['closed', 'spooled', 'encoded']);

function recording({ id, file, state, attempts, notBefore, reason, mp3, seconds }: RecordingRow, { explaining: says }: Texts): Answer {
  const place = mp3 === null ? '' : `, ${seconds === null ? '' : `${seconds.toFixed(1)} ${says.second}, `}${clean(mp3)}`;
  const again = attempts > 0 && WORKED_ON.has(state) ? `, ${says.nextTry(attempts, showTime(notBefore))}` : '';
  const text = `${clean(file)}: ${says.recordings[state]}${place}${again}`;
  return { about: id, text, why: reason === '' ? '' : clean(reason, 400).trim(), remedy: state === 'broken' ? says.retry(`callme spool retry ${shellWord(id)}`) : '' };
}
