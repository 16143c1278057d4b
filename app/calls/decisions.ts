/** What was decided of the call as a whole, and by which rule: direction, route, outcome, owner, talk, and whether it was seen or concluded. */
import type { Texts } from '../cli/texts/index.ts';
import type { CallEnded, Fact } from '../../core/facts.ts';
import { OUTCOMES } from '../../core/outcome.ts';
import { merged as mergedBy } from './evidence.ts';
import { clean, type Times } from './layout.ts';
import type { RuleName } from './rules.ts';
import { type Outline, outlineOf, type Told } from './told.ts';

/** `rule` is a stable name: of rules.ts, of a row of the table of outcomes, or of a route's reason. */
export interface Decision {
  readonly decision: 'direction' | 'route' | 'outcome' | 'owner' | 'talk' | 'trust' | 'goes-on'; readonly value: string; readonly rule: string;
  readonly text: string; readonly why: string;
}

export function decisions(told: Told, texts: Texts, times: Times): readonly Decision[] {
  const outline = outlineOf(told);
  return [
    ...direction(outline, texts), ...route(told, texts), ...(outline.ended === null ? [] : [outcome(outline.ended, texts), owner(outline.ended, texts)]),
    ...(outline.ended === null || outline.ended.talkSeconds === 0 || times === 'none' ? [] : [talk(outline.ended, texts)]), ...goesOn(outline, texts), ...trust(told, texts),
  ];
}

function direction({ described }: Outline, { calls, explaining: says }: Texts): readonly Decision[] {
  if (described === null) return [];
  const rule: RuleName = described.callId !== '' && described.direction === 'outbound' ? 'direction-click-to-call' : `direction-${described.direction}`;
  return [{ decision: 'direction', value: described.direction, rule, text: calls.directions[described.direction], why: says.rules[rule](clean(described.callId)) }];
}

function route({ notes }: Told, { explaining: says }: Texts): readonly Decision[] {
  const words = notes.map(({ text }) => text.split(' ')).findLast((each) => each[0] === 'routed' && each.length === 4);
  if (words === undefined) return [];
  const [, target = '-', source = '', reason = ''] = words;
  const why = `${says.reasonOf(clean(reason))}; ${says.sourceOf(clean(source))}`;
  return [{ decision: 'route', value: clean(target), rule: clean(reason), text: target === '-' ? says.defaultRoute : clean(target), why }];
}

/** The row of the table by which it was decided; a store of an older version did not keep its name. */
function outcome({ outcome: value, rule, dialStatus, direction: way }: CallEnded, { calls, explaining: says }: Texts): Decision {
  const row = OUTCOMES.find((each) => each.rule === rule);
  const text = value === 'answered' || dialStatus === '' ? calls.outcomes[value] : `${calls.outcomes[value]}, ${says.lastAttempt(clean(dialStatus))}`;
  return { decision: 'outcome', value, rule, text, why: row === undefined ? '' : says.outcomeRow(rule === 'talked' && way === 'internal' ? says.talkedInside : says.outcomeWhy(row.rule, row.why), row.rule, row.source) };
}

/** "The last one is the owner": core/talk.ts while somebody talked, core/offer.ts where nobody did. */
function owner(ended: CallEnded, { explaining: says }: Texts): Decision {
  const rule = ownerRule(ended);
  const text = ended.owner === null ? says.nobody : clean(ended.owner);
  return { decision: 'owner', value: ended.owner ?? '', rule, text, why: says.rules[rule](ended.talked.map((each) => clean(each)).join(' → ')) };
}

function ownerRule({ owner: who, talked, rang, direction: way }: CallEnded): RuleName {
  if (who === null) return 'nobody-reached';
  if (talked.at(-1) === who) return 'last-who-talked';
  if (rang.at(-1) === who) return 'last-who-rang';
  return way === 'outbound' ? 'who-dialled' : 'first-offered';
}

function talk({ talkSeconds }: CallEnded, { calls, explaining: says }: Texts): Decision {
  return { decision: 'talk', value: String(talkSeconds), rule: 'talk-is-bridge', text: calls.seconds(talkSeconds), why: says.rules['talk-is-bridge']('') };
}

function goesOn({ merged }: Outline, { explaining: says }: Texts): readonly Decision[] {
  if (merged === null) return [];
  const { rule } = mergedBy(merged.because.event);
  return [{ decision: 'goes-on', value: merged.into, rule, text: says.goesOn(clean(merged.into)), why: says.rules[rule]('') }];
}

/** The call's own word counts: the fact that closes it, else whatever was told of it (a sound file may be uncertain for itself). */
function trust({ facts }: Told, { explaining: says }: Texts): readonly Decision[] {
  const fact = facts.findLast(({ kind }) => kind === 'call-ended' || kind === 'call-merged') ?? facts.find(({ kind }) => !kind.startsWith('recording-'));
  if (fact === undefined) return [];
  const rule = trustRule(fact);
  return [{ decision: 'trust', value: rule, rule, text: says.trust[rule], why: says.rules[rule]('') }];
}

const trustRule = ({ source, certain }: Fact): 'reconciled' | 'seen' | 'concluded' => (source === 'reconciled' ? 'reconciled' : certain ? 'seen' : 'concluded');
