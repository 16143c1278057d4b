/**
 * The text protocol of the manager interface as values: `Headers` is one item (a response or an event). Two ways lead to it: what
 * asterisk-manager's parser emits (`normalise`), and raw text, as in a dump of the socket (`RawParser`). Both give the same Headers.
 */
type Values = string | string[];

/**
 * One item's headers, in order of first appearance; a repeated header has several values. Names are ASCII case-insensitive for
 * Asterisk and are kept in lower case (the library keeps nothing else); getters take any case. Values keep theirs, and lose
 * surrounding blanks.
 */
export class Headers {
  readonly #values: ReadonlyMap<string, Values>;

  constructor(values: ReadonlyMap<string, Values>) {
    this.#values = values;
  }

  static of(pairs: Iterable<readonly [string, string]>): Headers {
    const values = new Map<string, Values>();
    for (const [name, value] of pairs) add(values, name.toLowerCase(), value);
    return new Headers(values);
  }

  /** The first value, undefined when there is no such header. */
  first(name: string): string | undefined {
    const values = this.#find(name);
    return typeof values === 'string' || values === undefined ? values : values[0];
  }

  /** The first value, `''` when there is no such header: Asterisk itself makes no difference between the two. */
  text(name: string): string {
    return this.first(name) ?? '';
  }

  all(name: string): readonly string[] {
    const values = this.#find(name);
    if (values === undefined) return [];
    return typeof values === 'string' ? [values] : values;
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined;
  }

  /** The event's name as Asterisk writes it, `''` for a response. */
  get event(): string {
    return this.text('event');
  }

  /** How many different names there are. */
  get size(): number {
    return this.#values.size;
  }

  *[Symbol.iterator](): Generator<readonly [string, string]> {
    for (const [name, values] of this.#values) {
      if (typeof values === 'string') yield [name, values];
      else for (const value of values) yield [name, value];
    }
  }

  #find(name: string): Values | undefined {
    return this.#values.get(LOWER.get(name) ?? lower(name));
  }
}

/** The names that code asks for are few, and asked for with every event: lowering them anew was a tenth of the time of an event. */
const LOWER = new Map<string, string>();
function lower(name: string): string {
  const low = name.toLowerCase();
  if (LOWER.size < 1_000) LOWER.set(name, low);
  return low;
}

/** A refusal is a value: `Response: Error` with Asterisk's own message. */
export const refusal = (answer: Headers): string | null =>
  answer.text('response').toLowerCase() === 'error' ? answer.text('message') || 'refused without a message' : null;

const trimmed = (value: string): string =>
  value.charCodeAt(0) <= 32 || value.charCodeAt(value.length - 1) <= 32 ? value.trim() : value;

function add(values: Map<string, Values>, name: string, value: string): void {
  const clean = trimmed(value);
  const known = values.get(name);
  if (known === undefined) values.set(name, clean);
  else if (typeof known === 'string') values.set(name, [known, clean]);
  else known.push(clean);
}

/**
 * What the library's parser emits has four shapes [asterisk-manager 0.2.0 lib/ami.js:136-166]: a string; an array of a repeated
 * header (its first element is a function where the name exists on Object.prototype); an object for `Variable` and `ChanVariable`;
 * and a name with the colon inside where the space after it was missing, in which case the value came out in lower case.
 * Only own strings pass: the headers of a UserEvent are written by the dialplan, and `__proto__` or `constructor` are names too.
 */
export function normalise(item: object): Headers {
  const values = new Map<string, Values>();
  const bare = Object.hasOwn(item, 'value');
  for (const key of Object.keys(item)) {
    const value: unknown = (item as Readonly<Record<string, unknown>>)[key];
    // The ordinary line, nineteen of twenty: nothing to take apart, nothing to add to.
    if (typeof value === 'string' && !key.includes(':') && !values.has(key)) values.set(key, trimmed(value));
    else if (typeof value === 'string') addLine(values, key, value);
    else if (Array.isArray(value)) addEach(values, key, value);
    else if (typeof value === 'object' && value !== null) addVariables(values, key, value, bare);
  }
  return new Headers(values);
}

function addLine(values: Map<string, Values>, key: string, value: string): void {
  const colon = key.indexOf(':');
  if (colon < 0) add(values, key, value);
  else add(values, key.slice(0, colon).trim(), value === '' ? key.slice(colon + 1) : `${key.slice(colon + 1)}: ${value}`);
}

function addEach(values: Map<string, Values>, key: string, each: readonly unknown[]): void {
  for (const value of each) if (typeof value === 'string') addLine(values, key, value);
}

/** VarSet and the answer to Getvar carry a bare name beside a `Value` header; everything else says `name=value`. */
function addVariables(values: Map<string, Values>, key: string, variables: object, bare: boolean): void {
  for (const [name, value] of Object.entries(variables) as [string, unknown][]) {
    if (typeof value === 'string') add(values, key, bare && value === '' ? name : `${name}=${value}`);
  }
}

const GREETING = /^Asterisk Call Manager/;

/** Items out of raw AMI text, fed in pieces of any size. An item is over at its empty line; a cut-off last one never comes out. */
export class RawParser {
  #rest = '';
  #values = new Map<string, Values>();

  push(text: string): Headers[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.#line(line.endsWith('\r') ? line.slice(0, -1) : line));
  }

  #line(line: string): Headers[] {
    if (line === '') return this.#close();
    if (this.#values.size === 0 && GREETING.test(line)) return [];
    const colon = line.indexOf(':');
    if (colon < 0) add(this.#values, line.trim().toLowerCase(), '');
    else add(this.#values, line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1));
    return [];
  }

  #close(): Headers[] {
    if (this.#values.size === 0) return [];
    const headers = new Headers(this.#values);
    this.#values = new Map();
    return [headers];
  }
}
