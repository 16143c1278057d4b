/**
 * What the manager user may not do is invisible in AMI: an event of a class that is not read simply never comes. So each class that
 * CallMe needs is proved after login, as far as that is cheap [classes measured on 22.10.1 and 16.28, asterisk-facts 5].
 */
import { randomUUID } from 'node:crypto';
import { command } from './actions.ts';
import type { Door } from './door.ts';
import { within } from './timers.ts';
import type { Timers } from './timers.ts';
import { refusal } from './wire.ts';
import type { Headers } from './wire.ts';

/** A class is missing in manager.conf. Never silence: each one is logged, and shown by status and doctor. */
export interface AmiPermissionMissing {
  readonly kind: 'ami-permission-missing';
  readonly right: 'read' | 'write';
  readonly class: string;
  /** What was seen, and what CallMe cannot do without the class. */
  readonly seen: string;
  /** The line of manager.conf that repairs it. */
  readonly repair: string;
}

export const READ_LINE = 'read = system,call,user,agent,dialplan';
export const WRITE_LINE = 'write = system,call,agent,originate,user,reporting';
const RELOAD = 'then: asterisk -rx "manager reload"';

export function missing(right: 'read' | 'write', name: string, seen: string, username: string): AmiPermissionMissing {
  const line = right === 'read' ? READ_LINE : WRITE_LINE;
  return { kind: 'ami-permission-missing', right, class: name, seen, repair: `manager.conf [${username}]: ${line}   (${RELOAD})` };
}

export const filterRefused = (message: string, username: string): AmiPermissionMissing =>
  missing('write', 'system', `Filter was refused (${message}): every event of the PBX comes over the wire, also those nobody needs`, username);

export const channelsRefused = (message: string, replaced: boolean, username: string): AmiPermissionMissing =>
  missing('write', 'system', `CoreShowChannels was refused (${message}): ${replaced ? 'Status stands in for it'
    : 'calls that ended while the link was down are not noticed'}`, username);

export const SELF_TEST = 'CallMeSelfTest';

/** Create it before login, show it every event, run it once the link is up. */
export class SelfTest {
  readonly #timers: Timers;
  readonly #username: string;
  readonly #waitMs: number;
  readonly #token = randomUUID();
  readonly #booted = Promise.withResolvers<true>();
  readonly #echo = Promise.withResolvers<true>();

  constructor(username: string, timers: Timers, waitMs = 5_000) {
    this.#username = username;
    this.#timers = timers;
    this.#waitMs = waitMs;
  }

  /** Resolves when FullyBooted comes, be it late: Asterisk accepts managers before it has started up. */
  get booted(): Promise<true> {
    return this.#booted.promise;
  }

  /** True when the event is the test's own (or another node's) and nobody else's business. */
  sees(event: Headers): boolean {
    if (event.event === 'FullyBooted') this.#booted.resolve(true);
    if (event.event !== 'UserEvent' || event.text('userevent') !== SELF_TEST) return false;
    if (event.text('token') === this.#token) this.#echo.resolve(true);
    return true;
  }

  /** Rejects as `Door.action` does. */
  async run(door: Door): Promise<readonly AmiPermissionMissing[]> {
    const user = await this.#userClass(door);
    const declared = await this.#declared(door);
    const booted = (await this.#comes(this.#booted.promise)) ? [] : [this.#lacks('read', 'system', NOT_BOOTED)];
    return unique([...user, ...booted, ...declared]);
  }

  async #userClass(door: Door): Promise<AmiPermissionMissing[]> {
    const answer = refusal(await door.action({ Action: 'UserEvent', UserEvent: SELF_TEST, Token: this.#token }));
    if (answer !== null) return [this.#lacks('write', 'user', `UserEvent was refused (${answer}): whether the kit's UserEvents come is not known`)];
    return (await this.#comes(this.#echo.promise)) ? [] : [this.#lacks('read', 'user', NO_ECHO)];
  }

  /** Where the user may run CLI commands Asterisk itself says what he reads; elsewhere call, agent and dialplan cannot be proved without a call. */
  async #declared(door: Door): Promise<AmiPermissionMissing[]> {
    if (!isPlainName(this.#username)) return [];
    const shown = await command(door, `manager show user ${this.#username}`);
    return shown.kind === 'told' ? [...lackingToRead(shown.value, this.#username)] : [];
  }

  #comes(promise: Promise<true>): Promise<boolean> {
    return within(this.#timers, this.#waitMs, promise, () => new Error('late')).catch(() => false);
  }

  #lacks(right: 'read' | 'write', name: string, seen: string): AmiPermissionMissing {
    return missing(right, name, seen, this.#username);
  }
}

const NOT_BOOTED = 'FullyBooted did not come: a stop of Asterisk will not be announced (or Asterisk is still starting)';
const NO_ECHO = 'our own UserEvent did not come back: the end of a recording will not be heard';
const NEEDED_TO_READ: Readonly<Record<string, string>> = {
  system: NOT_BOOTED,
  call: 'class call is not read: no call will be heard at all',
  user: NO_ECHO,
  agent: 'class agent is not read: queues are not seen',
  dialplan: 'class dialplan is not read: variables CallMe… are not seen',
};

/** A name that may stand in a CLI command. */
export const isPlainName = (username: string): boolean => /^[\w.@-]+$/.test(username);

/**
 * What the lines of `manager show user NAME` say that he does not read, of what CallMe needs. Nothing when they say nothing. `all` in that
 * line means nothing: Asterisk adds it to any class [manager.c: authority_to_str].
 */
export function lackingToRead(lines: readonly string[], username: string): readonly AmiPermissionMissing[] {
  const line = lines.find((text) => /read perm: /.test(text));
  if (line === undefined) return [];
  const has = new Set(line.slice(line.indexOf(':') + 1).split(',').map((name) => name.trim()));
  return Object.entries(NEEDED_TO_READ).filter(([name]) => !has.has(name)).map(([name, why]) => missing('read', name, why, username));
}

function unique(found: readonly AmiPermissionMissing[]): readonly AmiPermissionMissing[] {
  const keys = found.map((each) => `${each.right} ${each.class}`);
  return found.filter((_each, index) => keys.indexOf(keys[index] ?? '') === index);
}
