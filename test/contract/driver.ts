/**
 * The examination that every CRM driver takes, against its stand-in server over real HTTP. It knows nothing of the product: only that a
 * story of one call, told through any trouble, stands at the CRM once. Each retry uses a fresh driver over the same memory, as after a
 * `kill -9`. Longer, because the table of troubles is the point.
 */
import { readFile } from 'node:fs/promises';
import type { Test } from 'tap';
import type { Fact } from '../../core/facts.ts';
import type { Http } from '../../core/ports.ts';
import type { Verdict } from '../../core/verdict.ts';
import { CHECK_CODES, type CheckCode } from '../../crm/check.ts';
import { HOSTILE_NAMES, type Lie, type StandIn } from '../fakes/crm/stand-in.ts';
import { anna, CLIENT, type Examined, linkTo, type Mistake, rig, type Rig, story, STRANGER } from './driver-stage.ts';

export type { Examined, Mistake, Rig, Stage, Told } from './driver-stage.ts';
export { CLIENT, EMPLOYEES, LINES, linkTo, rig, story, STRANGER } from './driver-stage.ts';

const SETTLED = new Set(['delivered', 'skipped']);

function peerOf({ stage }: Rig): StandIn {
  if (stage.standIn === null) throw new Error('this stage has no stand-in: set `peer: false`');
  return stage.standIn;
}

async function once(t: Test, { stage, sound }: Rig, examined: Examined, linkedid: string): Promise<void> {
  const told = stage.told(linkedid);
  t.equal(told.ended, 1, 'the call stands at the CRM once');
  if (examined.sound === 'kept') t.same(told.record, await readFile(sound), 'with its whole sound');
  if (examined.sound === 'linked') t.equal(told.record, linkTo(linkedid), 'with a link to its sound');
}

/** `verdict`: what the driver must say while the CRM is so. */
interface Trouble { readonly name: string; readonly lie: Lie; readonly verdict: 'try-later' | 'locked-out'; readonly retryAfterMs?: number }
const html = '<html><h1>Bad gateway</h1></html>';
const answer = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Lie => ({ kind: 'answer', status, body, headers });
const TROUBLES: readonly Trouble[] = [
  { name: '401', lie: answer(401, { error: 'INVALID_CREDENTIALS', error_description: 'no' }), verdict: 'locked-out' },
  { name: '403', lie: answer(403, { error: 'ACCESS_DENIED', error_description: 'no' }), verdict: 'locked-out' },
  { name: '429 with Retry-After', lie: answer(429, { error: 'TOO_MANY' }, { 'retry-after': '7' }), verdict: 'try-later', retryAfterMs: 7000 },
  { name: '500', lie: answer(500, { error: 'INTERNAL_SERVER_ERROR' }), verdict: 'try-later' },
  { name: '502 of a proxy', lie: { kind: 'answer', status: 502, body: html, type: 'text/html' }, verdict: 'try-later' },
  { name: '503', lie: answer(503, {}), verdict: 'try-later' },
  { name: '200 with a page', lie: { kind: 'answer', status: 200, body: html, type: 'text/html' }, verdict: 'try-later' },
  { name: '200 with nothing', lie: { kind: 'answer', status: 200, body: '' }, verdict: 'try-later' },
  { name: 'a redirect', lie: answer(302, '', { location: 'http://127.0.0.1:1/' }), verdict: 'try-later' },
  { name: 'reset before it was applied', lie: { kind: 'reset-before' }, verdict: 'try-later' },
  { name: 'reset after it was applied', lie: { kind: 'reset-after' }, verdict: 'try-later' },
  { name: 'half an answer', lie: { kind: 'half-body' }, verdict: 'try-later' },
];

/** Registers the whole suite under `t`. */
export function examine(t: Test, examined: Examined): void {
  examineCalls(t, examined);
  examineLookup(t, examined);
  examineSettings(t, examined);
  if (examined.peer !== false) examineTrouble(t, examined);
}

const durableOf = (examined: Examined) => (linkedid: string, sound: string): readonly Fact[] =>
  story(linkedid, sound).durable.filter((fact) => examined.sound !== 'none' || fact.kind !== 'recording-ready');

/** What must come of a fact in the end: told, or settled where the product has nothing to do with it. */
const settler = (examined: Examined) => (t: Test, verdict: Verdict, fact: Fact, what: string): void => {
  if (fact.kind === 'call-ended' || (fact.kind === 'recording-ready' && examined.sound === 'kept')) t.equal(verdict.kind, 'delivered', `${what}: ${JSON.stringify(verdict)}`);
  else t.ok(SETTLED.has(verdict.kind), `${what}: ${JSON.stringify(verdict)}`);
};

