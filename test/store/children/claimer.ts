/** Says `ready`, waits for a line, then claims and settles until nothing is left, and prints the id of each delivery it got. */
import { once } from 'node:events';
import type { NodeId } from '../../../core/words.ts';
import { B24, BEGIN } from '../../fakes/sample-calls.ts';
import { name, open } from './place.ts';

const store = open();
const { deliveries } = store;
const ask = { now: BEGIN, node: name as NodeId, leaseMs: 60_000, limit: 3, accounts: [B24] };
process.stdout.write('ready\n');
await once(process.stdin, 'data');
for (let claimed = deliveries.claim(ask); claimed.length > 0; claimed = deliveries.claim(ask)) {
  for (const delivery of claimed) {
    deliveries.settle(delivery, { state: 'done', reason: '' }, BEGIN);
    process.stdout.write(`${delivery.id}\n`);
  }
}
store.close();
