/**
 * When a recorder must be armed anew. Debian's and Ubuntu's builds of Asterisk take the sound of a new peer for late, and drop it, where its
 * RTP sequence numbers are lower than the last peer's; a recorder that begins anew hears him (asterisk-facts 1b). Pure: who is joined with the
 * recorded leg decides, whatever brought him there (a transfer, a pickup, parking, a merge), so every capture can be asked.
 */
import { joinedWith } from './audience.ts';
import type { Call, Leg, SoundFile } from './calls.ts';
import type { LegEvent } from './legs.ts';
import { growing, isPaused } from './sounds.ts';
import type { Instant, LegId } from './words.ts';

/** This file's recorder does not hear `voice`, or half of the time not. */
export interface Deafness { readonly file: string; readonly leg: LegId; readonly channel: string; readonly voice: LegId }

/** Keeps whom each recorder of the call was armed with: the first one who was joined with its leg since it began. */
export function armedAfter(call: Call, event: LegEvent): Call {
  switch (event.kind) {
    case 'recorder-began': return armed(call, null, (sound) => sound.leg === event.leg && call.legs[event.leg]?.recorders === 1);
    case 'recording-started': case 'bridge-entered': return armed(call, event.at, (sound) => sound.voice === null);
    default: return call;
  }
}

function armed(call: Call, at: Instant | null, concerns: (sound: SoundFile) => boolean): Call {
  const changes = growing(call).filter(concerns).map((sound) => ({ sound, voice: armedWith(call, sound, at) })).filter(({ sound, voice }) => sound.voice !== voice);
  if (changes.length === 0) return call;
  const voiceOf = new Map(changes.map(({ sound, voice }) => [sound, voice]));
  return { ...call, sounds: call.sounds.map((sound) => (voiceOf.has(sound) ? { ...sound, voice: voiceOf.get(sound) ?? null } : sound)) };
}

/**
 * Between an answer by a telephone and the bridge that follows it. Longer, and Asterisk itself answered: what it played since (a greeting, an IVR, the questions of
 * follow-me) is numbered from 0, and every telephone whose numbers are above 32767 then counts as late [22.10.1: Playback, then Dial: not one word of 219].
 */
const ANSWER_MS = 500;

/** The recorded leg itself stands for Asterisk's own sound: nobody who talks is that one. */
function armedWith(call: Call, sound: SoundFile, at: Instant | null): LegId | null {
  const first = voicesOf(call, sound)[0]?.id ?? null;
  const isPlayed = first !== null && at !== null && sound.runsSince !== null && at - sound.runsSince > ANSWER_MS;
  return isPlayed ? sound.leg : first;
}

/**
 * The recorders that somebody talks into whom they were not armed with. Left alone: a paused one (a new recorder would not be muted; it is due when
 * the pause is over), and one beside another recorder (they share what is broken, so arming one anew heals nothing).
 */
export function deafRecorders(call: Call): readonly Deafness[] {
  return growing(call).flatMap((sound) => {
    const leg = legOf(call, sound);
    if (leg === undefined || leg.state === 'closed' || leg.recorders > 1 || isPaused(sound) || sound.voice === null) return [];
    const voices = voicesOf(call, sound);
    const [newest] = voices;
    return newest === undefined || voices.some(({ id }) => id === sound.voice) ? [] : [{ file: sound.file, leg: leg.id, channel: leg.name, voice: newest.id }];
  });
}

const legOf = (call: Call, sound: SoundFile): Leg | undefined => (sound.leg === null ? undefined : call.legs[sound.leg]);

function voicesOf(call: Call, sound: SoundFile): readonly Leg[] {
  const leg = legOf(call, sound);
  return leg === undefined ? [] : joinedWith(call, leg);
}
