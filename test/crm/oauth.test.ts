/** The keeper of tokens against a desk that gives each refresh token one use: two processes, kills at every step, lost answers, lies. */
import t, { type Test } from 'tap';
import { createHttp } from '../../app/http.ts';
import type { Keep } from '../../crm/driver.ts';
import { CrmFailure } from '../../crm/errors.ts';
import { createTokenKeeper, type Renewed, type TokenKeeper, type TokenPair } from '../../crm/oauth.ts';
import { createTokenDesk, type TokenDesk } from '../fakes/crm/amocrm-tokens.ts';
import { type StandIn, startStandIn } from '../fakes/crm/stand-in.ts';
import { keepIn } from '../fakes/crm/tools.ts';

const integration = { clientId: 'id', clientSecret: 'secret', redirectUri: 'https://pbx.example.org/callme/oauth' };
const pairOf = ({ access, refresh }: { access: string; refresh: string }): TokenPair => ({ access, refresh, expiresAt: null, extra: { host: 'acme.example' } });
const never = (): AbortSignal => new AbortController().signal;

interface Bench {
  readonly desk: TokenDesk; readonly peer: StandIn; readonly first: TokenPair;
  readonly values: Map<string, string>; readonly keep: Keep;
  /** A keeper as another process makes it. */
  keeper(over?: { keep?: Keep; initial?: TokenPair | null; renew?: (pair: TokenPair, signal: AbortSignal) => Promise<Renewed> }): TokenKeeper;
  readonly renew: (pair: TokenPair, signal: AbortSignal) => Promise<Renewed>;
}

async function bench(t: Test, grace = false): Promise<Bench> {
  const desk = createTokenDesk({ ...integration, grace });
  const peer = await startStandIn({ nameOf: () => 'token', paramsOf: () => null, apply: (asked) => desk.exchange(JSON.parse(asked.body.toString('utf8'))) });
  const http = createHttp({ version: '0.0.0' });
  t.teardown(async () => { await http.close(); await peer.stop(); });
  const values = new Map<string, string>();
  const keep = keepIn(values);
  const first = pairOf(desk.consent());
  const renew = async (pair: TokenPair, signal: AbortSignal): Promise<Renewed> => {
    const json = { client_id: 'id', client_secret: 'secret', grant_type: 'refresh_token', refresh_token: pair.refresh, redirect_uri: integration.redirectUri };
    const { status, body } = await http.request({ method: 'POST', url: peer.origin, json, signal, timeoutMs: 5000 });
    const said = (body ?? {}) as Record<string, string>;
    if (status === 200) return { kind: 'renewed', pair: { ...pairOf({ access: said['access_token'] ?? '', refresh: said['refresh_token'] ?? '' }), extra: pair.extra } };
    return said['hint'] === 'invalid_grant' ? { kind: 'dead', reason: 'invalid_grant' } : { kind: 'later', reason: `HTTP ${status}`, retryAfterMs: status === 429 ? 7000 : null };
  };
  return { desk, peer, first, values, keep, renew, keeper: (over = {}) => createTokenKeeper({ keep, renew, initial: first, ...over }) };
}

const brought = (t: Test, said: Renewed): TokenPair => {
  t.equal(said.kind, 'renewed', JSON.stringify(said).slice(0, 200));
  if (said.kind !== 'renewed') throw new Error('not renewed');
  return said.pair;
};

t.test('a renewed pair is kept: with what came beside it, for whoever starts next', async (t) => {
  const one = await bench(t);
  const keeper = one.keeper();
  t.same(keeper.current(), one.first);
  const pair = brought(t, await keeper.renewed(one.first, never()));
  t.not(pair.access, one.first.access);
  t.same(keeper.current(), pair);
  t.same(one.keeper().current(), pair, 'after a restart');
  t.same(pair.extra, { host: 'acme.example' });
  t.ok(one.desk.isValid(pair.access));
});

t.test('many ask at once, in two processes: the vendor is asked once', async (t) => {
  const one = await bench(t);
  const keepers = [one.keeper(), one.keeper()];
  const all = await Promise.all(Array.from({ length: 20 }, (_, index) => (keepers[index % 2] as TokenKeeper).renewed(one.first, never())));
  t.equal(new Set(all.map((said) => brought(t, said).access)).size, 1);
  t.equal(one.desk.renewals(), 1);
  t.equal(one.peer.ledger.length, 1);
});

