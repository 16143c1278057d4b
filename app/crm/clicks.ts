/**
 * Carries out what somebody clicked in a CRM. Asterisk is asked once, under a linkedid that is made of the click itself: a click that the CRM says twice rings
 * once. A click that leads to no call (the telephone is not registered, the PBX is away) is told to the CRM as a failed call, or its card stays open; a click is
 * never kept for later: nobody wants his telephone to ring ten minutes after he clicked.
 */
import { createHash } from 'node:crypto';
import { originate } from '../../ami/call-actions.ts';
import { AmiError } from '../../ami/errors.ts';
import type { Door } from '../../ami/door.ts';
import { channelFor, type Click, type ClickRules, dialled, neverCalled } from '../../core/clicks.ts';
import { deliveriesFor } from '../../core/plan.ts';
import type { Clock, Log, Service, Store } from '../../core/ports.ts';
import { type AccountId, callKey, type Extension, type Linkedid, type PbxId } from '../../core/words.ts';
import { isDialable } from '../../core/routing.ts';
import { PendingClicks } from './pending-clicks.ts';

/** One Pbx as a click needs it. */
export interface ClickedPbx {
  readonly id: PbxId;
  readonly rules: ClickRules;
  readonly lines: readonly string[];
  readonly door: Door;
  /** Its events are heard now. */
  readonly isHeard: () => boolean;
}
export interface ClickTools {
  readonly pbx: readonly ClickedPbx[];
  readonly store: Pick<Store, 'journal' | 'accounts'>;
  readonly accounts: readonly AccountId[];
  readonly clock: Clock;
  readonly log: Log;
  /** A call that is open now, or was. */
  readonly isKnown: (pbx: PbxId, linkedid: Linkedid) => boolean;
  readonly onFacts: () => void;
  /** Milliseconds after which a call that was begun must have been heard of. */
  readonly soonMs?: number;
  /** Milliseconds from one look to the next while nobody can tell; default: as long as it rings, and ten seconds. */
  readonly lastMs?: number;
}
/** Who is to talk with whom; `id` is the same when the CRM says it twice. */
export interface Wish {
  readonly account: AccountId; readonly id: string; readonly extension: Extension; readonly client: Click['client']; readonly callId: string; readonly line: string;
}

/** Asterisk makes the channel at once when it can make one at all. */
const SOON_MS = 3_000;
/** It has no more to do than to start a thread. */
const ANSWER_MS = 5_000;
const SLACK_MS = 10_000;

export class Clicks implements Service {
  readonly #tools: ClickTools;
  readonly #pending: PendingClicks;
  readonly #timers = new Set<NodeJS.Timeout>();
  #running = false;

  constructor(tools: ClickTools) {
    this.#tools = tools;
    this.#pending = new PendingClicks(tools.store.accounts);
  }

