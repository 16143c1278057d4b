/**
 * One call, told once when it is over: U-ON can neither be told more of it later nor shows it while it lasts (crm-contracts 4.3).
 *
 * Exactly once. A call: what is about to be told is written down before; after an ambiguous answer the history is asked, and the very same is told again
 * only if it is not there. A lead: an unknown number gets one a day; clients and the day's leads are asked before each.
 */
import type { CallEnded, Fact } from '../../../core/facts.ts';
import { isHidden } from '../../../core/phone.ts';
import type { Verdict } from '../../../core/verdict.ts';
import { z } from 'zod';
import type { Memory } from '../../driver.ts';
import { lead, listIn, readAll, tidy } from './answers.ts';
import { findClient, isRefusal } from './clients.ts';
import { ask, type Desk, digitsOf, later, skipped, verdictOf } from './desk.ts';
import { isInHistory, type Wanted } from './history.ts';

export async function tell(desk: Desk, fact: Fact, signal: AbortSignal): Promise<Verdict> {
  if (fact.kind === 'call-ended') return ended(desk, fact, signal);
  if (fact.kind !== 'recording-ready') return skipped('U-ON hears of a call when it is over');
  const memory = desk.tools.memory(fact.call);
  if (memory.get('skipped') !== null) return skipped(`U-ON does not have the call: ${memory.get('skipped') ?? ''}`);
  return skipped(memory.get('linked') === null ? 'U-ON takes a link with the call alone, and none was known then' : 'the link was told with the call');
}

async function ended(desk: Desk, fact: CallEnded, signal: AbortSignal): Promise<Verdict> {
  const memory = desk.tools.memory(fact.call);
  const phone = digitsOf(desk, fact.client.number, fact.line);
  const why = fact.direction === 'internal' ? 'an internal call' : isHidden(fact.client.number) || phone === null ? 'no number of a client' : '';
  if (phone === null || why !== '') {
    memory.set('skipped', why);
    return skipped(why);
  }
  if (memory.get('told') !== null) return { kind: 'delivered', note: 'told before' };
  const led = await leadFor(desk, fact, phone, signal);
  return led === null ? call(desk, memory, { fact, phone }, signal) : led;
}

interface Ended { readonly fact: CallEnded; readonly phone: string }

async function call(desk: Desk, memory: Memory, { fact, phone }: Ended, signal: AbortSignal): Promise<Verdict> {
  const form = written(memory) ?? callForm(desk, { fact, phone });
  memory.set('form', JSON.stringify(form));
  if (memory.get('asked') === 'yes') {
    const there = await isInHistory(desk, form, signal);
    if (typeof there !== 'boolean') return verdictOf(there);
    if (there) return told(memory, form, 'it was there already');
  }
  memory.set('asked', 'yes');
  const reply = await ask(desk, { path: 'call_history/create', form }, signal).catch((error: unknown) => { throw notSent(memory, error); });
  if (reply.ok) return told(memory, form, 'told');
  // U-ON itself says no: nothing was kept, nothing need be looked for.
  if (reply.definite) memory.set('asked', 'no');
  return verdictOf(reply);
}

/** `sent` false: the request never left (core/ports.ts, Http). */
function notSent(memory: Memory, error: unknown): unknown {
  if (typeof error === 'object' && error !== null && 'sent' in error && error.sent === false) memory.set('asked', 'no');
  return error;
}

function told(memory: Memory, form: Wanted, note: string): Verdict {
  memory.set('told', 'yes');
  if (form['record_link'] !== undefined) memory.set('linked', 'yes');
  return { kind: 'delivered', note };
}

function written(memory: Memory): Wanted | null {
  const form = memory.get('form');
  return form === null ? null : z.record(z.string(), z.string()).parse(JSON.parse(form));
}

/** `direction`: 1 out, 2 in; `start` on the tenant's clock; the talk alone counts (crm-contracts 4.3, 6.7, 6.8). */
function callForm(desk: Desk, { fact, phone }: Ended): Wanted {
  const { tools } = desk;
  const manager = managerOf(desk, fact);
  const last = fact.recordings?.at(-1);
  const link = fact.outcome === 'answered' && last !== undefined ? tools.link(last) : null;
  return {
    phone, start: localTime(fact.startedAt, tools.timezone), duration: String(fact.talkSeconds), direction: fact.direction === 'outbound' ? '1' : '2',
    ...(manager !== null && { manager_id: manager }), ...(link !== null && { record_link: link }),
  };
}

const localTime = (at: number, timeZone: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' }).format(at);

function managerOf({ tools: { account, employees }, settings }: Desk, { owner }: CallEnded): string | null {
  const user = employees.find(({ extension }) => extension === owner)?.crm[account] ?? settings.defaultManager;
  return user === undefined ? null : String(user);
}

/** Null = go on with the call. */
async function leadFor(desk: Desk, fact: CallEnded, phone: string, signal: AbortSignal): Promise<Verdict | null> {
  const memory = desk.tools.memory(fact.call);
  if (!desk.settings.createLead || fact.direction !== 'inbound' || memory.get('led') !== null) return null;
  const client = await findClient(desk, fact.client.number, signal);
  if (isRefusal(client)) return verdictOf(client);
  const has = client !== null || await hasLead(desk, { fact, phone }, signal);
  if (typeof has !== 'boolean') return has;
  const reply = has ? null : await ask(desk, { path: 'lead/create', form: leadForm(desk, { fact, phone }) }, signal);
  if (reply !== null && !reply.ok) return verdictOf(reply);
  memory.set('led', 'yes');
  return null;
}

/** The leads of the day of the call until today, by `lead/{from}/{to}`: a lead may stand there before its client does. */
async function hasLead(desk: Desk, { fact, phone }: Ended, signal: AbortSignal): Promise<boolean | Verdict> {
  const [from, to] = [fact.startedAt, desk.tools.clock.now()].map((at) => localTime(at, desk.tools.timezone).slice(0, 10));
  const reply = await ask(desk, { path: `lead/${from ?? ''}/${to ?? ''}` }, signal);
  if (!reply.ok) return reply.status === 404 && reply.definite ? false : verdictOf(reply);
  const numbers = readAll(lead, listIn(reply.body, 'lead')).flatMap((one) => [one.u_phone, one.client_phone, one.client_phone_mobile]);
  return numbers.some((number) => typeof number === 'string' && desk.tools.numbers.same(`+${number.replace(/\D/g, '')}`, `+${phone}`));
}

function leadForm(desk: Desk, { fact, phone }: Ended): Record<string, string> {
  const manager = managerOf(desk, fact);
  const name = tidy(fact.client.name);
  const note = `${fact.outcome === 'answered' ? 'Call' : 'Missed call'}${fact.line === '' ? '' : ` to ${fact.line}`}`;
  return { source: desk.settings.leadSource, u_phone: phone, u_name: name === '' ? phone : name, u_note: note, ...(manager !== null && { r_u_id: manager }) };
}

export async function deliver(desk: Desk, fact: Fact, signal: AbortSignal): Promise<Verdict> {
  try {
    return await tell(desk, fact, signal);
  } catch (error) {
    // No whole answer. The HTTP client's message names the host alone: the key stands in the path.
    return later(error instanceof Error ? error.message : 'no answer');
  }
}
