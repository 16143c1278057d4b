/** Encoders that lie, hang and die: executable scripts that a test puts in the place of lame. */
import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { findProgram } from '../../recordings/lame.ts';

const HONEST = `
const { statSync, writeFileSync, appendFileSync } = require('node:fs');
const [wav, mp3] = process.argv.slice(-2);
const frame = Buffer.alloc(576); frame.set([0xff, 0xe3, 0x88, 0xc4]);
const write = (count) => writeFileSync(mp3, Buffer.concat(Array.from({ length: count }, () => frame)));
const frames = () => Math.ceil((statSync(wav).size - 44) / 2 / 576) + 1;
const runs = () => appendFileSync(__filename + '.runs', 'run\\n');
`;

const BODIES = {
  /** Whole frames, as long as the WAV. */
  honest: 'runs(); write(frames());',
  /** lame's real trap: exit 0 and a kilobyte without sound. */
  garbage: "writeFileSync(mp3, Buffer.alloc(1024, 7));",
  /** The other real trap: exit 0 and a whole MP3 that has no sound in it. */
  hollow: 'write(3);',
  truncated: "write(frames()); const { truncateSync } = require('node:fs'); truncateSync(mp3, statSync(mp3).size - 100);",
  short: 'write(Math.floor(frames() / 2));',
  nothing: '',
  hang: "write(frames()); process.stdout.write(''); setInterval(() => {}, 1e6);",
  one: "write(2); console.error('Error writing mp3 output'); process.exit(1);",
  signal: "process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1e6);",
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
