/** The account's side: consents, tokens that end, the integration switched off, webhooks, and what must not be believed. */
import { createHmac } from 'node:crypto';
import t, { type Test } from 'tap';
import type { Http, HttpRequest } from '../../core/ports.ts';
import { instant } from '../../core/words.ts';
import type { Heard, HeardAnswer } from '../../crm/heard.ts';
import amocrm from '../../crm/drivers/amocrm.ts';
import { bench, type Bench, type BenchOptions, ended, never } from '../fakes/crm/amocrm-bench.ts';
import { REDIRECT } from '../fakes/crm/amocrm.ts';
import { toolsFor } from '../fakes/crm/tools.ts';

const DAY = 24 * 3600 * 1000;
const secrets = { clientId: 'integration-1', clientSecret: 'clientsecret', redirectUri: REDIRECT };
/** The suite's default would give a pair from the config. */
const unconsented: BenchOptions = { settings: { token: undefined, ...secrets } };
const heard = (method: Heard['method'], path: string, query: Readonly<Record<string, string>> = {}, body = ''): Heard => ({ method, path, query: new URLSearchParams(query), headers: {}, body });
const hear = async (one: Bench, what: Heard): Promise<HeardAnswer | null> => (await one.driver().hear?.(what, never())) ?? null;

/** What an administrator sees who opens the address of a remedy: his browser comes back with these. */
async function opened(one: Bench): Promise<URLSearchParams> {
  const lines = await one.driver().check(never());
  const address = /https:\/\/\S+/.exec(lines.find((line) => !line.ok)?.remedy ?? '')?.[0] ?? '';
  return new URL(address).searchParams;
}

async function consent(one: Bench, over: Readonly<Record<string, string>> = {}): Promise<HeardAnswer | null> {
  const state = (await opened(one)).get('state') ?? '';
  return hear(one, heard('GET', 'oauth', { code: one.peer.amo.tokens.code(), state, referer: new URL(one.peer.origin).host, client_id: 'integration-1', ...over }));
}

t.test('a consent: the address, the code, the tokens; from then on calls are told', async (t) => {
  const one = await bench(t, unconsented);
  t.match(await one.deliver(ended('1790.17').end), { kind: 'locked-out', reason: /https:\/\/www\.amocrm\.ru\/oauth\?client_id=integration-1&state=\S+&mode=popup/ });
  t.equal(one.peer.ledger.length, 0, 'nobody is asked without a token');
  t.match(await consent(one), { status: 200, events: [], note: 'consent given' });
  t.match(await one.deliver(ended('1790.17').end), { kind: 'delivered' });
  t.ok((await one.driver().check(never())).every((line) => line.ok));
});

t.test('a consent that nobody asked for, or that comes twice, is not for us', async (t) => {
  const one = await bench(t, unconsented);
  const state = (await opened(one)).get('state') ?? '';
  for (const forged of ['', 'x', `${state}x`, state.slice(1)]) t.equal(await consent(one, { state: forged }), null, JSON.stringify(forged));
  t.equal(one.kept.has('oauth'), false);
  t.match(await consent(one), { status: 200 });
  const again = { code: one.peer.amo.tokens.code(), state, referer: new URL(one.peer.origin).host };
  t.equal(await hear(one, heard('GET', 'oauth', again)), null, 'the word is good for one consent');
  const longLived = await bench(t);
  t.equal(await hear(longLived, heard('GET', 'oauth', { state: '', code: 'x' })), null);
});

t.test('a consent of another host, a refusal, a code that is no good', async (t) => {
  for (const [over, status] of [
    [{ referer: 'evil.example' }, 400], [{ referer: 'acme.amocrm.ru' }, 400], [{ referer: '127.0.0.1:1' }, 400], [{ referer: 'x@127.0.0.1' }, 400],
    [{ error: 'access_denied' }, 200], [{ code: 'used' }, 502], [{ code: '' }, 400],
  ] as const) {
    const one = await bench(t, unconsented);
    t.match(await consent(one, over), { status, events: [] }, JSON.stringify(over));
    t.equal(one.kept.has('oauth'), false, 'nothing was changed');
    t.match(await consent(one), { status: 200 }, 'and the right one is still good');
  }
});

/** The vendor's hosts, all answered by our stand-in. */
const asVendor = (one: Bench, asked: string[] = []): Http => ({ request: (request: HttpRequest) => {
  asked.push(new URL(request.url).hostname);
  return one.http.request({ ...request, url: request.url.replace(/^https:\/\/[^/]+/, one.peer.origin) });
} });

