/** One fact becomes what the portal hears of it. */
import type { CallOffered, Fact } from '../../../core/facts.ts';
import type { Verdict } from '../../../core/verdict.ts';
import { handOver, hide, ring, show } from './cards.ts';
import { delivered, type Describing, type Desk, skipped } from './desk.ts';
import { finish } from './finishing.ts';
import { attach } from './recording.ts';
import { callIdOf } from './registration.ts';
import { verdictFrom } from '../../told.ts';

export function deliver(desk: Desk, fact: Fact, signal: AbortSignal): Promise<Verdict> {
  return verdictFrom(() => tell(desk, fact, signal));
}

async function tell(desk: Desk, fact: Fact, signal: AbortSignal): Promise<Verdict> {
  switch (fact.kind) {
    case 'call-started': return skipped('the portal hears of a call when it reaches an employee');
    case 'recording-closed': return skipped('the portal hears of a recording when it is ready');
    // A client's call that merged into another one is told its own end beside; a consultation was never told.
    case 'call-merged': return skipped('the portal hears of the end of the call');
    case 'recording-ready': return attach(desk, fact, signal);
    case 'call-ended': return finish(desk, fact, signal);
    case 'call-offered': return offered(desk, fact, signal);
    default: return card(desk, fact, signal);
  }
}

async function offered(desk: Desk, fact: CallOffered, signal: AbortSignal): Promise<Verdict> {
  const callId = await callIdOf(desk, fact, fact.extension, signal);
  return delivered(callId === fact.callId ? `${callId} taken over: the call was begun in the portal` : `${callId} registered`);
}

type OnCard = Exclude<Describing, { kind: 'call-offered' | 'call-ended' }>;

async function card(desk: Desk, fact: OnCard, signal: AbortSignal): Promise<Verdict> {
  const { call } = fact;
  switch (fact.kind) {
    case 'employee-ringing':
      if (fact.direction === 'outbound' || fact.callId !== '') return skipped('outbound, the card opens when they talk');
      return ring(desk, { call, extension: fact.extension }, signal);
    case 'employee-released': return hide(desk, { call, extension: fact.extension }, signal);
    // Inbound the card is open since it rang, except with who picked up a colleague's call, or whose card opens with the talk.
    case 'employee-talking': return show(desk, { call, extension: fact.extension }, signal);
    case 'call-handed-over': return handOver(desk, { call, extension: fact.from }, { call, extension: fact.to }, signal);
  }
}
