/** A driver in front of a stand-in account, for tests that look closer than the suite does. Each delivery has a fresh driver over the same memory, as after `kill -9`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { createHttp } from '../../../app/http.ts';
import type { CallEnded, Fact } from '../../../core/facts.ts';
import type { Http } from '../../../core/ports.ts';
import type { Verdict } from '../../../core/verdict.ts';
import type { AccountId, CardMode } from '../../../core/words.ts';
import type { Driver, DriverTools } from '../../../crm/driver.ts';
import amocrm from '../../../crm/drivers/amocrm.ts';
import { CLIENT, EMPLOYEES, story } from '../../contract/driver-stage.ts';
import { type Amocrm, type AmocrmOptions, REDIRECT, startAmocrm } from './amocrm.ts';
import { keepIn, toolsFor } from './tools.ts';

export interface Bench {
  readonly peer: Amocrm;
  readonly sound: string;
  readonly bytes: Buffer;
  readonly http: Http;
  readonly kept: Map<string, string>;
  readonly memories: Map<string, string>;
  driver(over?: Partial<DriverTools>): Driver;
  deliver(fact: Fact, signal?: AbortSignal): Promise<Verdict>;
  /** As the outbox would, until it is settled; fails after ten tries. */
  insist(fact: Fact): Promise<Verdict>;
}
export interface BenchOptions extends AmocrmOptions {
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly tools?: Partial<DriverTools>;
  readonly mode?: CardMode;
  /** An account that knows nobody. */
  readonly stranger?: boolean;
  readonly consent?: boolean;
}

export const never = (): AbortSignal => new AbortController().signal;

export async function bench(t: Test, { settings = {}, tools = {}, mode = 'ringing', stranger = false, consent = false, ...options }: BenchOptions = {}): Promise<Bench> {
  const peer = await startAmocrm({ ...options, contacts: options.contacts ?? (stranger ? [] : [{ name: 'Irina Orlova', phone: CLIENT, responsible: 7 }]) });
  const http = createHttp({ version: '0.0.0' });
  t.teardown(async () => { await http.close(); await peer.stop(); });
  const [memories, kept] = [new Map<string, string>(), new Map<string, string>()];
  const memory = (call: string) => ({ get: (key: string) => memories.get(`${call}|${key}`) ?? null, set: (key: string, value: string) => { memories.set(`${call}|${key}`, value); } });
  const access = consent ? oauthOf(peer) : { token: peer.token };
  const chosen = amocrm.settings.parse({ baseUrl: peer.origin, ...access, ...settings });
  const keep = keepIn(kept);
  const driver = (over: Partial<DriverTools> = {}): Driver =>
    amocrm.create(chosen, toolsFor(http, { account: 'examined' as AccountId, employees: EMPLOYEES, cards: () => mode, memory, keep, ...tools, ...over }));
  const deliver = (fact: Fact, signal = never()): Promise<Verdict> => driver().deliver(fact, signal);
  const insist = async (fact: Fact): Promise<Verdict> => {
    for (let tries = 0; tries < 10; tries++) {
      const verdict = await deliver(fact);
      if (verdict.kind !== 'try-later') return verdict;
    }
    throw new Error(`${fact.kind} was not settled in ten tries`);
  };
  const sound = join(t.testdir(), 'call.mp3');
  const bytes = Buffer.from(Array.from({ length: 9000 }, (_, index) => index % 251));
  await writeFile(sound, bytes);
  return { peer, sound, bytes, http, kept, memories, driver, deliver, insist };
}

export function oauthOf(peer: Amocrm): Readonly<Record<string, string>> {
  const { access, refresh } = peer.amo.tokens.consent();
  return { clientId: 'integration-1', clientSecret: 'clientsecret', redirectUri: REDIRECT, accessToken: access, refreshToken: refresh };
}

/** The end of a call, and its recording. */
export function ended(linkedid: string, extra: Partial<CallEnded> = {}, sound = ''): { readonly end: CallEnded; readonly ready: Fact } {
  const all = story(linkedid, sound, extra).all;
  const end = all.find((fact) => fact.kind === 'call-ended');
  const ready = all.find((fact) => fact.kind === 'recording-ready');
  if (end?.kind !== 'call-ended' || ready === undefined) throw new Error('no end');
  return { end, ready };
}
