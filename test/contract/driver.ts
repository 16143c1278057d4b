/**
 * The examination that every CRM driver takes, against its stand-in server over real HTTP. It knows nothing of the product: only that a
 * story of one call, told through any trouble, stands at the CRM once. Each retry uses a fresh driver over the same memory, as after a
 * `kill -9`. Longer, because the table of troubles is the point.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { createHttp } from '../../app/http.ts';
import type { CallEnded, Fact } from '../../core/facts.ts';
import type { Http } from '../../core/ports.ts';
import type { Verdict } from '../../core/verdict.ts';
import { type AccountId, callKey, type CardMode, type Extension, factId, instant, type Linkedid, type PbxId, type RecordingId } from '../../core/words.ts';
import type { Driver, DriverKind } from '../../crm/driver.ts';
import { HOSTILE_NAMES, type Lie, type StandIn } from '../fakes/crm/stand-in.ts';

/** What stands at the CRM about one call. */
export interface Told { /** Records of the ended call. */ readonly ended: number; /** The sound that it keeps, null for none. */ readonly record: Buffer | null }

export interface Stage {
  readonly standIn: StandIn;
  /** The account's keys as a config would hold them. */
  readonly settings: Readonly<Record<string, unknown>>;
  told(linkedid: string): Told;
  /** CRM users on whose screens a card of this call was opened, each once, in order; not given where the product has no cards. */
  cardsShown?(linkedid: string): readonly number[];
}
export interface Examined {
  readonly kind: DriverKind;
  /**
   * A fresh stand-in where {@link CLIENT} is a contact of that name, owned by CRM user 7; users 7 and 8 have the extensions 207 and 208.
   * `startedAt` of the story is now, so that windows of time are open.
   */
  start(contactName: string): Promise<Stage>;
  /** False where the product has no place for sound. */
  readonly keepsSound: boolean;
}

export const CLIENT = '+79035550142';
export const STRANGER = '+79990000000';
const ACCOUNT = 'examined' as AccountId;
const anna = '207' as Extension;
const boris = '208' as Extension;
export const EMPLOYEES = [{ extension: anna, name: 'Anna', crm: { [ACCOUNT]: 7 } }, { extension: boris, name: 'Boris', crm: { [ACCOUNT]: 8 } }];

/** One inbound call: 207 and 208 ring, 207 talks, the sound is ready. `extra` overrides fields of the end. */
export function story(linkedid: string, sound: string, extra: Partial<CallEnded> = {}): { readonly all: readonly Fact[]; readonly durable: readonly Fact[] } {
  const linked = linkedid as Linkedid;
  const pbx = 'main' as PbxId;
  const call = callKey(pbx, linked);
  const startedAt = instant(Date.now() - 60_000);
  const base = (what: string) => ({ id: factId(call, what), pbx, call, linkedid: linked, at: instant(startedAt + 1000), certain: true, source: 'live' as const, because: { event: 'leg-seen' as const, leg: null, word: '' } });
  const about = { direction: 'inbound' as const, client: { number: CLIENT, name: HOSTILE_NAMES[2] ?? '' }, line: '74950000101', startedAt, callId: '', caller: null };
  const offered: Fact = { ...base('offered'), ...about, kind: 'call-offered', extension: anna };
  const cards: Fact[] = [
    { ...base('ringing-207'), ...about, kind: 'employee-ringing', extension: anna },
    { ...base('ringing-208'), ...about, kind: 'employee-ringing', extension: boris },
    { ...base('released-208'), ...about, kind: 'employee-released', extension: boris, reason: 'somebody else took it' },
    { ...base('talking-207'), ...about, kind: 'employee-talking', extension: anna },
  ];
  const ended: Fact = {
    ...base('ended'), ...about, kind: 'call-ended', outcome: 'answered', owner: anna, answeredAt: instant(startedAt + 5000), talkSeconds: 42, ringSeconds: 5,
    handOvers: [], talked: [anna], rang: [anna, boris], dialStatus: 'ANSWER', rule: 'talked', hangupCause: 16, ...extra,
  };
  const ready: Fact = { ...base('ready'), kind: 'recording-ready', recording: `main/${linkedid}.wav` as RecordingId, path: sound, seconds: 42, bytes: 9000, sha256: 'x' };
  const started: Fact = { ...base('started'), ...about, kind: 'call-started' };
  return { all: [started, offered, ...cards, ended, ready], durable: [offered, ended, ready] };
}

