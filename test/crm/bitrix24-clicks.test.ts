/** Click-to-calls as real Asterisks told them, through the core and the plan into the portal: one call there, finished, no card left open. */
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createHttp } from '../../app/http.ts';
import { replay } from '../../app/replaying.ts';
import { cardPolicy } from '../../core/cards.ts';
import type { Fact } from '../../core/facts.ts';
import { deliveriesFor } from '../../core/plan.ts';
import type { AccountId, Extension } from '../../core/words.ts';
import bitrix24 from '../../crm/drivers/bitrix24.ts';
import { type PortalCall, startPortal } from '../fakes/crm/bitrix24.ts';
import { toolsFor } from '../fakes/crm/tools.ts';

const CAPTURES = join(import.meta.dirname, '../captures');
const B24 = 'b24' as AccountId;
const PROFILE = { external: [/^PJSIP\/trunk/], internal: /^[0-9]{2,5}$/ };
const employees = [{ extension: '219' as Extension, name: 'Anna', crm: { [B24]: 7 } }];

/** story, STATUS_CODE, may somebody have talked. */
const STORIES: [string, string, boolean][] = [
  ['clickToCall', '200', true],
  ['clickToCallByLocal', '200', true],
  ['clickToCallMarkedFirst', '200', true],
  ['clickToCallMarkedLast', '200', true],
  ['clickToCallUnlifted', '304', false],
  ['clickToCallBusy', '486', false],
  ['clickToCallCancelled', '603-S', false],
  ['clickToCallRejected', '603', false],
];

/** What the portal has of the call in the end. In the captures it is called `lab-42`. */
async function told(t: Test, capture: string): Promise<{ readonly call: PortalCall; readonly calls: number }> {
  const portal = await startPortal({ users: [{ id: 7, extension: '219' }] });
  t.teardown(() => portal.stop());
  const http = createHttp({ version: '0.0.0' });
  t.teardown(() => http.close());
  const memory = new Map<string, string>();
  const driver = bitrix24.create(bitrix24.settings.parse({ url: portal.url }), toolsFor(http, {
    account: B24, employees, cards: cardPolicy({ mode: 'ringing', extensions: [], employees }),
    memory: (call) => ({ get: (key) => memory.get(`${call}|${key}`) ?? null, set: (key, value) => { memory.set(`${call}|${key}`, value); } }),
  }));
  const call = portal.began({ userId: 7, phone: '+79161234567', callId: 'lab-42' });
  for await (const fact of replay(capture, PROFILE)) {
    if (deliveriesFor(fact, { accounts: [B24], lines: [] }).length > 0) await deliver(t, driver, fact);
  }
  return { call, calls: portal.calls.length };
}

async function deliver(t: Test, driver: ReturnType<typeof bitrix24.create>, fact: Fact): Promise<void> {
  const verdict = await driver.deliver(fact, new AbortController().signal);
  t.ok(['delivered', 'skipped'].includes(verdict.kind), `${fact.id}: ${JSON.stringify(verdict)}`);
}

for (const version of ['22-lab', '16-lab']) {
  for (const [story, statusCode, talked] of STORIES) {
    await t.test(`${version}: ${story}`, async (t) => {
      const { call, calls } = await told(t, join(CAPTURES, version, `${story}.ndjson`));
      t.equal(calls, 1, 'no second call beside the one that the portal began');
      t.match(call, { finishes: 1, finish: { userId: 7, statusCode } });
      t.equal((call.finish?.duration ?? 0) > 0, talked);
      t.equal(call.shown.some(({ what }) => what === 'show'), talked, 'the card is shown with the talk, and not before');
      t.same([...call.cards], [], 'no card stays open');
    });
  }
}
