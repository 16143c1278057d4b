/** The core's notes as sentences. A note that is no words of ours (an older store holds prose) is printed as it is. */
import type { Texts } from '../cli/texts/index.ts';
import { clean } from './layout.ts';
import { type Applied, applied } from './rules.ts';
import { extensionsOf, type Note, outlineOf, type Told } from './told.ts';

export interface Noted { readonly text: string; readonly rule: Applied | null }

export function noteSentence(note: Note, told: Told, texts: Texts): Noted {
  const words = note.text.split(' ');
  const [what = '', first = '', second = '', third = ''] = words;
  const says = texts.explaining.notes;
  const who = (word: string): string => whoIs(word, told, texts);
  const sentence = (count: number, text: string, rule: Applied | null): Noted => (words.length === count ? { text, rule } : asItIs(note, texts));
  switch (what) {
    case 'held': return sentence(2, says.held(who(first)), applied('hold-is-talk'));
    case 'unheld': return sentence(2, says.unheld(who(first)), null);
    case 'parked': return sentence(3, says.parked(who(first), clean(second)), applied('parking-is-no-talk'));
    case 'unparked': return sentence(3, says.unparked(who(first), who(second)), null);
    case 'blind-transferred': return sentence(3, says.blind(who(first), clean(second)), applied('blind-goes-on'));
    case 'attended-transferred': return sentence(2, says.attended(who(first)), applied('transfer-unites'));
    case 'picked-up': return sentence(3, says.pickedUp(who(first), who(second)), null);
    case 'forwarded': return sentence(3, says.forwarded(who(first), clean(second)), null);
    case 'recording-paused': return sentence(1, says.recordingPaused, null);
    case 'recording-resumed': return sentence(1, says.recordingResumed, null);
    case 'voicemail': return sentence(2, says.voicemail, applied('voicemail-is-no-talk'));
    case 'united': return sentence(3, says.united(clean(first), unitedBy(second, texts)), applied(isInternal(told) ? 'linkedid-wins' : 'name-is-kept'));
    case 'rings': return sentence(2, says.rings(who(first)), null);
    case 'dial-ended': return sentence(3, says.dialEnded(who(first), clean(second)), null);
    case 'routed': return words.length === 4 && SOURCES.has(second) ? { text: says.routed(first === '-' ? null : clean(first), clean(third), second), rule: null } : asItIs(note, texts);
    default: return asItIs(note, texts);
  }
}

const SOURCES: ReadonlySet<string> = new Set(['cache', 'live', 'fallback', 'timeout']);

/** By what the two became one; `''` where the event says nothing of its own. */
function unitedBy(event: string, { explaining }: Texts): string {
  const ways: Readonly<Record<string, string>> = explaining.notes.unitedBy;
  return Object.hasOwn(ways, event) ? ways[event] ?? '' : '';
}

const asItIs = ({ text }: Note, texts: Texts): Noted => ({ text: texts.explaining.notes.other(clean(text)), rule: null });

const isInternal = (told: Told): boolean => outlineOf(told).described?.direction === 'internal';

/** An extension, the client (of an internal call: the caller), or a leg, of which the facts may know whose it is. */
function whoIs(word: string, told: Told, { explaining: says }: Texts): string {
  if (word === 'client') return says.side[isInternal(told) ? 'inside' : 'outside'];
  if (word === '-') return says.somebody;
  const extension = extensionsOf(told).get(word);
  return extension ?? (/\d\.\d/.test(word) ? says.channel(clean(word)) : clean(word));
}
