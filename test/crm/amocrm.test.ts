/** What the driver tells amoCRM about calls, word by word, and what becomes of callers whom nobody knows. The suite (amocrm-contract) breaks every request; here the odd ways are broken. */
import t, { type Test } from 'tap';
import type { CallEnded, Fact } from '../../core/facts.ts';
import type { Http } from '../../core/ports.ts';
import { type Extension, instant, type Linkedid } from '../../core/words.ts';
import amocrm from '../../crm/drivers/amocrm.ts';
import { CLIENT, linkTo, story, STRANGER } from '../contract/driver-stage.ts';
import { bench, type BenchOptions, ended, never } from '../fakes/crm/amocrm-bench.ts';
import { addCard } from '../fakes/crm/amocrm.ts';
import type { Lie } from '../fakes/crm/stand-in.ts';

const startedAt = instant(1_790_000_100_999);
const LOST: readonly Lie[] = [
  { kind: 'reset-before' }, { kind: 'reset-after' }, { kind: 'half-body' }, { kind: 'answer', status: 504, body: {} }, { kind: 'answer', status: 200, body: '<html>', type: 'text/html' },
  { kind: 'answer', status: 429, body: {} },
];

t.test('a call in amoCRM\'s words', async (t) => {
  const one = await bench(t);
  t.match(await one.deliver(ended('1790.17', { startedAt }).end), { kind: 'delivered' });
  const [note] = one.peer.callsOf('1790.17');
  t.same(note?.fields, {
    direction: 'inbound', uniq: '1790.17', duration: 42, source: 'CallMe', phone: CLIENT, link: linkTo('1790.17'), call_responsible: 7, created_by: 7,
    call_status: 4, call_result: 'поговорили', created_at: 1_790_000_100, request_id: 'call',
  });
});

t.test('how calls end (crm-contracts 0)', async (t) => {
  const table: readonly (readonly [Partial<CallEnded>, number])[] = [
    [{ outcome: 'answered', hangupCause: 16 }, 4], [{ outcome: 'missed', hangupCause: 16 }, 6], [{ outcome: 'cancelled', hangupCause: 16 }, 6], [{ outcome: 'busy', hangupCause: 17 }, 7],
    [{ outcome: 'voicemail', hangupCause: 16 }, 1], [{ outcome: 'failed', hangupCause: 21 }, 6], [{ outcome: 'failed', hangupCause: 34 }, 6],
    [{ outcome: 'failed', hangupCause: 1 }, 5], [{ outcome: 'failed', hangupCause: 22 }, 5], [{ outcome: 'failed', hangupCause: 28 }, 5],
  ];
  for (const direction of ['inbound', 'outbound'] as const) {
    for (const [index, [extra, status]] of table.entries()) {
      const one = await bench(t);
      await one.deliver(ended(`1790.${index}`, { ...extra, direction }).end);
      const [note] = one.peer.callsOf(`1790.${index}`);
      t.match(note, { type: direction === 'inbound' ? 'call_in' : 'call_out', params: { call_status: status } }, JSON.stringify(extra));
      t.equal('link' in (note?.params ?? {}), extra.outcome === 'answered', 'a link only where somebody talked');
    }
  }
});

t.test('whose call it was: who talked, who rang, who dialled, the default user, nobody', async (t) => {
  const anna = '207' as Extension;
  const boris = '208' as Extension;
  const responsible = async (extra: Partial<CallEnded>, settings = {}): Promise<unknown> => {
    const one = await bench(t, { settings });
    t.match(await one.deliver(ended('1790.30', extra).end), { kind: 'delivered' });
    return one.peer.callsOf('1790.30')[0]?.fields['call_responsible'];
  };
  t.equal(await responsible({ owner: boris }), 8);
  t.equal(await responsible({ owner: null, talked: [], rang: [anna, boris], outcome: 'missed' }), 8);
  t.equal(await responsible({ owner: null, talked: [], rang: [], caller: anna, direction: 'outbound', outcome: 'missed' }), 7);
  t.equal(await responsible({ owner: '299' as Extension, rang: [] }), undefined, 'a key without a value is left out');
  t.equal(await responsible({ owner: '299' as Extension, rang: [] }, { defaultUser: 7 }), 7);
});

