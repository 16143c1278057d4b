/** The recordings that are killed: each leads its worker past other boundaries, so that together they meet every one that recordings/ has. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { sideOf } from '../../../recordings/paths.ts';
import { fakeLame } from '../../fakes/lame.ts';
import { FILE, MP3 } from '../../fakes/spool.ts';
import { putFile, wavBytes, wavHeader } from '../../fakes/wav.ts';
import { recordingsIn, seed, type WorkOptions } from './work.ts';

export const SECONDS = 3;
type Given = Omit<WorkOptions, 'folder' | 'bucket' | 'until'>;
export interface Scenario {
  readonly name: string;
  /** What the PBX and earlier lives left. */
  readonly prepare: (folder: string) => void;
  /** How the life that is killed works. */
  readonly given?: (folder: string) => Given;
  /** The recording was told long ago, and what is killed is the retention that lets it go. */
  readonly retention?: true;
  /** Bytes of one part of an upload; not given = no bucket. */
  readonly partBytes?: number;
  /** What must have come of it in the end. */
  readonly end: 'told' | 'empty' | 'purged' | 'bucket alone';
  /** Files that must still be there besides the MP3. */
  readonly beside?: readonly string[];
}

const AGE_MS = 600_000;
const WAV = (): Buffer => wavBytes({ seconds: SECONDS });
const OPEN = (): Buffer => wavBytes({ seconds: SECONDS, declared: 0, riff: 0 });
const put = (folder: string, file: string, bytes: Buffer): void => { putFile(recordingsIn(folder), file, bytes, AGE_MS); };

/** The MP3 that an earlier life made of the WAV. */
function leaveMp3(folder: string, name = MP3): void {
  const wav = putFile(folder, 'source.wav', WAV());
  const target = path.join(recordingsIn(folder), name);
  mkdirSync(path.dirname(target), { recursive: true });
  execFileSync('lame', ['--quiet', '-m', 'm', '-b', '64', wav, target]);
}

function ordinary(folder: string, wav = WAV(), change: Parameters<typeof seed>[2] = {}): void {
  put(folder, FILE, wav);
  seed(folder, wav.length, change);
}

export const SCENARIOS: readonly Scenario[] = [
  { name: 'an open header, as a killed Asterisk leaves it', prepare: (folder) => { ordinary(folder, OPEN()); }, end: 'told' },
  {
    name: 'stereo', end: 'told', given: () => ({ channels: 'stereo' }),
    prepare: (folder) => { ordinary(folder); for (const side of ['in', 'out'] as const) put(folder, sideOf(FILE, side), WAV()); },
  },
  { name: 'a bucket, in one piece', prepare: ordinary, partBytes: 1024 * 1024, end: 'told' },
  { name: 'a bucket, in parts', prepare: ordinary, partBytes: 8192, end: 'told' },
  { name: 'a recording without audio', prepare: (folder) => { ordinary(folder, wavHeader(0)); }, end: 'empty' },
  { name: 'a recording without audio, its WAV gone', prepare: (folder) => { mkdirSync(recordingsIn(folder), { recursive: true }); seed(folder, 44); }, end: 'empty' },
  {
    name: 'another recording bears the name of the MP3', prepare: (folder) => { ordinary(folder); put(folder, MP3, Buffer.from('another recording')); }, end: 'told',
    beside: [`${MP3.slice(0, -'.mp3'.length)}.aside-`],
  },
  { name: 'an earlier life came as far as the MP3', prepare: (folder) => { ordinary(folder, WAV(), { state: 'spooled' }); leaveMp3(folder); }, end: 'told' },
  { name: 'the MP3 is there, its WAV is gone', prepare: (folder) => { seed(folder, WAV().length); leaveMp3(folder); }, end: 'told' },
  { name: 'the MP3 of an encoded row is gone', prepare: (folder) => { ordinary(folder, WAV(), { state: 'encoded', mp3: path.join(recordingsIn(folder), MP3), seconds: SECONDS, bytes: 1, sha256: 'x' }); }, end: 'told' },
  { name: 'the WAV of a spooled row is not what it was', prepare: (folder) => { ordinary(folder, wavHeader(0), { state: 'spooled' }); }, end: 'empty' },
  { name: 'a leftover of a killed lame', prepare: (folder) => { ordinary(folder); put(folder, `${MP3.replace('17', '99')}.part`, Buffer.alloc(9000, 1)); }, end: 'told' },
  { name: 'lame does not work at all', prepare: ordinary, given: (folder) => ({ lame: fakeLame(folder, 'garbage') }), end: 'told' },
  { name: 'lame fails at this recording', prepare: ordinary, given: (folder) => ({ lame: fakeLame(folder, 'picky') }), end: 'told' },
  { name: 'lame fails at this recording for the last time', prepare: ordinary, given: (folder) => ({ lame: fakeLame(folder, 'picky'), maxFailures: 1 }), end: 'told' },
  { name: 'its days are over', prepare: ordinary, retention: true, end: 'purged' },
  { name: 'its days are over, in the bucket too', prepare: ordinary, retention: true, partBytes: 1024 * 1024, end: 'purged' },
  { name: 'its days on this machine are over', prepare: ordinary, retention: true, given: () => ({ keepLocalDays: 1 }), partBytes: 1024 * 1024, end: 'bucket alone' },
];
