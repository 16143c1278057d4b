/**
 * From facts to events. Which event goes where is the configuration's business; here is what happened, under an `event_id` that never changes.
 *
 * Exactly once: an event is repeated, with the same `event_id`, until the CRM says yes; the CRM keeps the first of an `event_id` and says yes to the
 * others. A CRM that knows calls by `call_id` alone refuses the second (`already`), or overwrites. A CRM that knows neither hears of a call again when an
 * answer was lost: that is seen, a lost call is not.
 */
import type { CallEnded, Described, Fact, RecordingReady } from '../../../core/facts.ts';
import { isHidden } from '../../../core/phone.ts';
import type { Verdict } from '../../../core/verdict.ts';
import { factId, type RecordingId } from '../../../core/words.ts';
import { ask, type Desk, send } from './desk.ts';
import { type Notes, notesIn } from './notes.ts';
import type { EventSettings } from './settings.ts';
import type { Values } from './templates.ts';
import { spellingsOf } from './times.ts';
import { type EventName, idsOf, neutralBody, sidesOf, valuesOf } from './values.ts';
import { skipped, verdictOf } from './verdicts.ts';

type Told = Extract<Fact, { kind: 'call-offered' | 'employee-ringing' | 'employee-talking' | 'call-handed-over' | 'call-ended' }>;
const NAMES: Readonly<Record<Told['kind'], EventName>> = {
  'call-offered': 'call.started', 'employee-ringing': 'call.ringing', 'employee-talking': 'call.answered',
  'call-handed-over': 'call.transferred', 'call-ended': 'call.finished',
};

export async function tell(desk: Desk, fact: Fact, signal: AbortSignal): Promise<Verdict> {
  switch (fact.kind) {
    case 'call-offered': case 'employee-ringing': case 'employee-talking': case 'call-handed-over': case 'call-ended': return call(desk, fact, signal);
    case 'recording-ready': return recording(desk, fact, signal);
    case 'call-started': return skipped('told when the call reaches an employee');
    case 'employee-released': return skipped('there is no event for it');
    case 'call-merged': case 'recording-closed': return skipped('told with the end of the call, or when the recording is ready');
  }
}

/** A click-to-call is told whatever its number: the CRM waits for it. */
const isUntold = ({ direction, client, callId }: Described): boolean => callId === '' && (direction === 'internal' || isHidden(client.number));

async function call(desk: Desk, fact: Told, signal: AbortSignal): Promise<Verdict> {
  const notes = notesIn(desk.tools.memory(fact.call));
  if (isUntold(fact)) {
    notes.skip('an internal call, or a hidden number');
    return skipped(notes.skipped);
  }
  const name = NAMES[fact.kind];
  const values = { ...valuesOf(fact, { tools: desk.tools, style: desk.settings.phone }), ...(fact.kind === 'call-ended' ? linkOf(desk, fact) : {}) };
  if (fact.kind === 'call-ended') notes.keep(values);
  const entry = entryFor(desk, name, values);
  if (entry === undefined) return skipped(`no entry of \`events\` tells ${name}`);
  const before = entry.needs === undefined || notes.isTold(entry.needs) ? null : await beginning(desk, { fact, notes, name: entry.needs, values }, signal);
  return before === null || before.kind === 'delivered' ? event(desk, { entry, name, notes, values }, signal) : before;
}

/** The link is told while the sound is still on its way: it opens seconds later. */
function linkOf({ settings, tools }: Desk, { outcome, recordings }: CallEnded): Values {
  const last: RecordingId | undefined = recordings?.at(-1);
  return { recording_url: settings.recording !== 'link' || outcome !== 'answered' || last === undefined ? null : tools.link(last) };
}

const entryFor = ({ settings }: Desk, name: EventName, values: Values): EventSettings | undefined => settings.events.find(({ on, direction, status }) =>
  on.includes(name) && (direction === undefined || (values['direction'] ?? direction) === direction)
  && (status === undefined || values['status'] === undefined || status.some((one) => one === values['status'])));

interface Beginning { readonly fact: Told; readonly notes: Notes; readonly name: EventName; readonly values: Values }

/** Nobody heard how the call began (a gap): what is known now is told as its beginning, under the id that the beginning would have had. */
async function beginning(desk: Desk, { fact, notes, name, values }: Beginning, signal: AbortSignal): Promise<Verdict | null> {
  const entry = entryFor(desk, name, values);
  if (entry === undefined) return null;
  return event(desk, { entry, name, notes, values: { ...values, event_id: factId(fact.call, 'offered').toWellFormed() } }, signal);
}

interface Event { readonly entry: EventSettings; readonly name: EventName; readonly notes: Notes; readonly values: Values }

async function event(desk: Desk, { entry, name, notes, values }: Event, signal: AbortSignal): Promise<Verdict> {
  const seq = notes.seq(String(values['event_id']));
  const sent = spellingsOf('sent', desk.tools.clock.now(), desk.tools.timezone);
  const said = { ...values, ...sidesOf(values, entry.phone ?? desk.settings.phone), event: name, seq, ...sent };
  const verdict = verdictOf(await ask(desk, { entry, values: said, body: neutralBody(said), operation: name }, signal), desk.settings);
  if (verdict.kind === 'delivered') notes.told(name);
  return verdict;
}

async function recording(desk: Desk, fact: RecordingReady, signal: AbortSignal): Promise<Verdict> {
  const notes = notesIn(desk.tools.memory(fact.call));
  const { recording: how } = desk.settings;
  if (notes.skipped !== '') return skipped(`the CRM does not have the call: ${notes.skipped}`);
  if (how === 'none') return skipped('`recording: none`');
  const values = { ...notes.kept(), ...idsOf(fact), event: 'recording.ready', duration: fact.seconds, sha256: fact.sha256 };
  return how === 'upload' ? upload(desk, { fact, values }, signal) : link(desk, { fact, values, notes }, signal);
}

async function upload(desk: Desk, { fact, values }: { fact: RecordingReady; values: Values }, signal: AbortSignal): Promise<Verdict> {
  // A linkedid may hold anything: it is no file name.
  const name = `call-${fact.linkedid.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 100)}.mp3`;
  return verdictOf(await send(desk, { path: fact.path, name, bytes: fact.bytes, values }, signal), desk.settings);
}

async function link(desk: Desk, { fact, values, notes }: { fact: RecordingReady; values: Values; notes: Notes }, signal: AbortSignal): Promise<Verdict> {
  const entry = entryFor(desk, 'recording.ready', values);
  const told = typeof values['recording_url'] === 'string';
  if (entry === undefined) return skipped(told ? 'the link was told with the call' : 'no entry of `events` tells recording.ready');
  const address = desk.tools.link(fact.recording);
  if (address === null) return skipped('there is no link: `web.publicUrl` is not set');
  return event(desk, { entry, name: 'recording.ready', notes, values: { ...values, recording_url: address } }, signal);
}
