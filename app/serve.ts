/**
 * The composition root: builds every room and starts them in order (what others lean on first), stops them in the reverse order.
 * Longer than most files because it is the one place where everything is named.
 */
import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { AgiServer } from '../agi/server.ts';
import { createScripts } from '../agi/scripts/index.ts';
import { byRules } from '../agi/scripts/record.ts';
import type { Routed } from '../agi/scripts/route.ts';
import type { CaptureEntry } from '../ami/capture.ts';
import { type Plan } from '../core/plan.ts';
import type { Books, Clock, Log, Service, Store } from '../core/ports.ts';
import { createRouter, type Route, type RouteAsk, type RoutingRules } from '../core/routing.ts';
import { type AccountId, callKey, type CallKey, DEFAULT_TENANT, type NodeId } from '../core/words.ts';
import { createLookup, type Lookup } from '../crm/lookup.ts';
import { createDispatcher, type Outbox } from '../outbox/dispatcher.ts';
import type { Retention } from '../recordings/retention-service.ts';
import type { Storage } from '../recordings/storage/storage.ts';
import { createRecordingWorker, type RecordingWorker } from '../recordings/worker.ts';
import { lockStore, openStore, type StoreAddress, type StoreLock } from '../store/open.ts';
import type { Readiness, WebServer } from '../web/server.ts';
import { type Account, openAccount } from './accounts.ts';
import { contactTools } from './address-book/api.ts';
import { systemClock } from './clock.ts';
import type { CheckedAccount, Config } from './config/index.ts';
import { Ears, type PbxConfig } from './ears.ts';
import { type CrmWayBack, openWayBack } from './crm/open.ts';
import { Detail } from './detail.ts';
import { detailedHttp } from './detail/http.ts';
import { detailedEvents, detailedRecordings, detailedScripts } from './detail/rooms.ts';
import { openDirectory } from './directory.ts';
import { createHttp, type HttpClient } from './http.ts';
import { openRetention, openStorage } from './keeping.ts';
import { Leftovers } from './leftovers.ts';
import { postingOf } from './outbox/posting.ts';
import { createPacing } from './pacing.ts';
import { type RecordedPbx, Recorder } from './recorder.ts';
import { profileOf } from './profile.ts';
import { AfterGap } from './reconcile/after-gap.ts';
import { openBooksOf } from './reconcile/books.ts';
import { openRecordingLinks, type RecordingLinks } from './recording-links.ts';
import { onRecordingReady } from './spooling.ts';
import { numbersOf, surroundingsOf } from './surroundings.ts';
import { openWindow } from './window.ts';

export interface ServeOptions {
  readonly config: Config;
  readonly accounts: readonly CheckedAccount[];
  readonly log: Log;
  readonly version: string;
  readonly tee?: (entry: CaptureEntry) => void;
  /** Which rooms log in detail just now; not given = none can. */
  readonly detail?: Detail;
  /** Secrets of the configuration in clear text: they never reach a detailed log. */
  readonly secrets?: readonly string[];
  readonly timings?: Timings;
  /** A test's own books of a Pbx. */
  readonly books?: (pbx: PbxConfig) => Books | null;
}

/** What a test takes into its own hands, so that an outage of a day passes in seconds. */
export interface Timings {
  /** Gives [0, 1), for every back-off: 0 = the shortest wait each time. */
  readonly random?: () => number;
  /** Milliseconds that a driver has for one delivery. */
  readonly deliverMs?: number;
  /** Milliseconds that the outbox rests at most: with a long rest, a wake that was forgotten shows. */
  readonly pollMs?: number;
}

