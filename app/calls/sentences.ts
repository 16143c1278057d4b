/** One fact as a person would say it, and the rule by which it was told. What came from outside is cleaned before it becomes part of a sentence. */
import type { Texts } from '../cli/texts/index.ts';
import type { CallStarted, Fact } from '../../core/facts.ts';
import { unreachable } from '../../core/words.ts';
import { clientOf } from './headline.ts';
import { clean } from './layout.ts';

/** A header of 44 bytes and nothing behind it: the recorder ran, nobody was recorded [formats/format_wav.c]. */
const EMPTY_WAV = 44;

export function sentenceOf(fact: Fact, { explaining: says }: Texts): string {
  const text = said(fact, says);
  return isConcluded(fact) ? `${text} ${says.concluded}` : text;
}

/** The call may be uncertain and the event seen all the same: only what follows from no event was concluded. */
const isConcluded = ({ certain, because }: Fact): boolean => !certain && (because.event === 'resynced' || because.event === 'leg-seen');

function said(fact: Fact, says: Texts['explaining']): string {
  switch (fact.kind) {
    case 'call-started': return begun(fact, says);
    case 'call-offered': return says.offered[fact.direction === 'outbound' && fact.callId !== '' ? 'clickToCall' : fact.direction](clean(fact.extension));
    case 'employee-ringing': return says.ringing(clean(fact.extension));
    case 'employee-released': return says.released(clean(fact.extension));
    case 'employee-talking': return talking(fact.because.event)(says)(clean(fact.extension), says.side[fact.direction === 'internal' ? 'inside' : 'outside']);
    case 'call-handed-over': return says.handedOver(clean(fact.from), clean(fact.to));
    case 'call-merged': return says.merged(clean(fact.into));
    case 'call-ended': return says.ended;
    case 'recording-closed': return soundFile(fact, says);
    case 'recording-ready': return says.ready(fact.seconds, clean(fact.path));
    default: return unreachable(fact);
  }
}

function begun({ direction, client, line, callId }: CallStarted, says: Texts['explaining']): string {
  const text = says.begun[direction](clientOf({ direction, client }, { explaining: says }), clean(line));
  return callId === '' ? text : `${text}, ${says.byCrm(clean(callId))}`;
}

/** Somebody who talked already becomes the owner when the newer ones leave. */
const talking = (event: string) => (says: Texts['explaining']) => (event === 'bridge-left' || event === 'leg-closed' ? says.talkingOn : says.talking);

function soundFile({ file, bytes, certain }: Extract<Fact, { kind: 'recording-closed' }>, says: Texts['explaining']): string {
  if (!certain) return says.fileOpen(clean(file));
  return says.file(clean(file), bytes, bytes <= EMPTY_WAV);
}
