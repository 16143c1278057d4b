/** The rules of the configuration as a piece of dialplan: the same decision as core/recording-policy.ts, without CallMe. */
import type { RecordingPolicy, RecordingRule } from '../../core/recording-policy.ts';
import { KitError } from './errors.ts';
import { asteriskPattern } from './pattern.ts';

const HEAD = `; Written by \`callme dialplan install\` from recording.rules and recording.default: change the configuration and install again. docs/recording.md
; callme.conf calls this before it starts a recorder, on the outside party's channel. The first rule that fits decides; "no" goes to every channel
; of the call, so that a forward to a second trunk is not recorded either.

[callme-policy]         ; CallMeDIRECTION, CallMeLINE, CallMeEXTENSION, CallMeNUMBER -> CallMeRECORD, CallMeRECORD_REASON
`;

/** Throws KIT_BAD_SETTING for a pattern that Asterisk cannot read (the configuration has refused it before). */
export function policyFile({ rules, default: otherwise }: RecordingPolicy): string {
  const steps = [...rules.flatMap((rule, index) => ruleSteps(rule, index + 1)), ...answer('otherwise', otherwise, 'default')];
  const [first = '', ...more] = steps;
  return `${HEAD}exten => s,1${first}\n${more.map((step) => ` same => n${step}\n`).join('')}`;
}

/** `(label),Application(…)`: the priority goes before it. */
function ruleSteps(rule: RecordingRule, place: number): readonly string[] {
  const next = `past${place}`;
  return [...conditions(rule, next), ...answer(`rule${place}`, rule.record, `rule${place}`), `(${next}),NoOp(rule ${place} does not fit)`];
}

function conditions({ direction, line, extension, number }: RecordingRule, next: string): readonly string[] {
  const same = direction === undefined ? [] : [`,GotoIf($["\${CallMeDIRECTION}" != "${direction}"]?${next})`];
  return [...same, ...matching('CallMeLINE', line, next), ...matching('CallMeEXTENSION', extension, next), ...matching('CallMeNUMBER', number, next)];
}

function matching(variable: string, pattern: RegExp | undefined, next: string): readonly string[] {
  if (pattern === undefined) return [];
  const posix = asteriskPattern(pattern.source);
  if (posix === null) throw new KitError('KIT_BAD_SETTING', `the pattern ${JSON.stringify(pattern.source)} cannot stand in a dialplan`,
    'use digits, letters, ^ $ . | ( ) [ ] ? * + {2,3} \\d \\w');
  return [`,Set(CallMeFITS=\${REGEX("${posix}" \${${variable}})})`, `,GotoIf($["\${CallMeFITS}" != "1"]?${next})`];
}

function answer(label: string, record: boolean, reason: string): readonly string[] {
  return [`(${label}),Set(${record ? '' : '__'}CallMeRECORD=${record ? 'yes' : 'no'})`, `,Set(CallMeRECORD_REASON=${reason})`, ',Return()'];
}