t.test('through whose hands it went is said; in English elsewhere', async (t) => {
  const one = await bench(t, { tools: { country: 'DE' } });
  await one.deliver(ended('1790.31', { talked: ['207', '208'] as Extension[] }).end);
  t.equal(one.peer.callsOf('1790.31')[0]?.params['call_result'], 'talked: 207 → 208');
});

interface Rule { readonly name: string; readonly options: BenchOptions; readonly extra?: Partial<CallEnded>; readonly at: 'unsorted' | 'contact' | 'nowhere' }
const RULES: readonly Rule[] = [
  { name: 'inbound: unsorted', options: {}, at: 'unsorted' },
  { name: 'inbound: unsorted, in a pipeline', options: { settings: { pipeline: 402 } }, at: 'unsorted' },
  { name: 'inbound: unsorted, a vendor that gives no uniq back and knows no filters', options: { unsortedUniq: false, filters: false, missing: 200 }, at: 'unsorted' },
  { name: 'outbound: a new contact', options: {}, extra: { direction: 'outbound', caller: '207' as Extension }, at: 'contact' },
  { name: 'inbound: a new contact', options: { settings: { unknown: 'contact' } }, at: 'contact' },
  { name: 'inbound: a new contact and a note of ours', options: { settings: { unknown: 'contact', notes: true } }, at: 'contact' },
  { name: 'inbound: skipped', options: { settings: { unknown: 'skip' } }, at: 'nowhere' },
  { name: 'outbound: skipped', options: { settings: { unknown: 'skip' } }, extra: { direction: 'outbound' }, at: 'nowhere' },
  { name: 'outbound alone is skipped', options: { settings: { unknownOutbound: 'skip' } }, extra: { direction: 'outbound' }, at: 'nowhere' },
];

t.test('nobody knows the number: by rule', async (t) => {
  for (const { name, options, extra = {}, at } of RULES) {
    await t.test(name, async (t) => {
      const one = await bench(t, { ...options, stranger: true });
      const { end, ready } = ended('1790.40', { startedAt, ...extra });
      t.equal((await one.insist(end)).kind, at === 'nowhere' ? 'skipped' : 'delivered');
      t.equal((await one.insist(end)).kind, at === 'nowhere' ? 'skipped' : 'delivered', 'again');
      t.equal((await one.insist(ready)).kind, 'skipped');
      counts(t, one, at);
      if (at === 'contact') t.match([...one.peer.amo.cards.values()], [{ kind: 'contacts', name: CLIENT, phones: [CLIENT], responsible: 7 }]);
    });
  }
});

function counts(t: Test, one: Awaited<ReturnType<typeof bench>>, at: Rule['at']): void {
  t.equal(one.peer.callsOf('1790.40').length, at === 'contact' ? 1 : 0, 'calls');
  t.equal(one.peer.unsortedOf('1790.40').length, at === 'unsorted' ? 1 : 0, 'unsorted');
  t.equal([...one.peer.amo.cards.values()].filter((card) => card.kind === 'contacts').length, at === 'nowhere' ? 0 : 1, 'contacts');
}

t.test('nobody knows the number, and any single request is lost: once', async (t) => {
  for (const { name, options, extra = {}, at } of RULES.filter((rule) => rule.at !== 'nowhere')) {
    for (const lie of LOST) {
      await t.test(`${name}: ${lie.kind} ${'status' in lie ? lie.status : ''}`, async (t) => {
        for (const after of [0, 1, 2, 3, 4]) {
          const one = await bench(t, { ...options, stranger: true });
          one.peer.misbehave({ lie, after });
          t.equal((await one.insist(ended('1790.40', { startedAt, ...extra }).end)).kind, 'delivered');
          one.peer.behave();
          counts(t, one, at);
        }
      });
    }
  }
});