  /** What was asked for when the process died may have become a call or not: who heard of none in time is told. */
  start(): Promise<void> {
    this.#running = true;
    for (const account of this.#tools.accounts) for (const click of this.#pending.of(account)) this.#lookLater(account, click, this.#lastMs(click));
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#running = false;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    return Promise.resolve();
  }

  /** Never rejects. */
  async begin(wish: Wish): Promise<void> {
    const pbx = this.#pbxFor(wish.line);
    if (pbx === undefined || !isDialable(wish.extension)) { this.#tools.log.warn({ account: wish.account }, 'a click leads nowhere: no PBX, or no extension that can be dialled'); return; }
    const click: Click = { pbx: pbx.id, linkedid: linkedidOf(wish), extension: wish.extension, client: wish.client, callId: wish.callId, line: wish.line };
    if (this.#tools.isKnown(pbx.id, click.linkedid) || this.#pending.has(wish.account, click)) { this.#tools.log.info({ account: wish.account, click: click.linkedid }, 'the CRM told of this click before'); return; }
    this.#pending.add(wish.account, click);
    const refusal = await this.#ask(pbx, click);
    if (refusal === null) this.#lookLater(wish.account, click, this.#tools.soonMs ?? SOON_MS);
    else this.#fail(wish.account, click, refusal);
  }

  /** Null: it was begun, or nobody can tell: a link that dies under an action may have taken it with it. */
  async #ask(pbx: ClickedPbx, click: Click): Promise<string | null> {
    const { rules, door } = pbx;
    const wasHeard = pbx.isHeard();
    const number = dialled(click, rules);
    const mark = { __IS_CALLME_ORIGINATE: '1', ...(click.callId !== '' && { __CallMeCALL_ID: click.callId }) };
    try {
      return await originate(door, {
        channel: channelFor(rules.channel, click.extension), context: rules.context, number, channelId: click.linkedid, ringMs: rules.ringSeconds * 1_000, callerId: number, variables: mark,
      }, ANSWER_MS);
    } catch (error) {
      if (!(error instanceof AmiError)) throw error;
      const isNeverSent = error.code === 'AMI_ACTION' || (error.code === 'AMI_DOWN' && !wasHeard);
      return isNeverSent ? error.message : null;
    }
  }

  /** By the line that the CRM names, else the first that is heard. */
  #pbxFor(line: string): ClickedPbx | undefined {
    const { pbx } = this.#tools;
    return pbx.find(({ lines }) => line !== '' && lines.includes(line)) ?? pbx.find(({ isHeard }) => isHeard()) ?? pbx[0];
  }

  #lastMs({ pbx }: Click): number {
    return this.#tools.lastMs ?? (this.#tools.pbx.find(({ id }) => id === pbx)?.rules.ringSeconds ?? 0) * 1_000 + SLACK_MS;
  }

  #lookLater(account: AccountId, click: Click, ms: number): void {
    if (!this.#running) return;
    const timer = setTimeout(() => { this.#timers.delete(timer); this.#look(account, click); }, ms);
    this.#timers.add(timer);
  }

  /** A store that refuses now (a full disk) is asked again: thrown in a timer it would take the whole server with it. */
  #look(account: AccountId, click: Click): void {
    try {
      this.#settle(account, click);
    } catch (error) {
      this.#tools.log.error({ account, click: click.linkedid, err: error }, 'what became of a click cannot be written down now; tried again');
      this.#lookLater(account, click, this.#lastMs(click));
    }
  }

  #settle(account: AccountId, click: Click): void {
    const pbx = this.#tools.pbx.find(({ id }) => id === click.pbx);
    if (this.#tools.isKnown(click.pbx, click.linkedid)) this.#pending.remove(account, click);
    // Deaf, we cannot know: the call may live, and an end that is told now would hide its own.
    else if (pbx?.isHeard() === false) this.#lookLater(account, click, this.#lastMs(click));
    else this.#fail(account, click, 'the PBX began no call: is the telephone registered?');
  }

  #fail(account: AccountId, click: Click, reason: string): void {
    const { store, clock, log, onFacts } = this.#tools;
    const fact = neverCalled(click, clock.now());
    log.warn({ account, call: callKey(click.pbx, click.linkedid), extension: click.extension, reason }, 'a click in the CRM led to no call');
    store.journal.commit({
      at: fact.at, pbx: click.pbx, keep: [], forget: [], facts: [fact], deliveries: deliveriesFor(fact, { accounts: [account], lines: [] }), recordings: [],
      notes: [{ call: fact.call, at: fact.at, text: `a click in the CRM led to no call: ${reason}` }],
    });
    this.#pending.remove(account, click);
    onFacts();
  }
}

/** No sign of it may be anything but a letter, a digit or a dash: it becomes part of a file's name. */
export const linkedidOf = ({ account, id }: Pick<Wish, 'account' | 'id'>): Linkedid =>
  `click-${createHash('sha256').update(`${account}\n${id}`).digest('hex').slice(0, 20)}` as Linkedid;
