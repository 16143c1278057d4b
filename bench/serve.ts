/** Resident memory of `callme serve`, idle and with 1,000 open calls; time from the start of its process to `/ready`. Yardstick: bare Node. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { median, printFigure } from './figure.ts';
import { compile, raise, residentMb } from './serve/house.ts';
import { openCalls } from './serve/open-calls.ts';

const STARTS = 5;
const OPEN = 1_000;
const IDLE_TARGET_MB = 120;
/** The heap settles: V8 gives back what start-up needed only after a while. */
const SETTLE_MS = 3_000;

async function bareNodeMb(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'console.log(1); setInterval(() => {}, 1000)'], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  await pause(SETTLE_MS);
  const resident = residentMb(child.pid ?? 0);
  child.kill('SIGKILL');
  return resident;
}

function bareNodeMs(): number {
  const began = process.hrtime.bigint();
  spawnSync(process.execPath, ['-e', '']);
  return Number(process.hrtime.bigint() - began) / 1e6;
}

compile();
const starts: number[] = [];
for (let start = 0; start < STARTS; start += 1) {
  const house = await raise();
  starts.push(house.readyMs);
  await house.close();
}
printFigure({ name: 'start_to_ready_ms', unit: 'ms', value: median(starts), yardstick: median(Array.from({ length: STARTS }, bareNodeMs)) });

const bare = await bareNodeMb();
const house = await raise();
await pause(SETTLE_MS);
printFigure({ name: 'resident_idle_mb', unit: 'MB', value: house.idleMb(), yardstick: bare, target: IDLE_TARGET_MB });
await house.pbx.send(openCalls(OPEN));
await pause(SETTLE_MS);
printFigure({ name: 'resident_1000_open_calls_mb', unit: 'MB', value: house.idleMb(), yardstick: bare });
await house.close();
