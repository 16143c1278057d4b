/** How we stay known to amoCRM: an integration that did not ask for three months loses its access, so its tokens are renewed each month (crm-contracts 2.1). */
import { CrmFailure } from '../../errors.ts';
import type { Polled } from '../../heard.ts';
import { refused } from './api.ts';
import type { Desk } from './desk.ts';
import { reasonOf, type Refusal } from './verdicts.ts';

const DAY_MS = 24 * 3600 * 1000;
const OLD_MS = 30 * DAY_MS;
const SEEN = 'tokens-seen';

/** Renews tokens that are older than a month. Null = all is well. */
export async function keepAlive(desk: Desk, signal: AbortSignal): Promise<Refusal | null> {
  const { api: { tokens }, tools: { clock } } = desk;
  const bearer = tokens.bearer();
  const pair = bearer?.pair ?? null;
  if (bearer === null || pair === null || clock.now() - seenAt(desk, pair.extra['since']) < OLD_MS) return null;
  const renewed = await tokens.renewed(bearer, signal);
  if (renewed.kind === 'renewed') return null;
  const what = { sent: false, description: renewed.reason };
  return renewed.kind === 'dead' ? refused({ ...what, status: 401, remedy: tokens.remedy() }) : refused({ ...what, status: 0, retryAfterMs: renewed.retryAfterMs });
}

/** Tokens of the config do not say how old they are: the clock runs from when we first saw them. */
function seenAt({ tools: { keep, clock } }: Desk, since: string | undefined): number {
  const known = Number(since ?? keep.get(SEEN) ?? Number.NaN);
  if (Number.isFinite(known)) return known;
  keep.set(SEEN, String(clock.now()));
  return clock.now();
}

/** amoCRM has no offline events; what is asked for once a day is only whether the tokens must be renewed. Null = a long-lived token never must. */
export function pollOf(desk: Desk): Polled | null {
  if (desk.api.tokens.keeper === null) return null;
  return {
    everyMs: DAY_MS,
    ask: async (signal) => {
      const refusal = desk.api.tokens.bearer() === null ? null : await keepAlive(desk, signal);
      if (refusal !== null) throw new CrmFailure(refusal.status === 401 ? 'CRM_TOKEN_DEAD' : 'CRM_LOOKUP_FAILED', reasonOf(refusal));
      return { events: [], taken: () => Promise.resolve() };
    },
  };
}
