import t from 'tap';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inspectMp3, whyNotWhole } from '../../recordings/mp3.ts';
import { withoutLame } from '../fakes/lame.ts';
import { FILE, filesBelow, MP3 } from '../fakes/spool.ts';
import { putFile, wavBytes, type WavShape } from '../fakes/wav.ts';

const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

/** A recordings folder that only the PBX may write to, and a data folder of ours. */
function readOnlySpool(shape: WavShape): { folder: string; wav: string } {
  const folder = mkdtempSync(path.join(tmpdir(), 'callme-test-'));
  const wav = putFile(path.join(folder, 'continuous'), FILE, wavBytes({ seconds: 5, ...shape }));
  mkdirSync(path.join(folder, 'data'));
  if (isRoot) chownSync(path.join(folder, 'data'), NOBODY, NOBODY);
  chmodSync(folder, 0o755);
  chmodSync(wav, 0o444);
  chmodSync(path.dirname(wav), 0o555);
  return { folder, wav };
}

/** The reason to leave this out, or false: nobody must be able to read this checkout. */
async function whyNot(): Promise<string | false> {
  const parents: string[] = [];
  for (let at = import.meta.dirname; at !== path.dirname(at); at = path.dirname(at)) parents.push(at);
  if (isRoot && parents.some((parent) => (statSync(parent).mode & 0o5) !== 0o5)) return 'run as root in a folder that others may not read';
  return withoutLame();
}

const shapes: readonly (readonly [string, WavShape])[] = [['a true header', {}], ['an open header that cannot be repaired', { declared: 0, riff: 0 }]];
for (const [what, shape] of shapes) {
  t.test(`a recordings folder that is read-only for us, ${what}`, { skip: await whyNot() }, async (t) => {
    const { folder, wav } = readOnlySpool(shape);
    t.teardown(() => {
      chmodSync(path.dirname(wav), 0o755);
      rmSync(folder, { recursive: true });
    });
    const script = path.join(import.meta.dirname, '../fakes/work-off.ts');
    const who = isRoot ? String(NOBODY) : '';
    // Its stderr is only the test runner's own: it may not write its notes as nobody.
    const row: unknown = JSON.parse(execFileSync(process.execPath, [script, folder, FILE, 'lame', who], { cwd: '/', encoding: 'utf8', env: { PATH: process.env['PATH'] ?? '' }, stdio: ['ignore', 'pipe', 'ignore'] }));
    const mp3 = path.join(folder, 'data/main', MP3);
    t.match(row, { state: 'uploaded', mp3, seconds: 5 });
    t.equal(whyNotWhole(await inspectMp3(mp3, new AbortController().signal), 5), '');
    t.same(filesBelow(path.join(folder, 'continuous')), [FILE]);
    t.same(readFileSync(wav), wavBytes({ seconds: 5, ...shape }), 'the WAV that we may not touch stays as it was');
  });
}
