/** What a person reads about an account and a delivery: the state, why, and what happens next and when. */
import { clean, shellWord } from '../calls/layout.ts';
import { showTime } from '../cli/print.ts';
import type { Texts } from '../cli/texts/index.ts';
import type { Delivery } from '../../core/ports.ts';
import type { Instant } from '../../core/words.ts';
import type { AccountStanding } from './standing.ts';

const REASON = 400;

/** One line about the account, and what to do where a person must. */
export function accountLine(standing: AccountStanding, { outbox: says }: Pick<Texts, 'outbox'>): { readonly text: string; readonly remedy: string } {
  const { id, state, waiting, held, dead, oldest, since, looks, nextLook, reason } = standing;
  const name = clean(id);
  const wait = says.accounts.waits(waiting, held, oldest === null ? '' : showTime(oldest));
  const text = state === 'works' ? `${name}: ${says.accounts.works}${wait}` : state === 'gone' ? `${name}: ${says.accounts.gone}${wait}`
    : `${name}: ${says.accounts[state](showTime(since), looks, showTime(nextLook))}${wait}${reason === '' ? '' : ` ${says.accounts.said(clean(reason, REASON))}`}`;
  return { text: dead === 0 ? text : `${text}${says.accounts.dead(dead)}`, remedy: remedyOf(standing, says) };
}

function remedyOf({ id, state, dead }: AccountStanding, says: Texts['outbox']): string {
  const word = shellWord(id);
  if (state === 'gone') return says.accounts.goneRemedy(`callme outbox drop --account ${word} --all`);
  if (state === 'locked-out') return says.accounts.lockedRemedy(`callme crm check --account ${word}`);
  if (state === 'unreachable') return says.accounts.unreachableRemedy(`callme crm check --account ${word}`);
  return dead === 0 ? '' : says.accounts.deadRemedy(`callme outbox list --state dead --account ${word}`);
}

/** What happens next, and when. `standing`: of its account. */
export function nextOf({ id, state, notBefore, deadline }: Delivery, standing: AccountStanding | undefined, says: Texts['outbox'], now: Instant): string {
  const blocked = standing !== undefined && standing.state !== 'works';
  switch (state) {
    case 'pending': case 'deferred': case 'held': break;
    case 'claimed': return says.next.claimed;
    case 'dead': return says.next.dead(`callme outbox retry ${id}`);
    default: return says.next.nothing;
  }
  if (standing?.state === 'gone') return says.next.gone;
  if (deadline !== null) return says.next.perishes(showTime(deadline));
  if (blocked || state === 'held') return says.next.blocked(clean(standing?.id ?? ''), standing?.nextLook === null || standing === undefined ? '' : showTime(standing.nextLook));
  return state === 'deferred' && notBefore > now ? says.next.at(showTime(notBefore)) : says.next.turn;
}
