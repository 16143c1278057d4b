/**
 * Arms CallMe's recorder anew where a build of Asterisk has gone deaf to the one who talks now (core/healing.ts says when): stops it, and lets it go on in
 * the same file at once. The talk is not touched. The order is the law here: a second writer beside the first would destroy the file, so nothing begins
 * before Asterisk has said that the first one is closed; and a recorder that was stopped begins again, whatever happens to the link or to CallMe meanwhile.
 */
import { channelsWith, getVersion, setVariable, startRecorder, stopRecorder } from '../ami/actions.ts';
import type { Door } from '../ami/door.ts';
import { AmiError } from '../ami/errors.ts';
import { realTimers, type Timers } from '../ami/timers.ts';
import type { Call } from '../core/calls.ts';
import { deafRecorders, type Deafness } from '../core/healing.ts';
import type { Log } from '../core/ports.ts';
import type { PbxId } from '../core/words.ts';
import { hasDebianBug } from './asterisk-cli.ts';
import { ASK_MS, HEALING_VARIABLE, type Running, runningOn } from './recorder/running.ts';

export interface HealingTools {
  readonly pbx: PbxId;
  readonly door: Door;
  readonly log: Log;
  /** The open calls as they are now: what became due before it was known that this build is a deaf one. */
  readonly openCalls: () => Iterable<Call>;
  readonly timers?: Timers;
}

/** Once a recorder is stopped, it must begin again: tries, and milliseconds between them. */
const TRIES = 5;
const RETRY_MS = 100;
/**
 * Milliseconds without a recorder. What is broken (a translator) goes only when a packet has passed the channel without any recorder on it: 2 ms heal nothing,
 * 20 ms each time [22.10.1, 8 of 8]. Packets are 20 ms apart, up to 60 with odd codecs; a file that stays deaf is worse than a lost syllable.
 */
const REST_MS = 100;
/** Files whose last healing is remembered; one more than any PBX records at a time. */
const REMEMBERED = 10_000;

export class Healing {
  readonly #tools: HealingTools;
  readonly #timers: Timers;
  /** Of each file, for whom it was armed last: a refusal is not asked for again until somebody else talks. */
  readonly #tried = new Map<string, string>();
  readonly #busy = new Set<string>();
  #running: Promise<unknown> = Promise.resolve();
  #isDeafBuild = false;
  #isStopped = false;

  constructor(tools: HealingTools) {
    this.#tools = tools;
    this.#timers = tools.timers ?? realTimers;
  }

  /** The link is up: asks what build this is, and finishes what a crash or a lost link has left half done. */
  linkUp(): void { this.#inBackground(() => this.#examine()); }

  linkLost(): void { this.#isDeafBuild = false; }

  /** Calls that have changed. */
  see(calls: Iterable<Call>): void {
    if (!this.#isDeafBuild || this.#isStopped) return;
    for (const call of calls) for (const deaf of deafRecorders(call)) this.#due(deaf);
  }

  /** Resolves when nothing is half done any more; every step of it has a deadline. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #examine(): Promise<void> {
    const { door, log, pbx } = this.#tools;
    const version = await getVersion(door);
    if (version.kind === 'refused' || !hasDebianBug(version.value)) return;
    this.#isDeafBuild = true;
    log.info({ pbx, version: version.value }, 'this build of Asterisk goes deaf in recordings after a transfer: recorders are armed anew');
    const left = await channelsWith(door, HEALING_VARIABLE);
    for (const channel of left.kind === 'told' ? left.value : []) await this.#persistently(channel, '');
    this.see(this.#tools.openCalls());
  }

  #due(deaf: Deafness): void {
    if (this.#tried.get(deaf.file) === deaf.voice || this.#busy.has(deaf.file)) return;
    this.#remember(deaf);
    this.#busy.add(deaf.file);
    this.#inBackground(async () => {
      try {
        await this.#persistently(deaf.channel, deaf.file);
      } finally {
        this.#busy.delete(deaf.file);
      }
      // Somebody else may have come meanwhile.
      this.see(this.#tools.openCalls());
    });
  }

  #remember({ file, voice }: Deafness): void {
    this.#tried.delete(file);
    this.#tried.set(file, voice);
    const [oldest] = this.#tried.keys();
    if (this.#tried.size > REMEMBERED && oldest !== undefined) this.#tried.delete(oldest);
  }

  /** An action without an answer may have happened: what it left is looked at anew, and finished. A lost link is finished when it is back. */
  async #persistently(channel: string, file: string): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      try {
        await this.#rearm(channel, file);
        return;
      } catch (error) {
        if (!(error instanceof AmiError) || error.code !== 'AMI_TIMEOUT' || tries === TRIES) throw error;
      }
    }
  }

