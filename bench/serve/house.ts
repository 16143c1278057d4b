/** `callme serve` as its own process against a stand-in PBX: what the benches of memory and start-up measure. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { FakeAmi } from '../../test/fakes/ami.ts';
import { freePort } from '../../test/fakes/ports.ts';

export interface House { readonly pbx: FakeAmi; readonly child: ChildProcess; readonly readyMs: number; readonly idleMb: () => number; close(): Promise<void> }

const ROOT = join(import.meta.dirname, '../..');
const COMPILED = join(ROOT, 'dist/bin/callme.js');

/** What users run is the compiled package: stripping types at start costs a checkout some 30 MB and 100 ms that they never pay. */
export function compile(): void {
  const { status } = spawnSync('tsc', ['-p', 'tsconfig.build.json'], { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error('tsc -p tsconfig.build.json failed');
}

const READY_NS = 30_000_000_000n;

/** Starts it and waits for `/ready`. `readyMs`: from the start of the process to the answer 200. */
export async function raise(): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), 'callme-bench-'));
  const pbx = await FakeAmi.start();
  const [agi, web] = [await freePort(), await freePort()];
  const config = join(folder, 'callme.yaml');
  writeFileSync(config, `dataDir: ${join(folder, 'data')}
log: { level: warn }
pbx:
  - { id: main, ami: { host: 127.0.0.1, port: ${pbx.port}, username: callme, secret: secret }, recordings: ${folder}, external: ["^PJSIP/trunk"] }
agi: { listen: "127.0.0.1:${agi}" }
web: { listen: "127.0.0.1:${web}" }
crm:
  - { id: b24, driver: bitrix24, url: "http://127.0.0.1:1/rest/1/nobodythere/" }
`);
  const began = process.hrtime.bigint();
  const child = spawn(process.execPath, [COMPILED, 'serve', '--config', config], { stdio: ['ignore', 'ignore', 'inherit'] });
  while ((await fetch(`http://127.0.0.1:${web}/ready`).catch(() => null))?.status !== 200) {
    if (child.exitCode !== null || process.hrtime.bigint() - began > READY_NS) throw new Error('callme serve did not get ready');
    await pause(2);
  }
  const readyMs = Number(process.hrtime.bigint() - began) / 1e6;
  return {
    pbx, child, readyMs, idleMb: () => residentMb(child.pid ?? 0),
    close: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
      await pbx.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** VmRSS of /proc/PID/status, megabytes (10^6 bytes). */
export function residentMb(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return (Number(kib) * 1024) / 1e6;
}
