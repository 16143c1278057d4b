/**
 * One FastAGI conversation, and the only door to ding-dong. The Context keeps the clock of the conversation (one command, one
 * reply); frames, values, errors and ends are ours, because the Context loses them (shields.md D1–D28).
 *
 * Longer than most: the states of one session (asking, waiting, over) belong on one page.
 */
import Context from 'ding-dong/lib/context.js';
import type { Socket } from 'node:net';
import { AgiError, peerError } from './errors.ts';
import { Framer } from './framer.ts';
import type { AgiReply, AgiRequest } from './wire.ts';
import { commandLine } from './wire.ts';

interface Waiting {
  line: string;
  readonly timeoutMs: number | null;
  readonly promise: Promise<AgiReply>;
  readonly resolve: (reply: AgiReply) => void;
  readonly reject: (error: unknown) => void;
}

/** More commands in the queue than any script has: a script that runs away. */
const MAX_QUEUE = 256;

export class AgiSession {
  /** The request block. Rejects with AGI_TIMEOUT, AGI_CLOSED, AGI_HANGUP when it never came whole. */
  readonly request: Promise<AgiRequest>;
  /** Resolves when the socket is gone. Never rejects. */
  readonly closed: Promise<void>;
  readonly #socket: Socket;
  readonly #framer: Framer;
  readonly #context: Context;
  readonly #queue: Waiting[] = [];
  #current: Waiting | null = null;
  #reply: AgiReply | null = null;
  #answerRequest: { resolve: (request: AgiRequest) => void; reject: (error: unknown) => void } | null = null;
  #over: AgiError | null = null;
  #abort: AbortController | null = null;
  #commandClock: NodeJS.Timeout | undefined;
  #whenOver: (() => void)[] = [];

