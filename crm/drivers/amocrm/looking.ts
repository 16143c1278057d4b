/**
 * Is the call there already? amoCRM has no key that makes a repetition harmless (`uniq` is not compared, crm-contracts 2.4) and calls cannot be read back,
 * but each makes a note of type call_in or call_out whose `params.uniq` is ours, on the card where it landed: the contact, its company, a lead, a
 * customer. Filters are asked for to save pages, and not relied upon: nobody has confirmed that they work (6.5).
 */
import { embedded, hasNext, note, type Unsorted, unsorted } from './answers.ts';
import { type Api, type Reply, strange } from './api.ts';
import type { Found } from './contacts.ts';
import type { Place } from './memory.ts';
import { Told } from '../../told.ts';
import { type Refusal, verdictOf } from './verdicts.ts';

const LOOK_MS = 15_000;
/** Pages of 250, the newest first. */
const PAGES = 4;
/** Cards of one client that are looked at, the newest first: a call lands on an active lead, and those are not the oldest (2.4). */
const CARDS = 20;

export const CALL_NOTES = ['call_in', 'call_out'];
export interface NoteSearch {
  readonly places: readonly Place[];
  readonly types: readonly string[];
  readonly fits: (one: ReturnType<typeof note.parse>) => boolean;
}

/** The first of these cards that has such a note, or null. Throws `Told` when amoCRM cannot tell now. */
export async function noteAt(api: Api, { places, types, fits }: NoteSearch, signal: AbortSignal): Promise<Place | null> {
  const has = (body: unknown): boolean => (embedded(body, 'notes', note) ?? []).some(fits);
  for (const where of places) if (await anyOf(pagesOf(api, addressOf(where, types), 'notes.list', signal), has)) return where;
  return null;
}

function addressOf({ kind, id }: Place, types: readonly string[]): string {
  const filter = types.map((type) => `filter[note_type][]=${type}`).join('&');
  return `/api/v4/${kind}/${id}/notes?${filter}&order[id]=desc&limit=250`;
}

/** The unsorted call with this uniq, or null. */
export async function unsortedWith(api: Api, fits: (one: Unsorted) => boolean, signal: AbortSignal): Promise<Unsorted | null> {
  let found: Unsorted | null = null;
  const address = '/api/v4/leads/unsorted?filter[category][]=sip&order[created_at]=desc&limit=250';
  await anyOf(pagesOf(api, address, 'unsorted.list', signal), (body) => {
    found = (embedded(body, 'unsorted', unsorted) ?? []).find(fits) ?? null;
    return found !== null;
  });
  return found;
}

async function anyOf(pages: AsyncIterable<unknown>, fits: (body: unknown) => boolean): Promise<boolean> {
  for await (const body of pages) if (fits(body)) return true;
  return false;
}

/** A card that is gone (404) has no pages. */
async function* pagesOf(api: Api, address: string, operation: string, signal: AbortSignal): AsyncGenerator {
  for (let page = 1; page <= PAGES; page++) {
    const reply = await api.ask({ method: 'GET', path: `${address}&page=${page}`, operation, timeoutMs: LOOK_MS }, signal);
    if (isGone(reply)) return;
    if (!reply.ok) throw new Told(verdictOf(reply));
    if (embedded(reply.body, '', note) === null) throw new Told(verdictOf(strange(reply.status)));
    yield reply.body;
    if (!hasNext(reply.body)) return;
  }
}

/** Nothing there (204), or the card itself is not (404 in amoCRM's own words). */
export const isGone = (reply: Reply): boolean => reply.status === 204 || (!reply.ok && reply.status === 404 && reply.description !== '');

/** All cards where a call of these clients may have landed. */
export function placesOf(found: readonly Found[]): readonly Place[] {
  const places = found.flatMap(({ kind, entity }): readonly Place[] => {
    const { leads, customers, companies } = entity._embedded;
    return [{ kind, id: entity.id }, ...of('leads', leads), ...of('customers', customers), ...of('companies', companies)];
  });
  const once = new Map(places.map((each) => [`${each.kind}/${each.id}`, each] as const));
  return [...once.values()].slice(0, CARDS);
}

const of = (kind: Place['kind'], cards: readonly { readonly id: number }[]): readonly Place[] =>
  cards.map(({ id }) => ({ kind, id })).sort((one, other) => other.id - one.id);

export const throwRefusal = (refusal: Refusal): never => { throw new Told(verdictOf(refusal)); };
