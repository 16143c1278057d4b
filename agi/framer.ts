/**
 * Stands between the socket and ding-dong's Context, duplex-shaped towards both. Inward it finds the frames itself (request block,
 * HANGUP, whole replies) and tells them to its listener; the Context is fed two harmless constants, a one-line request block and one
 * `200 result=0` per finished reply, so that nothing is left that it could misread. Outward it lets exactly one checked line pass.
 *
 * It is no stream.Duplex: `Readable.wrap()`, which the Context puts around it, needs five methods, and a session that a caller waits for
 * should not pay for two more streams. It never emits `error`, `close` or `end`: the Context would die of the first (shields.md D1).
 */
import { checkLine, closesReply, opensMore, parseReply, parseRequest } from './wire.ts';
import type { AgiReply, AgiRequest } from './wire.ts';

export interface FrameListener {
  request(request: AgiRequest): void;
  /** A whole reply. False = nobody waits for one: the peer is out of step. */
  reply(reply: AgiReply): boolean;
  hangup(): void;
  /** The peer does not speak AGI, or floods: nothing of it can be trusted any more. */
  broken(why: string): void;
}

/** Longest request block or reply: Asterisk's arguments and values end at 8 kB each. */
const MAX_FRAME_BYTES = 65_536;
const LINE_FEED = 10;
const FED_REQUEST = Buffer.from('agi_network: yes\n\n');
const FED_REPLY = Buffer.from('200 result=0\n');
/** The reply to nearly every command: parsed once. */
const SET_DONE = '200 result=1';
const SET_DONE_REPLY = parseReply(SET_DONE);

export class Framer {
  readonly #listener: FrameListener;
  #feed: ((data: Uint8Array) => void) | null = null;
  /** The pieces of a line that is not finished yet. */
  #pieces: Buffer[] = [];
  #held = 0;
  /** The request block so far; null once it is whole. */
  #block: string | null = '';
  /** The first line, and the whole text, of a reply that goes on. */
  #first = '';
  #open = '';
  #deaf = false;

  /** Enumerable, because `Readable.wrap()` copies methods with `for in`. */
  readonly write: (text: string) => void;
  readonly end: () => void;

  constructor(send: (line: string) => void, listener: FrameListener) {
    this.#listener = listener;
    this.write = (text) => {
      checkLine(text.endsWith('\n') ? text.slice(0, -1) : text);
      send(text);
    };
    this.end = ignore;
  }

  // ------------------------------------------------------------------------------------------ towards the Context
  on(event: string, listener: (data: Uint8Array) => void): this {
    if (event === 'data') this.#feed = listener;
    return this;
  }
  // The Context is fed a few bytes per reply that it has asked for: there is nothing to hold back.
  pause(): this { return this; }
  resume(): this { return this; }

  // ------------------------------------------------------------------------------------------ from the socket
  /** From now on nothing is heard. */
  deafen(): void {
    this.#deaf = true;
    this.#pieces = [];
  }

  /** Bytes as they arrive, in any cut. UTF-8 is safe: lines are decoded whole, and a line feed is never part of a character. */
  receive(chunk: Buffer): void {
    if (this.#deaf) return;
    const end = chunk.lastIndexOf(LINE_FEED);
    if (end < 0) {
      this.#keep(chunk);
      return;
    }
    const text = this.#wholeLines(chunk, end);
    if (end + 1 < chunk.length) this.#keep(chunk.subarray(end + 1));
    if (this.#block === null) this.#lines(text);
    else this.#gather(`${text}\n`);
  }

  #keep(piece: Buffer): void {
    this.#held += piece.length;
    if (this.#held > MAX_FRAME_BYTES) this.#break('a line without end');
    else this.#pieces.push(piece);
  }

  #wholeLines(chunk: Buffer, end: number): string {
    if (this.#held === 0) return chunk.toString('utf8', 0, end);
    const text = Buffer.concat([...this.#pieces, chunk.subarray(0, end)]).toString('utf8');
    this.#pieces = [];
    this.#held = 0;
    return text;
  }

  #gather(text: string): void {
    const before = this.#block ?? '';
    const block = before + text;
    const end = block.indexOf('\n\n', Math.max(0, before.length - 1));
    if (end < 0) {
      this.#block = block;
      if (block.length > MAX_FRAME_BYTES) this.#break('a request without end');
      return;
    }
    this.#block = null;
    this.#feed?.(FED_REQUEST);
    this.#listener.request(parseRequest(block.slice(0, end)));
    if (end + 2 < block.length) this.#lines(block.slice(end + 2, -1));
  }

  #lines(text: string): void {
    if (text === SET_DONE && this.#open === '') {
      this.#finish(text);
      return;
    }
    for (const line of text.split('\n')) {
      if (this.#deaf) return;
      if (this.#open !== '') this.#goOn(line);
      else if (line === 'HANGUP') this.#listener.hangup();
      else if (opensMore(line)) this.#first = this.#open = line;
      else if (line !== '') this.#finish(line);
    }
  }

  #goOn(line: string): void {
    this.#open += `\n${line}`;
    if (this.#open.length > MAX_FRAME_BYTES) this.#break('a reply without end');
    else if (closesReply(this.#first, line)) {
      const whole = this.#open;
      this.#open = '';
      this.#finish(whole);
    }
  }

  #finish(text: string): void {
    const reply = text === SET_DONE ? SET_DONE_REPLY : parseReply(text);
    if (reply === null) this.#break('a line that is no AGI reply');
    // 1xx is provisional (`100 result=0 Trying...` of GOSUB): the reply is still to come.
    else if (reply.code < 200) return;
    else if (this.#listener.reply(reply)) this.#feed?.(FED_REPLY);
    else this.#break('a reply that nobody asked for');
  }

  #break(why: string): void {
    this.deafen();
    this.#listener.broken(why);
  }
}

function ignore(): void { /* the session ends the socket, not the Context */ }
