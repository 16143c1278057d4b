/**
 * CallMe's own address book as a CRM, for whoever has none: names callers, keeps every call with a client, and which recording belongs to it. There is no
 * peer: everything lies in the store, so nothing is ambiguous. A call is one row under its own key, and told again it is written again, the same.
 */
import { z } from 'zod';
import type { CrmUser, DriverKind, DriverTools } from '../driver.ts';
import { check } from './local/check.ts';
import { deliver } from './local/deliver.ts';
import { lookup, userOf } from './local/people.ts';

const settings = z.strictObject({
  /** Whether a call with an unknown number makes a contact that is named by the number. */
  createUnknown: z.boolean().default(false),
});

const local: DriverKind<z.infer<typeof settings>> = {
  name: 'local',
  settings,
  // The store is the limit: a call is one small transaction. The pace only keeps a long backlog from standing in a caller's way.
  pace: { perSecond: 500, burst: 500 },
  create: (chosen, tools) => ({
    lookup: (number, _signal, line) => promised(() => lookup(tools, number, line)),
    deliver: (fact) => promised(() => deliver(tools, fact, chosen)),
    check: (signal) => check(tools, signal),
    users: () => promised(() => users(tools)),
  }),
};
export default local;

/** The store answers at once; what it refuses rejects, as a CRM's trouble would. */
const promised = <Value>(work: () => Value): Promise<Value> => Promise.resolve().then(work);

/** Whoever the config names works here. */
function users(tools: DriverTools): readonly CrmUser[] {
  return tools.employees.map(({ extension, name }) => ({ id: userOf(tools, extension), name, extensions: [extension], active: true }));
}
