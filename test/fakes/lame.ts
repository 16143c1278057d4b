/** Encoders that lie, hang and die: executable scripts that a test puts in the place of lame. */
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findProgram } from '../../recordings/lame.ts';
import { mp3Frame } from './wav.ts';

const HEX = { mono: mp3Frame('mono').toString('hex'), stereo: mp3Frame('stereo').toString('hex'), mute: mp3Frame('mute').toString('hex') };
const HONEST = `
const { readFileSync, statSync, writeFileSync, appendFileSync, truncateSync } = process.getBuiltinModule('node:fs');
const [wav, mp3] = process.argv.slice(-2);
const stereo = process.argv[process.argv.indexOf('-m') + 1] === 's';
const frame = (kind) => Buffer.from(${JSON.stringify(HEX)}[kind === 'mono' && stereo ? 'stereo' : kind], 'hex');
const out = mp3 === '-' ? 1 : mp3;
const write = (count, kind = 'mono') => writeFileSync(out, Buffer.concat(Array.from({ length: count }, () => frame(kind))));
const isTone = wav === '-' && mp3 === '-';
const bytes = wav === '-' ? readFileSync(0).length : statSync(wav).size - 44;
const frames = () => Math.ceil(bytes / (stereo ? 4 : 2) / 576) + 1;
const runs = () => appendFileSync(process.argv[1] + '.runs', (stereo ? 'stereo' : 'run') + '\\n');
`;

const BODIES = {
  /** Whole frames, as long as the WAV, and loud. */
  honest: "runs(); appendFileSync(process.argv[1] + '.nice', process.getBuiltinModule('node:os').getPriority() + '\\n'); write(frames());",
  /** lame's real trap: exit 0 and a kilobyte without sound. */
  garbage: "runs(); writeFileSync(out, Buffer.alloc(1024, 7));",
  /** The other real trap: exit 0 and a whole MP3 that has no sound in it. */
  hollow: 'write(3);',
  /** Whole frames, as long as the WAV, and nothing in them. */
  mute: "write(frames(), 'mute');",
  truncated: "write(frames()); if (out !== 1) truncateSync(mp3, statSync(mp3).size - 100);",
  short: 'write(Math.floor(frames() / 2));',
  nothing: '',
  hang: "write(frames()); process.stdout.write(''); setInterval(() => {}, 1e6);",
  one: "write(2); console.error('Error writing mp3 output'); process.exit(1);",
  signal: "process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1e6);",
  /** Works, but not for this recording: its garbage is the recording's own fault. */
  picky: "if (isTone) write(frames()); else writeFileSync(out, Buffer.alloc(1024, 7));",
  /** Works, and hangs over this recording. */
  slow: 'write(frames()); if (!isTone) setInterval(() => {}, 1e6);',
  /** Cannot make stereo. */
  'mono-only': "if (stereo) writeFileSync(out, Buffer.alloc(1024, 7)); else { runs(); write(frames()); }",
  /** Stops in the middle, as on a full disk. */
  full: "runs(); if (isTone) write(frames()); else { writeFileSync(out, Buffer.alloc(700, 7)); console.error('Error writing mp3 output'); process.exit(1); }",
} as const;
export type LameKind = keyof typeof BODIES;

export function fakeLame(folder: string, kind: LameKind): string {
  const script = path.join(folder, `lame-${kind}`);
  writeFileSync(script, `#!${process.execPath}\n${HONEST}\n${BODIES[kind]}\n`);
  chmodSync(script, 0o755);
  return script;
}

/** The reason to skip a test that needs the real encoder, or false. */
export const withoutLame = async (): Promise<string | false> => (await findProgram('lame') === null ? 'lame is not on PATH' : false);