function examineCalls(t: Test, examined: Examined): void {
  const [durable, settled] = [durableOf(examined), settler(examined)];

  t.test('a call is told', async (t) => {
    const one = await rig(t, examined);
    for (const fact of story('1790.17', one.sound).all) t.ok(SETTLED.has((await one.deliver(fact)).kind), fact.kind);
    await once(t, one, examined, '1790.17');
    for (const fact of story('1790.17', one.sound).all) t.ok(SETTLED.has((await one.deliver(fact)).kind), `${fact.kind} again`);
    await once(t, one, examined, '1790.17');
  });

  t.test('a call whose offer nobody heard is told at its end', async (t) => {
    const one = await rig(t, examined);
    for (const fact of durable('1790.18', one.sound).slice(1)) settled(t, await one.deliver(fact), fact, fact.kind);
    await once(t, one, examined, '1790.18');
  });

  t.test('hostile names and ids stay text', async (t) => {
    for (const [index, name] of HOSTILE_NAMES.entries()) {
      const one = await rig(t, examined, name);
      const linkedid = `${name.slice(0, 100)}.${index}`;
      for (const fact of durable(linkedid, one.sound)) settled(t, await one.deliver(fact), fact, `name ${index}: ${fact.kind}`);
      await once(t, one, examined, linkedid);
      const contact = await one.driver().lookup(CLIENT, new AbortController().signal);
      if (contact === null && examined.lookup !== undefined) continue;
      t.notMatch(contact?.name, /\p{Cc}/u, 'a name has no control characters');
      t.ok((contact?.name.length ?? Infinity) <= 200, 'and an end');
    }
  });

  t.test('internal calls and hidden numbers are settled, not lost and not told', async (t) => {
    const one = await rig(t, examined);
    for (const extra of [{ direction: 'internal' as const }, { client: { number: 'anonymous', name: '' } }, { client: { number: '', name: '' } }]) {
      for (const fact of story('1790.24', one.sound).durable) {
        const verdict = await one.deliver({ ...fact, ...extra });
        t.equal(verdict.kind, 'skipped', `${fact.kind} ${JSON.stringify(extra)}: ${JSON.stringify(verdict)}`);
      }
    }
    t.equal(one.stage.told('1790.24').ended, 0);
  });

  t.test('whatever an employee may see of cards, the call is told', async (t) => {
    for (const mode of ['ringing', 'answer', 'never'] as const) {
      const one = await rig(t, examined, 'Irina Orlova', mode);
      for (const fact of story('1790.25', one.sound).all) t.ok(SETTLED.has((await one.deliver(fact)).kind), `${mode}: ${fact.kind}`);
      await once(t, one, examined, '1790.25');
      const shown = one.stage.cardsShown?.('1790.25');
      if (shown !== undefined) t.same(shown, mode === 'never' ? [] : mode === 'answer' ? [7] : [7, 8], `${mode}: who saw a card`);
    }
  });
}

function examineLookup(t: Test, examined: Examined): void {
  t.test('lookup tells a contact with its owner, a stranger, and trouble apart', async (t) => {
    const one = await rig(t, examined);
    const { signal } = new AbortController();
    if (examined.lookup !== undefined) {
      t.comment(`nobody can be looked up here: ${examined.lookup.none}`);
      t.equal(await one.driver().lookup('anonymous', signal), null);
      return;
    }
    t.match(await one.driver().lookup(CLIENT, signal), { name: 'Irina Orlova', owner: { crmUser: '7', extension: anna } });
    t.equal(await one.driver().lookup(STRANGER, signal), null);
    t.equal(await one.driver().lookup('anonymous', signal), null);
    for (const { name, lie } of examined.peer === false ? [] : TROUBLES) {
      peerOf(one).misbehave({ lie, times: Infinity });
      await t.rejects(one.driver().lookup(CLIENT, signal), { name: /./ }, name);
      peerOf(one).behave();
    }
  });
}

function examineSettings(t: Test, examined: Examined): void {
  t.test('the check is content here, and names a remedy for every line when locked out', async (t) => {
    const one = await rig(t, examined);
    const { signal } = new AbortController();
    const fine = await one.driver().check(signal);
    t.ok(fine.length > 0 && fine.every((line) => line.ok), JSON.stringify(fine));
    if (examined.peer === false) return;
    peerOf(one).misbehave({ lie: answer(401, { error: 'INVALID_CREDENTIALS' }), times: Infinity });
    const locked = (await one.driver().check(signal)).filter((line) => !line.ok);
    t.ok(locked.length > 0 && locked.every((line) => line.remedy !== ''), JSON.stringify(locked));
  });

  t.test('the check finds every mistake of setting up, and says what to do', async (t) => {
    for (const code of CHECK_CODES) {
      const [mistakes, why] = [examined.mistakes[code] ?? [], examined.impossible[code]];
      t.not(mistakes.length > 0, why !== undefined, `${code}: either somebody can make the mistake, or it is said why nobody can`);
      if (why !== undefined) t.comment(`${code}: nobody can make this mistake: ${why}`);
      for (const mistake of mistakes) await t.test(`${code}: ${mistake.name}`, (t) => finds(t, code, mistake));
    }
  });

  async function finds(t: Test, code: CheckCode, mistake: Mistake): Promise<void> {
    const one = await rig(t, examined);
    await mistake.make?.(one.stage);
    const lines = await one.driver(one.http, mistake).check(new AbortController().signal);
    const found = lines.filter((line) => !line.ok);
    t.ok(found.some((line) => line.code === code && line.remedy !== ''), JSON.stringify(lines));
  }

  t.test('an unknown setting is a mistake; the pace is a pace', async (t) => {
    const one = await rig(t, examined);
    t.equal(examined.kind.settings.safeParse({ ...one.stage.settings, colour: 'red' }).success, false);
    t.ok(examined.kind.pace.perSecond > 0 && examined.kind.pace.burst >= 1);
  });
}

