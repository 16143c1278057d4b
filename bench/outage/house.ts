/** A server with a store full of calls that wait, as a process of its own that may be killed; around it a PBX on which telephones ring. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Fact } from '../../core/facts.ts';
import type { Store } from '../../core/ports.ts';
import { type AccountId, DEFAULT_TENANT, type Extension, instant } from '../../core/words.ts';
import { openStore } from '../../store/open.ts';
import { FakeAmi } from '../../test/fakes/ami.ts';
import { freePort } from '../../test/fakes/ports.ts';
import { commit, delivery, ended } from '../../test/fakes/sample-calls.ts';
import { type Opening, type Report, SECRET } from './portal.ts';

const ROOT = join(import.meta.dirname, '../..');
const ACCOUNT = 'b24' as AccountId;
const READY_MS = 60_000;
/** Megabytes. Without a bound V8 lets garbage lie while there is memory, and the peak tells of the machine; what is kept for each fact would not fit under it. */
const HEAP = '--max-old-space-size=96';

export interface Limit { readonly perSecond: number; readonly burst: number }
/** The portal's own limit is wider by what a process that was killed may have spent and the next one does not know of (a fifth of the burst), and by the network's jitter. */
export const portalLimit = ({ perSecond, burst }: Limit): Limit => ({ perSecond, burst: Math.ceil(burst * 1.3) + 2 });

/** In memory where there is such a place: how fast a disk takes facts is another bench's business (`facts.ts`), and a busy one hides the limit that is measured here. */
const PLACE = process.env['BENCH_OUTAGE_FOLDER'] ?? (existsSync('/dev/shm') ? '/dev/shm' : tmpdir());

export class OutageHouse {
  readonly folder = mkdtempSync(join(PLACE, 'callme-outage-'));
  readonly pbx: FakeAmi;
  readonly #limit: Limit;
  readonly #ports: { readonly portal: number; readonly agi: number; readonly web: number };
  #server: ChildProcess | null = null;
  readonly #axe = (): void => { this.#server?.kill('SIGKILL'); rmSync(this.folder, { recursive: true, force: true }); };
  #portal: ChildProcess | null = null;
  /** Megabytes (10^6 bytes), of all its servers so far. */
  peakMb = 0;

  private constructor(pbx: FakeAmi, limit: Limit, ports: { readonly portal: number; readonly agi: number; readonly web: number }) {
    this.pbx = pbx;
    this.#limit = limit;
    this.#ports = ports;
  }

  static async build(limit: Limit): Promise<OutageHouse> {
    const house = new OutageHouse(await FakeAmi.start({ secret: 'secret' }), limit, { portal: await freePort(), agi: await freePort(), web: await freePort() });
    const { folder, pbx } = house;
    writeFileSync(join(folder, 'callme.yaml'), `dataDir: ${join(folder, 'data')}
log: { level: warn }
pbx:
  - { id: main, ami: { host: 127.0.0.1, port: ${pbx.port}, username: callme, secret: secret }, recordings: ${folder}, external: ["^PJSIP/trunk"] }
agi: { listen: "127.0.0.1:${house.#ports.agi}" }
web: { listen: "127.0.0.1:${house.#ports.web}" }
crm:
  - id: b24
    driver: bitrix24
    url: "http://127.0.0.1:${house.#ports.portal}/rest/1/${SECRET}/"
    defaultUser: 7
    pace: { perSecond: ${limit.perSecond}, burst: ${limit.burst} }
employees:
  - { extension: "219", name: "Anna", crm: { b24: 7 } }
  - { extension: "220", name: "Olga", crm: { b24: 8 } }
recording: { minFreeMb: 0 }
`);
    return house;
  }

  store(): Store { return openStore({ url: 'sqlite:callme.db', dataDir: join(this.folder, 'data'), tenant: DEFAULT_TENANT }); }

  /** Calls that ended while nobody could be told: two facts each, an hour of them. Returns their linkedids. */
  fill(facts: number): readonly string[] {
    const store = this.store();
    const now = Date.now();
    const linkedids = Array.from({ length: Math.ceil(facts / 2) }, (_, index) => `1700000000.${index}`);
    for (let from = 0; from < linkedids.length; from += 500) {
      const some = linkedids.slice(from, from + 500).flatMap((linkedid, index) => callOf(linkedid, now - 3_600_000 + from + index));
      store.journal.commit(commit({ at: instant(now), facts: some, deliveries: some.map((fact) => delivery(fact, ACCOUNT)) }));
    }
    store.close();
    return linkedids;
  }

  async serve(): Promise<void> {
    // A bench that is broken off leaves no server behind.
    process.removeListener('exit', this.#axe).on('exit', this.#axe);
    const child = spawn(process.execPath, [HEAP, join(ROOT, 'bin/callme.ts'), 'serve', '--config', join(this.folder, 'callme.yaml')], { stdio: ['ignore', 'ignore', process.env['BENCH_LOUD'] === undefined ? 'ignore' : 'inherit'] });
    this.#server = child;
    const until = Date.now() + READY_MS;
    while ((await fetch(`http://127.0.0.1:${this.#ports.web}/ready`).catch(() => null))?.status !== 200) {
      if (child.exitCode !== null || Date.now() > until) throw new Error(`callme serve did not get ready (exit ${String(child.exitCode)}); BENCH_LOUD=1 shows what it says`);
      await pause(20);
    }
  }

  async kill9(): Promise<void> {
    const child = this.#server;
    if (child === null) return;
    this.look();
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    this.#server = null;
  }

  /** Takes down the peak of resident memory (VmHWM). */
  look(): void {
    const kib = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${this.#server?.pid ?? 'self'}/status`, 'utf8'))?.[1];
    if (this.#server !== null) this.peakMb = Math.max(this.peakMb, (Number(kib) * 1024) / 1e6);
  }

  /** The CRM is back. */
  async openPortal(): Promise<void> {
    this.#portal = fork(join(import.meta.dirname, 'portal.ts'), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const opened = once(this.#portal, 'message');
    this.#portal.send({ port: this.#ports.portal, ...portalLimit(this.#limit) } satisfies Opening);
    await opened;
  }

  async report(): Promise<Report> {
    if (this.#portal === null) throw new Error('the portal is not open');
    const said = once(this.#portal, 'message') as Promise<[Report]>;
    this.#portal.send('report');
    return (await said)[0];
  }

  async close(): Promise<void> {
    await this.kill9();
    if (this.#portal !== null) {
      const gone = once(this.#portal, 'exit');
      this.#portal.disconnect();
      await gone;
    }
    await this.pbx.close();
    process.removeListener('exit', this.#axe);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function callOf(linkedid: string, at: number): readonly Fact[] {
  const end = { ...ended(linkedid, 'ended', at), startedAt: instant(at - 70_000) };
  const { id, pbx, call, linkedid: linked, certain, source, because, direction, client, line, startedAt, callId, caller } = end;
  const offered: Fact = {
    id: id.replace('#ended', '#offered') as Fact['id'], pbx, call, linkedid: linked, at: instant(at - 60_000), certain, source, because, direction, client, line, startedAt, callId, caller,
    kind: 'call-offered', extension: '219' as Extension,
  };
  return [offered, end];
}
