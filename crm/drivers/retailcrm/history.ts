/**
 * telephony/calls/upload: the record of a call, once (crm-contracts 3.2). `externalId` is the call's linkedid, and an id that the account has comes back in
 * `duplicateCalls`: after a lost answer the same call is simply sent again, and "duplicate" means "already there". There is no update method, so
 * the link to the sound goes with the call; it opens as soon as the recording is ready.
 */
import type { CallEnded, Fact, RecordingReady } from '../../../core/facts.ts';
import type { Verdict } from '../../../core/verdict.ts';
import { uploaded } from './answers.ts';
import type { Reply } from './crm.ts';
import { delivered, type Desk, skipped } from './desk.ts';
import { bodyOf, isItem, type Item, prepare } from './item.ts';
import { notesOf } from './notes.ts';
import { reasonOf, type Refusal, verdictOf } from './verdicts.ts';

/** 50 calls are one request (3.2). */
export const MOST = 50;

export async function upload(desk: Desk, fact: CallEnded, signal: AbortSignal): Promise<Verdict> {
  const prepared = prepare(desk, fact);
  return isItem(prepared) ? single(desk, prepared, signal) : prepared;
}

/** As many verdicts as facts. One call that is refused must not sink the others: then each goes alone. */
export async function uploadMany(desk: Desk, facts: readonly Fact[], signal: AbortSignal): Promise<readonly Verdict[]> {
  const prepared = facts.map((fact) => (fact.kind === 'call-ended' ? prepare(desk, fact) : skipped('RetailCRM takes calls')));
  const items = prepared.filter(isItem);
  const told = items.length > 1 ? await together(desk, items, signal) : await oneByOne(desk, items, signal);
  return prepared.map((one) => (isItem(one) ? told.get(one) ?? { kind: 'try-later', reason: 'not reached', retryAfterMs: null } : one));
}

/** The sound of a call that was told without a link stays out of RetailCRM: nothing can be added to a call that it has (3.2). */
export function recordingReady(desk: Desk, fact: RecordingReady): Verdict {
  const notes = notesOf(desk.tools.memory(fact.call));
  if (notes.get('told') === 'link') return skipped('the link was told with the call');
  if (notes.get('told') === 'plain') return skipped('the call was told without a link, and RetailCRM takes none afterwards');
  return skipped(`RetailCRM does not have the call${notes.get('skipped') === '' ? '' : `: ${notes.get('skipped')}`}`);
}

async function single(desk: Desk, item: Item, signal: AbortSignal): Promise<Verdict> {
  const complaints: Refusal[] = [];
  for (const owner of item.owners) {
    const reply = await send(desk, [bodyOf(desk, item, owner)], signal);
    if (reply.ok) return settle(item, taken(reply, [item])?.[0] ?? { kind: 'refused', reason: 'RetailCRM took the request and none of its calls' });
    if (verdictOf(reply).kind !== 'refused') return verdictOf(reply);
    complaints.push(reply);
    if (!isAboutOwner(reply)) break;
  }
  return refusedFor(complaints);
}

/** The first complaint is what the operator must repair. */
function refusedFor([first, ...others]: readonly Refusal[]): Verdict {
  const last = others.at(-1) ?? first;
  const remedy = last !== undefined && isAboutOwner(last) ? '; name who gets such calls in `defaultUser`' : '';
  return { kind: 'refused', reason: `${first === undefined ? 'nobody owns the call' : reasonOf(first)}${remedy}` };
}

/** Is it the operator that the account does not take? It names the field, or, where `errors` is a list, speaks of it. */
function isAboutOwner({ fields, words }: Refusal): boolean {
  return fields.some((field) => /userId|code/i.test(field)) || /\b(?:userId|code|user|manager)\b/i.test(words);
}

async function together(desk: Desk, items: readonly Item[], signal: AbortSignal): Promise<ReadonlyMap<Item, Verdict>> {
  const reply = await send(desk, items.map((item) => bodyOf(desk, item, item.owners[0] ?? {})), signal);
  const verdict = reply.ok ? null : verdictOf(reply);
  if (verdict !== null && verdict.kind !== 'refused') return new Map(items.map((item) => [item, verdict]));
  const said = reply.ok ? taken(reply, items) : null;
  if (said !== null) return new Map(items.map((item, place) => [item, settle(item, said[place] ?? delivered('told'))]));
  return oneByOne(desk, items, signal);
}

/** Once the account is in trouble, the rest need not run into it. */
async function oneByOne(desk: Desk, items: readonly Item[], signal: AbortSignal): Promise<ReadonlyMap<Item, Verdict>> {
  const told = new Map<Item, Verdict>();
  let trouble: Verdict | null = null;
  for (const item of items) {
    const verdict: Verdict = trouble ?? await single(desk, item, signal);
    told.set(item, verdict);
    if (verdict.kind === 'try-later' || verdict.kind === 'locked-out') trouble = verdict;
  }
  return told;
}

/**
 * What became of the calls, or null where the answer does not say which of them were left out. Whether `processedCallsCount` includes the duplicates
 * is unconfirmed, so a count that is smaller than the calls proves only that those may be missing which are no duplicates.
 */
function taken(reply: Extract<Reply, { ok: true }>, items: readonly Item[]): readonly Verdict[] | null {
  const said = uploaded.safeParse(reply.said);
  const [count, duplicates] = said.success ? [said.data.processedCallsCount, new Set(said.data.duplicateCalls)] : [null, new Set<string>()];
  const fresh = items.filter(({ fact }) => !duplicates.has(fact.linkedid));
  const complete = count === null || count >= items.length || fresh.length === 0;
  if (!complete) return null;
  return items.map(({ fact, link }) => delivered(duplicates.has(fact.linkedid) ? 'was there already' : link === null ? 'told, without a recording' : 'told, with a link to its recording'));
}

function settle(item: Item, verdict: Verdict): Verdict {
  if (verdict.kind === 'delivered') item.notes.set('told', item.link === null ? 'plain' : 'link');
  return verdict;
}

const send = (desk: Desk, calls: readonly unknown[], signal: AbortSignal): Promise<Reply> =>
  desk.crm.tell('telephony/calls/upload', { calls }, { signal, timeoutMs: calls.length > 1 ? BATCH_MS : UPLOAD_MS });
const UPLOAD_MS = 15_000;
const BATCH_MS = 60_000;
