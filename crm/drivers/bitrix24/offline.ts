/**
 * Events for whom no portal can reach: it keeps them in a queue of the application, and we ask (crm-contracts 1.13). What `event.offline.get` with `clear=0` hands
 * out is marked with a process id and not handed out again, so rows of a process that died, or whose answer was lost, are looked for with
 * `event.offline.list` at the start and after every doubt. Whatever has no process id to be cleared by is cleared by fetching it once more for good.
 */
import type { CrmEvent, Polled } from '../../heard.ts';
import { CrmFailure } from '../../errors.ts';
import { listOf, offlinePage, type OfflineRow, offlineRow } from './answers.ts';
import { CLICK, eventOf, type Said, type Understanding } from './events.ts';
import type { Portal } from './portal.ts';
import type { Reply } from './replies.ts';
import { reasonOf } from './verdicts.ts';

export interface Offline extends Understanding {
  readonly portal: Portal;
  readonly everyMs: number;
  /** False: there is nobody to ask yet, which is no failure. */
  readonly isInstalled: () => boolean;
  /** Makes up for what the portal must be told before it keeps events for us. */
  readonly overdue: (signal: AbortSignal) => Promise<void>;
}
/** `left`: taken before, and never cleared; there may be more of those. */
interface Fetched { readonly rows: readonly OfflineRow[]; readonly process: string | null; readonly at: number | null; readonly left: boolean }

const ASK_MS = 15_000;
const ROWS = 50;
/** Nobody wants his telephone to ring for what he clicked longer ago. */
const STALE_MS = 60_000;

export function createOffline(offline: Offline): Polled {
  const { portal, everyMs, isInstalled, overdue } = offline;
  let unsure = true;
  const fetch = async (signal: AbortSignal): Promise<Fetched> => {
    if (unsure) {
      const left = await leftBehind(portal, signal);
      if (left !== null) return left;
    }
    unsure = true;
    const fresh = await fetched(portal, signal);
    unsure = fresh.rows.length > 0;
    return fresh;
  };
  return {
    everyMs,
    ask: async (signal) => {
      if (!isInstalled()) return { events: [], taken: () => Promise.resolve() };
      await overdue(signal);
      const found = await fetch(signal);
      const events = await eventsOf(offline, found, signal);
      return { events, taken: async (over) => { if (found.rows.length > 0) await clear(portal, found, over); unsure = found.left; } };
    },
  };
}

function resultOf(reply: Reply): Reply & { readonly ok: true } {
  if (!reply.ok) throw new CrmFailure('CRM_LOOKUP_FAILED', `events of the portal: ${reasonOf(reply)}`);
  return reply;
}

async function fetched(portal: Portal, signal: AbortSignal): Promise<Fetched> {
  const reply = resultOf(await portal.ask('event.offline.get', { clear: 0, limit: ROWS, order: { ID: 'ASC' } }, { signal, timeoutMs: ASK_MS }));
  const page = offlinePage.safeParse(reply.result).data;
  return { rows: listOf(offlineRow, page?.events), process: page?.process_id ?? null, at: reply.at, left: false };
}

/** Rows that somebody took and never cleared; null = there are none. One process at a time. */
async function leftBehind(portal: Portal, signal: AbortSignal): Promise<Fetched | null> {
  const reply = resultOf(await portal.ask('event.offline.list', { order: { ID: 'ASC' }, start: 0 }, { signal, timeoutMs: ASK_MS }));
  const rows = listOf(offlineRow, reply.result).filter((row) => row.PROCESS_ID !== '' && (row.ERROR === '' || row.ERROR === '0'));
  const process = rows[0]?.PROCESS_ID;
  return process === undefined ? null : { rows: rows.filter((row) => row.PROCESS_ID === process), process, at: reply.at, left: true };
}

async function clear(portal: Portal, { rows, process }: Fetched, signal: AbortSignal): Promise<void> {
  const wait = { signal, timeoutMs: ASK_MS };
  if (process !== null) resultOf(await portal.ask('event.offline.clear', { process_id: process, id: rows.map(({ ID }) => ID) }, wait));
  else for (const { ID } of rows) resultOf(await portal.ask('event.offline.get', { clear: 1, limit: 1, filter: { '=ID': ID } }, wait));
}

async function eventsOf(offline: Offline, { rows, at }: Fetched, signal: AbortSignal): Promise<readonly CrmEvent[]> {
  const events = new Map<string, CrmEvent>();
  const messages = new Set<string>();
  for (const row of rows) {
    if (row.MESSAGE_ID !== '' && messages.has(row.MESSAGE_ID)) continue;
    messages.add(row.MESSAGE_ID);
    const said = saidBy(row);
    if (said.name === CLICK && isStale(said, at)) { await giveUp(offline.portal, said, signal); continue; }
    const event = await eventOf(said, offline, signal);
    // One refresh of everything that is known is enough.
    if (event !== null) events.set(event.kind === 'contacts-changed' ? event.kind : event.id, event);
  }
  return [...events.values()];
}

const isStale = ({ at }: Said, now: number | null): boolean => at !== null && now !== null && now - at * 1000 > STALE_MS;

/** The portal waits for the end of a call that nobody will make. Best effort: it may be over. */
async function giveUp(portal: Portal, { data }: Said, signal: AbortSignal): Promise<void> {
  const [callId, user] = [data('CALL_ID'), Number(data('USER_ID'))];
  if (callId === '' || !(user > 0)) return;
  const missed = { CALL_ID: callId, USER_ID: user, DURATION: 0, STATUS_CODE: '304', ADD_TO_CHAT: 0 };
  await portal.ask('telephony.externalcall.finish', missed, { signal, timeoutMs: ASK_MS });
}

function saidBy({ EVENT_NAME, EVENT_DATA, TIMESTAMP_X, MESSAGE_ID, ID }: OfflineRow): Said {
  const seconds = Date.parse(TIMESTAMP_X) / 1000;
  const data = (key: string): string => {
    const value = Object.hasOwn(EVENT_DATA, key) ? EVENT_DATA[key] : undefined;
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  };
  return { name: EVENT_NAME.toUpperCase(), data, at: Number.isFinite(seconds) ? seconds : null, message: MESSAGE_ID === '' ? ID : MESSAGE_ID };
}
