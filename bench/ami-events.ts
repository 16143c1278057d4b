/**
 * AMI events per second, from the socket to committed facts, against bare asterisk-manager that only parses. Both are processes of their own and
 * hear the same bytes: real streams as they are on the wire with CallMe's filters. Rounds alternate; the median of the paired ratios counts.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { FakeAmi } from '../test/fakes/ami.ts';
import { load, type Load } from './ami-events/stories.ts';
import { median, printFigure } from './figure.ts';

const COPIES = 600;
const ROUNDS = 5;
const TARGET = 0.6;
/** A side that crashed must not keep the bench waiting. */
const ROUND_MS = 120_000;

async function seconds(side: 'ours' | 'bare', traffic: Load): Promise<number> {
  const pbx = await FakeAmi.start({ booted: false });
  const expected = side === 'ours' ? traffic.calls : traffic.events;
  const child = spawn(process.execPath, [join(import.meta.dirname, 'ami-events', `${side}.ts`), String(pbx.port), String(expected)], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    const lines = createInterface({ input: child.stdout });
    const signal = AbortSignal.timeout(ROUND_MS);
    await (side === 'ours' ? once(lines, 'line', { signal }) : pbx.next('Login'));
    const done = once(lines, 'line', { signal }) as Promise<[string]>;
    await pbx.send(traffic.text);
    const [line] = await done;
    return (JSON.parse(line) as { readonly seconds: number }).seconds;
  } finally {
    child.kill('SIGKILL');
    await pbx.close();
  }
}

const traffic = load(COPIES);
const rounds: { readonly ours: number; readonly bare: number }[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const first = round % 2 === 0 ? 'bare' : 'ours';
  const one = await seconds(first, traffic);
  const other = await seconds(first === 'bare' ? 'ours' : 'bare', traffic);
  rounds.push(first === 'bare' ? { bare: one, ours: other } : { ours: one, bare: other });
}
printFigure({
  name: 'ami_events_per_s', unit: 'events/s', target: TARGET,
  value: median(rounds.map(({ ours }) => traffic.events / ours)), yardstick: median(rounds.map(({ bare }) => traffic.events / bare)),
  ratio: median(rounds.map(({ ours, bare }) => bare / ours)),
});
