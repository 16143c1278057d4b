/**
 * Any CRM by configuration: it is asked by templates of paths, told events with a neutral body or one of its own, and answered by paths into its JSON. What may be
 * set, and what a CRM must do to hear of each call exactly once: docs/crm/rest.md.
 *
 * After an ambiguous answer: an event or a recording is told again under the same `event_id`, by which the CRM knows it; a refusal that means "I have it" (`already`) is a yes.
 */
import type { Fact } from '../../core/facts.ts';
import type { Verdict } from '../../core/verdict.ts';
import type { Driver, DriverKind, DriverTools } from '../driver.ts';
import { check } from './rest/check.ts';
import type { Desk } from './rest/desk.ts';
import { hear } from './rest/hearing.ts';
import { lookup, route, users } from './rest/lookup.ts';
import { settings, type Settings } from './rest/settings.ts';
import { tell } from './rest/telling.ts';
import { later } from './rest/verdicts.ts';

const rest: DriverKind<Settings> = {
  name: 'rest',
  settings,
  // Nobody knows the CRM's limits: what a small server bears without noticing. `pace` of the account says otherwise.
  pace: { perSecond: 10, burst: 20, parallel: 4 },
  create,
};
export default rest;

function create(chosen: Settings, tools: DriverTools): Driver {
  const desk: Desk = { settings: chosen, tools };
  return {
    lookup: (number, signal, line) => lookup(desk, number, signal, line),
    deliver: (fact, signal) => deliver(desk, fact, signal),
    check: (signal) => check(desk, signal),
    hear: (heard) => Promise.resolve(hear(desk, heard)),
    ...(chosen.route !== undefined && { route: (number, line, signal) => route(desk, number, line, signal) }),
    ...(chosen.users !== undefined && { users: (signal) => users(desk, signal) }),
  };
}

async function deliver(desk: Desk, fact: Fact, signal: AbortSignal): Promise<Verdict> {
  try {
    return await tell(desk, fact, signal);
  } catch (error) {
    // No whole answer. The message has no secret: the HTTP client sees to it.
    return later(error instanceof Error ? error.message : 'no answer');
  }
}