t.test('an account that has moved to another subdomain says so with the consent; another account is refused', async (t) => {
  const one = await bench(t, { ...unconsented });
  const asked: string[] = [];
  const tools = toolsFor(asVendor(one, asked), {});
  const driver = amocrm.create(amocrm.settings.parse({ baseUrl: 'https://acme.amocrm.ru', ...secrets }), tools);
  const come = async (referer: string): Promise<HeardAnswer | null> => {
    const state = tools.keep.get('consent-state') ?? /state=([^&]+)/.exec(JSON.stringify(await driver.check(never())))?.[1] ?? '';
    return (await driver.hear?.(heard('GET', 'oauth', { code: one.peer.amo.tokens.code(), state, referer }), never())) ?? null;
  };
  t.match(await come('moved.amocrm.ru'), { status: 400 }, 'an account that we never saw has the address of the config');
  t.match(await come('acme.amocrm.ru'), { status: 200 });
  t.match(await come('moved.amocrm.ru.evil.example'), { status: 400 });
  t.match(await come('moved.kommo.com'), { status: 400 }, 'another vendor');
  asked.length = 0;
  for (const trap of ['evil.example/x.amocrm.ru', 'evil.example#.amocrm.ru', 'evil.example?.amocrm.ru', 'moved.amocrm.ru:8443', 'a@moved.amocrm.ru', 'evil.example\\.amocrm.ru']) {
    t.match(await come(trap), { status: 400 }, trap);
  }
  t.same(asked, [], 'the client secret goes nowhere else');
  t.match(await come('moved.amocrm.ru'), { status: 200 });
  t.same([...new Set(asked)], ['moved.amocrm.ru']);
  t.match(await driver.deliver(ended('1790.18').end, never()), { kind: 'delivered' });
  t.same([...new Set(asked)], ['moved.amocrm.ru'], 'and is asked there from now on');
  tools.keep.set('account-id', '5 https://acme.amocrm.ru');
  const before = tools.keep.get('oauth');
  t.match(await come('acme.amocrm.ru'), { status: 400, note: 'consent of another account' });
  t.same((JSON.parse(tools.keep.get('oauth') ?? '{}') as { pair: unknown }).pair, (JSON.parse(before ?? '{}') as { pair: unknown }).pair, 'the old tokens stay');
});

t.test('an operator who writes another address into the config means another account', async (t) => {
  const one = await bench(t, { consent: true });
  await one.driver().introduce?.(never());
  one.kept.set('account-id', '5 https://acme.amocrm.ru');
  t.ok((await one.driver().check(never())).every((line) => line.ok));
  one.kept.set('account-id', `5 ${one.peer.origin}`);
  t.match((await one.driver().check(never())).filter((line) => !line.ok), [{ code: 'address' }]);
});

t.test('an access token that ended is renewed once, by whoever comes first, and the call is told', async (t) => {
  const one = await bench(t, { consent: true });
  one.peer.amo.tokens.expire();
  const all = await Promise.all([1, 2, 3, 4].map((index) => one.deliver(ended(`1790.${index}`).end)));
  t.ok(all.every(({ kind }) => kind === 'delivered'), JSON.stringify(all));
  t.equal(one.peer.amo.tokens.renewals(), 1);
});

t.test('401 with a token that was just renewed: locked out, without a third try', async (t) => {
  const one = await bench(t, { consent: true });
  one.peer.misbehave({ lie: { kind: 'answer', status: 401, body: { title: 'Unauthorized' } }, at: '/api/v4/calls', times: Infinity });
  t.match(await one.deliver(ended('1790.20').end), { kind: 'locked-out', reason: /must consent at https:/ });
  t.same(one.peer.ledger.map(({ method }) => method), ['POST /api/v4/calls', 'POST /oauth2/access_token', 'POST /api/v4/calls']);
});

t.test('the token desk is away: later; it says no: locked out with the address to open', async (t) => {
  const one = await bench(t, { consent: true });
  one.peer.amo.tokens.expire();
  one.peer.misbehave({ lie: { kind: 'answer', status: 503, body: {}, headers: { 'retry-after': '9' } }, at: 'oauth2' });
  t.match(await one.deliver(ended('1790.21').end), { kind: 'try-later', retryAfterMs: 9000 });
  one.peer.amo.tokens.revoke();
  const dead = await one.deliver(ended('1790.21').end);
  t.match(dead, { kind: 'locked-out', reason: /HTTP 400 .*revoked.*must consent at https:/ });
  t.notMatch(JSON.stringify(dead), /refresh-\d|clientsecret/);
  t.match(await consent(one), { status: 200 });
  t.match(await one.deliver(ended('1790.21').end), { kind: 'delivered' });
});