function examineTrouble(t: Test, examined: Examined): void {
  const [durable, settled] = [durableOf(examined), settler(examined)];

  t.test('while the CRM is in trouble, it says so; afterwards nothing is missing', async (t) => {
    for (const trouble of TROUBLES) await t.test(trouble.name, (t) => throughTrouble(t, trouble));
  });

  async function throughTrouble(t: Test, { lie, verdict, retryAfterMs }: Trouble): Promise<void> {
    const one = await rig(t, examined);
    for (const fact of durable('1790.19', one.sound)) {
      peerOf(one).misbehave({ lie, times: Infinity });
      const asked = peerOf(one).ledger.length;
      const said = await one.deliver(fact);
      // Whoever asks nothing hears of no trouble.
      if (peerOf(one).ledger.length === asked && fact.kind !== 'call-ended') t.ok(SETTLED.has(said.kind), `${fact.kind}: ${JSON.stringify(said)}`);
      else t.equal(said.kind, verdict, `${fact.kind}: ${JSON.stringify(said)}`);
      if (said.kind === 'try-later' && retryAfterMs !== undefined) t.equal(said.retryAfterMs, retryAfterMs);
      peerOf(one).behave();
      settled(t, await one.insist(fact), fact, fact.kind);
    }
    await once(t, one, examined, '1790.19');
  }

  t.test('whichever single request goes wrong, the call stands there once', async (t) => {
    for (const trouble of TROUBLES.filter(({ verdict }) => verdict === 'try-later')) {
      await t.test(trouble.name, async (t) => {
        for (const after of [0, 1, 2, 3, 4]) await brokenAt(t, trouble.lie, after);
      });
    }
  });

  async function brokenAt(t: Test, lie: Lie, after: number): Promise<void> {
    for (const broken of durable('1790.20', '').keys()) {
      const one = await rig(t, examined);
      for (const [index, fact] of durable('1790.20', one.sound).entries()) {
        if (index === broken) peerOf(one).misbehave({ lie, after });
        settled(t, await one.insist(fact), fact, `request ${after} of fact ${broken}: ${fact.kind}`);
        peerOf(one).behave();
      }
      await once(t, one, examined, '1790.20');
    }
  }

  t.test('silence ends when we stop, and at the deadline', async (t) => {
    for (const kind of ['silence-before', 'silence-after'] as const) {
      const one = await rig(t, examined);
      for (const fact of durable('1790.21', one.sound)) {
        peerOf(one).forgetLedger();
        peerOf(one).misbehave({ lie: { kind }, times: Infinity });
        const stop = new AbortController();
        void peerOf(one).until((entry) => entry.lie === kind).then(() => stop.abort());
        const stopped = await one.deliver(fact, stop.signal);
        if (fact.kind !== 'call-ended' && peerOf(one).ledger.length === 0) { t.ok(SETTLED.has(stopped.kind), fact.kind); continue; }
        t.equal(stopped.kind, 'try-later', `${kind}: ${fact.kind}, stopped`);
        const hasty: Http = { request: (request) => one.http.request({ ...request, timeoutMs: 50 }) };
        t.equal((await one.driver(hasty).deliver(fact, new AbortController().signal)).kind, 'try-later', `${kind}: ${fact.kind}, deadline`);
        peerOf(one).behave();
        settled(t, await one.insist(fact), fact, fact.kind);
      }
      await once(t, one, examined, '1790.21');
    }
  });

  t.test('every request has a deadline and the signal', async (t) => {
    const one = await rig(t, examined);
    const { signal } = new AbortController();
    const watched: Http = {
      request: (request) => {
        t.ok(request.timeoutMs > 0 && request.timeoutMs <= 15 * 60_000, 'a deadline');
        t.equal(request.signal, signal, 'the signal');
        return one.http.request(request);
      },
    };
    const driver = one.driver(watched);
    for (const fact of story('1790.22', one.sound).all) await driver.deliver(fact, signal);
    await driver.lookup(CLIENT, signal);
    await driver.check(signal);
  });

  t.test('right answers under a wrong content type are answers', async (t) => {
    const one = await rig(t, examined);
    peerOf(one).misbehave({ lie: { kind: 'mislabelled' }, times: Infinity });
    for (const fact of durable('1790.23', one.sound)) settled(t, await one.deliver(fact), fact, fact.kind);
    await once(t, one, examined, '1790.23');
  });
}
