/**
 * What may be seen of a request when everything is logged: never a secret, and of a telephone number only its beginning and end. Values are masked
 * where they stand (a key that tells, a known secret, an address, something that looks like a token), before they become text: an escape
 * (`+`, `%2B`) must not carry one past the mask. When in doubt something is hidden: an id too many costs a look into the CRM.
 */
export interface Mask {
  text(text: string): string;
  /** Any parsed body. */
  value(value: unknown, key?: string): unknown;
  /** Scheme, host and the words of the path. */
  address(url: string): string;
}

const HIDDEN = '***';
/** Keys whose values are secrets, as JSON, forms (`auth[access_token]`) and queries write them. */
const SECRET_KEY = new RegExp([
  'passw', 'secret', 'token', 'api-?_?key', 'client_?id', 'signature', 'credential', 'authorization', 'upload_?url', 'webhook', 'cookie', 'bearer',
  '(?:^|[^a-z])(?:auth|auth_?id|refresh_?id|key|sign|code|hash|pass|pwd|sid|session)(?:$|[^a-z])',
].join('|'), 'i');
/** Shorter ones would blot out ordinary words. */
const LEAST_SECRET = 6;
/** Secrets that answers brought (tokens, upload places): the latest of them. */
const MOST_LEARNED = 500;
const [MAX_DEPTH, MAX_ENTRIES, MAX_TEXT] = [8, 200, 8_000];

export function createMask(secrets: readonly string[]): Mask {
  const known = new Set(secrets.flatMap(partsOf));
  const learned = new Set<string>();
  const learn = (value: unknown): void => {
    for (const part of partsOf(typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '')) {
      learned.delete(part);
      learned.add(part);
      const [oldest] = learned;
      if (learned.size > MOST_LEARNED && oldest !== undefined) learned.delete(oldest);
    }
  };
  const blot = (text: string): string => [...known, ...learned].reduce((left, secret) => (left.includes(secret) ? left.replaceAll(secret, HIDDEN) : left), text);
  const text = (raw: string): string => maskText(blot(withoutPaths(raw.length > MAX_TEXT ? `${raw.slice(0, MAX_TEXT - 200)}…` : raw)));
  const value = (raw: unknown, key = '', depth = 0): unknown => {
    if (SECRET_KEY.test(key) && raw !== null && typeof raw !== 'object') { learn(raw); return HIDDEN; }
    if (typeof raw === 'string') return text(raw);
    if (typeof raw === 'number' || typeof raw === 'bigint') return Math.abs(Number(raw)) >= 1e8 ? maskNumber(String(raw)) : raw;
    if (typeof raw !== 'object' || raw === null) return raw;
    if (depth >= MAX_DEPTH) return '[deep]';
    if (Array.isArray(raw)) return raw.slice(0, MAX_ENTRIES).map((entry) => value(entry, key, depth + 1));
    return Object.fromEntries(Object.entries(raw).slice(0, MAX_ENTRIES).map(([name, entry]) => [text(name), value(entry, name, depth + 1)]));
  };
  return { text, value: (raw, key) => value(raw, key), address: (url) => addressOf(url, text) };
}

/** A secret, and the pieces of one that is an address (the path of a webhook is its password), in all spellings that a line may hold. */
function partsOf(secret: string): readonly string[] {
  // A telephone number among the settings: it is masked like every other.
  if (/^\+?[0-9 ()-]{7,20}$/.test(secret)) return [];
  const url = URL.parse(secret);
  const pieces = url === null ? [] : [...url.pathname.split('/'), ...url.searchParams.values(), url.password, url.username].filter((piece) => !isWord(piece));
  const whole = url !== null && url.pathname.length <= 1 && url.search === '' ? [] : [secret];
  return [...whole, ...pieces].filter((part) => part.length >= LEAST_SECRET).flatMap((part) => [...new Set([part, encodeURIComponent(part), JSON.stringify(part).slice(1, -1)])]);
}

/** `rest`, `v5`, `crm.duplicate.findbycomm`: what APIs are made of, and no secret. Words without a dot or dash are short ones. */
const isWord = (segment: string): boolean => /^(?:v?[0-9]{1,3}(?:\.[0-9]{1,3})*|[A-Za-z]{1,12}|(?=.*[._-])[A-Za-z]+(?:[._-][A-Za-z]+)*)$/.test(segment) && segment.length <= 60;

function addressOf(url: string, text: (raw: string) => string): string {
  const parsed = URL.parse(url);
  if (parsed === null) return HIDDEN;
  const path = parsed.pathname.split('/').map((segment) => segmentOf(decoded(segment), text)).join('/');
  return parsed.origin + path;
}

/** Words and short ids stay, a number (`lookup/79035550142`) keeps its ends. */
function segmentOf(segment: string, text: (raw: string) => string): string {
  if (segment === '' || isWord(segment) || /^[0-9]{1,6}$/.test(segment)) return text(segment);
  return /^\+?[0-9 ()-]{7,20}$/.test(segment) ? maskText(segment) : HIDDEN;
}

function decoded(segment: string): string {
  try { return decodeURIComponent(segment); } catch { return segment; }
}

const ADDRESS = /https?:\/\/[^\s"'<>\\]+/gi;
/** Long, and with both letters and digits: no word of any language. */
const TOKEN = /(?<![A-Za-z0-9_-])(?=[A-Za-z0-9_.-]*[0-9])(?=[A-Za-z0-9_.-]*[A-Za-z])[A-Za-z0-9_-]{20,}(?:\.[A-Za-z0-9_-]{10,})*(?![A-Za-z0-9_-])/g;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** An id; a day, perhaps with its time; Asterisk's name of a call, `1790000000.17`; else something with at least seven digits. */
const NUMBER = /((?<![0-9a-f-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f-])|(?:19|20)[0-9]{2}([-/])(?:0[1-9]|1[0-2])\2[0-3][0-9](?:[T ][0-2][0-9]:[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,6})?)?)?(?![0-9])|(?<![0-9.])1[5-9][0-9]{8}\.[0-9]{1,9}(?![0-9]|\.[0-9]))|\+?\(?[0-9](?:[\s()./\-\u2010-\u2015\u00a0]*[0-9]){6,}/gi;

function maskText(text: string): string {
  return text.replace(TOKEN, (token) => (UUID.test(token) ? token : HIDDEN))
    .replace(NUMBER, (found: string, harmless: string | undefined) => harmless ?? maskNumber(found));
}

/** Links open without a password: what follows the host may be one. */
const withoutPaths = (text: string): string => text.replace(ADDRESS, (url) => {
  const parsed = URL.parse(url);
  return parsed === null ? HIDDEN : `${parsed.origin}/${HIDDEN}`;
});

/** `+79035550142` → `+7903***0142`; `1234567` → `12***67`. */
export function maskNumber(text: string): string {
  const digits = text.replace(/[^0-9]/g, '');
  const ends = digits.length >= 10 ? 4 : 2;
  return `${text.trimStart().startsWith('+') ? '+' : ''}${digits.slice(0, ends)}***${digits.slice(-ends)}`;
}