t.test('an unsorted call in full', async (t) => {
  const one = await bench(t, { stranger: true });
  await one.deliver(ended('1790.41', { startedAt }).end);
  const [waiting] = [...one.peer.amo.waiting.values()];
  t.match(waiting?.item, { source_name: '74950000101', source_uid: 'CallMe', created_at: 1_790_000_100, _embedded: { leads: [{ name: `Звонок с ${CLIENT}` }], contacts: [{ name: CLIENT }], companies: [] } });
  t.same(waiting?.metadata, {
    phone: CLIENT, from: CLIENT, call_responsible: 7, called_at: 1_790_000_100, duration: 42, link: linkTo('1790.41'), service_code: 'CallMe', uniq: '1790.41', is_call_event_needed: true,
  });
});

t.test('an unsorted call whose answer was lost, and that somebody accepted meanwhile, is found at its lead', async (t) => {
  const one = await bench(t, { stranger: true });
  const { end } = ended('1790.42');
  one.peer.misbehave({ lie: { kind: 'reset-after' }, at: 'unsorted' });
  t.equal((await one.deliver(end)).kind, 'try-later');
  one.peer.accept('1790.42');
  t.match(await one.deliver(end), { kind: 'delivered', note: /^leads \d+: found there/ });
  t.equal(one.peer.callsOf('1790.42').length, 1);
});

t.test('another unsorted call of the same client is not this one', async (t) => {
  for (const unsortedUniq of [true, false]) {
    const one = await bench(t, { stranger: true, unsortedUniq });
    await one.insist(ended('1790.43', { startedAt: instant(startedAt - 60_000) }).end);
    one.peer.misbehave({ lie: { kind: 'reset-before' }, at: 'unsorted' });
    t.equal((await one.insist(ended('1790.44', { startedAt }).end)).kind, 'delivered');
    t.equal(one.peer.unsortedOf('1790.44').length, 1);
  }
});

t.test('wherever amoCRM lets a call land, it is found there again', async (t) => {
  for (const kind of ['leads', 'customers', 'companies'] as const) {
    for (const filters of [true, false]) {
      const one = await bench(t, { filters, stranger: kind === 'companies' });
      const [contact] = [...one.peer.amo.cards.values()];
      const card = addCard(one.peer.amo, kind, kind === 'companies' ? { phones: [CLIENT] } : {});
      if (kind === 'leads') contact?.leads.push({ id: card.id, active: true }, { id: addCard(one.peer.amo, 'leads').id, active: false });
      if (kind === 'customers') contact?.customers.push(card.id);
      one.peer.misbehave({ lie: { kind: 'reset-after' }, at: 'POST /api/v4/calls' });
      t.match(await one.insist(ended('1790.45').end), { kind: 'delivered', note: `${kind} ${card.id}: found there after a lost answer` });
      t.equal(one.peer.callsOf('1790.45').length, 1);
    }
  }
});

t.test('another call of the same client is not this one', async (t) => {
  for (const settings of [{}, { notes: true }]) {
    const one = await bench(t, { settings });
    await one.insist(ended('1790.45').end);
    one.peer.misbehave({ lie: { kind: 'reset-before' }, at: 'POST' });
    t.equal((await one.insist(ended('1790.46').end)).kind, 'delivered');
    t.equal(one.peer.callsOf('1790.46').length, 1);
  }
});

t.test('it may have landed at a company though a contact has the number too', async (t) => {
  const one = await bench(t, { stranger: true });
  const company = addCard(one.peer.amo, 'companies', { phones: [CLIENT] });
  addCard(one.peer.amo, 'contacts', { phones: [CLIENT] });
  one.peer.misbehave({ lie: { kind: 'reset-after' }, at: 'POST' });
  t.match(await one.insist(ended('1790.45').end), { note: `companies ${company.id}: found there after a lost answer` });
  t.equal(one.peer.callsOf('1790.45').length, 1);
});

