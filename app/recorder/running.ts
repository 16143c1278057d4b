/** What runs on a recorded channel: CallMe's own recorder, and whether another program's sits beside it. Asked of Asterisk, because a gap may hide it. */
import { channelVariables, type Told } from '../../ami/actions.ts';
import type { Door } from '../../ami/door.ts';

/** The kit's variables of one recorded channel (dialplan/callme.conf). */
export interface Running {
  /** Asterisk's id of our recorder, `''` = none was started here. */
  readonly id: string;
  /** Absolute, as Asterisk sees it. */
  readonly file: string;
  /** MixMonitor's options as the kit gave them. */
  readonly options: string;
  /** The kit takes its own name out of MIXMONITOR_FILENAME, so what stands there is another recorder's file; it may have ended since. */
  readonly foreign: string;
  /** Not `''`: a re-arming was begun and not finished (healing). */
  readonly healing: string;
}

/** Milliseconds for each question to Asterisk; it answers in one. */
export const ASK_MS = 2_000;
/** On the channel while its recorder is being armed anew: whoever finds it set after a crash finishes that. */
export const HEALING_VARIABLE = 'CallMeHEAL';
const VARIABLES = ['CallMeMIXID', 'CallMeFILE', 'CallMeOPTIONS', 'MIXMONITOR_FILENAME', HEALING_VARIABLE] as const;

/** Rejects as `Door.action` does. */
export async function runningOn(door: Door, channel: string): Promise<Told<Running>> {
  const answer = await channelVariables(door, channel, VARIABLES, ASK_MS);
  if (answer.kind === 'refused') return answer;
  const value = (name: (typeof VARIABLES)[number]): string => answer.value.get(name) ?? '';
  const [file, named] = [value('CallMeFILE'), value('MIXMONITOR_FILENAME')];
  return { kind: 'told', value: { id: value('CallMeMIXID'), file, options: value('CallMeOPTIONS') || 'i(CallMeMIXID)', foreign: named === file ? '' : named, healing: value(HEALING_VARIABLE) } };
}
