/** Telling the portal where we are: our lines (1.9) and, for an application, which events it shall tell us (1.13). May be repeated: what is there stays. */
import type { Verdict } from '../../../core/verdict.ts';
import type { Line } from '../../driver.ts';
import { externalLine, listOf } from './answers.ts';
import type { Command } from './batch.ts';
import { delivered } from './desk.ts';
import { CALL_BACK, CHANGES, CLICK } from './events.ts';
import type { BatchWait, Portal } from './portal.ts';
import type { Reply } from './replies.ts';
import { Told } from '../../told.ts';
import { reasonOf, type Refusal, verdictOf } from './verdicts.ts';

export interface Introduction {
  readonly portal: Portal;
  readonly lines: readonly Line[];
  /** May the portal make a lead of an outgoing call on a new line? */
  readonly leadsOutbound: boolean;
  /** Where events are sent, `poll` = we ask for them, null = we cannot say (a webhook). */
  readonly events: { readonly handler: string } | 'poll' | null;
}

export async function introduce(introduction: Introduction, signal: AbortSignal): Promise<Verdict> {
  try {
    const notes = [await tellLines(introduction, signal), await subscribe(introduction, signal)];
    return delivered(notes.filter((note) => note !== '').join('; '));
  } catch (error) {
    if (error instanceof Told) return error.verdict;
    throw error;
  }
}

const digitsOf = (number: string): string => number.replace(/\D/g, '') || number;

async function tellLines({ portal, lines, leadsOutbound }: Introduction, signal: AbortSignal): Promise<string> {
  if (lines.length === 0) return 'no lines are named';
  const known = await portal.ask('telephony.externalline.get', {}, { signal });
  // Telling calls may work all the same: lines that the portal does not know are made by the first call on them (1.4).
  if (!known.ok && known.code === 'WRONG_AUTH_TYPE') return 'lines not told: this portal lets applications alone manage them';
  if (!known.ok) throw new Told(verdictOf(known));
  const names = new Map(listOf(externalLine, known.result).map(({ NUMBER, NAME }) => [digitsOf(NUMBER), NAME]));
  const commands = lines.flatMap((line, index) => commandFor(line, names.get(digitsOf(line.number)), { index, leadsOutbound }));
  if (commands.length > 0) settle(await together(portal, commands, { signal, chief: 'telephony.externalline.add' }), /already exists/i);
  return `${lines.length} lines known, ${commands.length} of them told`;
}

function commandFor({ number, name }: Line, known: string | undefined, { index, leadsOutbound }: { index: number; leadsOutbound: boolean }): readonly Command[] {
  const [NUMBER, NAME] = [number.slice(0, 50), name.slice(0, 200)];
  const fresh = { NUMBER, ...(NAME === '' ? {} : { NAME }), CRM_AUTO_CREATE: leadsOutbound ? 'Y' : 'N' };
  if (known === undefined) return [{ name: `line${index}`, method: 'telephony.externalline.add', params: fresh }];
  return NAME === '' || known === NAME ? [] : [{ name: `line${index}`, method: 'telephony.externalline.update', params: { NUMBER, NAME } }];
}

async function subscribe({ portal, events }: Introduction, signal: AbortSignal): Promise<string> {
  if (events === null) return '';
  const how = events === 'poll' ? { event_type: 'offline' } : { handler: events.handler };
  const bind = (event: string): Command => ({ name: event, method: 'event.bind', params: { event, ...how } });
  const replies = await together(portal, [CLICK, CALL_BACK, ...CHANGES].map(bind), { signal, chief: 'event.bind' });
  settle(replies, /already bind|already bound|already exist/i);
  return events === 'poll' ? 'events are asked for' : 'events are sent to us';
}

/** The portal takes 50 commands in a batch (1.3). */
const MOST = 50;
async function together(portal: Portal, commands: readonly Command[], wait: BatchWait): Promise<readonly Reply[]> {
  const replies: Reply[] = [];
  for (let from = 0; from < commands.length; from += MOST) replies.push(...Object.values(await portal.batch(commands.slice(from, from + MOST), wait)));
  return replies;
}

const ADMIN = 'an administrator must install the application, only they may have its events';

/** A portal without CRM has no events of it: the calls are more important. */
function settle(replies: readonly Reply[], there: RegExp): void {
  const bad = replies.find((reply): reply is Refusal => !reply.ok && !there.test(reply.description) && reply.code !== 'ERROR_EVENT_NOT_FOUND');
  if (bad === undefined) return;
  // One right too few for this is no reason to hold every call of the account.
  throw new Told(bad.code === 'ACCESS_DENIED' ? { kind: 'refused', reason: `${reasonOf(bad)}: ${ADMIN}` } : verdictOf(bad));
}
