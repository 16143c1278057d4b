/** What a driver keeps about its account, over the store; and the right to do something alone, in this process and beside others that share the store. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { AccountMemory, Clock } from '../core/ports.ts';
import { type AccountId, instant } from '../core/words.ts';
import type { Keep } from '../crm/driver.ts';
import { CrmFailure } from '../crm/errors.ts';

export interface KeepTools {
  readonly accounts: AccountMemory;
  readonly clock: Clock;
  /** Gives [0, 1). */
  readonly random?: () => number;
}

/** A process that died in the middle holds the others up for so long; what is done alone must be over in less. */
const LEASE_MS = 60_000;
const LOOK_MS = 50;

/** Resolves when those before are through, however they ended; whoever gives up leaves the line. */
function standing(before: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => { reject(signal.reason instanceof Error ? signal.reason : new Error('aborted')); };
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave, { once: true });
    const through = (): void => { signal.removeEventListener('abort', leave); resolve(); };
    before.then(through, through);
  });
}

export function openKeep(account: AccountId, { accounts, clock, random = Math.random }: KeepTools): Keep {
  /** Inside this process nobody needs to look again and again: they stand in line. */
  const lines = new Map<string, Promise<unknown>>();
  const claimed = async (name: string, owner: string, { waitMs, signal }: Parameters<Keep['alone']>[2]): Promise<void> => {
    const until = clock.now() + waitMs;
    for (;;) {
      signal.throwIfAborted();
      const now = clock.now();
      if (accounts.claim(account, name, { owner, now, until: instant(now + LEASE_MS) })) return;
      if (now >= until) throw new CrmFailure('CRM_BUSY', `another process is busy with "${name}" of the account ${account}`);
      await pause(LOOK_MS * (1 + random()), undefined, { signal });
    }
  };
  const exclusively = async <Value>(name: string, work: () => Promise<Value>, waiting: Parameters<Keep['alone']>[2]): Promise<Value> => {
    const owner = randomUUID();
    await claimed(name, owner, waiting);
    try {
      return await work();
    } finally {
      accounts.release(account, name, owner);
    }
  };
  return {
    get: (key) => accounts.get(account, key),
    set: (key, value) => { accounts.set(account, key, value); },
    remove: (key) => { accounts.remove(account, key); },
    alone: (name, work, waiting) => {
      const before = lines.get(name) ?? Promise.resolve();
      const mine = standing(before, waiting.signal).then(() => exclusively(name, work, waiting));
      const settled = Promise.allSettled([before, mine]).then(() => undefined);
      lines.set(name, settled);
      void settled.then(() => { if (lines.get(name) === settled) lines.delete(name); });
      return mine;
    },
  };
}
