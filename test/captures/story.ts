/** A capture as a story: its headers, its events, and the facts they give, one readable line each. */
import { readFileSync } from 'node:fs';
import { createTranslator } from '../../ami/translate.ts';
import { Headers, RawParser } from '../../ami/wire.ts';
import type { Profile } from '../../core/parties.ts';
import { type Calls, noCalls } from '../../core/calls.ts';
import type { Effect } from '../../core/effects.ts';
import type { Event } from '../../core/events.ts';
import type { Fact } from '../../core/facts.ts';
import { step } from '../../core/step.ts';
import { type Instant, instant, type Extension, type PbxId } from '../../core/words.ts';

export const PBX = 'main' as PbxId;
/** 79167770219 is what 219 carries in the pocket. */
export const PROFILE: Profile = { external: [/^PJSIP\/trunk/], internal: /^[0-9]{2,5}$/, mobiles: new Map([['9167770219', '219' as Extension]]) };
/** 2026-11-20 09:00 UTC; a raw dump has no times, so the nth item is told as n milliseconds later. */
const START = Date.UTC(2026, 10, 20, 9);

/** `packet`: bytes of each packet, or how many there are in the one that begins at a place. */
export function headersOf(file: string, packet: number | ((at: number) => number) = Number.POSITIVE_INFINITY): readonly Headers[] {
  const bytes = readFileSync(file);
  const parser = new RawParser();
  const decoder = new TextDecoder();
  const items: Headers[] = [];
  for (let at = 0; at < bytes.length;) {
    const size = Math.min(typeof packet === 'number' ? packet : packet(at), bytes.length);
    items.push(...parser.push(decoder.decode(bytes.subarray(at, at + size), { stream: true })));
    at += size;
  }
  return items;
}

/** The list that answers CoreShowChannels becomes one `resynced`, as the supervisor makes it; everything else is translated as it comes. */
export function eventsOf(headers: readonly Headers[], pbx: PbxId = PBX): readonly Event[] {
  const translator = createTranslator(pbx, PROFILE);
  const list: Headers[] = [];
  return headers.flatMap((item, index): readonly Event[] => {
    const at = instant(START + index);
    if (item.event === 'CoreShowChannel') { list.push(item); return []; }
    if (item.event === 'CoreShowChannelsComplete') return [{ kind: 'resynced', pbx, at, alive: translator.living(list.splice(0)) }];
    if (item.event === 'Status' || item.event === 'BridgeListItem') return [];
    return translator.events(item, at);
  });
}

/** The events of either format: a byte-exact dump (`.txt`, without times), or lines with their times (`.ndjson`). */
export const eventsIn = (file: string, pbx: PbxId = PBX): readonly Event[] => (file.endsWith('.txt') ? eventsOf(headersOf(file), pbx) : entriesIn(file).flatMap((entry) => heard(entry, pbx)));

interface Entry { readonly at: Instant; readonly h?: readonly (readonly [string, string])[]; readonly resync?: readonly (readonly (readonly [string, string])[])[]; readonly lost?: true }

/** Without the head line, which says how the capture was made. */
const entriesIn = (file: string): readonly Entry[] =>
  readFileSync(file, 'utf8').split('\n').filter((text) => text.trim() !== '').map((text) => JSON.parse(text) as Partial<Entry>).filter((entry): entry is Entry => entry.at !== undefined);

function heard(entry: Entry, pbx: PbxId): readonly Event[] {
  const translator = createTranslator(pbx, PROFILE);
  if (entry.lost === true) return [{ kind: 'link-lost', pbx, at: entry.at }];
  if (entry.resync !== undefined) return [{ kind: 'resynced', pbx, at: entry.at, alive: translator.living(entry.resync.map((pairs) => Headers.of(pairs))) }];
  return entry.h === undefined ? [] : translator.events(Headers.of(entry.h), entry.at);
}

export function run(events: readonly Event[], calls: Calls = noCalls(events[0]?.pbx ?? PBX)): { readonly calls: Calls; readonly effects: readonly Effect[] } {
  const effects: Effect[] = [];
  for (const event of events) {
    const [next, more] = step(calls, event);
    calls = next;
    effects.push(...more);
  }
  return { calls, effects };
}

export const factsOf = (events: readonly Event[]): readonly Fact[] => run(events).effects.flatMap((effect) => (effect.kind === 'tell' ? [effect.fact] : []));

/** The same with the seconds, where the stream has times. */
export const timedLine = (fact: Fact): string => (fact.kind === 'call-ended' ? `${line(fact)} talk=${fact.talkSeconds}s ring=${fact.ringSeconds}s` : line(fact));

/** One fact as a line: what an engineer would check, without the times, which a raw dump does not have. */
export function line(fact: Fact): string {
  const sure = fact.certain ? '' : ' (uncertain)';
  return `${fact.id.replace(/^main\//, '')}${sure} ${detail(fact)}`.trimEnd();
}

function detail(fact: Fact): string {
  const who = 'direction' in fact ? `${fact.direction} ${fact.client.number}${fact.client.name ? ` "${fact.client.name}"` : ''} line=${fact.line}` : '';
  switch (fact.kind) {
    case 'call-started': return who;
    case 'call-offered': case 'employee-ringing': case 'employee-talking': return `${who} ${fact.extension}`;
    case 'employee-released': return `${who} ${fact.extension} ${fact.reason}`;
    case 'call-handed-over': return `${who} ${fact.from}>${fact.to}`;
    case 'call-merged': return `into ${fact.into.replace(/^main\//, '')}`;
    case 'call-ended': return [
      who, fact.outcome.toUpperCase(), `owner=${fact.owner ?? '-'}`, `talked=${fact.talked.join('>') || '-'}`, `rang=${fact.rang.join(',') || '-'}`,
      `dial=${fact.dialStatus || '-'}`, `cause=${fact.hangupCause}`,
    ].join(' ');
    case 'recording-closed': return `${fact.bytes} bytes`;
    case 'recording-ready': return '';
  }
}
