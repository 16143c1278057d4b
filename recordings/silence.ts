/**
 * How loud a recording is, measured on the WAV itself in windows of a tenth of a second: how long nobody is heard, and in which seconds
 * somebody certainly is. Of the latter the MP3 must have something too (`loudness` in mp3-level.ts).
 */
import { realReads, type DiskReads } from './open-file.ts';
import { samplesOf, type SampleRange } from './samples.ts';

export interface Sound {
  /** Seconds (of a tenth) below -50 dBFS: hold without music, a mute line, thinking. Between 0 and the length. */
  readonly silentSeconds: number;
  /** For each second of the recording: 1 where speech, music or a tone is certainly heard, else 0. */
  readonly loud: Uint8Array;
}
export interface Ear { hear(samples: Int16Array): void; end(): Sound }

const FULL_SCALE = 32_768;
const power = (decibels: number): number => FULL_SCALE ** 2 * 10 ** (decibels / 10);
/** The idle noise of G.711 lies at -72 dBFS, that of a quiet room on a telephone at -60; speech above -40 (RMS of a window). */
const SILENT_BELOW = power(-50);
const LOUD_FROM = power(-40);
/** Three tenths of a second: a click, or a window that speech just touches, makes no second loud. */
const LOUD_WINDOWS = 3;

/** The tenth of a second that is being heard: the squares of its samples, and of the sums of four. */
interface Window { count: number; energy: number; four: number; low: number }

/** All in local variables and by index: this loop runs 8000 times for each second of sound, beside the encoders. */
function add(window: Window, samples: Int16Array, from: number, to: number): void {
  let { count, energy, four, low } = window;
  for (let index = from; index < to; index += 1) {
    const sample = samples[index] ?? 0;
    energy += sample * sample;
    four += sample;
    count += 1;
    if ((count & 3) === 0) { low += four * four; four = 0; }
  }
  window.count = count; window.energy = energy; window.four = four; window.low = low;
}

/**
 * Listens to samples of `rate` Hz. For "loud" only the lower part of the band counts (means of four samples: at 8 kHz below 1 kHz), because an
 * MP3 of a small bitrate leaves the upper part out, and that is no fault of it; speech, ringback and music all lie there.
 */
export function createEar(rate: number): Ear {
  const windowSamples = Math.round(rate / 40) * 4;
  let loud = new Uint8Array(64);
  const state: Window = { count: 0, energy: 0, four: 0, low: 0 };
  let [heard, silent] = [0, 0];

  const close = (): void => {
    const { count, energy, low } = state;
    const second = Math.floor(heard / rate);
    if (second >= loud.length) { const more = new Uint8Array(loud.length * 2); more.set(loud); loud = more; }
    if (energy / count < SILENT_BELOW) silent += count;
    else if (low / 4 / count >= LOUD_FROM) loud[second] = Math.min(255, (loud[second] ?? 0) + 1);
    heard += count;
    Object.assign(state, { count: 0, energy: 0, four: 0, low: 0 });
  };
  return {
    hear(samples) {
      for (let from = 0; from < samples.length;) {
        const to = Math.min(samples.length, from + windowSamples - state.count);
        add(state, samples, from, to);
        from = to;
        if (state.count === windowSamples) close();
      }
    },
    end() {
      if (state.count > 0) close();
      const seconds = loud.slice(0, Math.ceil(heard / rate));
      return { silentSeconds: Math.round((silent / rate) * 10) / 10, loud: seconds.map((windows) => (windows >= LOUD_WINDOWS ? 1 : 0)) };
    },
  };
}

/** Listens to a whole WAV. Rejects with the system's error or the signal's reason. */
export async function listen(path: string, wav: SampleRange & { readonly format: { readonly rate: number } }, signal: AbortSignal, reads: DiskReads = realReads): Promise<Sound> {
  const ear = createEar(wav.format.rate);
  for await (const samples of samplesOf(path, wav, signal, reads)) ear.hear(samples);
  return ear.end();
}