t.test('a gateway that gives up after amoCRM has taken the call: 504, 502, 408, a page, a redirect', async (t) => {
  for (const status of [504, 502, 408, 200, 302]) {
    for (const options of [{}, { stranger: true }, { settings: { notes: true } }] as readonly BenchOptions[]) {
      const one = await bench(t, options);
      const gateway: Http = { request: async (request) => {
        const answer = await one.http.request(request);
        return request.method === 'POST' && answer.status < 400 ? { status, headers: {}, body: null, text: '<html>' } : answer;
      } };
      t.match(await one.driver({ http: gateway }).deliver(ended('1790.45').end, never()), { kind: 'try-later' });
      t.match(await one.insist(ended('1790.45').end), { kind: 'delivered', note: /lost answer/ });
      t.equal(one.peer.callsOf('1790.45').length + one.peer.unsortedOf('1790.45').length, 1, `${status} ${JSON.stringify(options)}`);
    }
  }
});

t.test('what was surely not taken is asked again without a look', async (t) => {
  const one = await bench(t);
  one.peer.misbehave({ lie: { kind: 'answer', status: 429, body: {} } });
  await one.insist(ended('1790.45').end);
  t.same(one.peer.ledger.map(({ method }) => method), ['POST /api/v4/calls', 'POST /api/v4/calls']);
});

t.test('a client with hundreds of calls: the page after the first is read', async (t) => {
  const one = await bench(t, { filters: false });
  const [contact] = [...one.peer.amo.cards.values()];
  for (let index = 0; index < 300; index++) contact?.notes.push({ id: index, type: 'call_in', params: { uniq: `old.${index}` }, fields: {} });
  one.peer.misbehave({ lie: { kind: 'half-body' }, at: 'POST /api/v4/calls' });
  t.equal((await one.insist(ended('1790.46').end)).kind, 'delivered');
  t.equal(one.peer.callsOf('1790.46').length, 1);
});

t.test('a new contact that amoCRM does not find yet has the call as a note', async (t) => {
  const one = await bench(t, { stranger: true, settings: { unknown: 'contact' }, searchLag: true });
  t.match(await one.insist(ended('1790.47').end), { kind: 'delivered', note: /note/ });
  t.equal(one.peer.callsOf('1790.47').length, 1);
});

t.test('a contact that is there is not made again, though amoCRM did not find it for the call', async (t) => {
  const one = await bench(t, { settings: { unknown: 'contact' } });
  one.peer.misbehave({ lie: { kind: 'answer', status: 400, body: { _total_items: 0, errors: [{ code: 263 }], _embedded: { calls: [] } } }, at: 'POST /api/v4/calls' });
  t.match(await one.insist(ended('1790.47').end), { kind: 'delivered', note: /new contact/ });
  t.equal(one.peer.amo.cards.size, 1);
  t.equal(one.peer.callsOf('1790.47').length, 1);
});

t.test('notes of ours: at the contact, in the name of who talked; a contact that is just deleted leaves the choice to amoCRM', async (t) => {
  const one = await bench(t, { settings: { notes: true } });
  t.match(await one.deliver(ended('1790.48', { startedAt }).end), { kind: 'delivered', note: /note/ });
  t.match(one.peer.callsOf('1790.48'), [{ type: 'call_in', fields: { created_by: 7, responsible_user_id: 7, created_at: 1_790_000_100 }, params: { duration: 42, call_status: 4 } }]);
  one.peer.misbehave({ lie: { kind: 'answer', status: 404, body: { title: 'Not Found', detail: 'gone' } }, at: '/notes' });
  t.match(await one.deliver(ended('1790.49').end), { kind: 'delivered', note: /call/ });
});

t.test('amoCRM refuses a call for good: a dead letter that says which field, without the number', async (t) => {
  const one = await bench(t);
  const body = { title: 'Bad Request', 'validation-errors': [{ request_id: '0', errors: [{ code: 'NotSupportedChoice', path: 'direction', detail: CLIENT }] }], detail: `no ${CLIENT}` };
  one.peer.misbehave({ lie: { kind: 'answer', status: 400, body } });
  const verdict = await one.deliver(ended('1790.50').end);
  t.match(verdict, { kind: 'refused', reason: /direction NotSupportedChoice/ });
  t.notMatch(JSON.stringify(verdict), '9035550142');
  t.match(await one.deliver(ended('1790.50').end), { kind: 'delivered' }, 'and may be driven again');
});

