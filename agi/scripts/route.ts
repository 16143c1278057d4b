/**
 * `AGI(agi://host:4573/route[,line])`: where should this inbound call go? Sets ROUTE_TARGET (an extension, or empty = the default route),
 * ROUTE_REASON, ROUTE_SOURCE, CallMeLINKEDID, and CALLERID(name) when a name was found. The lookup runs while Asterisk is asked for the
 * linkedid; late, failed or absent it means the default route.
 */
import type { Clock } from '../../core/ports.ts';
import { REASONS, isDialable } from '../../core/routing.ts';
import type { Route, RouteAsk } from '../../core/routing.ts';
import type { Instant, Linkedid } from '../../core/words.ts';
import { callerOf, displayName, lineOf, linkedidOf, tell } from './caller.ts';
import { inTime, patienceFor } from './in-time.ts';
import type { Conversation, Script } from './script.ts';

/** What the dialplan was told, for the call's own story (event `routed`). */
export type Routed = Pick<Route, 'target' | 'reason' | 'source' | 'text'> & { readonly linkedid: Linkedid; readonly at: Instant };
export interface RouteTools {
  /** Answers with a Route also when its signal aborts. A rejection counts as `crm-failed`. */
  readonly route: (ask: RouteAsk) => Promise<Route>;
  readonly onRouted: (routed: Routed) => void;
  readonly clock: Clock;
}

export function createRouteScript(tools: RouteTools): Script {
  return async (conversation) => {
    const { session, request } = conversation;
    const asked = askRoute(tools, conversation);
    const linkedid = await linkedidOf(session, request);
    const route = onlyDialable(await asked, conversation);
    await tell(conversation, variablesOf(route, linkedid));
    report(tools, conversation, route, linkedid);
  };
}

function askRoute(tools: RouteTools, { session, request, leftMs, log }: Conversation): Promise<Route> {
  const ask = { number: callerOf(request), line: lineOf(request) };
  return inTime(session, patienceFor(leftMs), (signal) => tools.route({ ...ask, signal }), (why, error) => {
    if (why === 'failed') log.error({ err: error }, 'routing failed: default route');
    return why === 'late' ? defaultRoute('crm-late', 'timeout') : defaultRoute('crm-failed', 'fallback');
  });
}

const defaultRoute = (reason: 'crm-late' | 'crm-failed', source: 'timeout' | 'fallback'): Route =>
  ({ target: null, reason, source, text: REASONS[reason], name: '' });

/** The last barrier before the dialplan: whatever routing says, only plain extensions leave this house. */
function onlyDialable(route: Route, { log }: Conversation): Route {
  if (route.target === null || isDialable(route.target)) return route;
  log.error({ reason: route.reason }, 'routing named a target that is no extension: default route');
  return { ...route, target: null, reason: 'owner-not-ours', source: 'fallback', text: REASONS['owner-not-ours'] };
}

/** The target first: should the caller hang up meanwhile or Asterisk stall, the rest is only explanation. */
function variablesOf(route: Route, linkedid: Linkedid): (readonly [string, string])[] {
  const variables: (readonly [string, string])[] = [
    ['ROUTE_TARGET', route.target ?? ''], ['ROUTE_REASON', route.reason], ['ROUTE_SOURCE', route.source], ['__CallMeLINKEDID', linkedid],
  ];
  const name = displayName(route.name);
  if (name !== '') variables.push(['CALLERID(name)', name]);
  return variables;
}

function report({ onRouted, clock }: RouteTools, { log }: Conversation, { target, reason, source, text }: Route, linkedid: Linkedid): void {
  try {
    onRouted({ linkedid, target, reason, source, text, at: clock.now() });
  } catch (error) {
    log.error({ err: error, linkedid }, 'the route was told to Asterisk, but could not be noted');
  }
}
