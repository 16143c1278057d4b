/** `callme calls explain` on a store beside a running server: the sentences, the configuration's part in them, and the same as data. */
import t from 'tap';
import { DEFAULT_TENANT, type NodeId } from '../../core/words.ts';
import { openStore } from '../../store/open.ts';
import { B24, BEGIN, commit, delivery, ended, keyOf, openCall, ringing } from '../fakes/sample-calls.ts';
import { CONFIG, folder, run, writeConfig } from './bench.ts';

const CRM = 'crm:\n  - { id: b24, driver: bitrix24, url: "https://portal.example/rest/1/secret0001/" }\n';

/** One call that ended; with `told` its delivery is dead. */
function house(t: Parameters<typeof folder>[0], { crm, told }: { readonly crm: string; readonly told: boolean }): { readonly explain: (...words: string[]) => ReturnType<typeof run> } {
  const cwd = folder(t);
  const file = writeConfig(cwd, CONFIG + crm);
  const store = openStore({ url: 'sqlite:callme.db', dataDir: cwd, tenant: DEFAULT_TENANT });
  t.teardown(() => store.close());
  const { journal, deliveries } = store;
  journal.commit(commit({ keep: [openCall('1790.17')] }));
  journal.commit(commit({ forget: [keyOf('1790.17')], facts: [ringing('1790.17'), ended('1790.17')], deliveries: told ? [delivery(ended('1790.17'))] : [], notes: [{ call: keyOf('1790.17'), at: BEGIN, text: 'held 219' }] }));
  const [claimed] = deliveries.claim({ now: BEGIN, node: 'n' as NodeId, leaseMs: 1_000, limit: 1, accounts: [B24] });
  if (claimed !== undefined) deliveries.settle(claimed, { state: 'dead', reason: 'HTTP 400: phone is empty' }, BEGIN);
  return { explain: (...words) => run(['calls', 'explain', '1790.17', '--config', file, ...words], { cwd }) };
}

t.test('sentences in both languages, with the remedy', async (t) => {
  const { explain } = house(t, { crm: CRM, told: true });
  const { code, out } = await explain();
  t.equal(code, 0);
  const sentences = ['main/1790.17\nInbound call from +79161234567', '219 put the call on hold', 'row talked of the table of outcomes', '): dead after 1 attempt\n    answer: HTTP 400: phone is empty\n    what to do: once the reason is gone: callme outbox retry'];
  for (const sentence of sentences) t.ok(out.includes(sentence), sentence);
  t.match((await explain('--lang', 'ru')).out, 'кто последний, тот и папа');
});

t.test('a call that nobody was told of: the configuration knows why', async (t) => {
  t.match((await house(t, { crm: '', told: false }).explain()).out, 'What the CRMs answered:\n  Nobody was told: no CRM is configured.');
  t.match((await house(t, { crm: CRM, told: false }).explain()).out, 'Nothing was to be told to anybody when this call took place');
});

t.test('the same as data: what was there before, and the explanation', async (t) => {
  const json = (await house(t, { crm: CRM, told: true }).explain('--json')).json();
  t.match(json, {
    id: 'main/1790.17', state: 'ended', outcome: 'answered', facts: [{ kind: 'employee-ringing' }, { kind: 'call-ended' }], notes: [{ text: 'held 219' }], recordings: [],
    deliveries: [{ state: 'dead', fact: 'main/1790.17#ended', reason: 'HTTP 400: phone is empty' }], headline: /^Inbound call/,
    sentences: [{ note: 'held 219', rule: 'hold-is-talk' }, { fact: 'main/1790.17#ringing', text: 'the phone of 219 began to ring' }, { fact: 'main/1790.17#ended', rule: 'client-gone' }],
    decisions: [{ decision: 'direction', value: 'inbound' }, { decision: 'outcome', value: 'answered', rule: 'talked' }, { decision: 'owner', value: '220' }, { decision: 'talk', value: '61' }, { decision: 'trust', value: 'seen' }],
    answers: [{ remedy: /callme outbox retry/ }], silence: null,
  });
});