export class CallMe implements Service {
  readonly store: Store;
  readonly web: WebServer;
  readonly agi: AgiServer;
  readonly ears: readonly Ears[];
  readonly recorder: Recorder;
  readonly #options: ServeOptions;
  readonly #lock: StoreLock;
  readonly #clock: Clock = systemClock;
  readonly #http: HttpClient;
  readonly #accounts: readonly Account[];
  readonly #lookup: Lookup;
  readonly #detail: Detail;
  readonly #outbox: Outbox;
  readonly #spool: RecordingWorker;
  readonly #leftovers: Leftovers;
  readonly #storage: Storage;
  readonly #retention: Retention;
  readonly #links: RecordingLinks;
  readonly #books: ReadonlyMap<string, Books>;
  readonly #afterGaps: readonly AfterGap[];
  readonly #wayBack: CrmWayBack;
  #running: readonly Service[] = [];

  constructor(options: ServeOptions) {
    const { config, log } = options;
    this.#options = options;
    const place = { url: config.store.url.reveal(), dataDir: config.dataDir, tenant: DEFAULT_TENANT };
    this.#lock = lockStore(place);
    this.store = this.#opened(place);
    this.#links = this.#guarded(() => openRecordingLinks({ config, clock: this.#clock, log }));
    this.#http = createHttp({ version: options.version });
    this.#detail = options.detail ?? new Detail({ clock: this.#clock });
    const http = detailedHttp(this.#http, { log, detail: this.#detail, secrets: options.secrets ?? [], clock: this.#clock });
    const numbers = numbersOf(config);
    const pacing = createPacing({ clock: this.#clock });
    this.#accounts = options.accounts.map((account) => openAccount(account, {
      http, pacing, shelves: this.store, clock: this.#clock, ...surroundingsOf(config, numbers), link: this.#links.forCrm, log: log.child({ room: 'crm' }),
    }));
    this.#lookup = createLookup({
      accounts: this.#accounts, numbers, store: this.store.contacts, namesFrom: (config.routing.namesFrom ?? null) as AccountId | null, clock: this.#clock, log: log.child({ room: 'crm' }),
    });
    this.#outbox = this.#openOutbox();
    this.#books = new Map(config.pbx.flatMap((pbx): [string, Books][] => {
      const books = (options.books ?? ((each): Books | null => openBooksOf(config, each)))(pbx);
      return books === null ? [] : [[pbx.id, books]];
    }));
    const heard = detailedEvents({ log, detail: this.#detail });
    const audits = config.pbx.map((pbx) => this.#openAfterGap(pbx));
    this.#afterGaps = audits.flatMap((audit) => audit ?? []);
    this.ears = config.pbx.map((pbx, index) => new Ears(pbx, {
      journal: this.store.journal, plan: this.#planOf(pbx.id), profile: profileOf(config, pbx), clock: this.#clock, log: log.child({ room: 'ami' }),
      heal: config.recording.heal, onPauseAsked: (call, what) => { void this.recorder.act(call, what); },
      books: this.#books.get(pbx.id) ?? null, onGap: (gap) => { audits[index]?.onGap(gap); },
      onFacts: () => { this.#wake(); }, tee: (entry) => { heard(entry); options.tee?.(entry); }, ...options.timings,
    }));
    this.recorder = new Recorder({ pbxOf: (call) => this.#pbxOf(call), log: log.child({ room: 'recordings' }) });
    const keeping = { config, store: this.store, clock: this.#clock, log: log.child({ room: 'recordings' }) };
    this.#storage = openStorage(keeping);
    this.#retention = openRetention(keeping, this.#storage);
    this.#spool = this.#openSpool();
    this.#leftovers = this.#openLeftovers();
    const route = createRouter(this.#routing(), this.#lookup.find);
    this.agi = this.#openAgi(route);
    this.#wayBack = openWayBack({
      config, accounts: this.#accounts, ears: this.ears, store: this.store, clock: this.#clock, log: log.child({ room: 'crm' }), numbers, route,
      contactsChanged: (account, changed) => { this.#lookup.forget(changed, account); }, onFacts: () => { this.#wake(); }, ...(options.timings?.random && { random: options.timings.random }),
    });
    this.web = openWindow({
      config, store: this.store, clock: this.#clock, log: log.child({ room: 'web' }), version: options.version, readiness: () => this.readiness(),
      recorder: this.recorder, storage: this.#storage, links: this.#links, crm: this.#wayBack.desk, directory: openDirectory({
        config, checked: options.accounts, accounts: this.#accounts, lookup: this.#lookup, numbers, book: this.store.addressBook, clock: this.#clock, log: log.child({ room: 'crm' }),
      }), detail: this.#detail,
      contacts: contactTools(this.store, config, numbers, (keys) => { for (const { id, driverName } of this.#accounts) if (driverName === 'local') this.#lookup.forget(keys, id); }),
    });
  }

  /** A store that cannot be opened must not stay locked. Throws StoreError. */
  #opened(place: StoreAddress): Store {
    return this.#guarded(() => openStore(place));
  }

  /** Whatever cannot be opened while the constructor runs must not leave the store locked. */
  #guarded<Value>(open: () => Value): Value {
    try {
      return open();
    } catch (error) {
      this.#lock.release();
      throw error;
    }
  }

  /** Starts everything; what cannot start stops what has started and rejects with the reason. */
  async start(): Promise<void> {
    try {
      // What an earlier process had under way when it died would otherwise wait out its lease.
      this.store.deliveries.takeBack(this.#clock.now());
      for (const service of [this.#outbox, this.#retention, this.#spool, ...this.#afterGaps, ...this.ears, this.#leftovers, this.#wayBack.clicks, this.agi, this.web, this.#wayBack.errands, this.#lookup]) {
        await service.start();
        this.#running = [service, ...this.#running];
      }
    } catch (error) {
      await this.stop(STOP_MS);
      throw error;
    }
  }

  /** Last started, first stopped: nothing new comes in while the rooms finish. */
  async stop(deadlineMs: number): Promise<void> {
    const services = this.#running;
    this.#running = [];
    for (const service of services) await service.stop(deadlineMs).catch((error: unknown) => { this.#options.log.warn({ err: error }, 'a room did not stop in time'); });
    await this.#lookup.stop();
    for (const books of this.#books.values()) await books.close().catch((error: unknown) => { this.#options.log.warn({ err: error }, 'the books of a PBX could not be closed'); });
    this.#storage.close();
    await this.#http.close();
    this.store.close();
    this.#lock.release();
  }

  /** Ready: every Pbx is heard, the store takes what is heard, and telephones can ask. */
  readiness(): Readiness {
    const links = this.ears.map((ears): [string, string] => [`pbx ${ears.id}`, ears.link.name === 'up' ? 'up' : `${ears.link.name}: ${ears.link.reason}`]);
    const store: [string, string] = ['store', this.ears.some(({ pump }) => pump.refused) ? 'refuses to write: see the log' : 'up'];
    const agi: [string, string] = ['agi', this.agi.address === null ? 'not listening' : 'up'];
    const checks = [...links, store, agi];
    return { ready: checks.every(([, state]) => state === 'up'), checks: Object.fromEntries(checks) };
  }

  #openOutbox(): Outbox {
    return createDispatcher({
      store: this.store.deliveries, ...postingOf(this.#accounts), node: `node-${process.pid}-${randomUUID()}` as NodeId,
      clock: this.#clock, log: this.#options.log.child({ room: 'outbox' }), ...this.#options.timings,
      onSettled: (delivery, _verdict, settlement) => {
        if (delivery.fact.kind === 'recording-ready' && settlement.state === 'done') this.store.recordings.patch(delivery.fact.recording, { state: 'told' }, this.#clock.now());
      },
    });
  }

  /** Null where this Pbx has no books. */
  #openAfterGap({ id }: PbxConfig): AfterGap | null {
    const books = this.#books.get(id);
    if (books === undefined) return null;
    return new AfterGap({
      pbx: id, books, store: this.store, plan: this.#planOf(id), clock: this.#clock, log: this.#options.log.child({ room: 'reconcile' }),
      onFilled: () => { this.#wake(); }, ...this.#options.timings,
    });
  }

  #openSpool(): RecordingWorker {
    const { config, log } = this.#options;
    const { bitrateKbps, channels, encoders = Infinity, keepWavDays, minFreeMb } = config.recording;
    return createRecordingWorker({
      store: detailedRecordings(this.store.recordings, { log, detail: this.#detail }), folders: new Map(config.pbx.map((pbx) => [pbx.id, pbx.recordings])), clock: this.#clock, log: log.child({ room: 'recordings' }),
      settings: { bitrateKbps, channels, encoders: Math.min(encoders, SPARE_CORES), keepWavDays, minFreeMb, fallbackFolder: join(config.dataDir, 'recordings') },
      storage: this.#storage, makeRoom: () => this.#retention.makeRoom(),
      onReady: onRecordingReady({ store: this.store, clock: this.#clock, planOf: (row) => this.#planOf(row.pbx), onFacts: () => { this.#outbox.wake(); } }),
      recorderGone: (row) => this.ears.some((ears) => ears.id === row.pbx && ears.listeningSince !== null && !ears.isOpen(row.call)),
    });
  }

  /** Pbx ids hold no slash (app/config/fields.ts): what stands before the first one is the Pbx of a call's key. */
  #pbxOf(call: CallKey): RecordedPbx | undefined {
    const ears = this.ears.find(({ id }) => call.startsWith(`${id}/`));
    return ears === undefined ? undefined : { door: ears.door, call: (key) => ears.pump.call(key) };
  }

  #openLeftovers(): Leftovers {
    const { journal, recordings } = this.store;
    const folders = this.#options.config.pbx.map(({ id, recordings: folder }) => ({
      pbx: id, folder, upSince: () => this.ears.find((ears) => ears.id === id)?.listeningSince ?? null,
    }));
    return new Leftovers({ folders, journal, recordings, clock: this.#clock, log: this.#options.log.child({ room: 'recordings' }), find: (folder, ask) => this.#spool.leftovers(folder, ask), onFound: () => { this.#spool.wake(); } });
  }

  #routing(): RoutingRules {
    const { routing: { mode, lines, fallback }, employees, phones } = this.#options.config;
    return { mode, employees, lines, fallback, internal: phones.internal.source };
  }

  #openAgi(route: (ask: RouteAsk) => Promise<Route>): AgiServer {
    const { config, log } = this.#options;
    const { find } = this.#lookup;
    const scripts = detailedScripts(createScripts({
      route, find, clock: this.#clock, onRouted: (routed) => { this.#routed(routed); },
      record: byRules({ rules: config.recording.rules, default: config.recording.default }),
    }), { detail: this.#detail, clock: this.#clock });
    return new AgiServer({ ...config.agi.listen, allow: config.agi.allow, deadlineMs: config.agi.deadlineMs, scripts, log: log.child({ room: 'agi' }) });
  }

  /** FastAGI does not say which Pbx asks: the one that has the call takes it up. */
  #routed(routed: Routed): void {
    const { linkedid, target, reason, source, at } = routed;
    const ears = this.ears.find(({ id, pump }) => pump.isOpen(callKey(id, linkedid))) ?? this.ears[0];
    ears?.pump.note({ kind: 'routed', pbx: ears.id, at, linked: linkedid, target, reason, source });
  }

  #planOf(pbx: string): Plan {
    return { accounts: this.#accounts.map(({ id }) => id), lines: this.#options.config.pbx.find(({ id }) => id === pbx)?.lines ?? [], internal: this.#options.config.debug.processInternalCalls };
  }

  #wake(): void {
    this.#outbox.wake();
    this.#spool.wake();
  }
}

/** One core stays free for the calls, on the smallest machine there is none to spare. */
const SPARE_CORES = Math.max(1, availableParallelism() - 1);

/** Milliseconds that each room has to stop. */
export const STOP_MS = 10_000;