t.test('a link that came too late for the call is told in a note, once', async (t) => {
  for (const lie of [null, ...LOST]) {
    for (const after of lie === null ? [0] : [0, 1]) {
      const one = await bench(t);
      const { end, ready } = ended('1790.51', { recordings: [] });
      t.equal((await one.insist(end)).kind, 'delivered');
      if (lie !== null) one.peer.misbehave({ lie, after });
      t.equal((await one.insist(ready)).kind, 'delivered');
      one.peer.behave();
      t.equal((await one.insist(ready)).kind, 'delivered', 'again');
      const texts = [...one.peer.amo.cards.values()].flatMap((card) => card.notes.filter(({ type }) => type === 'common').map(({ params }) => params['text']));
      t.same(texts, [`Запись разговора 1790.51: ${linkTo('1790.51')}`], lie?.kind ?? 'honest');
    }
  }
  const closed = await bench(t, { tools: { link: () => null } });
  await closed.insist(ended('1790.52').end);
  t.notOk('link' in (closed.peer.callsOf('1790.52')[0]?.params ?? {}));
  t.match(await closed.insist(ended('1790.52').ready), { kind: 'skipped', reason: /publicUrl/ });
});

t.test('a recording before its call, or of a call that nobody was told', async (t) => {
  const one = await bench(t);
  t.match(await one.deliver(ended('1790.53').ready), { kind: 'try-later' });
});

t.test('who is calling: a search finds too much, telephones decide; a contact before a company', async (t) => {
  const one = await bench(t, { stranger: true });
  addCard(one.peer.amo, 'contacts', { name: 'contract 9035550142', phones: ['+7 999 000-00-01'], responsible: 8 });
  addCard(one.peer.amo, 'contacts', { name: 'longer', phones: ['990355501421'] });
  t.equal(await one.driver().lookup(CLIENT, never()), null);
  addCard(one.peer.amo, 'companies', { name: 'Acme\r\nInc', phones: ['8 903 555 01 42'], responsible: 8 });
  t.match(await one.driver().lookup(CLIENT, never()), { type: 'company', name: 'Acme Inc', owner: { crmUser: '8', extension: '208' } });
  addCard(one.peer.amo, 'contacts', { name: 'Irina', phones: ['', '(903) 555-01-42'], responsible: 404 });
  t.match(await one.driver().lookup('89035550142', never()), { type: 'contact', name: 'Irina', owner: { crmUser: '404', extension: null } });
  addCard(one.peer.amo, 'contacts', { name: 'Alla', phones: ['+375 29 123-45-67'] });
  t.match(await one.driver().lookup('+375291234567', never()), { name: 'Alla', owner: null });
  const query = (number: string): Promise<string | null> => one.driver().lookup(number, never()).then(() => new URLSearchParams((one.peer.ledger.at(-1)?.params as { query: string }).query).get('query'));
  t.equal(await query('8 (903) 555-01-99'), '9035550199');
  t.equal(await query('+375 29 123-45-99'), '291234599', 'without the country, which people write in many ways');
  t.equal(await query('+49 1511 2345678'), '5112345678', 'the last ten digits');
  for (const hidden of ['', 'anonymous', '207']) {
    one.peer.forgetLedger();
    t.equal(await one.driver().lookup(hidden, never()), null);
    t.equal(one.peer.ledger.length, 0, 'nobody is asked');
  }
});

const only = (linkedid: string, kinds: readonly Fact['kind'][], extra: object = {}): readonly Fact[] =>
  story(linkedid, '').all.filter((fact) => kinds.includes(fact.kind)).map((fact) => ({ ...fact, ...extra }));

