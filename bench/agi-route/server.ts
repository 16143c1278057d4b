/**
 * The servers under test, one per process: `ours` (agi/server with the route script and a warm cache) or `bare` (ding-dong as it comes,
 * six commands, no shield). Tells its port, then answers each message with the CPU milliseconds it has used so far.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import bareServer from 'ding-dong';
import { createScripts } from '../../agi/scripts/index.ts';
import { AgiServer } from '../../agi/server.ts';
import type { Log } from '../../core/ports.ts';
import { createRouter } from '../../core/routing.ts';
import { instant } from '../../core/words.ts';
import type { AccountId, Contact, Extension } from '../../core/words.ts';
import { createLookup } from '../../crm/lookup.ts';

const ignore = (): void => { /* a benchmark logs nothing */ };
const log: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore, child: () => log };
const contact: Contact = { id: '318', type: 'contact', name: 'ООО Ромашка', owner: { crmUser: '7', extension: '219' as Extension } };

async function ours(): Promise<number> {
  const clock = { now: () => instant(Date.now()) };
  const lookup = createLookup({ accounts: [{ id: 'b24' as AccountId, driver: { lookup: () => Promise.resolve(contact) } }], clock, log });
  await lookup.find('+79035550142', new AbortController().signal);
  const employees = [{ extension: '219' as Extension, name: 'Anna', crm: { b24: 7 } }];
  const route = createRouter({ mode: 'crm_responsible', employees, lines: {}, fallback: 'default', internal: '^[0-9]{2,5}$' }, lookup.find);
  const server = new AgiServer({ port: 0, log, scripts: createScripts({ route, find: lookup.find, onRouted: ignore, clock }) });
  await server.start();
  return server.address?.port ?? 0;
}

/** Port '0' is a text because the number 0 would mean ding-dong's own default (shields.md D4). */
async function bare(): Promise<number> {
  const server = bareServer((context) => {
    context.on('error', ignore);
    context.on('variables', () => { void commands(context); });
  }).start('0', '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function commands(context: Parameters<Parameters<typeof bareServer>[0]>[0]): Promise<void> {
  const { value } = await context.getVariable('CHANNEL(linkedid)');
  await context.setVariable('ROUTE_TARGET', '219');
  await context.setVariable('ROUTE_REASON', 'owner-of-contact');
  await context.setVariable('ROUTE_SOURCE', 'cache');
  await context.setVariable('CallMeLINKEDID', value ?? '');
  await context.setVariable('CALLERID(name)', 'ООО Ромашка');
  await context.end();
}

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMs: (user + system) / 1000 });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ port: await (process.argv[2] === 'ours' ? ours() : bare()) });
