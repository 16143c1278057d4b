/**
 * CDR rows → the events of the calls that they speak of. A row is a pair of channels (A whose record it is, B whom it was connected with), not a
 * call: rows of one call share a channel, which is one leg here. What CDR cannot know: hold, who hung up, and how long somebody waited in a
 * queue or an IVR after it had answered (the row counts that as talk).
 */
import type { DialStatus, Event } from '../core/events.ts';
import { dialledNumber, isBeeper, mobileOf, partyOf, resourceOf } from '../core/parties.ts';
import type { Instant, LegId, Linkedid, PbxId } from '../core/words.ts';
import type { DialStrings, Teller } from './cel.ts';
import { leadsTo } from './channels.ts';
import { type Pair, pairsOf, type Trace, tracesOf } from './pairs.ts';
import type { CdrRow } from './rows.ts';

/** Events of one instant, in the order in which they happen: who leaves a bridge leaves before he enters the next, who goes goes last. */
const ORDER = ['leg-opened', 'dial-began', 'leg-ringing', 'leg-up', 'dial-ended', 'bridge-left', 'bridge-entered', 'application-entered', 'leg-closed'] as const;
type Kind = (typeof ORDER)[number];
type Told = Extract<Event, { readonly kind: Kind }>;
interface OnLeg { readonly pbx: PbxId; readonly leg: LegId; readonly linked: Linkedid }

/** `all` by their start. */
export function eventsOfCdr(all: readonly CdrRow[], teller: Teller): readonly Event[] {
  const pairs = pairsOf(all.filter(({ channel, dstChannel }) => !isBeeper(channel) && !isBeeper(dstChannel)), (channel) => teller.profile.external.some((pattern) => pattern.test(channel)));
  const traces = tracesOf(pairs);
  const told = [...[...traces.values()].flatMap((trace) => legEvents(trace, teller)), ...pairs.flatMap((pair) => pairEvents(pair, traces, teller))];
  const rank = ({ kind }: Told): number => ORDER.indexOf(kind);
  return told.toSorted((one, other) => one.at - other.at || rank(one) - rank(other));
}

function legEvents({ id, linked, name, opens, dialled, closes, answered }: Trace, { pbx, profile }: Teller): readonly Told[] {
  const caller = dialled ? { number: '', name: '' } : { number: opens.src, name: opens.name };
  const leg = { pbx, leg: id, linked };
  const party = partyOf(profile, name, caller.number, caller.name);
  return [
    {
      ...leg, at: opens.start, kind: 'leg-opened', name, party, dialled: opens.did === '' ? opens.dst : opens.did, context: opens.context, incoming: !dialled,
      line: resourceOf(name),
    },
    { ...leg, at: closes, kind: 'leg-closed', cause: answered ? 16 : 0 },
  ];
}

function pairEvents({ row, linked, partner }: Pair, traces: ReadonlyMap<LegId, Trace>, teller: Teller): readonly Told[] {
  const a: OnLeg = { pbx: teller.pbx, leg: row.leg, linked };
  const answer = row.disposition === 'ANSWERED' ? row.answer ?? row.end : null;
  const up: readonly Told[] = answer === null ? [] : [{ ...a, at: answer, kind: 'leg-up' }];
  if (partner === null) return [...up, ...voicemail(row, a)];
  const b: OnLeg = { ...a, leg: partner };
  const trace = traces.get(partner);
  const newly = trace?.opens === row && trace.dialled && !row.dstChannel.startsWith('Local/');
  return [...(newly ? dial({ row, answer }, b, teller) : []), ...up, ...(answer === null ? [] : talked(row, answer, [a, b]))];
}

function dial({ row, answer }: { readonly row: CdrRow; readonly answer: Instant | null }, b: OnLeg, { profile }: Teller): readonly Told[] {
  const number = numberOf(row);
  return [
    { ...b, at: row.start, kind: 'dial-began', by: row.leg, number, employee: mobileOf(profile, number) },
    // Connected in the second of its beginning: a transfer, where nobody knows whether it rang.
    ...(answer === row.start ? [] : [{ ...b, at: row.start, kind: 'leg-ringing' } as const]),
    { ...b, at: answer ?? row.end, kind: 'dial-ended', by: row.leg, status: statusOf(row), forward: '' },
  ];
}

function talked(row: CdrRow, from: Instant, pair: readonly OnLeg[]): readonly Told[] {
  const bridge = { bridge: `cdr ${row.leg} ${row.dstChannel} ${row.start}`, bridgeKind: 'basic' } as const;
  const shortest = (row.end > from ? row.end : from + 1) as Instant;
  return pair.flatMap((leg) => [{ ...leg, ...bridge, at: from, kind: 'bridge-entered' }, { ...leg, ...bridge, at: shortest, kind: 'bridge-left' }] as const);
}

const voicemail = (row: CdrRow, a: OnLeg): readonly Told[] =>
  (row.app.toLowerCase() === 'voicemail' ? [{ ...a, at: row.answer ?? row.start, kind: 'application-entered', application: 'VoiceMail' }] : []);

/** CDR says NO ANSWER of a caller who gave up, too: then the time that Dial was given is not over. */
function statusOf(row: CdrRow): DialStatus {
  switch (row.disposition) {
    case 'ANSWERED': return 'ANSWER';
    case 'BUSY': return 'BUSY';
    case 'CONGESTION': return 'CONGESTION';
    case 'FAILED': return 'CHANUNAVAIL';
    default: return gaveUp(row) ? 'CANCEL' : 'NOANSWER';
  }
}

function gaveUp({ app, data, start, end }: CdrRow): boolean {
  const seconds = Number(data.split(',')[1] ?? '') || Number.POSITIVE_INFINITY;
  return app === 'Dial' && end - start < (seconds - 1) * 1000;
}

/** Out of the dial string, where it led to B; else what was dialled in the dialplan: the trunk's prefix may still be before it. */
const numberOf = (row: CdrRow): string => [dialStringOf(row) ?? '', row.dst].map(dialledNumber).find((number) => number !== '') ?? '';

const dialStringOf = ({ app, data, dstChannel }: CdrRow): string | undefined =>
  (app === 'Dial' ? (data.split(',')[0] ?? '').split('&').find((destination) => leadsTo(destination, dstChannel)) : undefined);

/** What CDR knows for CEL. A row begins no later than the channel that it dialled; a name is borne again only after a restart of Asterisk. */
export function dialStringsOf(rows: readonly CdrRow[]): DialStrings {
  const byName = Map.groupBy(rows.filter(({ dstChannel }) => dstChannel !== ''), ({ dstChannel }) => dstChannel);
  return (channel, at) => byName.get(channel)?.flatMap((row) => (row.start <= at + 1000 && row.end + 1000 >= at ? dialStringOf(row) ?? [] : []))[0] ?? null;
}
