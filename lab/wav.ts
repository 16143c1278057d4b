/** Reads and writes telephone WAV: 16-bit PCM, one channel. */
export interface Sound { readonly rate: number; readonly samples: Int16Array }

const HEADER = 44;

export function writeWav(sound: Sound): Buffer {
  const bytes = sound.samples.length * 2;
  const wav = Buffer.alloc(HEADER + bytes);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(HEADER - 8 + bytes, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(sound.rate, 24);
  wav.writeUInt32LE(sound.rate * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(bytes, 40);
  Buffer.from(sound.samples.buffer, sound.samples.byteOffset, bytes).copy(wav, HEADER);
  return wav;
}

/** Everything behind the header, whatever length it claims: a file that Asterisk still writes, or lost, says 0 there. */
export function readWav(wav: Buffer): Sound {
  if (wav.length < HEADER || wav.toString('latin1', 0, 4) !== 'RIFF') return { rate: 8000, samples: new Int16Array(0) };
  const samples = new Int16Array(Math.floor((wav.length - HEADER) / 2));
  for (let index = 0; index < samples.length; index += 1) samples[index] = wav.readInt16LE(HEADER + index * 2);
  return { rate: wav.readUInt32LE(24), samples };
}

/** A sine of whole hertz. */
export function sine(frequency: number, amplitude: number, seconds: number, rate = 8000): Int16Array {
  const samples = new Int16Array(Math.round(seconds * rate));
  for (let index = 0; index < samples.length; index += 1) samples[index] = Math.round(amplitude * Math.sin((2 * Math.PI * frequency * index) / rate));
  return samples;
}
