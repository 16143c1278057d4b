/** A capture as a story: its headers, its events, and the facts they give, one readable line each. */
import { readFileSync } from 'node:fs';
import { createTranslator } from '../../ami/translate.ts';
import { type Headers, RawParser } from '../../ami/wire.ts';
import type { Profile } from '../../ami/parties.ts';
import { type Calls, noCalls } from '../../core/calls.ts';
import type { Effect } from '../../core/effects.ts';
import type { Event } from '../../core/events.ts';
import type { Fact } from '../../core/facts.ts';
import { step } from '../../core/step.ts';
import { instant, type PbxId } from '../../core/words.ts';

export const PBX = 'main' as PbxId;
export const PROFILE: Profile = { external: [/^PJSIP\/trunk/], internal: /^[0-9]{2,5}$/ };
/** 2026-11-20 09:00 UTC; a raw dump has no times, so the nth item is told as n milliseconds later. */
const START = Date.UTC(2026, 10, 20, 9);

export function headersOf(file: string, packet = Number.POSITIVE_INFINITY): readonly Headers[] {
  const bytes = readFileSync(file);
  const parser = new RawParser();
  const decoder = new TextDecoder();
  const items: Headers[] = [];
  for (let at = 0; at < bytes.length; at += Math.min(packet, bytes.length)) items.push(...parser.push(decoder.decode(bytes.subarray(at, at + packet), { stream: true })));
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
