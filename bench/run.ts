/**
 * `npm run bench`: every figure as one JSON line, with its yardstick from the same run. A missed target is said, not failed: figures are for
 * people to read, and a shared machine is no judge. Run it when nothing else runs.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { installTools } from '../lab/build.ts';

const PARTS = ['agi-route.ts', 'ami-events.ts', 'encode.ts', 'facts.ts', 'leftovers.ts', 'law.ts', 'law-memory.ts', 'law-moments.ts', 'outage.ts', 'serve.ts', 'wire.ts'];

// The bench of the encoder needs lame; where it cannot be installed that figure says so itself.
await installTools((line) => { process.stderr.write(`${line}\n`); }).catch((error: unknown) => { process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`); });

let broken = 0;
for (const part of PARTS) {
  const child = spawn(process.execPath, [join(import.meta.dirname, part)], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(child, 'exit') as [number | null];
  if (code !== 0) { broken += 1; process.stderr.write(`bench/${part} ended with ${code ?? 'a signal'}\n`); }
}
process.exitCode = broken === 0 ? 0 : 1;
