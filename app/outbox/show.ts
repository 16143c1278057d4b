/** One delivery with its whole history, for a person. */
import { clean } from '../calls/layout.ts';
import { sentenceOf } from '../calls/sentences.ts';
import { showTime } from '../cli/print.ts';
import type { Texts } from '../cli/texts/index.ts';
import type { Delivery, Store } from '../../core/ports.ts';
import type { DeliveryId, Instant } from '../../core/words.ts';
import type { Attempt } from '../../store/sqlite/attempts.ts';
import { nextOf } from './sentences.ts';
import { type AccountStanding, ledgerOf } from './standing.ts';

/** Empty where the store keeps no history. */
export const historyOf = (store: Store, id: DeliveryId): readonly Attempt[] => ledgerOf(store.deliveries)?.attempts(id) ?? [];

export interface Around { readonly history: readonly Attempt[]; readonly standing: AccountStanding | undefined; readonly now: Instant }

const REASON = 400;

export function showDelivery(delivery: Delivery, { history, standing, now }: Around, texts: Texts): string {
  const { outbox: says } = texts;
  const { id, state, account, call, fact, attempts, createdAt, deadline, reason } = delivery;
  const facts: readonly (readonly [string, string])[] = [
    [says.showing.state, `${state} (${says.states[state]})`], [says.showing.why, clean(reason, REASON)], [says.showing.next, nextOf(delivery, standing, says, now)],
    [says.showing.account, clean(account)], [says.showing.call, clean(call)], [says.showing.tells, `${fact.kind}: ${sentenceOf(fact, texts)}`],
    [says.showing.created, showTime(createdAt)], [says.showing.deadline, showTime(deadline)], [says.showing.tries, String(attempts)],
  ];
  const lines = facts.filter(([, value]) => value !== '').map(([name, value]) => `${name}: ${value}`);
  return [id, ...lines, '', ...historyLines(history, says), '', `${says.showing.fact}:`, JSON.stringify(fact, null, 2), ''].join('\n');
}

function historyLines(history: readonly Attempt[], { showing: says }: Texts['outbox']): readonly string[] {
  if (history.length === 0) return [says.noHistory];
  return [`${says.history}:`, ...history.map(({ beganAt, endedAt, end, reason }) => {
    const took = beganAt === null || end === 'lost' ? '' : ` (${says.took(((endedAt - beganAt) / 1000).toFixed(1))})`;
    return `  ${showTime(beganAt ?? endedAt)}  ${says.ends[end]}${took}${reason === '' ? '' : `: ${clean(reason, REASON)}`}`;
  })];
}
