import type { Args, Command, CommandIo } from '../cli/command.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine, showTime } from '../cli/print.ts';
import { withStore } from '../cli/stores.ts';
import { showListen, type Config } from '../config/index.ts';
import type { CallRow, DeliveryState, RecordingState, Store } from '../../core/ports.ts';
import { type AccountStanding, standingsOf } from '../outbox/standing.ts';
import { askServer, type ServerState } from '../server-health.ts';
import { printAccounts } from './outbox.ts';

const status: Command = {
  command: 'status',
  describe: (texts) => texts.verbs.status,
  builder: (texts) => ({ examples: [['callme status', texts.status.example]] }),
  run: (args, io) => withStore(args, io, (store, config) => look(args, io, { store, config })),
};
export default status;

interface Status {
  readonly server: ServerState | null;
  readonly openCalls: readonly { readonly id: string; readonly state: 'open' }[];
  readonly lastCall: CallRow | null;
  readonly deliveries: Readonly<Partial<Record<DeliveryState, number>>>;
  readonly accounts: readonly AccountStanding[];
  readonly recordings: Readonly<Partial<Record<RecordingState, number>>>;
}

/** States of recordings that somebody may have to look at; the rest is history. */
const RECORDING_STATES: readonly RecordingState[] = ['growing', 'closed', 'spooled', 'encoded', 'broken'];
const SERVER_MS = 2_000;

async function look(args: Args, io: CommandIo, { store, config }: { readonly store: Store | null; readonly config: Config }): Promise<ExitCode> {
  const server = await askServer(config.web.listen, SERVER_MS);
  const found = gather(store, config, server);
  const trouble = (found.deliveries.dead ?? 0) + (found.deliveries.held ?? 0) + (found.recordings.broken ?? 0) > 0 || found.accounts.some(({ state }) => state !== 'works');
  if (args.json) printJson(io, { ok: !trouble && server?.ready === true, ...found });
  else report(io, found, { config, store });
  return trouble || server?.ready !== true ? EXIT.problem : EXIT.fine;
}

function gather(store: Store | null, config: Config, server: ServerState | null): Status {
  const counted = RECORDING_STATES.map((state) => [state, store?.recordings.list({ state, limit: 10_000 }).length ?? 0] as const);
  return {
    server,
    openCalls: config.pbx.flatMap(({ id }) => store?.journal.openCalls(id) ?? []).map(({ key }) => ({ id: key, state: 'open' as const })),
    lastCall: store?.journal.calls({ limit: 1 })[0] ?? null,
    deliveries: store?.deliveries.count() ?? {},
    accounts: standingsOf(store, config),
    recordings: Object.fromEntries(counted.filter(([, count]) => count > 0)),
  };
}

function report(io: CommandIo, found: Status, { config, store }: { readonly config: Config; readonly store: Store | null }): void {
  const texts = io.texts.status;
  const line = (what: string, value: string): void => printLine(io, `${what}: ${value}`);
  const address = showListen(config.web.listen);
  line(texts.server, found.server === null ? texts.down(address) : `${texts.up(address)}${checks(found.server)}`);
  if (store === null) { printLine(io, io.texts.store.none); return; }
  line(texts.open, String(found.openCalls.length));
  line(texts.calls, found.lastCall === null ? texts.none : `${found.lastCall.id}, ${showTime(found.lastCall.startedAt)}`);
  line(texts.deliveries, counts(found.deliveries, texts.none));
  line(texts.recordings, counts(found.recordings, texts.none));
  printAccounts(io, found.accounts);
  if ((found.deliveries.dead ?? 0) > 0) printLine(io, texts.dead(found.deliveries.dead ?? 0));
  if ((found.recordings.broken ?? 0) > 0) printLine(io, texts.broken(found.recordings.broken ?? 0));
}

function checks({ checks: all }: ServerState): string {
  return Object.entries(all).map(([name, state]) => `; ${name}: ${state}`).join('');
}

function counts(numbers: Readonly<Partial<Record<string, number>>>, none: string): string {
  const shown = Object.entries(numbers).filter(([, count]) => (count ?? 0) > 0).map(([state, count]) => `${state} ${count ?? 0}`);
  return shown.length === 0 ? none : shown.join(', ');
}
