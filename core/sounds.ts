/**
 * The sound files of a call, while the PBX writes them: on which leg the recorder sits, since when it writes, when it was paused. A paused
 * recorder goes on writing, silence: places in the file stay places in time [main/audiohook.c, measured on 16.28 and 22.10].
 */
import type { Call, Pause, SoundFile } from './calls.ts';
import type { RecordingEnded, RecordingStarted } from './events.ts';
import type { PausedSpan } from './facts.ts';
import type { LegEvent } from './legs.ts';
import type { Instant, LegId, Linkedid } from './words.ts';

export const newSound = (linked: Linkedid, file: string): SoundFile =>
  ({ linked, file, bytes: 0, closed: false, leg: null, runsSince: null, endedAt: null, pauses: [], voice: null });

/** The files that grow right now, on legs that we know. */
export const growing = (call: Call): readonly SoundFile[] => call.sounds.filter((sound) => !sound.closed && sound.leg !== null);
export const isPaused = (sound: SoundFile): boolean => sound.pauses.at(-1)?.to === null;

export function soundsAfter(call: Call, event: LegEvent): Call {
  switch (event.kind) {
    case 'recording-started': return withSound(call, event, begun(call, event));
    case 'recording-ended': return withSound(call, event, { bytes: event.bytes, closed: true, endedAt: event.at });
    case 'leg-up': return changeOn(call, event.leg, (sound) => sound.runsSince === null, () => ({ runsSince: event.at }));
    // Asterisk names the channel, not the recorder; a mute that is said twice is one pause.
    case 'recording-paused': return changeOn(call, event.leg, (sound) => !isPaused(sound), (sound) => ({ pauses: [...sound.pauses, { from: event.at, to: null }] }));
    case 'recording-resumed': return changeOn(call, event.leg, isPaused, (sound) => ({ pauses: resumed(sound.pauses, event.at) }));
    // A recorder that begins anew is not muted, whatever its predecessor was.
    case 'recorder-began': return changeOn(call, event.leg, isPaused, (sound) => ({ pauses: resumed(sound.pauses, event.at) }));
    default: return call;
  }
}

/** Before the answer nothing is written: the file begins with it, or at once where the leg is up already. */
function begun(call: Call, { leg, at }: RecordingStarted): Partial<SoundFile> {
  const isUp = call.legs[leg]?.state === 'talking';
  return { leg, runsSince: isUp ? at : null };
}

/** Moved to the end: what was said of it last stands last. */
function withSound(call: Call, { file, named }: RecordingStarted | RecordingEnded, change: Partial<SoundFile>): Call {
  const others = call.sounds.filter((sound) => sound.file !== file);
  const known = call.sounds.find((sound) => sound.file === file) ?? newSound(named, file);
  return { ...call, sounds: [...others, { ...known, ...change }] };
}

/** Changes the growing files on this leg that are as asked; the same call when there is none. */
function changeOn(call: Call, leg: LegId, when: (sound: SoundFile) => boolean, change: (sound: SoundFile) => Partial<SoundFile>): Call {
  const concerned = growing(call).filter((sound) => sound.leg === leg && when(sound));
  if (concerned.length === 0) return call;
  return { ...call, sounds: call.sounds.map((sound) => (concerned.includes(sound) ? { ...sound, ...change(sound) } : sound)) };
}

const resumed = (pauses: readonly Pause[], at: Instant): readonly Pause[] => pauses.map((pause) => (pause.to === null ? { ...pause, to: at } : pause));

/** The header of a WAV file, and its bytes a millisecond: 8 kHz, 16 bit, one channel, as the kit's `.wav` is. */
const HEADER_BYTES = 44;
const BYTES_PER_MS = 16;

/**
 * Where in the file its pauses are, in milliseconds from its start. Counted back from the end where that is known: what was written before the
 * answer (early media, a queue's music) has no event, the end has. A pause that lasts still ends with the file, one outside of it is left out.
 */
export function pausesOf(sound: SoundFile, now: Instant): readonly PausedSpan[] {
  const measured = sound.endedAt !== null && sound.bytes > HEADER_BYTES;
  const end = sound.endedAt ?? now;
  const length = measured ? (sound.bytes - HEADER_BYTES) / BYTES_PER_MS : Math.max(0, end - (sound.runsSince ?? end));
  const place = (at: Instant): number => Math.round(Math.min(length, Math.max(0, length - (end - at))));
  return sound.pauses.map(({ from, to }) => ({ fromMs: place(from), toMs: place(to ?? end) })).filter(({ fromMs, toMs }) => toMs > fromMs);
}
