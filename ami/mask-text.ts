/**
 * What is personal inside a text whose words matter: dial strings, channel names, contexts, file names. Numbers, addresses and quoted names
 * are replaced; ids, dates, times and words stay.
 */
import { isIPv6 } from 'node:net';
import { type NumberMask, SHORTEST } from './mask-digits.ts';
import { isNobody, type WordMask } from './mask-words.ts';

/** `1795169176.4`: epoch and counter. Epochs begin with 1 until 2033, national numbers of ten digits never do. */
export const UNIQUEID = /(?<!\d)1\d{9}\.\d{1,9}(?!\d)/;
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/;
const DATE = /(?<!\d)(?:19|20)\d\d(?:[-/](?:0[1-9]|1[0-2])[-/](?:[0-2]\d|3[01])(?:[ T]\d\d:\d\d:\d\d(?:\.\d+)?)?|\d{4}-\d{6})(?!\d)/;
const POINTER = /0x[0-9a-f]+/;
/** The running number of a channel (`PJSIP/219-0000002e`): zeros lead it until the PBX has had sixteen million. */
const RUNNING_NUMBER = /-00[0-9a-f]{6}(?![0-9a-z])/;
const HOST = String.raw`(?:\[[0-9a-f:.]{2,45}\]|[0-9a-z_-]{1,63}(?:\.[0-9a-z_-]{1,63}){1,8})`;
const ADDRESS = new RegExp(String.raw`(?<scheme>(?:sips?|tel|mailto):)?(?<user>[^\s"'<>@,;&()/:=|]{1,80})@(?<host>${HOST})`);
const SIP_HOST = new RegExp(String.raw`(?<=\bsips?:)(?<only>${HOST})(?!@)`);
const IPV4 = /(?<![\d.])(?<ipv4>(?:\d{1,3}\.){3}\d{1,3})(?![\d.])/;
const IPV6 = /(?<![0-9a-f:])(?<ipv6>[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:\.\d{1,3}){0,3})(?![0-9a-f:])/;
/** `+7 (916) 123-45-67`, `8-916-123-45-67`; no extension with the running number of its channel. */
const SPELT = /(?<!\d)(?!\d{1,7}-00[0-9a-f]{6}(?![0-9a-z]))(?<spelt>(?:\+?\d{1,3}[ -]?)?\(?\d{3}\)?[ -]?\d{3}[ -]?\d{2}[ -]?\d{2})(?!\d)/;
const RUN = new RegExp(String.raw`(?<run>\+?\d{${SHORTEST},})`);
const QUOTED = /"(?<quoted>[^"]*)"?/;

/** The first that fits counts. */
const ORDER = [QUOTED, ADDRESS, SIP_HOST, UUID, DATE, UNIQUEID, POINTER, IPV4, IPV6, RUNNING_NUMBER, SPELT, RUN];
const TOKENS = new RegExp(ORDER.map(({ source }) => source).join('|'), 'gi');
const NUMBERS = new RegExp(`${SPELT.source}|${RUN.source}`, 'g');
type Token = Partial<Record<'quoted' | 'scheme' | 'user' | 'host' | 'only' | 'ipv4' | 'ipv6' | 'spelt' | 'run', string>>;

export class TextMask {
  readonly #numbers: NumberMask;
  readonly #words: WordMask;

  constructor(numbers: NumberMask, words: WordMask) {
    this.#numbers = numbers;
    this.#words = words;
  }

  scrub(text: string): string {
    return text.replaceAll(TOKENS, (found: string, ...rest: readonly unknown[]) => this.#token(found, rest.at(-1) as Token));
  }

  /** A value that CallMe or a CRM made (`CallMeCALL_ID`): only what is nothing but a telephone number. */
  scrubOwn(text: string): string {
    return text.replaceAll(/(?<![0-9A-Za-z.])\+?\d{10,12}(?![0-9A-Za-z.])/g, (run) => (/^1\d{9}$/.test(run) ? run : this.#numbers.mask(run)));
  }

  /** `TECH/resource-8hex`, with `;1` where it is half of a Local channel: the endpoint's words and the running number stay. */
  channel(text: string): string {
    const [, resource = text, tail = ''] = /^(.*?)((?:-[0-9a-f]{8})?(?:;[12])?(?:<[A-Z]+>)?)$/s.exec(text) ?? [];
    return this.scrub(resource) + tail;
  }

  #token(found: string, token: Token): string {
    if (token.quoted !== undefined) return `"${isNobody(token.quoted) ? token.quoted : this.#words.name(token.quoted)}"`;
    if (token.user !== undefined) return `${token.scheme ?? ''}${this.#user(token.user)}@${this.#host(token.host ?? '')}`;
    const host = token.only ?? token.ipv4;
    if (host !== undefined) return this.#host(host);
    if (token.ipv6 !== undefined) return isIPv6(token.ipv6) ? this.#words.host(token.ipv6) : token.ipv6.replaceAll(NUMBERS, (run) => this.#numbers.mask(run));
    return token.spelt === undefined && token.run === undefined ? found : this.#numbers.mask(found);
  }

  #user(user: string): string {
    if (isNobody(user) || this.#numbers.isOurs(user)) return user;
    return /^\+?\d+$/.test(user) ? this.#numbers.mask(user) : this.#words.user(user);
  }

  #host(host: string): string {
    return host.startsWith('[') ? `[${this.#words.host(host.slice(1, -1))}]` : this.#words.host(host);
  }
}
