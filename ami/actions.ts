import type { Door } from './door.ts';
import type { ListAnswer } from './lists.ts';
import type { Action } from './outgoing.ts';
import { refusal } from './wire.ts';
import { Headers } from './wire.ts';

/** What an answer says, or Asterisk's reason not to give one. */
export type Told<T> = { readonly kind: 'told'; readonly value: T } | { readonly kind: 'refused'; readonly message: string };

/** Rejects with AmiError when nobody answers. */
export async function ping(door: Door): Promise<void> {
  await door.action({ Action: 'Ping' });
}

/** Every channel of the PBX. Needs write class system or reporting. */
export const coreShowChannels = (door: Door): Promise<ListAnswer> => door.list({ Action: 'CoreShowChannels' });

/**
 * Every channel with variables or functions of it (`CALLMELID`, `CHANNEL(linkedid)`): repeated headers `Variable: name=value`, an unset
 * one is `(null)`. Needs write class system, reporting or call.
 */
export const statusWithVariables = (door: Door, variables: readonly string[]): Promise<ListAnswer> =>
  door.list(variables.length === 0 ? { Action: 'Status' } : { Action: 'Status', Variables: variables.join(',') });

export interface Living {
  readonly channels: ListAnswer;
  /** CoreShowChannels was refused, and Status stood in for it. */
  readonly refused: string | null;
}

/** Who lives: CoreShowChannels, or Status in its shape where only class call is granted. */
export async function livingChannels(door: Door): Promise<Living> {
  const channels = await coreShowChannels(door);
  if (channels.kind === 'list') return { channels, refused: null };
  const status = await statusWithVariables(door, []);
  if (status.kind === 'refused') return { channels: status, refused: channels.message };
  return { channels: { kind: 'list', items: status.items.map(asCoreShowChannel) }, refused: channels.message };
}

/** Status says `Seconds` where CoreShowChannel says `Duration: 00:00:02`; BridgeID and BridgeId are the same name. */
function asCoreShowChannel(status: Headers): Headers {
  const pairs = [...status].filter(([name]) => name !== 'event');
  return Headers.of([['Event', 'CoreShowChannel'], ...pairs, ['Duration', clockFace(Number(status.text('seconds')))]]);
}

function clockFace(seconds: number): string {
  const whole = Number.isFinite(seconds) ? Math.max(0, Math.trunc(seconds)) : 0;
  return [Math.trunc(whole / 3600), Math.trunc(whole / 60) % 60, whole % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

/** Asterisk's version, `22.10.1~dfsg-1`. CoreSettings needs write class system or reporting; Command needs command. */
export async function getVersion(door: Door): Promise<Told<string>> {
  const settings = await door.action({ Action: 'CoreSettings' });
  const version = settings.text('AsteriskVersion');
  if (version !== '') return { kind: 'told', value: version };
  const shown = await command(door, 'core show version');
  if (shown.kind === 'refused') return shown;
  return { kind: 'told', value: /^Asterisk (\S+)/.exec(shown.value[0] ?? '')?.[1] ?? 'unknown' };
}

/** A CLI command's output, line by line, without leading blanks. Never put text from outside into it. */
export async function command(door: Door, line: string): Promise<Told<readonly string[]>> {
  const answer = await door.action({ Action: 'Command', Command: line });
  const message = refusal(answer);
  if (message !== null) return { kind: 'refused', message };
  const old = answer.text('content').split('\n');
  return { kind: 'told', value: answer.has('output') ? answer.all('output') : old };
}

/**
 * The actions that this user may take, in lower case: ListCommands asks for no class and names only what is allowed
 * [manager.c: action_listcommands].
 */
export async function allowedActions(door: Door): Promise<ReadonlySet<string>> {
  const answer = await door.action({ Action: 'ListCommands' });
  return new Set([...answer].map(([name]) => name).filter((name) => name !== 'response' && name !== 'actionid'));
}

// ------------------------------------------------------------------------------------------------ recorders
/** Null, or why Asterisk refused. Rejects as `Door.action` does. */
const done = async (door: Door, action: Action, ms: number): Promise<string | null> => refusal(await door.action(action, ms));

/**
 * Variables of one channel, by its name, in one question; an unset one is `''`. Needs write class system, reporting or call. On 22 a channel is not
 * found by its uniqueid (on 16 it is).
 */
export async function channelVariables(door: Door, channel: string, names: readonly string[], ms: number): Promise<Told<ReadonlyMap<string, string>>> {
  const answer = await door.list({ Action: 'Status', Channel: channel, Variables: names.join(',') }, ms);
  if (answer.kind === 'refused') return answer;
  const [status] = answer.items;
  return status === undefined ? { kind: 'refused', message: 'No such channel' } : { kind: 'told', value: variablesOf(status) };
}

/** Each channel that has a value in this variable. */
export async function channelsWith(door: Door, variable: string): Promise<Told<readonly string[]>> {
  const answer = await statusWithVariables(door, [variable]);
  if (answer.kind === 'refused') return answer;
  return { kind: 'told', value: answer.items.filter((item) => (variablesOf(item).get(variable) ?? '') !== '').map((item) => item.text('channel')) };
}

function variablesOf(status: Headers): ReadonlyMap<string, string> {
  return new Map(status.all('variable').map((line): [string, string] => {
    const [name = '', ...value] = line.split('=');
    return [name, value.join('=') === '(null)' ? '' : value.join('=')];
  }));
}

export const setVariable = (door: Door, channel: string, { name, value, ms }: { readonly name: string; readonly value: string; readonly ms: number }): Promise<string | null> =>
  done(door, { Action: 'Setvar', Channel: channel, Variable: name, Value: value }, ms);

/**
 * Silence into the channel's recorders, or sound again; their time goes on. It takes no recorder's id (16.28, 22.10): 22 mutes every recorder of the channel, 16 the
 * oldest alone. 22 also says Success where there is none. Needs write class system or call.
 */
export const muteRecorders = (door: Door, channel: string, isMuted: boolean, ms: number): Promise<string | null> =>
  done(door, { Action: 'MixMonitorMute', Channel: channel, Direction: 'both', State: isMuted ? 1 : 0 }, ms);

/** The file is closed when the answer is there. "Could not stop monitoring channel": no recorder of this id. */
export const stopRecorder = (door: Door, channel: string, id: string, ms: number): Promise<string | null> =>
  done(door, { Action: 'StopMixMonitor', Channel: channel, MixMonitorID: id }, ms);

/** `options` as the application's: `ai(CallMeMIXID)`. Needs write class system. */
export const startRecorder = (door: Door, channel: string, { file, options, ms }: { readonly file: string; readonly options: string; readonly ms: number }): Promise<string | null> =>
  done(door, { Action: 'MixMonitor', Channel: channel, File: file, Options: options }, ms);
