/**
 * Is a call in U-ON's history? U-ON takes no id of ours (crm-contracts 4.3: idempotency unconfirmed), so a call whose answer was lost is looked for before it
 * is told again: by number, start, direction, and the link where both have one. The order of the pages is unconfirmed: newest first and oldest first are both
 * understood.
 */
import { type HistoryCall, historyCall, listIn, readAll, type Reply } from './answers.ts';
import { ask, type Desk } from './desk.ts';

type Refusal = Extract<Reply, { ok: false }>;
export type Wanted = Readonly<Record<string, string>>;

/** Pages that one search may turn: more would outlast its lease. What lies behind them counts as not there: a call twice is seen, a lost one is not. */
const MOST_PAGES = 40;
const LAST_PAGE = 2 ** 17;

/** A refusal = could not be told. Rejects with the HTTP client's failure. */
export async function isInHistory(desk: Desk, wanted: Wanted, signal: AbortSignal): Promise<boolean | Refusal> {
  const pages = new Pages(desk, signal);
  const first = await pages.read(1);
  if ('ok' in first) return first;
  if (first.length === 0) return false;
  if (first.some((call) => isSame(desk, call, wanted))) return true;
  const oldestFirst = startOf(first[0]) < startOf(first.at(-1));
  const last = oldestFirst ? await lastPage(pages) : null;
  if (last !== null && typeof last !== 'number') return last;
  return search(pages, { desk, wanted, from: last ?? 2, step: last === null ? 1 : -1 });
}

class Pages {
  readonly #desk: Desk;
  readonly #signal: AbortSignal;

  constructor(desk: Desk, signal: AbortSignal) {
    this.#desk = desk;
    this.#signal = signal;
  }

  /** Behind the last page there is an empty one, or a 404. */
  async read(page: number): Promise<readonly HistoryCall[] | Refusal> {
    const reply = await ask(this.#desk, { path: `call_history/${page}` }, this.#signal);
    if (!reply.ok) return reply.status === 404 && reply.definite ? [] : reply;
    return readAll(historyCall, listIn(reply.body, 'call'));
  }
}

/** Strides that double until nothing is there, then halves: some twenty questions for a hundred thousand pages. */
async function lastPage(pages: Pages): Promise<number | Refusal> {
  let [there, beyond] = [1, 2];
  for (let page = 2; page <= LAST_PAGE; page *= 2) {
    const read = await pages.read(page);
    if ('ok' in read) return read;
    beyond = page;
    if (read.length === 0) break;
    [there, beyond] = [page, page * 2];
  }
  while (beyond - there > 1) {
    const middle = Math.floor((there + beyond) / 2);
    const read = await pages.read(middle);
    if ('ok' in read) return read;
    if (read.length === 0) beyond = middle; else there = middle;
  }
  return there;
}

interface Search { readonly desk: Desk; readonly wanted: Wanted; readonly from: number; readonly step: 1 | -1 }

/** From the newest page towards older ones, until what stands there is older than the call. */
async function search(pages: Pages, { desk, wanted, from, step }: Search): Promise<boolean | Refusal> {
  for (let page = from; page >= 1 && Math.abs(page - from) < MOST_PAGES; page += step) {
    const read = await pages.read(page);
    if ('ok' in read) return read;
    if (read.some((call) => isSame(desk, call, wanted))) return true;
    if (read.length === 0 || read.every((call) => startOf(call) < (wanted['start'] ?? ''))) return false;
  }
  return false;
}

/** `2026-09-01 10:15:00`, whatever stands between day and hour, and behind the seconds. */
const startOf = (call: HistoryCall | undefined): string => (call?.start ?? call?.date ?? '').replace('T', ' ').slice(0, 19);

function isSame({ tools }: Desk, call: HistoryCall, { phone = '', start = '', direction = '', record_link: link }: Wanted): boolean {
  const linked = typeof call.record_link !== 'string' || call.record_link === '' || link === undefined || call.record_link === link;
  const number = `+${(call.phone ?? '').replace(/\D/g, '')}`;
  return linked && startOf(call) === start && (call.direction ?? direction) === direction && tools.numbers.same(`+${phone}`, number);
}