t.test('tokens are renewed each month, though nobody calls', async (t) => {
  let now = Date.now();
  const one = await bench(t, { consent: true, tools: { clock: { now: () => instant(now) } } });
  const driver = one.driver();
  t.match(await driver.introduce?.(never()), { kind: 'delivered' });
  now += 29 * DAY;
  t.same((await driver.poll?.ask(never()))?.events, []);
  t.equal(one.peer.amo.tokens.renewals(), 0);
  now += 2 * DAY;
  await driver.poll?.ask(never());
  t.equal(one.peer.amo.tokens.renewals(), 1);
  now += 29 * DAY;
  await one.driver().introduce?.(never());
  t.equal(one.peer.amo.tokens.renewals(), 1, 'a month from the renewal');
  now += 2 * DAY;
  t.match(await one.driver().introduce?.(never()), { kind: 'delivered' });
  t.equal(one.peer.amo.tokens.renewals(), 2, 'at the start, too');
  now += 31 * DAY;
  one.peer.amo.tokens.revoke();
  t.match(await one.driver().introduce?.(never()), { kind: 'locked-out', reason: /consent at/ });
  await t.rejects(async () => driver.poll?.ask(never()), { code: 'CRM_TOKEN_DEAD' });
  t.equal((await bench(t)).driver().poll, undefined, 'a long-lived token needs none of it');
});

const hook = (over: Readonly<Record<string, string>> = {}, secret = 'clientsecret'): Heard => {
  const fields = { client_uuid: 'integration-1', account_id: '30000001', ...over };
  return heard('GET', 'disabled', { ...fields, signature: createHmac('sha256', secret).update(`${fields.client_uuid}|${fields.account_id}`).digest('hex'), ...over });
};

t.test('the integration is switched off: signed, and true', async (t) => {
  const one = await bench(t, { consent: true });
  for (const forged of [hook({}, 'guess'), hook({ signature: 'abc' }), hook({ client_uuid: 'other' }), heard('GET', 'disabled')]) t.equal(await hear(one, forged), null);
  t.match(await hear(one, hook()), { status: 200, note: /the token works/ }, 'an old message that somebody sends again');
  t.match(await one.deliver(ended('1790.22').end), { kind: 'delivered' });
  one.peer.amo.tokens.revoke();
  t.match(await hear(one, hook()), { status: 200, events: [], note: /switched off/ });
  t.match(await one.deliver(ended('1790.23').end), { kind: 'locked-out', reason: /switched off in amoCRM: switch it on again; .*consent at/ });
  t.match(await one.driver().check(never()), [{ ok: false, code: 'registration' }]);
  t.match(await consent(one), { status: 200 });
  t.match(await one.deliver(ended('1790.23').end), { kind: 'delivered' });
  one.peer.amo.tokens.revoke();
  const dead = await one.deliver(ended('1790.24').end);
  t.match(dead, { kind: 'locked-out' });
  t.notMatch(JSON.stringify(dead), /switched off/, 'that is over');
  const known = await bench(t, { consent: true });
  await known.driver().introduce?.(never());
  known.peer.amo.tokens.revoke();
  t.equal(await hear(known, hook({ account_id: '5' })), null, 'another account');
  t.equal(await hear(await bench(t), hook()), null, 'a long-lived token has no secret to prove it by');
});

const webhooks: BenchOptions = { settings: { webhooks: true } };
async function secretOf(one: Bench): Promise<string> {
  t.match(await one.driver().introduce?.(never()), { kind: 'delivered' });
  return one.peer.amo.webhooks[0]?.destination.split('/contacts/')[1] ?? '';
}

t.test('contacts are subscribed once, at an address that nobody can guess', async (t) => {
  const one = await bench(t, webhooks);
  const secret = await secretOf(one);
  t.ok(secret.length >= 32);
  t.match(one.peer.amo.webhooks, [{ destination: `https://pbx.example.org/callme/crm/examined/contacts/${secret}`, settings: ['add_contact', 'update_contact', 'delete_contact'] }]);
  t.match(await one.driver().introduce?.(never()), { kind: 'delivered' });
  t.equal(one.peer.amo.webhooks.length, 1, 'not again');
  t.ok((await one.driver().check(never())).every((line) => line.ok));
  const [first] = one.peer.amo.webhooks;
  if (first !== undefined) first.disabled = true;
  t.match((await one.driver().check(never())).filter((line) => !line.ok), [{ code: 'registration' }], 'amoCRM has switched it off after too many failures');
  await one.driver().introduce?.(never());
  t.equal(one.peer.amo.webhooks.length, 2);
});

