/** One sentence: who called whom on which line, how it came out, whose it is, how long they talked and how long it rang. */
import type { Texts } from '../cli/texts/index.ts';
import type { CallEnded, Described } from '../../core/facts.ts';
import { clean, type Times } from './layout.ts';
import { type Outline, outlineOf, type Told } from './told.ts';

export function headline(told: Told, texts: Texts, times: Times): string {
  const outline = outlineOf(told);
  return `${whoCalled(outline, texts)}: ${parts(outline, texts, times).join(', ')}`;
}

/** `''` where nobody outside was called yet: a hidden number is one that called. */
export function clientOf({ direction, client }: Pick<Described, 'direction' | 'client'>, { explaining: says }: Pick<Texts, 'explaining'>): string {
  return direction === 'outbound' && client.number === '' ? '' : says.client(clean(client.number), clean(client.name));
}

function whoCalled({ described, first }: Outline, texts: Texts): string {
  const { explaining: says } = texts;
  if (described === null) return says.unknownCall;
  const { direction, client, line, callId, caller } = described;
  const text = says.head[direction](clientOf({ direction, client }, texts), clean(line), clean(first ?? ''), clean(caller ?? ''));
  return callId === '' ? text : `${text}, ${says.byCrm(clean(callId))}`;
}

function parts(outline: Outline, texts: Texts, times: Times): readonly string[] {
  const { ended, merged } = outline;
  if (ended !== null) return result(ended, texts, times);
  return merged === null ? [now(outline, texts)] : [texts.explaining.becamePart(clean(merged.into))];
}

/** A source without times has no durations either. */
function result({ outcome, talkSeconds, ringSeconds, owner, certain }: CallEnded, { calls, explaining: says }: Texts, times: Times): readonly string[] {
  const durations = times === 'none' ? [] : [...(talkSeconds > 0 ? [says.talked(talkSeconds)] : []), says.rang(ringSeconds)];
  const belongs = owner === null ? says.belongsToNobody : says.belongs(clean(owner));
  return [calls.outcomes[outcome], ...durations, certain ? belongs : `${belongs} ${says.concluded}`];
}

function now({ talking, ringing }: Outline, { explaining: says }: Texts): string {
  if (talking !== null) return says.talksNow(clean(talking));
  return ringing === null ? says.open : says.ringsNow(clean(ringing));
}
