/** The verbs, in the order of the help. Each is loaded only when it is needed: `callme --help` must not open a database. */
import type { Command } from './command.ts';
import type { Verb } from './texts/index.ts';

export interface Entry {
  readonly verb: Verb;
  /** With its positional arguments, as yargs reads them. */
  readonly usage?: string;
  readonly load: () => Promise<{ readonly default: Command }>;
}

export const VERBS: readonly Entry[] = [
  { verb: 'init', load: () => import('../commands/init.ts') },
  { verb: 'serve', load: () => import('../commands/serve.ts') },
  { verb: 'doctor', load: () => import('../commands/doctor.ts') },
  { verb: 'status', load: () => import('../commands/status.ts') },
  { verb: 'config', load: () => import('../commands/config.ts') },
  { verb: 'dialplan', load: () => import('../commands/dialplan.ts') },
  { verb: 'calls', load: () => import('../commands/calls.ts') },
  { verb: 'spool', load: () => import('../commands/spool.ts') },
  { verb: 'record', load: () => import('../commands/record.ts') },
  { verb: 'outbox', load: () => import('../commands/outbox.ts') },
  { verb: 'crm', load: () => import('../commands/crm.ts') },
  { verb: 'contacts', load: () => import('../commands/contacts.ts') },
  { verb: 'debug', load: () => import('../commands/debug.ts') },
  { verb: 'capture', load: () => import('../commands/capture.ts') },
  { verb: 'replay', usage: 'replay <file>', load: () => import('../commands/replay.ts') },
  { verb: 'cdr', load: () => import('../commands/cdr.ts') },
  { verb: 'reconcile', load: () => import('../commands/reconcile.ts') },
];