t.test('cards: once for each operator, outbound when they talk, never without an operator', async (t) => {
  const one = await bench(t);
  for (const fact of [...only('1790.60', ['employee-ringing']), ...only('1790.60', ['employee-ringing', 'employee-talking', 'employee-released'])]) await one.deliver(fact);
  t.same(one.peer.amo.popups, [{ phone: CLIENT, users: [7] }, { phone: CLIENT, users: [8] }]);
  const [talking] = only('1790.61', ['employee-talking']);
  const handed = { ...talking, kind: 'call-handed-over', from: '207', to: '208' } as unknown as Fact;
  const two = await bench(t, { mode: 'answer' });
  for (const fact of [...only('1790.61', ['employee-ringing']), talking, handed, handed]) if (fact !== undefined) await two.deliver(fact);
  t.same(two.peer.amo.popups.map(({ users }) => users), [[7], [8]]);
  const three = await bench(t);
  const [first, , ...rest] = only('1790.62', ['employee-ringing', 'employee-talking'], { direction: 'outbound', caller: '207' });
  if (first !== undefined) t.match(await three.deliver(first), { kind: 'skipped' });
  t.equal(three.peer.amo.popups.length, 0);
  for (const fact of rest) await three.deliver(fact);
  t.same(three.peer.amo.popups.map(({ users }) => users), [[7]]);
  const four = await bench(t, { tools: { employees: [] } });
  for (const fact of only('1790.63', ['employee-ringing'])) t.match(await four.deliver(fact), { kind: 'skipped', reason: /no user of amoCRM is named for 20/ });
  t.equal(four.peer.ledger.length, 0, 'it would be shown to everybody');
});

t.test('a card is shown at most once, and tried again where it surely was not', async (t) => {
  for (const [lie, more] of [[{ kind: 'reset-after' }, 0], [{ kind: 'answer', status: 429, body: {} }, 1]] as const) {
    const one = await bench(t);
    const [fact] = only('1790.64', ['employee-ringing']);
    if (fact === undefined) throw new Error('no fact');
    one.peer.misbehave({ lie });
    t.equal((await one.deliver(fact)).kind, 'try-later');
    t.equal(one.peer.amo.popups.length, 1 - more);
    t.equal((await one.deliver(fact)).kind, 'delivered');
    t.equal(one.peer.amo.popups.length, 1);
  }
});

t.test('403 is a lack of rights, but after 429 it is the block of who would not hear: everything rests for minutes', async (t) => {
  const rests: (readonly [string | null, number])[] = [];
  const one = await bench(t, { tools: { rest: (operation, milliseconds) => { rests.push([operation, milliseconds]); } } });
  const driver = one.driver();
  const { end } = ended('1790.70');
  const forbidden: Lie = { kind: 'answer', status: 403, body: '<html>', type: 'text/html' };
  one.peer.misbehave({ lie: forbidden });
  t.match(await driver.deliver(end, never()), { kind: 'locked-out', reason: /administrator/ });
  one.peer.misbehave({ lie: { kind: 'answer', status: 429, body: '' } });
  t.match(await driver.deliver(end, never()), { kind: 'try-later', retryAfterMs: null });
  t.same(rests, [[null, 1000]], 'back off at least a second (2.2)');
  one.peer.misbehave({ lie: forbidden });
  t.match(await driver.deliver(end, never()), { kind: 'try-later', retryAfterMs: 300_000 });
  t.same(rests[1], [null, 300_000]);
  one.peer.misbehave({ lie: { kind: 'answer', status: 429, body: '' } });
  await driver.deliver(end, never());
  one.peer.misbehave({ lie: { kind: 'answer', status: 403, body: { title: 'Forbidden', error_code: 113 } } });
  t.match(await driver.deliver(end, never()), { kind: 'locked-out', reason: /allowed addresses/ }, 'a code says what it is');
  t.match(await driver.deliver(end, never()), { kind: 'delivered' });
  one.peer.misbehave({ lie: forbidden });
  t.match(await driver.deliver(ended('1790.71').end, never()), { kind: 'locked-out' }, 'once it works again, 403 is a lack of rights again');
});