export interface Rig {
  readonly stage: Stage;
  readonly sound: string;
  /** A driver as after a restart: the memory stays, nothing else. */
  driver(http?: Http): Driver;
  deliver(fact: Fact, signal?: AbortSignal): Promise<Verdict>;
  /** Delivers until it is settled for good, as the outbox would; fails after ten tries. */
  insist(fact: Fact): Promise<Verdict>;
  readonly http: Http;
}

export async function rig(t: Test, examined: Examined, contactName = 'Irina Orlova', mode: CardMode = 'ringing'): Promise<Rig> {
  const stage = await examined.start(contactName);
  t.teardown(() => stage.standIn.stop());
  const http = createHttp({ version: '0.0.0' });
  t.teardown(() => http.close());
  const memories = new Map<string, string>();
  const settings = examined.kind.settings.parse(stage.settings);
  const memory = (call: string) => ({ get: (key: string) => memories.get(`${call}|${key}`) ?? null, set: (key: string, value: string) => { memories.set(`${call}|${key}`, value); } });
  const driver = (over: Http = http): Driver => examined.kind.create(settings, { account: ACCOUNT, http: over, employees: EMPLOYEES, country: 'RU', cards: () => mode, memory });
  const deliver = (fact: Fact, signal: AbortSignal = new AbortController().signal): Promise<Verdict> => driver().deliver(fact, signal);
  const insist = async (fact: Fact): Promise<Verdict> => {
    for (let tries = 0; tries < 10; tries++) {
      const verdict = await deliver(fact);
      if (verdict.kind !== 'try-later') return verdict;
    }
    throw new Error(`${fact.kind} was not settled in ten tries`);
  };
  const sound = join(t.testdir(), 'call.mp3');
  await writeFile(sound, Buffer.alloc(9000, 'ID3 '));
  return { stage, sound, driver, deliver, insist, http };
}

const SETTLED = new Set(['delivered', 'skipped']);