t.test('without the right to webhooks calls are told all the same', async (t) => {
  const one = await bench(t, { ...webhooks, admin: false });
  t.match(await one.driver().introduce?.(never()), { kind: 'refused', reason: /administrator/ });
  t.match(await one.deliver(ended('1790.24').end), { kind: 'delivered' });
  const hidden = await bench(t, { ...webhooks, tools: { publicUrl: null } });
  t.match(await hidden.driver().introduce?.(never()), { kind: 'skipped', reason: /publicUrl/ });
  const away = await bench(t, webhooks);
  away.peer.misbehave({ lie: { kind: 'answer', status: 503, body: {} } });
  t.match(await away.driver().introduce?.(never()), { kind: 'try-later' });
});

/** As amoCRM posts it (2.10): urlencoded, brackets and all. */
const posted = (fields: Readonly<Record<string, string>>): string => new URLSearchParams({ ...fields, 'account[id]': '30000001', 'account[subdomain]': 'acme' }).toString();
const phones = (kind: string, index: number, ...numbers: readonly string[]): Readonly<Record<string, string>> => Object.fromEntries([
  [`contacts[${kind}][${index}][id]`, '1'], [`contacts[${kind}][${index}][name]`, 'Irina'],
  [`contacts[${kind}][${index}][custom_fields][0][id]`, '12'], [`contacts[${kind}][${index}][custom_fields][0][code]`, 'EMAIL'], [`contacts[${kind}][${index}][custom_fields][0][values][0][value]`, 'i@example.org'],
  [`contacts[${kind}][${index}][custom_fields][1][id]`, '11'], [`contacts[${kind}][${index}][custom_fields][1][code]`, 'PHONE'],
  ...numbers.map((number, at) => [`contacts[${kind}][${index}][custom_fields][1][values][${at}][value]`, number] as const),
]);

async function changed(t: Test, fields: Readonly<Record<string, string>>): Promise<unknown> {
  const one = await bench(t, webhooks);
  const answer = await hear(one, heard('POST', `contacts/${await secretOf(one)}`, {}, posted(fields)));
  t.match(answer, { status: 200, events: [{ kind: 'contacts-changed' }] });
  const [event] = answer?.events ?? [];
  return event?.kind === 'contacts-changed' ? event.numbers : null;
}

t.test('changed contacts: the numbers that stand in it, or all', async (t) => {
  t.same(await changed(t, phones('update', 0, '+79035550142', '8 495 000-00-01')), ['+79035550142', '8 495 000-00-01']);
  t.same(await changed(t, { ...phones('add', 0, '1'), ...phones('add', 1, '2', '1') }), ['1', '2']);
  t.equal(await changed(t, { 'contacts[delete][0][id]': '77001', 'contacts[delete][0][type]': 'contact' }), 'all');
  t.equal(await changed(t, phones('update', 0)), 'all', 'it lost its last number, nobody says which');
  t.equal(await changed(t, { ...phones('update', 0, '1'), 'contacts[update][1][id]': '2' }), 'all');
  t.equal(await changed(t, Object.assign({}, ...Array.from({ length: 201 }, (_, index) => phones('update', index, `7495${index}`))) as Record<string, string>), 'all', 'an import');
});

t.test('what amoCRM repeats has the same id; what cannot prove itself is nobody\'s', async (t) => {
  const one = await bench(t, webhooks);
  const secret = await secretOf(one);
  const body = posted(phones('update', 0, '1'));
  const ids = await Promise.all([body, body, posted(phones('update', 0, '2'))].map(async (each) => (await hear(one, heard('POST', `contacts/${secret}`, {}, each)))?.events[0]?.id));
  t.equal(ids[0], ids[1]);
  t.not(ids[0], ids[2]);
  for (const path of ['contacts', 'contacts/', `contacts/${secret}x`, `contacts/${secret.slice(1)}`, secret, '']) t.equal(await hear(one, heard('POST', path, {}, body)), null, path);
  t.equal(await hear(one, heard('GET', `contacts/${secret}`, {}, body)), null);
  t.equal(await hear(one, heard('POST', `contacts/${secret}`, {}, body.replace('30000001', '5'))), null, 'of another account');
  one.peer.forgetLedger();
  const answer = await hear(one, heard('POST', `contacts/${secret}`, {}, body));
  t.equal(one.peer.ledger.length, 0, 'answered in time: nobody is asked');
  t.notMatch(JSON.stringify(answer?.note), secret);
});

t.test('two processes, one account: a command line that renews does not cost the server its tokens', async (t) => {
  const one = await bench(t, { consent: true });
  const [server, command] = [one.driver(), one.driver()];
  one.peer.amo.tokens.expire();
  t.ok((await command.check(never())).every((line) => line.ok));
  t.match(await server.deliver(ended('1790.25').end, never()), { kind: 'delivered' });
  t.equal(one.peer.amo.tokens.renewals(), 1);
});
