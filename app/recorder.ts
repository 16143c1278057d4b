/**
 * CallMe's hand on its recorders: pauses and goes on, for the HTTP API, for the keys and for `callme record`. A paused recorder writes silence. Asterisk's action
 * takes no recorder's id, so beside another recorder (FreePBX's) it is refused: 22 would silence that one too, 16 perhaps that one alone.
 */
import { muteRecorders } from '../ami/actions.ts';
import type { Door } from '../ami/door.ts';
import { AmiError } from '../ami/errors.ts';
import type { Call, Leg } from '../core/calls.ts';
import type { Log } from '../core/ports.ts';
import { growing } from '../core/sounds.ts';
import type { CallKey } from '../core/words.ts';
import { ASK_MS, runningOn } from './recorder/running.ts';

export type RecorderAct = 'pause' | 'resume';
/** Stable, for programs and for the texts of two languages. */
export type RecorderRefusal = 'NO_CALL' | 'NO_RECORDING' | 'OTHER_RECORDER' | 'PBX_REFUSED' | 'PBX_AWAY';
export type RecorderAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: RecorderRefusal; readonly reason: string; readonly remedy: string };

/** One Pbx: its open calls as CallMe knows them, and the way to it. */
export interface RecordedPbx { readonly door: Door; call(key: CallKey): Call | undefined }
export interface RecorderTools {
  /** The Pbx of this call; undefined = no Pbx of ours. */
  readonly pbxOf: (call: CallKey) => RecordedPbx | undefined;
  readonly log: Log;
}

export class Recorder {
  readonly #tools: RecorderTools;

  constructor(tools: RecorderTools) { this.#tools = tools; }

  pause(call: CallKey): Promise<RecorderAnswer> { return this.act(call, 'pause'); }
  resume(call: CallKey): Promise<RecorderAnswer> { return this.act(call, 'resume'); }

  /** Every recording of the call that runs now. Never rejects; done twice it is done once. */
  async act(key: CallKey, what: RecorderAct): Promise<RecorderAnswer> {
    const pbx = this.#tools.pbxOf(key);
    const call = pbx?.call(key);
    if (pbx === undefined || call === undefined || call.ended) return refused('NO_CALL', `there is no open call ${key}`);
    const legs = recordedLegs(call);
    if (legs.length === 0) return refused('NO_RECORDING', `nothing is being recorded in the call ${key}`);
    try {
      for (const leg of legs) {
        const refusal = await actOn(pbx.door, leg, what);
        if (refusal !== null) return this.#said(key, what, refusal);
      }
      return this.#said(key, what, { ok: true });
    } catch (error) {
      if (!(error instanceof AmiError)) throw error;
      return this.#said(key, what, refused('PBX_AWAY', error.message));
    }
  }

  /** A pause is a decision about evidence: the log says who was obeyed and who was not. */
  #said(call: CallKey, what: RecorderAct, answer: RecorderAnswer): RecorderAnswer {
    if (answer.ok) this.#tools.log.info({ call }, `recording: ${what}d`);
    else this.#tools.log.warn({ call, code: answer.code, remedy: answer.remedy }, `recording: no ${what}: ${answer.reason}`);
    return answer;
  }
}

/** The channels that recorders of CallMe sit on. */
const recordedLegs = (call: Call): readonly Leg[] => growing(call).flatMap(({ leg }) => {
  const found = leg === null ? undefined : call.legs[leg];
  return found === undefined || found.state === 'closed' ? [] : [found];
});

/** Null = done. */
async function actOn(door: Door, leg: Leg, what: RecorderAct): Promise<RecorderAnswer | null> {
  const running = await runningOn(door, leg.name);
  if (running.kind === 'refused') return refused('PBX_REFUSED', running.message);
  if (running.value.id === '') return refused('NO_RECORDING', `no recorder of CallMe runs on ${leg.name}`);
  if (leg.recorders > 1 || running.value.foreign !== '') return refused('OTHER_RECORDER', `another recorder runs on ${leg.name}`);
  const message = await muteRecorders(door, leg.name, what === 'pause', ASK_MS);
  return message === null ? null : refused('PBX_REFUSED', message);
}

const REMEDIES: Readonly<Record<RecorderRefusal, string>> = {
  NO_CALL: '`callme calls list` shows the calls that are open',
  NO_RECORDING: 'only a call that is being recorded can be paused; `callme calls show` tells what is recorded',
  OTHER_RECORDER: 'Asterisk pauses all recorders of a channel together or the wrong one: let one program record (FreePBX: call recording "No" or "Never")',
  PBX_REFUSED: 'manager.conf: the user of CallMe needs write = system,call; or the call has just ended',
  PBX_AWAY: 'see `callme status`: the link to the PBX is down or slow',
};

const refused = (code: RecorderRefusal, reason: string): RecorderAnswer => ({ ok: false, code, reason, remedy: REMEDIES[code] });
