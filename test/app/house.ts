/** A whole CallMe inside the test: the real configuration loader, store, rooms and log; around it a fake PBX and a stand-in portal. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { checkAccounts, loadConfig, secretsOf } from '../../app/config/index.ts';
import { driverShelf } from '../../app/driver-shelf.ts';
import { openLog } from '../../app/logs.ts';
import { CallMe, type ServeOptions, type Timings } from '../../app/serve.ts';
import type { Fact } from '../../core/facts.ts';
import type { CallKey } from '../../core/words.ts';
import { FakeAmi, type FakeAmiOptions } from '../fakes/ami.ts';
import { type Portal, type PortalOptions, startPortal } from '../fakes/crm/bitrix24.ts';
import { folder, writeConfig } from './bench.ts';

export const USERS = [{ id: 7, name: 'Anna', extension: '219' }, { id: 8, name: 'Olga', extension: '220' }] as const;
export const IRINA = { id: 318, name: 'Irina', phone: '+79161234567', responsible: 8 } as const;
export const AMI_SECRET = 'ami-secret-0001';

/** Lines as they come, and a way to wait: whatever CallMe does, it says so at level trace. */
export class Listener {
  readonly lines: string[] = [];
  #waiting: (() => void)[] = [];

  get text(): string { return this.lines.join(''); }

  write(line: string): void {
    this.lines.push(line);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves as soon as it is so; looked at after each line, and now and then for what no line tells. */
  async until(so: () => boolean): Promise<void> {
    while (!so()) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, 20);
        this.#waiting.push(() => { clearTimeout(timer); resolve(); });
      });
    }
  }

  /** The first line, past or future, that says this. */
  async says(what: RegExp): Promise<string> {
    await this.until(() => this.lines.some((line) => what.test(line)));
    return this.lines.find((line) => what.test(line)) ?? '';
  }
}

export interface Place { readonly folder: string; readonly recordings: string; readonly config: string; readonly pbx: FakeAmi; readonly portal: Portal }
export interface PlaceOptions {
  readonly ami?: FakeAmiOptions;
  /** What the configuration says instead. */
  readonly secret?: string;
  readonly portal?: PortalOptions;
  readonly agi?: string;
  /** Numbers to watch. */
  readonly lines?: string;
  readonly web?: string;
  /** More keys of its section recording. */
  readonly recording?: string;
  /** More lines at the end of the configuration. */
  readonly more?: string;
  /** The section crm, instead of the portal alone. */
  readonly crm?: string;
}

/** A PBX, a portal, and a configuration that knows them. They end with the test. */
export async function place(t: Test, options: PlaceOptions = {}): Promise<Place> {
  const path = folder(t);
  const recordings = join(path, 'continuous');
  mkdirSync(recordings);
  const pbx = await FakeAmi.start({ secret: AMI_SECRET, ...options.ami });
  t.teardown(() => pbx.close());
  const portal = await startPortal({ users: USERS, contacts: [IRINA], ...options.portal });
  t.teardown(() => portal.stop());
  return { folder: path, recordings, pbx, portal, config: writeConfig(path, configuration(pbx, portal, options)) };
}

const configuration = (pbx: FakeAmi, portal: Portal, { secret, lines = '', agi = '127.0.0.1:0', web = '127.0.0.1:0', recording = '', more = '', crm }: PlaceOptions): string => `dataDir: DATA/data
log: { level: trace }
pbx:
  - id: main
    ami: { host: 127.0.0.1, port: ${pbx.port}, username: callme, secret: "${secret ?? pbx.settings.secret}" }
    recordings: DATA/continuous
    external: ["^PJSIP/trunk"]
    lines: [${lines}]
agi: { listen: "${agi}" }
web: { listen: "${web}"${crm === undefined ? '' : ', publicUrl: "https://pbx.example.org/callme"'} }
${crm ?? `crm:
  - { id: b24, driver: bitrix24, url: "${portal.url}", defaultUser: 7 }
employees:
  - { extension: "219", name: "Anna", crm: { b24: 7 } }
  - { extension: "220", name: "Olga", crm: { b24: 8 } }`}
recording: { minFreeMb: 0${recording === '' ? '' : `, ${recording}`} }
${more}`;

export interface House { readonly callMe: CallMe; readonly log: Listener }

/** The options of a `new CallMe(…)`, by the real loader. */
export async function options(config: string, log: Listener, timings: Timings = {}): Promise<ServeOptions> {
  const loaded = loadConfig({ file: config, env: {}, cwd: '/' });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.mistakes));
  const { accounts, mistakes } = await checkAccounts(loaded, driverShelf);
  if (mistakes.length > 0) throw new Error(JSON.stringify(mistakes));
  return { config: loaded.config, accounts, version: '0.0.0', timings, log: openLog({ level: 'trace', terminal: false, secrets: secretsOf(loaded), out: log }) };
}

/** Built, not started; stops with the test. Each back-off is as short as it can be, and the outbox looks for work when it is woken, not now and then. */
export async function build(t: Test, { config }: Place, timings: Timings = {}): Promise<House> {
  const log = new Listener();
  const callMe = new CallMe(await options(config, log, { random: () => 0, pollMs: 1e9, ...timings }));
  t.teardown(() => callMe.stop(1_000));
  return { callMe, log };
}

/** Started, and the PBX is heard. */
export async function open(t: Test, where: Place, timings: Timings = {}): Promise<House> {
  const house = await build(t, where, timings);
  await house.callMe.start();
  await house.log.until(() => house.callMe.readiness().ready);
  return house;
}

export const keyOf = (linkedid: string): CallKey => `main/${linkedid}` as CallKey;
export const factsOf = ({ callMe }: House, call: CallKey): readonly Fact[] => callMe.store.journal.facts(call);
/** Nothing waits any more in the outbox. */
export const settled = ({ callMe }: House): boolean => {
  const { pending = 0, claimed = 0, deferred = 0, held = 0 } = callMe.store.deliveries.count();
  return pending + claimed + deferred + held === 0;
};
