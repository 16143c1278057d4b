/** Our side of the race: link, translate, core, one transaction a turn. Prints `ready`, then the seconds from the first event to the last committed fact. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ears } from '../../app/ears.ts';
import { systemClock } from '../../app/clock.ts';
import { openLog } from '../../app/logs.ts';
import { Secret } from '../../app/config/index.ts';
import type { Journal } from '../../core/ports.ts';
import { type AccountId, DEFAULT_TENANT, type PbxId } from '../../core/words.ts';
import { openStore } from '../../store/open.ts';

const [port = '', calls = ''] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'callme-bench-'));
const store = openStore({ url: 'sqlite:callme.db', dataDir: folder, tenant: DEFAULT_TENANT });
let first = 0n;
let ended = 0;

/** Counts what is committed, after the commit. */
const journal: Journal = {
  ...store.journal,
  commit: (change) => {
    const fresh = store.journal.commit(change);
    for (const fact of change.facts) if (fact.kind === 'call-ended') ended += 1;
    if (ended >= Number(calls)) finish();
    return fresh;
  },
};

function finish(): void {
  process.stdout.write(`${JSON.stringify({ seconds: Number(process.hrtime.bigint() - first) / 1e9 })}\n`);
  store.close();
  rmSync(folder, { recursive: true, force: true });
  process.exit(0);
}

const ears = new Ears(
  {
    id: 'main' as PbxId, external: [/^PJSIP\/trunk/], lines: [], recordings: folder,
    ami: { host: '127.0.0.1', port: Number(port), username: 'callme', secret: new Secret('secret'), tls: false, allowPlain: false },
  },
  {
    journal, plan: { accounts: ['b24' as AccountId], lines: [] }, profile: { external: [/^PJSIP\/trunk/], internal: /^[0-9]{2,5}$/ }, clock: systemClock, log: openLog({ level: 'error', terminal: false }), onFacts: () => undefined,
    tee: () => { if (first === 0n) first = process.hrtime.bigint(); },
  },
);
await ears.start();
const watch = setInterval(() => {
  if (ears.link.name !== 'up') return;
  clearInterval(watch);
  // The list of channels was the first thing heard: the clock starts with the first event.
  first = 0n;
  process.stdout.write('ready\n');
}, 10);