  /** `deadlineMs`: for everything, request and good-bye included. Then the socket is destroyed, whoever is to blame. */
  constructor(socket: Socket, deadlineMs: number) {
    this.#socket = socket;
    this.request = new Promise((resolve, reject) => { this.#answerRequest = { resolve, reject }; });
    this.request.catch(ignore);
    this.#framer = new Framer((line) => { socket.write(line); }, {
      request: (request) => { this.#requested(request); },
      reply: (reply) => this.#replied(reply),
      hangup: () => { this.#finish(HUNG_UP); },
      broken: (why) => { this.destroy(peerError('AGI_CLOSED', `the peer sent ${why}`)); },
    });
    this.#context = new Context(this.#framer, QUIET);
    this.closed = this.#listen(setTimeout(() => { this.#expire(); }, deadlineMs));
  }

  #listen(deadline: NodeJS.Timeout): Promise<void> {
    const socket = this.#socket;
    socket.on('data', (chunk: Buffer) => { this.#framer.receive(chunk); });
    socket.on('end', () => { this.#finish(CLOSED); });
    socket.on('error', (error) => { this.#finish(peerError('AGI_CLOSED', `the connection broke: ${error.message}`)); });
    return new Promise((resolve) => {
      socket.on('close', () => {
        clearTimeout(deadline);
        this.#finish(CLOSED);
        resolve();
      });
    });
  }

  /** Silence anywhere (D15), a script without end, a peer that keeps its side open after our good-bye (D25): all end here. */
  #expire(): void {
    const silent = this.#current !== null || this.#answerRequest !== null;
    this.destroy(silent ? SILENT : TOO_LONG);
  }

  /** Aborted when the session is over, whoever ended it; its reason is the AgiError. Made when first asked for. */
  get signal(): AbortSignal {
    if (this.#abort === null) {
      const abort = this.#abort = new AbortController();
      this.whenOver(() => { abort.abort(this.#over); });
    }
    return this.#abort.signal;
  }

  /** Calls back when the session is over (at once if it is): the signal without its price. Returns what takes the call back. */
  whenOver(callBack: () => void): () => void {
    if (this.#over === null) this.#whenOver.push(callBack);
    else callBack();
    return () => { this.#whenOver = this.#whenOver.filter((other) => other !== callBack); };
  }

  /** Why the session is over; null while it lives. */
  get over(): AgiError | null { return this.#over; }

  /**
   * One command and its reply, within `timeoutMs` or the session's deadline. Commands wait for each other: Asterisk reads one line
   * per poll, a second one in the same packet would stay unread in its buffer. Rejects with AGI_HANGUP, AGI_CLOSED, AGI_TIMEOUT (and ends
   * the session: the late reply would answer the next command), AGI_REFUSED (510, 520; the session goes on), AGI_UNSAFE (nothing was written).
   */
  command(verb: string, args: readonly string[] = [], timeoutMs: number | null = null): Promise<AgiReply> {
    const { promise, resolve, reject } = Promise.withResolvers<AgiReply>();
    const waiting: Waiting = { line: '', timeoutMs, promise, resolve, reject };
    if (this.#over !== null) return refuse(waiting, this.#over);
    if (this.#queue.length >= MAX_QUEUE) return refuse(waiting, new AgiError('AGI_UNSAFE', 'too many AGI commands wait already'));
    try {
      waiting.line = `${commandLine(verb, args)}\n`;
    } catch (error) {
      return refuse(waiting, error);
    }
    this.#queue.push(waiting);
    if (this.#current === null) this.#next();
    return promise;
  }

  /** Says good-bye: closes our side. The peer has until the deadline to close his. */
  end(): void {
    this.#finish(ENDED);
  }

  /** Closes the socket at once. */
  destroy(reason: AgiError = ENDED): void {
    this.#finish(reason);
    this.#socket.destroy();
  }

  #next(): void {
    const next = this.#queue.shift();
    if (next === undefined) return;
    this.#current = next;
    if (next.timeoutMs !== null) this.#commandClock = setTimeout(() => { this.#expire(); }, next.timeoutMs);
    try {
      this.#context.send(next.line, this.#settle);
    } catch (error) {
      // The framer refused the line: nothing was written, so the next command may go.
      this.#rest();
      void refuse(next, error);
      this.#next();
    }
  }

  #requested(request: AgiRequest): void {
    this.#answerRequest?.resolve(request);
    this.#answerRequest = null;
  }

  #replied(reply: AgiReply): boolean {
    if (this.#current === null || this.#reply !== null) return false;
    this.#reply = reply;
    return true;
  }

  /** The Context's call back is the clock; the value is our parser's. */
  readonly #settle = (): void => {
    const current = this.#current;
    const reply = this.#reply;
    if (current === null || reply === null) return;
    this.#rest();
    if (reply.code === 511) this.#finish(DEAD_CHANNEL, current);
    else if (reply.code === 200) current.resolve(reply);
    else void refuse(current, peerError('AGI_REFUSED', `Asterisk refused a command: ${firstLine(reply.text)}`));
    this.#next();
  };

  #rest(): void {
    this.#current = this.#reply = null;
    clearTimeout(this.#commandClock);
  }

  #finish(reason: AgiError, current = this.#current): void {
    if (this.#over !== null) return;
    this.#over = reason;
    this.#framer.deafen();
    this.#rest();
    this.#answerRequest?.reject(reason);
    if (current !== null) void refuse(current, reason);
    for (const waiting of this.#queue.splice(0)) void refuse(waiting, reason);
    for (const callBack of this.#whenOver.splice(0)) callBack();
    this.#socket.end();
  }
}

/** A script may drop a command: its rejection must not end the process (D2). */
function refuse(waiting: Waiting, error: unknown): Promise<AgiReply> {
  waiting.promise.catch(ignore);
  waiting.reject(error);
  return waiting.promise;
}

// The usual ends, made once: every session has one, most of them the same.
const HUNG_UP = peerError('AGI_HANGUP', 'the caller hung up');
const DEAD_CHANNEL = peerError('AGI_HANGUP', 'the channel is dead');
const CLOSED = peerError('AGI_CLOSED', 'Asterisk closed the connection');
const ENDED = peerError('AGI_CLOSED', 'the session has ended');
const SILENT = peerError('AGI_TIMEOUT', 'Asterisk did not answer in time');
const TOO_LONG = peerError('AGI_TIMEOUT', 'the session passed its deadline');
/** Debug output of the Context would print names and numbers of callers to the console (D26). */
const QUIET = { debug: false, logger: ignore };
const firstLine = (text: string): string => text.split('\n')[0]?.slice(0, 120) ?? '';
function ignore(): void { /* see the callers */ }
