/**
 * Asterisk's side of FastAGI, over a real socket: connects, sends a request block in chosen packets, answers commands as res_agi.c
 * does (or as the test says), hangs up, resets, falls silent. Arguments are undone exactly as Asterisk's parse_args does, so that a
 * quoting mistake shows as a second command or a different value.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { once } from 'node:events';
import type { Log } from '../../core/ports.ts';

export interface Setup {
  readonly script?: string;
  readonly request?: Readonly<Record<string, string>>;
  /** Sent instead of a request block. */
  readonly raw?: string | Buffer;
  /** Glued behind the request block, in the same packet. */
  readonly glue?: string;
  readonly byteByByte?: boolean;
  /** The reply to a command line, null = silence, undefined = as Asterisk would. */
  readonly answer?: (command: string) => string | null | undefined;
  readonly localAddress?: string;
  /** Keeps its side open when the server closes: a half-open peer. */
  readonly stubborn?: boolean;
}

export class AgiCall {
  /** Every line that reached Asterisk. */
  readonly commands: string[] = [];
  /** Channel variables that were set, by the name they have afterwards: leading underscores say only who inherits it. */
  readonly variables = new Map<string, string>();
  /** Those that every channel created from this one gets as well (`__NAME`). */
  readonly inherited = new Set<string>();
  /** Resolves when the server has closed its side. */
  readonly ended: Promise<void>;
  readonly closed: Promise<void>;
  readonly socket: Socket;
  readonly #setup: Setup;
  #rest = '';
  #waiting: (() => void)[] = [];

  constructor(socket: Socket, setup: Setup) {
    this.socket = socket;
    this.#setup = setup;
    this.ended = new Promise((resolve) => { socket.once('end', resolve).once('close', resolve); });
    this.closed = new Promise((resolve) => { socket.once('close', () => { resolve(); }); });
    socket.setEncoding('utf8');
    socket.on('error', () => { /* a reset is one of the ends that tests provoke */ });
    socket.on('data', (text: string) => { this.#read(text); });
  }

  /** The `count`-th command has arrived (or the connection ended first: then it rejects). */
  async command(count = 1): Promise<string> {
    while (this.commands.length < count) {
      if (this.socket.destroyed || this.socket.readableEnded) throw new Error(`ended after ${String(this.commands.length)} commands`);
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        void this.ended.then(resolve);
      });
    }
    return this.commands[count - 1] ?? '';
  }

  send(text: string | Buffer): void { this.socket.write(text); }
  hangup(): void { this.send('HANGUP\n'); }
  reset(): void { this.socket.resetAndDestroy(); }
  close(): void { this.socket.end(); }

  #read(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#obey(line);
  }

  #obey(line: string): void {
    this.commands.push(line);
    const said = this.#setup.answer?.(line);
    const reply = said === undefined ? this.#asAsterisk(line) : said;
    if (reply !== null) this.send(`${reply}\n`);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #asAsterisk(line: string): string {
    const [verb = '', object = '', name = '', value, ...more] = parseArgs(line);
    if (/^get$/i.test(verb) && /^variable$/i.test(object)) return name === 'CHANNEL(linkedid)' ? '200 result=1 (1790000000.17)' : '200 result=0';
    if (/^set$/i.test(verb) && /^variable$/i.test(object) && value !== undefined && more.length === 0) {
      const known = name.replace(/^_{1,2}/, '');
      this.variables.set(known, value);
      // Asterisk drops the older variable of that name, its inheritance included [main/pbx_variables.c pbx_builtin_setvar_helper].
      if (name.startsWith('__')) this.inherited.add(known);
      else this.inherited.delete(known);
      return '200 result=1';
    }
    return /^(verbose|noop)$/i.test(verb) ? '200 result=1' : '510 Invalid or unknown command';
  }
}

/** The request block of a real inbound call (asterisk-facts 6), with changes. */
export function requestBlock(script = 'route', changes: Readonly<Record<string, string>> = {}): string {
  const values: Record<string, string> = {
    agi_network: 'yes', agi_network_script: script, agi_request: `agi://127.0.0.1:4573/${script}`, agi_channel: 'PJSIP/trunk-00000001',
    agi_language: 'en', agi_type: 'PJSIP', agi_uniqueid: '1790000000.17', agi_version: '22.10.1', agi_callerid: '+79035550142',
    agi_calleridname: 'unknown', agi_callingpres: '0', agi_callingani2: '0', agi_callington: '0', agi_callingtns: '0',
    agi_dnid: '74951234567', agi_rdnis: 'unknown', agi_context: 'callme-route', agi_extension: 's', agi_priority: '2',
    agi_enhanced: '0.0', agi_accountcode: '', agi_threadid: '139872', ...changes,
  };
  return `${Object.entries(values).map(([name, value]) => `${name}: ${value}\n`).join('')}\n`;
}

export async function call(port: number, setup: Setup = {}): Promise<AgiCall> {
  const socket = connect({
    host: '127.0.0.1', port, noDelay: true, allowHalfOpen: setup.stubborn ?? false,
    ...(setup.localAddress === undefined ? {} : { localAddress: setup.localAddress }),
  });
  const agiCall = new AgiCall(socket, setup);
  await Promise.race([once(socket, 'connect'), agiCall.closed]);
  const bytes = Buffer.concat([Buffer.from(setup.raw ?? requestBlock(setup.script, setup.request)), Buffer.from(setup.glue ?? '')]);
  if (setup.byteByByte !== true) socket.write(bytes);
  else for (const byte of bytes) await new Promise((resolve) => socket.write(Buffer.of(byte), resolve));
  return agiCall;
}

/** res_agi.c parse_args: blanks part words, quotes toggle, a backslash keeps the next character. */
export function parseArgs(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let quoted = false;
  for (let place = 0; place < line.length; place += 1) {
    const letter = line[place] ?? '';
    if (letter === '"') {
      quoted = !quoted;
      word ??= '';
    } else if (/[ \t]/.test(letter) && !quoted) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      if (letter === '\\') place += 1;
      word = (word ?? '') + (letter === '\\' ? line[place] ?? '' : letter);
    }
  }
  return word === null ? words : [...words, word];
}

export interface Line { readonly level: string; readonly fields: Readonly<Record<string, unknown>>; readonly message: string }
/** A log that tests can read. */
export function memoryLog(): Log & { readonly lines: Line[] } {
  const lines: Line[] = [];
  const at = (level: string) => (fields: Readonly<Record<string, unknown>>, message: string): void => { lines.push({ level, fields, message }); };
  const log = { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error'), child: (): Log => log };
  return log;
}
