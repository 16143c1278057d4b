/** What the examination of a driver (`driver.ts`) stands on: the stage that a product brings, the story that is told, and the rig that tells it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Test } from 'tap';
import { createHttp } from '../../app/http.ts';
import type { CallEnded, Fact } from '../../core/facts.ts';
import type { Http } from '../../core/ports.ts';
import type { CheckCode } from '../../crm/check.ts';
import type { Verdict } from '../../core/verdict.ts';
import { type AccountId, callKey, type CardMode, type Extension, factId, instant, type Linkedid, type PbxId, type RecordingId } from '../../core/words.ts';
import type { Driver, DriverKind, DriverTools } from '../../crm/driver.ts';
import { HOSTILE_NAMES, type StandIn } from '../fakes/crm/stand-in.ts';
import { keepIn, toolsFor } from '../fakes/crm/tools.ts';

/** What stands at the CRM about one call. */
export interface Told {
  /** Records of the ended call. */
  readonly ended: number;
  /** The sound that it keeps, the link that it was told, null for none. */
  readonly record: Buffer | string | null;
}

export interface Stage {
  /** Null where the product is CallMe itself: nobody is there who could misbehave. */
  readonly standIn: StandIn | null;
  /** The account's keys as a config would hold them. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** What this product needs besides. */
  readonly tools?: Partial<DriverTools>;
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
  /** False where the product is CallMe itself: nobody is there who could misbehave, and every stage has `standIn: null`. */
  readonly peer?: false;
  /** Why this product cannot tell who is behind a number, where it cannot: then a lookup may always be null. */
  readonly lookup?: { readonly none: string };
  /** `kept`: the CRM holds the bytes; `linked`: it holds a link, told with the end of the call; `none`: there is no place for sound. */
  readonly sound: 'kept' | 'linked' | 'none';
  /** Mistakes of setting up, by the line of the check that must find them. Together with `impossible` every code is named. */
  readonly mistakes: Readonly<Partial<Record<CheckCode, readonly Mistake[]>>>;
  /** Why nobody can make this mistake with this product. */
  readonly impossible: Readonly<Partial<Record<CheckCode, string>>>;
}
/** One mistake: other settings, other surroundings, or something at the CRM. */
export interface Mistake {
  readonly name: string;
  settings?(stage: Stage): Readonly<Record<string, unknown>>;
  readonly tools?: Partial<DriverTools>;
  /** Done to the stand-in before the check. */
  make?(stage: Stage): void | Promise<void>;
}

export const CLIENT = '+79035550142';
export const STRANGER = '+79990000000';
const ACCOUNT = 'examined' as AccountId;
export const anna = '207' as Extension;
const boris = '208' as Extension;
export const LINES = [{ number: '74950000101', name: 'Main' }];
export const EMPLOYEES = [{ extension: anna, name: 'Anna', crm: { [ACCOUNT]: 7 } }, { extension: boris, name: 'Boris', crm: { [ACCOUNT]: 8 } }];

const recordingOf = (linkedid: string): RecordingId => `main/2026/11/20/call-${linkedid}.wav` as RecordingId;
/** What `tools.link` gives out here. */
export const linkTo = (linkedid: string): string => `https://pbx.example.org/callme/recordings/${encodeURIComponent(recordingOf(linkedid))}?signed`;

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
    handOvers: [], talked: [anna], rang: [anna, boris], dialStatus: 'ANSWER', rule: 'talked', hangupCause: 16, recordings: [recordingOf(linkedid)], ...extra,
  };
  const ready: Fact = { ...base('ready'), kind: 'recording-ready', recording: recordingOf(linkedid), path: sound, seconds: 42, bytes: 9000, sha256: 'x' };
  const started: Fact = { ...base('started'), ...about, kind: 'call-started' };
  return { all: [started, offered, ...cards, ended, ready], durable: [offered, ended, ready] };
}

export interface Rig {
  readonly stage: Stage;
  readonly sound: string;
  /** A driver as after a restart: the memory stays, nothing else. */
  driver(http?: Http, mistake?: Mistake): Driver;
  deliver(fact: Fact, signal?: AbortSignal): Promise<Verdict>;
  /** Delivers until it is settled for good, as the outbox would; fails after ten tries. */
  insist(fact: Fact): Promise<Verdict>;
  readonly http: Http;
}

export async function rig(t: Test, examined: Examined, contactName = 'Irina Orlova', mode: CardMode = 'ringing'): Promise<Rig> {
  const stage = await examined.start(contactName);
  t.teardown(() => stage.standIn?.stop());
  const http = createHttp({ version: '0.0.0' });
  t.teardown(() => http.close());
  const memories = new Map<string, string>();
  const kept = new Map<string, string>();
  const memory = (call: string) => ({ get: (key: string) => memories.get(`${call}|${key}`) ?? null, set: (key: string, value: string) => { memories.set(`${call}|${key}`, value); } });
  const driver = (over: Http = http, mistake?: Mistake): Driver => examined.kind.create(examined.kind.settings.parse(mistake?.settings?.(stage) ?? stage.settings), toolsFor(over, {
    account: ACCOUNT, employees: EMPLOYEES, lines: LINES, cards: () => mode, memory, keep: keepIn(kept), ...stage.tools, ...mistake?.tools,
  }));
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
