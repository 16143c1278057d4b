/**
 * Is this call recorded? Pure: the rules of the configuration, in order; the first one that fits decides. The same rules stand in the
 * dialplan (`callme dialplan install` writes them there), and both must give the same answer: what is compared is cut to the same
 * letters here as the kit's FILTER() cuts it there, and the patterns are those that Asterisk understands (app/dialplan-kit/pattern.ts).
 */
import type { Direction } from './words.ts';

/** Every condition that is given must fit; a rule without conditions fits each call. */
export interface RecordingRule {
  readonly line?: RegExp;
  readonly direction?: RecordedDirection;
  readonly extension?: RegExp;
  readonly number?: RegExp;
  readonly record: boolean;
}
export interface RecordingPolicy {
  readonly rules: readonly RecordingRule[];
  /** What happens to calls that no rule fits. */
  readonly default: boolean;
}
/** Internal calls have no outside party and so no recorder. */
export type RecordedDirection = Exclude<Direction, 'internal'>;

/** What is known of a call when its recorder could start. `''` = unknown. */
export interface RecordingQuestion {
  readonly direction: RecordedDirection;
  /** Inbound the number that was called, outbound the trunk's name. */
  readonly line: string;
  /** Outbound who calls; inbound whom the dialplan has chosen, where it has. */
  readonly extension: string;
  /** The client's number; `''` when it is withheld. */
  readonly number: string;
}
/** `rule1` is the first rule; `failed`: the policy gave no answer, and a recording too many can be deleted. */
export type RecordingReason = `rule${number}` | 'default' | 'failed';
export interface RecordingDecision { readonly record: boolean; readonly reason: RecordingReason }

/** Records everything: what an installation without rules does. */
export const RECORD_ALL: RecordingPolicy = { rules: [], default: true };

/** Decides about one call. Never throws. */
export function decideRecording(policy: RecordingPolicy, asked: RecordingQuestion): RecordingDecision {
  const question = plain(asked);
  const place = policy.rules.findIndex((rule) => fits(rule, question));
  const rule = policy.rules[place];
  return rule === undefined ? { record: policy.default, reason: 'default' } : { record: rule.record, reason: `rule${place + 1}` };
}

function fits({ line, direction, extension, number }: RecordingRule, question: RecordingQuestion): boolean {
  return (direction === undefined || direction === question.direction) && matches(line, question.line)
    && matches(extension, question.extension) && matches(number, question.number);
}

/** `search` begins at the start whatever flags the expression has. */
const matches = (pattern: RegExp | undefined, text: string): boolean => pattern === undefined || text.search(pattern) >= 0;

/** As the kit's FILTER() does it: numbers are digits alone (`+7 (495)…` is `7495…`), names are letters that no dialplan trips over. */
function plain({ direction, line, extension, number }: RecordingQuestion): RecordingQuestion {
  return { direction, line: withoutOthers(line), extension: withoutOthers(extension), number: number.replaceAll(/[^0-9]/g, '') };
}

const withoutOthers = (text: string): string => text.replaceAll(/[^0-9A-Za-z*#._-]/g, '');
