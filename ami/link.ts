/**
 * The only door to asterisk-manager, and a disposable one: one Manager object = one TCP connection = one login. Any trouble closes the
 * link with its reason, and it is thrown away: stale buffers, held actions and double timers cannot exist (shields M2–M4, M12–M15).
 * What is used of the library is its parser and its writer; its dispatcher is taken out (M18–M22), its reconnect never runs.
 * Longer than a hundred lines because the life of the library's object is one story, told in one place.
 */
import { randomUUID } from 'node:crypto';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import Manager from 'asterisk-manager';
import type { Instant } from '../core/words.ts';
import type { Door } from './door.ts';
import { AmiError, socketFailure } from './errors.ts';
import { LIST_CAP, listCollector } from './lists.ts';
import type { ListAnswer } from './lists.ts';
import { checkAction } from './outgoing.ts';
import type { Action } from './outgoing.ts';
import { oneAnswer, Pending } from './pending.ts';
import { EVENT_CLASSES, LIMITS, refusePlainText } from './settings.ts';
import type { LinkLimits, LinkSettings } from './settings.ts';
import { realTimers, within } from './timers.ts';
import type { Timers } from './timers.ts';
import { openTunnel } from './tunnel.ts';
import { normalise, refusal } from './wire.ts';
import type { Headers } from './wire.ts';

export interface LinkTools {
  /** Called for each event that is no answer to an action of ours. If it throws, the link closes with AMI_LISTENER. */
  onEvent(headers: Headers, receivedAt: Instant): void;
  readonly timers?: Timers;
  readonly limits?: Partial<LinkLimits>;
  /** Ends the link at any moment, also while it opens. */
  readonly signal?: AbortSignal;
}

/**
 * Connects, checks the greeting, logs in and asks for the event classes. Rejects with AmiError: AMI_INSECURE, AMI_REFUSED,
 * AMI_TIMEOUT, AMI_GREETING, AMI_DENIED or AMI_DOWN. Events may arrive before it resolves.
 */
export async function openLink(settings: LinkSettings, tools: LinkTools): Promise<Link> {
  refusePlainText(settings);
  const { username, secret } = settings;
  checkAction({ Action: 'Login', Username: username, Secret: secret });
  const link = new Link(settings, tools);
  await link.open();
  return link;
}

export class Link implements Door {
  /** Resolves with the reason when the link has ended; never rejects. */
  readonly closed: Promise<AmiError>;
  readonly #settings: LinkSettings;
  readonly #tools: LinkTools;
  readonly #timers: Timers;
  readonly #limits: LinkLimits;
  readonly #manager: InstanceType<typeof Manager>;
  readonly #pending: Pending;
  readonly #kill = new AbortController();
  readonly #id = randomUUID();
  readonly #greeted = Promise.withResolvers<true>();
  #phase: 'opening' | 'login' | 'up' | 'closed' = 'opening';
  #greeting = '';
  #unfinished = 0;
  #sent = 0;
  readonly #onStop = (): void => this.close(stopped());
  #stopHeart = (): void => undefined;
  #end!: (reason: AmiError) => void;
  #reason: AmiError | null = null;

