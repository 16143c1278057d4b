/**
 * The door to pino: JSON lines on stdout, readable lines on a terminal. Two nets hold secrets back: values under telling keys are
 * replaced, and every secret that the configuration knows is blotted out of the finished line, wherever it came from (an error
 * message of a library, a URL inside a sentence).
 */
import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import type { Log } from '../core/ports.ts';

export interface LogOptions {
  readonly level: string;
  /** Readable lines instead of JSON. */
  readonly terminal: boolean;
  /** Secrets in clear text; see `secretsOf`. */
  readonly secrets?: readonly string[];
  /** Where lines go; stdout unless a test listens. */
  readonly out?: DestinationStream;
  /** Rooms whose debug lines are wanted just now, whatever the level says (`app/detail.ts`). */
  readonly detail?: (room: string) => boolean;
}

const SECRET_KEY = /^(url|authorization|cookie|set-cookie|key)$|password|passwd|secret|token|api-?key|client-?id|signature|credential/i;
/** Deep or wide values are somebody's mistake: a log line must stay a line. */
const MAX_DEPTH = 6;
const MAX_ENTRIES = 100;
/** Shorter ones would blot out ordinary words. */
const MIN_SECRET = 6;

export function openLog(options: LogOptions): Log {
  const blot = blotter(options.secrets ?? []);
  const out = options.out ?? standardOutput(options.terminal);
  const logger = pino({
    level: options.detail === undefined || isAtLeast('debug', options.level) ? options.level : 'debug',
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: (fields) => redact(fields, 0) as Record<string, unknown> },
    serializers: { err: (error: unknown) => error },
    hooks: { streamWrite: blot },
  }, out);
  return wrap(logger, options.detail ?? (() => false), { least: options.level, room: '' });
}

/** From the most talkative to the quietest, as pino has them. */
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
const isAtLeast = (level: string, least: string): boolean => LEVELS.indexOf(level) >= LEVELS.indexOf(least);

/** Written at once: what was logged before a `kill -9` is what an operator has to go on. */
function standardOutput(terminal: boolean): DestinationStream {
  const out = pino.destination({ fd: 1, sync: true });
  return terminal ? pretty({ colorize: true, sync: true, translateTime: 'SYS:yyyy-mm-dd HH:MM:ss.l', ignore: 'pid,hostname',
    destination: out }) : out;
}

interface Place { readonly least: string; readonly room: string }

/** A line of a room in detail is written though the level is higher; of every other room, only what the level lets pass. */
function wrap(logger: Logger, detail: (room: string) => boolean, place: Place): Log {
  const { least, room } = place;
  const at = (level: 'debug' | 'info' | 'warn' | 'error'): Log['info'] => {
    if (isAtLeast(level, least)) return (fields, message) => { logger[level](fields, message); };
    return (fields, message) => { if (room !== '' && detail(room)) logger[level](fields, message); };
  };
  return {
    debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'),
    child: (fields) => wrap(logger.child(redact(fields, 0) as Record<string, unknown>), detail, { least, room: typeof fields['room'] === 'string' ? fields['room'] : room }),
  };
}

function blotter(secrets: readonly string[]): (line: string) => string {
  const known = [...new Set(secrets.filter((secret) => secret.length >= MIN_SECRET).flatMap(spellings))].toSorted((one,
    other) => other.length - one.length);
  return (line) => known.reduce((text, secret) => text.replaceAll(secret, '***'), line);
}

/** As JSON writes it, and as a URL carries it. */
function spellings(secret: string): readonly string[] {
  return [JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
}

function redact(value: unknown, depth: number): unknown {
  if (value instanceof Error) return redactError(value, depth);
  if (typeof value !== 'object' || value === null) return typeof value === 'bigint' ? value.toString() : value;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (Array.isArray(value)) return value.slice(0, MAX_ENTRIES).map((entry) => redact(entry, depth + 1));
  if (hasToJson(value)) return value.toJSON();
  return Object.fromEntries(Object.entries(value).slice(0, MAX_ENTRIES).map(([key, entry]) => [key, SECRET_KEY.test(key)
    && entry !== null ? '***' : redact(entry, depth + 1)]));
}

function redactError(error: Error, depth: number): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  return {
    type: error.name, message: error.message, ...(code === undefined ? {} : { code }), stack: error.stack,
    ...(error.cause === undefined || depth >= MAX_DEPTH ? {} : { cause: redact(error.cause, depth + 1) }),
  };
}

function hasToJson(value: object): value is { toJSON(): unknown } {
  return typeof (value as { toJSON?: unknown }).toJSON === 'function';
}