  /** `file`: below the recordings folder, what CallMe believes to be recorded there; `''` = whatever it is. */
  async #rearm(channel: string, file: string): Promise<void> {
    const { door } = this.#tools;
    const running = await runningOn(door, channel);
    const unsafe = running.kind === 'refused' ? running.message : whyNot(running.value, file);
    if (running.kind === 'refused' || unsafe !== '') { this.#notHealed(channel, unsafe); return; }
    const { id, healing } = running.value;
    // Asterisk takes them in this order; to wait for the first answer would cost the new party's first word.
    const [, kept] = await Promise.all([setVariable(door, channel, { name: HEALING_VARIABLE, value: 'yes', ms: ASK_MS }), stopRecorder(door, channel, id, ASK_MS)]);
    // Found half done: it may be stopped already, and then it has to begin.
    if (kept !== null && healing === '') { await this.#unmark(channel); this.#notHealed(channel, kept); return; }
    await this.#rest(REST_MS);
    await this.#begin(channel, running.value);
  }

  async #begin(channel: string, { file, options, foreign }: Running): Promise<void> {
    const { door, log, pbx } = this.#tools;
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const refused = await startRecorder(door, channel, { file, options: `a${options}`, ms: ASK_MS });
      if (refused === null) {
        // FreePBX's transfer daemon opens what this names a second time (asterisk-facts 7).
        await setVariable(door, channel, { name: 'MIXMONITOR_FILENAME', value: foreign, ms: ASK_MS });
        await this.#unmark(channel);
        log.debug({ pbx, channel }, 'the recorder was armed anew for the one who talks now');
        return;
      }
      if (/no such channel/i.test(refused)) return;
      log.error({ pbx, channel, tries }, `the recorder was stopped to be armed anew and does not begin again: ${refused}`);
      await this.#rest(RETRY_MS);
    }
  }

  #rest(ms: number): Promise<void> { return new Promise((resolve) => { this.#timers.after(ms, resolve); }); }

  async #unmark(channel: string): Promise<void> {
    await setVariable(this.#tools.door, channel, { name: HEALING_VARIABLE, value: '', ms: ASK_MS });
  }

  #notHealed(channel: string, why: string): void {
    // The call ended in this moment: nothing is missing.
    if (/no such channel/i.test(why)) return;
    this.#tools.log.warn({ pbx: this.#tools.pbx, channel }, `a recording may lack the one who talks now, its recorder was not armed anew: ${why}`);
  }

  /** A failure disturbs nothing else. */
  #inBackground(work: () => Promise<void>): void {
    const { log, pbx } = this.#tools;
    const done = work().catch((error: unknown) => {
      if (error instanceof AmiError) log.warn({ pbx, code: error.code }, `a recorder could not be armed anew: ${error.message}`);
      else log.error({ pbx, err: error }, 'arming a recorder anew failed');
    });
    this.#running = Promise.all([this.#running, done]);
  }
}

/** `''` = it is safe. */
function whyNot({ id, file, options, foreign, healing }: Running, expected: string): string {
  if (id === '' || file === '') return 'no recorder of CallMe runs on this channel';
  if (!file.endsWith(`/${expected}`) && expected !== '') return 'its recorder writes another file';
  // What was begun has to be finished.
  if (healing !== '') return '';
  // The beep is a hook of its own that stays when its recorder stops, and with it what is broken [main/beep.c, 22.10.1].
  if (options.includes('B(')) return 'recording.beep is in use, and a recorder with a beep cannot be armed anew';
  // Both share what is broken, so it would not help; and FreePBX's "stop the youngest" would stop ours from then on.
  return foreign === '' ? '' : 'another program records on the same channel';
}