t.test('what somebody else has brought is the answer at once, without a lock or a request', async (t) => {
  const one = await bench(t);
  const pair = brought(t, await one.keeper().renewed(one.first, never()));
  const locked: Keep = { ...one.keep, alone: () => { throw new Error('must not be asked'); } };
  t.same(brought(t, await one.keeper({ keep: locked }).renewed(one.first, never())), pair);
  t.equal(one.peer.ledger.length, 1);
});

t.test('the pair is on the disk before anybody has it; a disk that is full loses nothing', async (t) => {
  const one = await bench(t);
  let full = true;
  const keep: Keep = { ...one.keep, set: (key, value) => { if (full) throw new Error('ENOSPC'); one.keep.set(key, value); } };
  const keeper = one.keeper({ keep });
  await t.rejects(keeper.renewed(one.first, never()), { message: 'ENOSPC' }, 'not used while it is not kept');
  t.throws(() => keeper.current(), { message: 'ENOSPC' });
  full = false;
  t.ok(one.desk.isValid(keeper.current()?.access ?? ''), 'written as soon as there is room');
  t.same(one.keeper().current(), keeper.current());
  t.equal(one.desk.renewals(), 1);
});

t.test('killed at every step', async (t) => {
  for (const grace of [true, false]) {
    for (const boundary of ['before the request', 'after the answer', 'after the save'] as const) {
      await t.test(`${boundary}, ${grace ? 'a vendor that allows for lost answers' : 'a vendor that does not'}`, async (t) => {
        const one = await bench(t, grace);
        const killed = new Error('killed');
        const renew = boundary === 'before the request' ? () => Promise.reject(killed) : one.renew;
        const set = (key: string, value: string): void => {
          if (boundary === 'after the save') one.keep.set(key, value);
          throw killed;
        };
        await t.rejects(one.keeper({ renew, keep: { ...one.keep, set } }).renewed(one.first, never()), killed);
        const keeper = one.keeper();
        const said = await keeper.renewed(one.first, never());
        if (boundary === 'after the answer' && !grace) {
          t.match(said, { kind: 'dead', reason: 'invalid_grant' }, 'this vendor forgives nothing');
          t.same(keeper.current(), one.first, 'the access token may still be good for a day');
        } else {
          t.ok(one.desk.isValid(brought(t, said).access));
          t.equal(one.desk.renewals(), 1);
        }
      });
    }
  }
});

t.test('an answer that was lost is asked for once more with the same refresh token', async (t) => {
  for (const lie of [{ kind: 'reset-after' }, { kind: 'half-body' }, { kind: 'reset-before' }, { kind: 'answer', status: 502, body: 'oops' }] as const) {
    const one = await bench(t, true);
    one.peer.misbehave({ lie });
    t.ok(one.desk.isValid(brought(t, await one.keeper().renewed(one.first, never())).access), lie.kind);
    t.equal(one.desk.renewals(), 1, lie.kind);
  }
});

t.test('a lost answer of a vendor that forgives nothing: the refresh token is refused twice, then dead', async (t) => {
  const one = await bench(t);
  one.peer.misbehave({ lie: { kind: 'reset-after' } });
  t.match(await one.keeper().renewed(one.first, never()), { kind: 'dead' });
  t.equal(one.peer.ledger.length, 3, 'lost, refused, refused');
  one.peer.forgetLedger();
  t.match(await one.keeper().renewed(one.first, never()), { kind: 'dead' });
  t.equal(one.peer.ledger.length, 1, 'who is known to be dead is probed once');
});

t.test('a vendor that takes back its newest pair: the one before it still opens', async (t) => {
  const one = await bench(t);
  const newest = brought(t, await one.keeper().renewed(one.first, never()));
  const asked: string[] = [];
  const renew = async (pair: TokenPair): Promise<Renewed> => {
    asked.push(pair.refresh);
    return pair.refresh === one.first.refresh ? { kind: 'renewed', pair: { ...pair, access: 'again', refresh: 'again' } } : { kind: 'dead', reason: 'invalid_grant' };
  };
  t.match(brought(t, await one.keeper({ renew }).renewed(newest, never())), { access: 'again' });
  t.same(asked, [newest.refresh, one.first.refresh]);
});

