import type { CommandIo } from '../cli/command.ts';
import { openExisting } from '../cli/stores.ts';
import { accountLine } from '../outbox/sentences.ts';
import { standingsOf } from '../outbox/standing.ts';
import { fail, ok, warn, type Finding, type Patient } from './finding.ts';

/** What waits for the CRMs, and why: the store knows what the server met, even where the server does not run. */
export function examineOutbox({ config }: Pick<Patient, 'config'>, io: Pick<CommandIo, 'texts'>): readonly Finding[] {
  const store = openExisting(config, io);
  try {
    return standingsOf(store, config).map((standing) => {
      const { text, remedy } = accountLine(standing, io.texts);
      if (standing.state !== 'works') return fail(`outbox:${standing.id}`, text, remedy);
      return standing.dead > 0 ? warn(`outbox:${standing.id}`, text, remedy) : ok(`outbox:${standing.id}`, text);
    });
  } finally {
    store?.close();
  }
}