t.test('what locks the account out, and with which remedy', async (t) => {
  for (const [status, body, remedy] of [
    [401, {}, /long-lived token/], [402, {}, /pay for it/], [404, { title: 'Not Found' }, /baseUrl/], [403, { response: { error_code: '244', error: 'no' } }, /administrator/],
  ] as const) {
    const one = await bench(t);
    one.peer.misbehave({ lie: { kind: 'answer', status, body } });
    t.match(await one.deliver(ended('1790.72').end), { kind: 'locked-out', reason: remedy });
  }
  const one = await bench(t);
  one.peer.misbehave({ lie: { kind: 'answer', status: 404, body: 'no such page', type: 'text/html' } });
  t.match(await one.deliver(ended('1790.73').end), { kind: 'try-later' }, 'a page of a proxy is nobody\'s no');
});

t.test('the users of the account, with the extensions of the config', async (t) => {
  const one = await bench(t);
  t.same(await one.driver().users?.(never()), [
    { id: '7', name: 'Anna', extensions: ['207'], active: true }, { id: '8', name: 'Boris', extensions: ['208'], active: true }, { id: '9', name: 'Clara', extensions: [], active: false },
  ]);
  one.peer.amo.switches.admin = false;
  await t.rejects(async () => one.driver().users?.(never()), { code: 'CRM_LOOKUP_FAILED' });
});

t.test('no word that anybody reads has the token or a number in it', async (t) => {
  const one = await bench(t);
  const body = { title: 'Bad', detail: `token ${one.peer.token} of ${CLIENT}, ${STRANGER}` };
  for (const status of [400, 401, 403, 404, 422, 429, 500]) {
    one.peer.misbehave({ lie: { kind: 'answer', status, body }, times: Infinity });
    const said = JSON.stringify([await one.deliver(ended('1790.80').end), await one.driver().check(never()), await one.driver().lookup(CLIENT, never()).catch(String)]);
    one.peer.behave();
    for (const secret of [one.peer.token.slice(0, 40), '9035550142', '9990000000']) t.notMatch(said, secret, `${status}`);
  }
});

t.test('settings: one way to ask, whole', (t) => {
  const base = { baseUrl: 'https://acme.amocrm.ru' };
  const fine = (more: object): boolean => amocrm.settings.safeParse({ ...base, ...more }).success;
  t.ok(fine({ token: 'x' }));
  t.ok(fine({ clientId: 'a', clientSecret: 'b' }), 'the consent comes later');
  t.ok(fine({ clientId: 'a', clientSecret: 'b', accessToken: 'c', refreshToken: 'd' }));
  for (const bad of [{}, { clientId: 'a' }, { clientSecret: 'a' }, { token: 'x', clientId: 'a', clientSecret: 'b' }, { clientId: 'a', clientSecret: 'b', accessToken: 'c' },
    { token: 'x', accessToken: 'c', refreshToken: 'd' }, { token: 'x', pipeline: 0 }, { token: 'x', unknown: 'lead' }, { token: 'x', redirectUri: 'nowhere' }]) t.notOk(fine(bad), JSON.stringify(bad));
  for (const baseUrl of ['http://acme.amocrm.ru', 'https://acme.amocrm.ru/api/v4', 'https://user@acme.amocrm.ru', 'acme.amocrm.ru']) t.notOk(amocrm.settings.safeParse({ token: 'x', baseUrl }).success, baseUrl);
  t.match(amocrm.settings.safeParse({ token: 'x', baseUrl: 'https://acme.kommo.com/' }), { data: { baseUrl: 'https://acme.kommo.com', unknown: 'unsorted', recordings: 'link', notes: false } });
  t.end();
});

t.test('an id that is a trap stays an id', async (t) => {
  for (const linkedid of ['"], "x": [', '1790.17&filter[note_type]=x', '../../etc', 'a\u0000b'] as Linkedid[]) {
    const one = await bench(t);
    one.peer.misbehave({ lie: { kind: 'reset-after' } });
    t.equal((await one.insist(ended(linkedid).end)).kind, 'delivered');
    t.equal(one.peer.callsOf(linkedid).length, 1);
  }
});