  constructor(settings: LinkSettings, tools: LinkTools) {
    this.#settings = settings;
    this.#tools = tools;
    this.#timers = tools.timers ?? realTimers;
    this.#limits = { ...LIMITS, ...tools.limits };
    this.#pending = new Pending(this.#timers);
    this.closed = new Promise((resolve) => (this.#end = resolve));
    // Without a port it does not connect by itself: the constructor would bind the user name as the login callback (M10).
    this.#manager = new Manager(undefined, undefined, settings.username, settings.secret, true);
    this.#manager.removeAllListeners('rawevent');
    this.#manager.on('rawevent', (item) => this.#item(item));
    tools.signal?.addEventListener('abort', this.#onStop);
  }

  /** What Asterisk greeted with: `Asterisk Call Manager/11.0.0`. */
  get greeting(): string {
    return this.#greeting.trim();
  }

  /** Called once, by `openLink`. */
  async open(): Promise<void> {
    try {
      if (this.#tools.signal?.aborted === true) throw stopped();
      await this.#step(this.#connect(), this.#limits.connectMs, 'the connection');
      await this.#step(this.#greeted.promise, this.#limits.greetingMs, 'the greeting');
      await this.#step(this.#login(), this.#limits.loginMs, 'the login');
      this.#phase = 'up';
      await this.action({ Action: 'Events', EventMask: this.#settings.events ?? EVENT_CLASSES });
      this.#beat();
    } catch (error) {
      this.close(socketFailure(this.#where, error));
      throw this.#reason ?? error;
    }
  }

  /** Ends the connection at once; everything in flight is rejected with this reason. A second call changes nothing. */
  close(reason: AmiError): void {
    if (this.#phase === 'closed') return;
    this.#phase = 'closed';
    this.#reason = reason;
    this.#stopHeart();
    this.#tools.signal?.removeEventListener('abort', this.#onStop);
    this.#pending.failAll(reason);
    this.#kill.abort();
    this.#end(reason);
  }

  action(action: Action, ms = this.#limits.actionMs): Promise<Headers> {
    return this.#send(action, (id) => this.#pending.wait(id, action.Action, ms, oneAnswer));
  }

  list(action: Action, ms = this.#limits.listMs, cap = LIST_CAP): Promise<ListAnswer> {
    return this.#send(action, (id) => this.#pending.wait(id, action.Action, ms, listCollector(cap)));
  }

  get #where(): string {
    return `${this.#settings.host}:${this.#settings.port}`;
  }

  /** One step of opening: its deadline, and the end of the link, end it. */
  #step<T>(wait: Promise<T>, ms: number, what: string): Promise<T> {
    const ended = this.closed.then((reason) => Promise.reject<T>(reason));
    const late = (): AmiError => new AmiError('AMI_TIMEOUT', `${this.#where}: ${what} took longer than ${ms} ms`,
      'is it an Asterisk manager that listens there, and is Asterisk alive?');
    return within(this.#timers, ms, Promise.race([wait, ended]), late);
  }

  async #connect(): Promise<void> {
    const secured = (this.#settings.tls ?? false) !== false;
    const tunnel = secured ? await openTunnel(this.#settings, this.#kill.signal) : null;
    if (this.#phase === 'closed') return;
    const { host, port } = tunnel === null ? this.#settings : { host: '127.0.0.1', port: tunnel.port };
    const socket = socketMadeBy(() => this.#manager.connect({ host, port, signal: this.#kill.signal }));
    socket.on('data', (chunk) => this.#data(String(chunk)));
    socket.once('error', (cause) => this.close(socketFailure(this.#where, cause)));
    socket.once('end', () => this.close(this.#hungUp()));
    socket.once('close', () => this.close(this.#hungUp()));
    await new Promise((resolve) => socket.once('connect', resolve));
    if (socket.localPort !== undefined) tunnel?.admit(socket.localPort);
  }

  #hungUp(): AmiError {
    if (this.#phase !== 'login') return new AmiError('AMI_DOWN', `${this.#where} closed the connection`, 'did Asterisk stop or restart?');
    return new AmiError('AMI_DOWN', `${this.#where} closed the connection instead of answering the login`,
      'check permit/deny and authlimit in manager.conf');
  }

  /** The library's login, because only it sets the flag without which its actions are held. It settles in `#loginAnswer`. */
  #login(): Promise<void> {
    this.#phase = 'login';
    return new Promise((resolve, reject) => {
      this.#manager.login((failure) => {
        if (failure === undefined) resolve();
        else reject(this.#denied(failure));
      });
      this.#manager.options.password = '';
    });
  }

  #denied(answer: unknown): AmiError {
    const message = typeof answer === 'object' && answer !== null ? normalise(answer).text('message') : '';
    return new AmiError('AMI_DENIED', `${this.#where} denied the login of ${this.#settings.username}: ${message}`,
      `check the secret and permit/deny of [${this.#settings.username}] in manager.conf, then: asterisk -rx "manager reload"`);
  }

  /** Before the login is answered the library waits for its own id, made of digits (M20, M28): no other name may reach its emitter. */
  #loginAnswer(item: object, headers: Headers): void {
    const id = headers.text('actionid');
    if (!headers.has('response') || !/^\d{13,}$/.test(id)) return;
    this.#manager.emit(id, refusal(headers) === null ? undefined : item, item);
  }

  async #send<T>(action: Action, wait: (id: string) => Promise<T>): Promise<T> {
    checkAction(action);
    if (this.#phase !== 'up') throw this.#reason ?? new AmiError('AMI_DOWN', `no link to ${this.#where} yet`);
    const id = `${this.#id}-${++this.#sent}`;
    const answer = wait(id);
    this.#manager.action({ ...lowerNames(action), actionid: id }, () => undefined);
    this.#manager.removeAllListeners(id);
    return answer;
  }

  /** Runs after the library's own reader of the same chunk. */
  #data(chunk: string): void {
    if (this.#greeting === '' || !this.#greeting.endsWith('\n')) this.#greet(chunk);
    this.#unfinished += chunk.length;
    if (this.#unfinished <= this.#limits.itemChars) return;
    this.close(new AmiError('AMI_OVERFLOW', `${this.#where} sent an item of more than ${this.#limits.itemChars} characters`));
  }

  #greet(chunk: string): void {
    this.#greeting = (this.#greeting + chunk).slice(0, 256);
    const end = this.#greeting.indexOf('\n') + 1;
    if (end === 0 && this.#greeting.length < 256) return;
    this.#greeting = end === 0 ? this.#greeting : this.#greeting.slice(0, end);
    if (/^Asterisk Call Manager\/[\d.]+\r?\n$/.test(this.#greeting)) this.#greeted.resolve(true);
    else this.close(this.#stranger());
  }

  #stranger(): AmiError {
    const said = JSON.stringify(this.#greeting.slice(0, 60));
    return new AmiError('AMI_GREETING', `${this.#where} is no Asterisk manager: it greeted with ${said}`,
      'check host and port: the manager usually listens on 5038');
  }

  /** Every item that the library parsed comes here, at once. */
  #item(item: object): void {
    this.#unfinished = 0;
    if (this.#phase === 'closed') return;
    const headers = normalise(item);
    if (this.#phase === 'login') this.#loginAnswer(item, headers);
    const id = headers.first('actionid');
    if (id !== undefined && this.#pending.offer(id, headers)) return;
    if (headers.has('event')) this.#event(headers);
  }

  #event(headers: Headers): void {
    try {
      this.#tools.onEvent(headers, this.#timers.now());
    } catch (cause) {
      const what = cause instanceof Error ? cause.message : String(cause);
      const failure = new AmiError('AMI_LISTENER', `the listener failed at ${headers.event}: ${what}`, 'please report this', { cause });
      this.close(cause instanceof AmiError ? cause : failure);
    }
  }

  /** A half-open connection says nothing for hours; an unanswered Ping ends it. */
  #beat(): void {
    this.#stopHeart = this.#timers.after(this.#limits.pingEveryMs, () => {
      this.action({ Action: 'Ping' }, this.#limits.pingMs).then(() => this.#beat(), () => this.close(this.#silent()));
    });
  }

  #silent(): AmiError {
    return new AmiError('AMI_TIMEOUT', `${this.#where} did not answer a ping within ${this.#limits.pingMs} ms`, 'network or Asterisk hangs');
  }
}

const stopped = (): AmiError => new AmiError('AMI_DOWN', 'the link was closed by CallMe');

/** The library recognises `action` and `actionid` in lower case alone, and deletes from what it is given: a copy. */
function lowerNames(action: Action): object {
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(action)) copy[name.toLowerCase()] = value;
  return copy;
}

/**
 * The library keeps its socket to itself and swallows the greeting. Node publishes each socket that `net.createConnection` makes, and
 * `connect` makes exactly one, synchronously.
 */
function socketMadeBy(connect: () => void): Socket {
  const made: Socket[] = [];
  const note = (message: unknown): void => {
    if (typeof message !== 'object' || message === null || !('socket' in message)) return;
    if (message.socket instanceof Socket) made.push(message.socket);
  };
  subscribe('net.client.socket', note);
  try {
    connect();
  } finally {
    unsubscribe('net.client.socket', note);
  }
  const [socket] = made;
  if (socket === undefined) throw new Error('asterisk-manager made no socket: this version of it, or of Node, is not the one of CallMe');
  return socket;
}
