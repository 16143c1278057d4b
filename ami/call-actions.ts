/** What CallMe asks of Asterisk about calls and queues on behalf of a CRM. Each resolves with null, or with Asterisk's reason to refuse; rejects as `Door.action` does. */
import type { Door } from './door.ts';
import { refusal } from './wire.ts';

export interface Originate {
  readonly channel: string;
  readonly context: string;
  readonly number: string;
  /** Becomes uniqueid and linkedid; Asterisk refuses it while a channel has it ("Uniqueid already in use") [manager.c: action_originate]. */
  readonly channelId: string;
  readonly ringMs: number;
  /** What the employee's telephone shows. */
  readonly callerId: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Asynchronous: the answer says that it was begun. Needs write class originate. */
export async function originate(door: Door, { channel, context, number, channelId, ringMs, callerId, variables }: Originate, ms: number): Promise<string | null> {
  return refusal(await door.action({
    Action: 'Originate', Channel: channel, Context: context, Exten: number, Priority: 1, ChannelId: channelId, Timeout: ringMs, CallerID: callerId, Async: 'true', Variable: variables,
  }, ms));
}

/** In all queues where this member is. Needs write class agent. */
export async function pauseMember(door: Door, { member, isPaused, reason }: { readonly member: string; readonly isPaused: boolean; readonly reason: string }, ms: number): Promise<string | null> {
  return refusal(await door.action({ Action: 'QueuePause', Interface: member, Paused: isPaused ? 'true' : 'false', Reason: reason }, ms));
}
