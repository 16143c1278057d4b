/**
 * Who is on a channel, read off its name and caller id. A channel's name is `TECH/resource-8hex` (`PJSIP/219-0000002e`,
 * `Local/219@from-internal-00000001;2`); the resource is the endpoint: an extension, or a trunk.
 */
import { phoneKey } from './phone.ts';
import type { Extension, Party } from './words.ts';

/** What the config says of one Pbx's channels. */
export interface Profile {
  /** Channels that lead outside, `^(PJSIP|SIP|IAX2|DAHDI)/trunk`. */
  readonly external: readonly RegExp[];
  /** What an extension looks like, `^[0-9]{2,5}$`. */
  readonly internal: RegExp;
  /** Our people's own telephones outside, by `phoneKey`: who calls from one, or is called on it, is an employee and no client. */
  readonly mobiles?: ReadonlyMap<string, Extension>;
}

/** Asterisk's own beep (MixMonitor's option B): a channel with a linkedid of its own, and nobody's call [funcs/func_periodic_hook.c]. */
export const isBeeper = (channel: string): boolean => channel.startsWith('Local/hook@__func_periodic_hook_context__-');

export function partyOf(profile: Profile, channel: string, number: string, name: string): Party {
  if (channel.startsWith('Local/')) return { kind: 'helper' };
  const known = { number: withoutUnknown(number), name: withoutUnknown(name) };
  if (profile.external.some((pattern) => pattern.test(channel))) return outsideParty(profile, known);
  const extension = [resourceOf(channel), known.number].find((text) => profile.internal.test(text));
  return extension === undefined ? { kind: 'unknown', ...known } : { kind: 'employee', extension: extension as Extension, name: known.name };
}

function outsideParty(profile: Profile, known: { readonly number: string; readonly name: string }): Party {
  const mobile = mobileOf(profile, known.number);
  return mobile === null ? { kind: 'external', ...known } : { kind: 'employee', extension: mobile, name: known.name };
}

/** The employee whose own telephone this number is, null = nobody of ours. */
export const mobileOf = ({ mobiles }: Profile, number: string): Extension | null => mobiles?.get(phoneKey(number)) ?? null;

/** `PJSIP/219-0000002e` → `219`; chan_sip and DAHDI are alike (`SIP/219-00000001`, `DAHDI/i1/7495…-1`). */
export function resourceOf(channel: string): string {
  const start = channel.indexOf('/') + 1;
  const end = channel.lastIndexOf('-');
  return channel.slice(start, end > start ? end : undefined);
}

/** Asterisk writes `<unknown>` where a caller id is empty [main/manager_channels.c]. */
export const withoutUnknown = (text: string): string => (text === '<unknown>' ? '' : text);

/**
 * The number that a dial string sends: `79161234567@trunk` and `trunk/sip:79161234567@host` (PJSIP), `trunk/79161234567` (SIP, IAX2),
 * `g0/79161234567` (DAHDI): before the `@`, else behind the last `/`. `''` where that is no number.
 */
export function dialledNumber(dialString: string): string {
  const [before = ''] = dialString.split('@');
  const number = before.slice(Math.max(before.lastIndexOf('/'), before.lastIndexOf(':')) + 1);
  return /^\+?[0-9*#]{2,}$/.test(number) ? number : '';
}

/** `/any/folder/2026/11/20/call-1790.17.wav` → `2026/11/20/call-1790.17.wav`: the folder is named differently in a chroot or container. */
export function belowRecordings(file: string): string | null {
  return /(?:^|\/)(\d{4}\/\d{2}\/\d{2}\/[0-9A-Za-z._+-]+\.wav)$/.exec(file)?.[1] ?? null;
}
