/** The configured accounts as living drivers: each with its own pace and its own memory of calls. */
import { cardPolicy } from '../core/cards.ts';
import type { Fact } from '../core/facts.ts';
import type { CallMemory, Clock, Http, Log } from '../core/ports.ts';
import { asRehearsed } from '../core/rehearsal.ts';
import type { AccountId, Employee, RecordingId } from '../core/words.ts';
import type { Driver } from '../crm/driver.ts';
import { Limiter } from '../outbox/limiter.ts';
import type { CheckedAccount, Config } from './config/index.ts';
import { pacedHttp, withPriority } from './pacing.ts';

export interface Account { readonly id: AccountId; readonly driver: Driver }

export interface AccountTools {
  readonly http: Http;
  readonly memory: CallMemory;
  readonly clock: Clock;
  readonly employees: readonly Employee[];
  readonly country: string;
  /** Who sees cards, and when; not given = everybody, as soon as the telephone rings. */
  readonly cards?: Config['cards'];
  /** Debug mode: internal calls are told as calls of a test number; not given = off. */
  readonly debug?: Config['debug'];
  /** Signs links to recordings (`recording-links.ts`); not given = there are none. */
  readonly link?: (recording: RecordingId) => string | null;
  /** Where a rehearsed call is said to be one. */
  readonly log?: Log;
}

const EVERYBODY: Config['cards'] = { mode: 'ringing', extensions: [] };

export function openAccount(checked: CheckedAccount, tools: AccountTools): Account {
  const { kind, settings, config: { id } } = checked;
  const limiter = new Limiter({ ...kind.pace, clock: tools.clock });
  const driver = kind.create(settings.reveal(), {
    account: id, http: pacedHttp(tools.http, limiter), employees: tools.employees, country: tools.country,
    cards: cardPolicy({ ...(tools.cards ?? EVERYBODY), employees: tools.employees }),
    ...(tools.link && { link: tools.link }),
    memory: (call) => ({ get: (key) => tools.memory.get(id, call, key), set: (key, value) => tools.memory.set(id, call, key, value) }),
  });
  const retold = rehearser(id, tools);
  return {
    id,
    driver: {
      lookup: (number, signal) => withPriority('perishable', () => driver.lookup(number, signal)),
      deliver: (fact, signal) => driver.deliver(retold(fact), signal), check: (signal) => driver.check(signal),
    },
  };
}

/** In debug mode, what a driver hears of an internal call; else the fact itself. */
function rehearser(account: AccountId, { debug, log }: AccountTools): (fact: Fact) => Fact {
  const testPhone = debug?.processInternalCalls === true ? debug.testPhone : undefined;
  if (testPhone === undefined) return (fact) => fact;
  return (fact) => {
    const rehearsed = asRehearsed(fact, { testPhone });
    if (rehearsed !== fact) log?.info({ account, call: fact.call, fact: fact.id }, `debug mode: internal call told as a call of the test number ${testPhone}`);
    return rehearsed;
  };
}
