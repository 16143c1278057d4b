/** The keeper in processes of their own, over one real store: at once, and after `kill -9` between the vendor's answer and the disk. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createTokenDesk, type TokenDesk } from '../fakes/crm/amocrm-tokens.ts';
import { type StandIn, startStandIn } from '../fakes/crm/stand-in.ts';

const CHILD = join(import.meta.dirname, '../fakes/crm/amocrm-renewing.ts');
interface End { readonly signal: string | null; readonly out: string; readonly err: string }
interface Town { readonly desk: TokenDesk; readonly peer: StandIn; readonly run: (laterMs?: number, fate?: string) => Promise<End> }

async function town(t: Test, grace: boolean): Promise<Town> {
  const desk = createTokenDesk({ clientId: 'id', clientSecret: 'secret', redirectUri: 'https://pbx.example.org/callme/oauth', grace });
  const peer = await startStandIn({ nameOf: () => 'token', paramsOf: () => null, apply: (asked) => desk.exchange(JSON.parse(asked.body.toString('utf8'))) });
  t.teardown(() => peer.stop());
  const folder = t.testdir();
  const first = desk.consent();
  const run = (laterMs = 0, fate = ''): Promise<End> => new Promise((resolve) => {
    execFile(process.execPath, [CHILD, folder, peer.origin, first.access, first.refresh, String(laterMs), fate], { timeout: 60_000 }, (error, out, err) => {
      resolve({ signal: error?.signal ?? null, out, err });
    });
  });
  return { desk, peer, run };
}

t.test('three processes at once: one renewal, one pair for all', async (t) => {
  const { desk, peer, run } = await town(t, false);
  const ends = await Promise.all([run(), run(), run()]);
  t.equal(new Set(ends.map(({ out }) => out)).size, 1, JSON.stringify(ends.map(({ err }) => err.slice(0, 300))));
  t.ok(desk.isValid(ends[0].out));
  t.equal(desk.renewals(), 1);
  t.equal(peer.ledger.length, 1);
});

t.test('killed between the answer and the disk: the next process gets a pair, where the vendor allows it', async (t) => {
  for (const grace of [true, false]) {
    const { desk, run } = await town(t, grace);
    t.equal((await run(0, 'killed')).signal, 'SIGKILL');
    // The lease of the dead one ends a minute later.
    const { out, err } = await run(61_000);
    if (grace) t.ok(desk.isValid(out), err.slice(0, 300));
    else t.equal(out, 'dead', 'this vendor forgives nothing: somebody must consent again');
    t.equal(desk.renewals(), 1);
  }
});
