/** The rules of the configuration decide alike here and in the dialplan: test/live/recording-policy.test.ts asks a real Asterisk the same table. */
import t from 'tap';
import { decideRecording, RECORD_ALL } from '../../core/recording-policy.ts';
import { asteriskPattern } from '../../app/dialplan-kit.ts';
import { policyFile } from '../../app/dialplan-kit/policy.ts';
import { CASES } from '../live/recording-policy-cases.ts';

t.test('each case of the table', async (t) => {
  for (const { policy, asked, expected } of CASES) {
    const { record, reason } = decideRecording(policy, asked);
    t.equal(`${record ? 'yes' : 'no'} ${reason}`, expected, JSON.stringify(asked));
  }
});

t.test('without rules everything is recorded; an expression that remembers where it was does not', async (t) => {
  const asked = { direction: 'inbound', line: '500', extension: '', number: '79161234567' } as const;
  t.same(decideRecording(RECORD_ALL, asked), { record: true, reason: 'default' });
  const sticky = { rules: [{ number: /^7/g, record: false }], default: true };
  t.same([decideRecording(sticky, asked), decideRecording(sticky, asked)].map(({ record }) => record), [false, false]);
});

t.test('patterns that Asterisk reads, in its own spelling', async (t) => {
  const pairs = {
    '^7495': '^7495', '^\\d{3}$': '^[0-9]{3}$', 'a\\.b\\+\\*': 'a[.]b[+][*]', '^(?:7|8)?9': '^(7|8)?9', '[\\d_]+': '[0-9_]+', '[^a-z-]': '[^a-z-]', '\\w': '[0-9A-Za-z_]',
    '^(a|b)$|^c$': '^(a|b)$|^c$',
  };
  for (const [source, expected] of Object.entries(pairs)) t.equal(asteriskPattern(source), expected, source);
});

t.test('patterns that it does not read, or reads otherwise, are refused', async (t) => {
  const refused = [
    '', 'a*?', 'a+?', 'a??', 'a{2}?', '(?=a)', '(?!a)', '(?<=a)', '(?<n>a)', '(a)\\1', '\\p{L}', '\\s', '\\b', '\\D', '"', 'a b', ',', ';', '$' + '{X}', '$[1]', '[[]', '[\\]]', '[(]', '\\(',
    '\\)', '\\[', '\\\\', '\\$', '[^"]', 'ж', '\n', '[+-9]', '[0-z]', '7'.repeat(201), "'", '/', ':',
  ];
  t.same(refused.filter((source) => asteriskPattern(source) !== null), []);
});

t.test('the dialplan of the rules: each fall through has its label, nothing but our own variables is set', async (t) => {
  for (const policy of new Set(CASES.map((each) => each.policy))) {
    const text = policyFile(policy);
    const steps = text.split('\n').filter((line) => /^(exten| same) =>/.test(line));
    t.match(steps[0], /^exten => s,1/);
    t.ok(steps.slice(1).every((line) => line.startsWith(' same => n')));
    t.equal(steps.at(-1), ' same => n,Return()');
    const labels = [...text.matchAll(/(?:s,1|=> n)\((\w+)\)/g)].map(([, label]) => label);
    for (const [, wanted] of text.matchAll(/\?(\w+)\)$/gm)) t.ok(labels.includes(wanted), wanted ?? '');
    for (const [, name] of text.matchAll(/Set\(_*(\w+)=/g)) t.match(name, /^CallMe/);
  }
});

t.test('a pattern that slipped through to the dialplan stops the install', async (t) => {
  t.throws(() => policyFile({ rules: [{ number: /^(?!7)/u, record: false }], default: true }), { code: 'KIT_BAD_SETTING' });
});