async function once(t: Test, { stage, sound }: Rig, examined: Examined, linkedid: string): Promise<void> {
  const told = stage.told(linkedid);
  t.equal(told.ended, 1, 'the call stands at the CRM once');
  if (examined.keepsSound) t.same(told.record, await readFile(sound), 'with its whole sound');
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
  const durable = (linkedid: string, sound: string): readonly Fact[] =>
    story(linkedid, sound).durable.filter((fact) => examined.keepsSound || fact.kind !== 'recording-ready');

  t.test('a call is told', async (t) => {
    const one = await rig(t, examined);
    for (const fact of story('1790.17', one.sound).all) t.ok(SETTLED.has((await one.deliver(fact)).kind), fact.kind);
    await once(t, one, examined, '1790.17');
    for (const fact of story('1790.17', one.sound).all) t.ok(SETTLED.has((await one.deliver(fact)).kind), `${fact.kind} again`);
    await once(t, one, examined, '1790.17');
  });

  t.test('a call whose offer nobody heard is told at its end', async (t) => {
    const one = await rig(t, examined);
    for (const fact of durable('1790.18', one.sound).slice(1)) t.equal((await one.deliver(fact)).kind, 'delivered', fact.kind);
    await once(t, one, examined, '1790.18');
  });

  t.test('while the CRM is in trouble, it says so; afterwards nothing is missing', async (t) => {
    for (const trouble of TROUBLES) await t.test(trouble.name, (t) => throughTrouble(t, trouble));
  });

  async function throughTrouble(t: Test, { lie, verdict, retryAfterMs }: Trouble): Promise<void> {
    const one = await rig(t, examined);
    for (const fact of durable('1790.19', one.sound)) {
      one.stage.standIn.misbehave({ lie, times: Infinity });
      const said = await one.deliver(fact);
      t.equal(said.kind, verdict, `${fact.kind}: ${JSON.stringify(said)}`);
      if (said.kind === 'try-later' && retryAfterMs !== undefined) t.equal(said.retryAfterMs, retryAfterMs);
      one.stage.standIn.behave();
      t.equal((await one.insist(fact)).kind, 'delivered', fact.kind);
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
        if (index === broken) one.stage.standIn.misbehave({ lie, after });
        t.equal((await one.insist(fact)).kind, 'delivered', `request ${after} of fact ${broken}: ${fact.kind}`);
        one.stage.standIn.behave();
      }
      await once(t, one, examined, '1790.20');
    }
  }

  t.test('silence ends when we stop, and at the deadline', async (t) => {
    for (const kind of ['silence-before', 'silence-after'] as const) {
      const one = await rig(t, examined);
      for (const fact of durable('1790.21', one.sound)) {
        one.stage.standIn.forgetLedger();
        one.stage.standIn.misbehave({ lie: { kind }, times: Infinity });
        const stop = new AbortController();
        void one.stage.standIn.until((entry) => entry.lie === kind).then(() => stop.abort());
        t.equal((await one.deliver(fact, stop.signal)).kind, 'try-later', `${kind}: ${fact.kind}, stopped`);
        const hasty: Http = { request: (request) => one.http.request({ ...request, timeoutMs: 50 }) };
        t.equal((await one.driver(hasty).deliver(fact, new AbortController().signal)).kind, 'try-later', `${kind}: ${fact.kind}, deadline`);
        one.stage.standIn.behave();
        t.equal((await one.insist(fact)).kind, 'delivered', fact.kind);
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
    one.stage.standIn.misbehave({ lie: { kind: 'mislabelled' }, times: Infinity });
    for (const fact of durable('1790.23', one.sound)) t.equal((await one.deliver(fact)).kind, 'delivered', fact.kind);
    await once(t, one, examined, '1790.23');
  });

  t.test('hostile names and ids stay text', async (t) => {
    for (const [index, name] of HOSTILE_NAMES.entries()) {
      const one = await rig(t, examined, name);
      const linkedid = `${name.slice(0, 100)}.${index}`;
      for (const fact of durable(linkedid, one.sound)) t.equal((await one.deliver(fact)).kind, 'delivered', `name ${index}: ${fact.kind}`);
      await once(t, one, examined, linkedid);
      const contact = await one.driver().lookup(CLIENT, new AbortController().signal);
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

  t.test('lookup tells a contact with its owner, a stranger, and trouble apart', async (t) => {
    const one = await rig(t, examined);
    const { signal } = new AbortController();
    t.match(await one.driver().lookup(CLIENT, signal), { name: 'Irina Orlova', owner: { crmUser: '7', extension: anna } });
    t.equal(await one.driver().lookup(STRANGER, signal), null);
    t.equal(await one.driver().lookup('anonymous', signal), null);
    for (const { name, lie } of TROUBLES) {
      one.stage.standIn.misbehave({ lie, times: Infinity });
      await t.rejects(one.driver().lookup(CLIENT, signal), { name: /./ }, name);
      one.stage.standIn.behave();
    }
  });

  t.test('the check is content here, and names a remedy for every line when locked out', async (t) => {
    const one = await rig(t, examined);
    const { signal } = new AbortController();
    const fine = await one.driver().check(signal);
    t.ok(fine.length > 0 && fine.every((line) => line.ok), JSON.stringify(fine));
    one.stage.standIn.misbehave({ lie: answer(401, { error: 'INVALID_CREDENTIALS' }), times: Infinity });
    const locked = (await one.driver().check(signal)).filter((line) => !line.ok);
    t.ok(locked.length > 0 && locked.every((line) => line.remedy !== ''), JSON.stringify(locked));
  });

  t.test('an unknown setting is a mistake; the pace is a pace', async (t) => {
    const one = await rig(t, examined);
    t.equal(examined.kind.settings.safeParse({ ...one.stage.settings, colour: 'red' }).success, false);
    t.ok(examined.kind.pace.perSecond > 0 && examined.kind.pace.burst >= 1);
  });
}
