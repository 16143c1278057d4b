/**
 * A call that a CRM asks for: the employee's telephone rings first, then the client is dialled. Everything that reaches the PBX is made of digits and
 * of what the configuration says; the CRM's own words are only carried along.
 */
import type { CallEnded } from './facts.ts';
import { callKey, type Extension, factId, type Instant, type Linkedid, type PbxId } from './words.ts';

export interface ClickRules {
  /** With `{extension}` in it. */
  readonly channel: string;
  readonly context: string;
  readonly number: 'digits' | 'e164' | 'national';
  readonly prefix: string;
  readonly ringSeconds: number;
}
export interface Click {
  readonly pbx: PbxId;
  /** Ours, chosen before: Asterisk makes it the linkedid, so the call is known before it begins, and asked for twice it rings once. */
  readonly linkedid: Linkedid;
  readonly extension: Extension;
  readonly client: { readonly e164: string; readonly national: string };
  /** The CRM's own name of the call, `''` = it has none. */
  readonly callId: string;
  readonly line: string;
}

/** What the client's telephone is dialled by. */
export function dialled({ client }: Click, { number, prefix }: ClickRules): string {
  const digits = client.e164.replace(/^\+/, '');
  return prefix + (number === 'e164' ? `+${digits}` : number === 'national' ? client.national : digits);
}

export const channelFor = (template: string, extension: Extension): string => template.replaceAll('{extension}', extension);

/** A click that the PBX never carried out: told to the CRM, or its card stays open for ever. */
export function neverCalled(click: Click, at: Instant): CallEnded {
  const call = callKey(click.pbx, click.linkedid);
  return {
    id: factId(call, 'ended'), pbx: click.pbx, call, linkedid: click.linkedid, at, certain: false, source: 'live', because: { event: 'link-alive', leg: null, word: 'never begun' },
    direction: 'outbound', client: { number: click.client.e164, name: '' }, line: click.line, startedAt: at, callId: click.callId, caller: click.extension, kind: 'call-ended',
    outcome: 'failed', owner: click.extension, answeredAt: null, talkSeconds: 0, ringSeconds: 0, handOvers: [], talked: [], rang: [], dialStatus: 'CHANUNAVAIL', rule: 'unavailable', hangupCause: 0,
  };
}
