/** One table for both who decide: core/recording-policy.ts, and the dialplan that the installer writes. */
import type { RecordingPolicy, RecordingQuestion, RecordingRule } from '../../core/recording-policy.ts';

export interface PolicyCase { readonly policy: RecordingPolicy; readonly asked: RecordingQuestion; readonly expected: string }

const rule = (record: boolean, patterns: Readonly<Partial<Record<'line' | 'extension' | 'number', string>>>, direction?: RecordingRule['direction']): RecordingRule => ({
  ...Object.fromEntries(Object.entries(patterns).map(([key, source]) => [key, new RegExp(source, 'u')])), ...(direction && { direction }), record,
});
const asked = (text: string): RecordingQuestion => {
  const [direction = '', line = '', extension = '', number = ''] = text.split(' ').map((word) => (word === '-' ? '' : word));
  return { direction: direction === 'out' ? 'outbound' : 'inbound', line, extension, number };
};

const office: RecordingPolicy = {
  rules: [
    rule(true, { extension: '^219$', number: '^7800' }),
    rule(false, { extension: '^(219|22[0-9])$' }),
    rule(false, { number: '^[78]495\\d{7}$' }, 'outbound'),
    rule(false, { line: '^74951234567$' }, 'inbound'),
    rule(false, { line: '^my-trunk\\.2$' }),
    rule(true, {}, 'inbound'),
  ],
  default: false,
};
const shapes: RecordingPolicy = {
  rules: [
    rule(false, { number: '^(?:7|8)?9\\d{9}$' }), rule(false, { number: '^112$|^911$' }), rule(false, { extension: '^[^29]' }),
    rule(false, { line: '^[a-z_]+-[0-9]+$' }), rule(false, { number: '^0+1*2?3{2,}4{0,1}$' }), rule(false, { line: '\\*|#' }), rule(false, { line: '^$' }),
  ],
  default: true,
};

const story = (policy: RecordingPolicy, lines: Readonly<Record<string, string>>): readonly PolicyCase[] =>
  Object.entries(lines).map(([text, expected]) => ({ policy, asked: asked(text), expected }));

/** `direction line extension number` -> `record reason`; `-` = unknown. */
export const CASES: readonly PolicyCase[] = [
  ...story({ rules: [], default: true }, { 'in 500 - 79161234567': 'yes default', 'out trunk 219 -': 'yes default' }),
  ...story({ rules: [], default: false }, { 'in 500 - 79161234567': 'no default' }),
  ...story(office, {
    'in 100 219 78001234567': 'yes rule1', 'in 100 219 +7(800)1234567': 'yes rule1', 'out trunk 219 88001234567': 'no rule2', 'in 100 2190 79161234567': 'yes rule6',
    'out trunk 225 79161234567': 'no rule2', 'out trunk 230 84951112233': 'no rule3', 'out trunk 230 849511122334': 'no default', 'in 100 - 74951112233': 'yes rule6',
    'in 74951234567 - 79161234567': 'no rule4', 'in +74951234567 - 79161234567': 'no rule4', 'out 74951234567 - 79161234567': 'no default',
    'in my-trunk.2 - -': 'no rule5', 'in my-trunkx2 - -': 'yes rule6', 'out my-trunk.2 230 112': 'no rule5', 'out other 230 79161234567': 'no default',
  }),
  ...story(shapes, {
    'in 500 - 79161234567': 'no rule1', 'in 500 - 9161234567': 'no rule1', 'in 500 - 89161234567': 'no rule1', 'in 500 - 69161234567': 'yes default',
    'out t 219 112': 'no rule2', 'out t 219 911': 'no rule2', 'out t 219 1123': 'yes default', 'out t 319 5': 'no rule3', 'out t 919 5': 'yes default',
    'out mob_ile-22 219 5': 'no rule4', 'out MOB-22 219 5': 'yes default', 'out t 219 0233': 'no rule5', 'out t 219 00111333334': 'no rule5', 'out t 219 023': 'yes default',
    'in *78 219 5': 'no rule6', 'in #1 219 5': 'no rule6', 'in - 219 5': 'no rule7', 'in 500 - -': 'yes default', 'in 500 219 12"34': 'yes default',
  }),
];
