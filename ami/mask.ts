/**
 * A capture that may leave the house: telephone numbers, names, addresses and whatever customers put into variables are replaced, each always
 * by the same thing; ids, states, extensions, contexts and times stay, so that the facts of the masked capture are the facts of the true one.
 * docs/captures.md is the promise in words.
 */
import { randomBytes } from 'node:crypto';
import type { CaptureEntry } from './capture.ts';
import { NumberMask, type NumberRules } from './mask-digits.ts';
import { type HeaderKind, isOrdinaryName, kindOf, OWN_FIELDS, SNAPSHOT } from './mask-headers.ts';
import { KnownIds } from './mask-ids.ts';
import { TextMask } from './mask-text.ts';
import { assignment, data, extra, file, type MaskTools, opaque, state, variable, variableName } from './mask-values.ts';
import { isNobody, WordMask } from './mask-words.ts';
import { Headers } from './wire.ts';

export interface MaskerOptions extends NumberRules {
  /** 32 bytes; default: drawn anew and kept nowhere, so that nobody, its maker included, can go back. A test brings its own. */
  readonly key?: Buffer;
}

/** Masks one capture: the same number or name is the same mask as long as this object lives. Memory is bounded. */
export class Masker {
  readonly #numbers: NumberMask;
  readonly #tools: MaskTools;

  constructor({ key = randomBytes(32), ...rules }: MaskerOptions) {
    const words = new WordMask(key);
    this.#numbers = new NumberMask(key, rules);
    this.#tools = { ids: new KnownIds(), words, text: new TextMask(this.#numbers, words) };
  }

  /** An id holds what may be a telephone number. Ids stay as they are: whoever sends the capture must look. */
  get idsHoldNumbers(): boolean { return this.#tools.ids.holdNumbers; }

  entry(entry: CaptureEntry): CaptureEntry {
    switch (entry.kind) {
      case 'headers': return { ...entry, headers: this.headers(entry.headers) };
      case 'resync': return { ...entry, alive: entry.alive.map((headers) => this.headers(headers)) };
      case 'lost': return entry;
    }
  }

  headers(headers: Headers): Headers {
    const isTrusted = headers.event === 'UserEvent' ? trustedOf(headers) : () => true;
    this.#tools.ids.learn(headers, isTrusted);
    const met = new Set<string>();
    return Headers.of([...headers].map(([name, value]): [string, string] => {
      // A field of the dialplan may bear the name of a header of Asterisk, which comes first.
      const believed = isTrusted(name) && (headers.event !== 'UserEvent' || !met.has(name));
      met.add(name);
      return [isOrdinaryName(name) ? name : `field-${this.#tools.words.text(name)}`, believed ? this.#value(name, value, headers) : opaque(value, this.#tools)];
    }));
  }

  /** A number as a caller id, a DID or a dial string shows it; extensions and hidden numbers stay. */
  number(text: string): string {
    if (isNobody(text) || this.#numbers.isOurs(text)) return text;
    if (/^[+*#\d][+*#\d ().-]*$/.test(text)) return this.#numbers.mask(text);
    const scrubbed = this.#tools.text.scrub(text);
    return /^[^@]+@\S+$/.test(scrubbed) || !/\p{L}/u.test(text) ? scrubbed : this.#tools.words.name(text);
  }

  name(text: string): string {
    if (isNobody(text)) return text;
    return /^[+*#\d][+*#\d ().-]*$/.test(text) ? this.number(text) : this.#tools.words.name(text);
  }

  /** Numbers and addresses in a text whose words stay: a trunk's name, an expression of the configuration. */
  words(text: string): string { return this.#tools.text.scrub(text); }

  /** A value of a variable of CallMe's own that tells no channel and no file. */
  own(text: string): string { return variable('CallMeCALL_ID', text, this.#tools); }

  #value(name: string, value: string, headers: Headers): string {
    if (name === 'value' && headers.has('variable')) return variable(headers.text('variable'), value, this.#tools);
    if (name === 'variable' && headers.has('value')) return variableName(value, this.#tools);
    return this.#byKind(kindOf(name), value, headers);
  }

  #byKind(kind: HeaderKind, value: string, headers: Headers): string {
    const tools = this.#tools;
    switch (kind) {
      case 'id': case 'plain': return value;
      case 'state': return state(value, tools);
      case 'words': return tools.text.scrub(value);
      case 'number': return this.number(value);
      case 'extension': return /^[+*#\d][+*#\d ().-]*$/.test(value) ? this.number(value) : tools.text.scrub(value);
      case 'name': return this.name(value);
      case 'callerid': return this.#callerid(value);
      case 'member': return /^[A-Za-z0-9]+\/\S+$/.test(value) ? tools.text.channel(value) : this.name(value);
      case 'channel': return tools.text.channel(value);
      case 'file': return file(value, tools);
      case 'digit': return value.replaceAll(/\d/g, '0');
      case 'data': return data(headers.text('application') || headers.text('lastapplication'), value, tools);
      case 'assignment': return assignment(value, tools);
      case 'extra': return extra(value, tools);
      case 'unknown': return opaque(value, tools);
    }
  }

  /** `"Ivan" <219>`, or a number, or a name. */
  #callerid(value: string): string {
    const [, quoted, name = '', number] = /^("?)(.*?)"?\s*<([^<>]*)>$/s.exec(value) ?? [];
    return number === undefined ? this.name(value) : `${quoted ?? ''}${this.name(name)}${quoted ?? ''} <${this.number(number)}>`;
  }
}

const trustedOf = (headers: Headers) => (name: string): boolean =>
  SNAPSHOT.has(name) || (OWN_FIELDS.has(name) && headers.text('userevent').startsWith('CallMeRec'));