t.test('one refusal that was a mistake of the vendor does not cost a consent', async (t) => {
  const one = await bench(t);
  const refusal = { kind: 'answer', status: 400, body: { hint: 'invalid_grant' } } as const;
  one.peer.misbehave({ lie: refusal });
  t.ok(one.desk.isValid(brought(t, await one.keeper().renewed(one.first, never())).access));
  const two = await bench(t);
  two.peer.misbehave({ lie: refusal, times: 2 });
  t.match(await two.keeper().renewed(two.first, never()), { kind: 'dead' });
  t.ok(two.desk.isValid(brought(t, await two.keeper().renewed(two.first, never())).access), 'nor does a dead one stay dead against the facts');
});

t.test('patience is the vendor\'s: 429 is not asked again', async (t) => {
  const one = await bench(t);
  one.peer.misbehave({ lie: { kind: 'answer', status: 429, body: {} }, times: Infinity });
  t.same(await one.keeper().renewed(one.first, never()), { kind: 'later', reason: 'HTTP 429', retryAfterMs: 7000 });
  t.equal(one.peer.ledger.length, 1);
  t.same(one.keeper().current(), one.first);
});

t.test('whoever is stopped does not stop the others, and neither waits', async (t) => {
  const one = await bench(t);
  const keeper = one.keeper();
  one.peer.misbehave({ lie: { kind: 'silence-before' } });
  const [his, mine, third] = [new AbortController(), new AbortController(), new AbortController()];
  const stopped = keeper.renewed(one.first, his.signal);
  const waiting = keeper.renewed(one.first, mine.signal);
  const leaving = keeper.renewed(one.first, third.signal);
  await one.peer.until((entry) => entry.lie === 'silence-before');
  third.abort();
  t.match(await leaving, { kind: 'later' }, 'left while the other one is still asking');
  his.abort();
  t.match(await stopped, { kind: 'later' });
  t.ok(one.desk.isValid(brought(t, await waiting).access));
  t.equal(one.desk.renewals(), 1);
  const already = new AbortController();
  already.abort();
  t.match(await keeper.renewed(keeper.current() ?? one.first, already.signal), { kind: 'later' });
});

t.test('somebody who renews for too long makes us wait for later; other failures are not hidden', async (t) => {
  const one = await bench(t);
  const busy = (error: Error): Keep => ({ ...one.keep, alone: () => Promise.reject(error) });
  t.match(await one.keeper({ keep: busy(new CrmFailure('CRM_BUSY', 'busy')) }).renewed(one.first, never()), { kind: 'later', retryAfterMs: null });
  await t.rejects(one.keeper({ keep: busy(new Error('a bug')) }).renewed(one.first, never()), { message: 'a bug' });
  t.equal(one.peer.ledger.length, 0);
});

t.test('a consent that comes while we ask is newer than what we bring', async (t) => {
  const one = await bench(t);
  const consented = pairOf(one.desk.consent());
  const keeper = one.keeper({ renew: async (pair, signal) => {
    one.keeper().put(consented);
    return one.renew(pair, signal);
  } });
  t.same(brought(t, await keeper.renewed(one.first, never())), consented);
  t.same(keeper.current(), consented);
});

t.test('other tokens in the config replace what was kept; the same ones, or none, do not', async (t) => {
  const one = await bench(t);
  const renewed = brought(t, await one.keeper().renewed(one.first, never()));
  t.same(one.keeper({ initial: null }).current(), renewed);
  const other = pairOf(one.desk.consent());
  t.same(one.keeper({ initial: other }).current(), other);
  t.same(one.keeper().current(), renewed, 'nothing was written by looking');
});

t.test('what was forgotten stays forgotten until somebody consents', async (t) => {
  const one = await bench(t);
  one.keeper().forget();
  t.equal(one.keeper().current(), null);
  t.match(await one.keeper().renewed(one.first, never()), { kind: 'dead' });
  t.equal(one.peer.ledger.length, 0);
  one.keeper().put(one.first);
  t.same(one.keeper().current(), one.first);
});

t.test('a pair without a refresh token, and a state that nobody can read', async (t) => {
  const one = await bench(t);
  const bare = { ...one.first, refresh: '' };
  t.match(await one.keeper({ initial: bare }).renewed(bare, never()), { kind: 'dead' });
  t.equal(one.peer.ledger.length, 0);
  for (const broken of ['{', '[]', 'null', '{"pair":{"access":1}}', '{"pair":"x","initial":7,"refusals":"many"}']) {
    one.values.set('oauth', broken);
    t.same(one.keeper().current(), one.first, broken);
  }
});
