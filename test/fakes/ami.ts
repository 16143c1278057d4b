/**
 * A fake Asterisk manager on a real socket (loopback, port 0). It behaves like Asterisk 22 until a test tells it to lie: no greeting,
 * silence, another password, small packets, half-open, reset. Longer than a hundred lines: one peer, all its answers.
 *
 *   const pbx = await FakeAmi.start({ packetBytes: 7 });
 *   … connect to 127.0.0.1, pbx.port, as callme / secret …
 *   await pbx.next('CoreShowChannels');  pbx.event([['Event', 'Hangup'], …]);  await pbx.play('test/captures/…txt');
 *   await pbx.close();
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { RawParser } from '../../ami/wire.ts';
import type { Headers } from '../../ami/wire.ts';

export type Pairs = readonly (readonly [string, string])[];
export type Class = 'system' | 'call' | 'user' | 'agent' | 'dialplan' | 'reporting' | 'command' | 'originate';
const ALL: readonly Class[] = ['system', 'call', 'user', 'agent', 'dialplan', 'reporting', 'command', 'originate'];

export interface FakeAmiOptions {
  /** Default `Asterisk Call Manager/11.0.0\r\n`; null says nothing. */
  readonly greeting?: string | null;
  /** Default `callme` and `secret`. */
  readonly username?: string;
  readonly secret?: string;
  /** FullyBooted after the login (if `read` has system). Default true. */
  readonly booted?: boolean;
  readonly read?: readonly Class[];
  readonly write?: readonly Class[];
  /** Every answer and event goes out in packets of this size; 0 (default) = whole. */
  readonly packetBytes?: number;
  /** What CoreShowChannels and Status answer, without `Event` and `ActionID`. */
  readonly channels?: readonly Pairs[];
  /** Events that match none of the client's filters are not sent, as Asterisk does. Default false. */
  readonly obeyFilters?: boolean;
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Default 0: any. A test that restarts Asterisk gives the old one's port. */
  readonly port?: number;
}

/** One connected client. */
export interface Client {
  readonly socket: Socket;
  readonly filters: RegExp[];
  loggedIn: boolean;
  write(text: string): Promise<void>;
}

/** Answers one action; what it returns is sent, '' = nothing ever. */
export type Handler = (action: Headers, client: Client) => string;

export const block = (pairs: Pairs): string => `${pairs.map(([name, value]) => `${name}: ${value}`).join('\r\n')}\r\n\r\n`;

/** `Response: …` with the action's own id. */
export function response(action: Headers, kind: string, ...more: Pairs): string {
  return block([['Response', kind], ['ActionID', action.text('actionid')], ...more]);
}

export class FakeAmi {
  /** Every action received, in order, the logins included. */
  readonly actions: Headers[] = [];
  readonly clients = new Set<Client>();
  /** How many connections there have been. */
  connections = 0;
  readonly #options: FakeAmiOptions;
  readonly #server: Server;
  readonly #handlers = new Map<string, Handler>();
  readonly #taken = new Map<string, number>();
  #wake: (() => void)[] = [];

  private constructor(options: FakeAmiOptions) {
    this.#options = options;
    const welcome = (socket: Socket): void => this.#welcome(socket);
    this.#server = options.tls === undefined ? createServer(welcome) : createTlsServer(options.tls, welcome);
    for (const [name, handler] of Object.entries(this.#defaults())) this.#handlers.set(name, handler);
  }

  static async start(options: FakeAmiOptions = {}): Promise<FakeAmi> {
    const fake = new FakeAmi(options);
    await new Promise<void>((resolve) => fake.#server.listen(options.port ?? 0, '127.0.0.1', resolve));
    return fake;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What a link needs to come here. */
  get settings(): { host: string; port: number; username: string; secret: string } {
    return { host: '127.0.0.1', port: this.port, username: this.#options.username ?? 'callme', secret: this.#options.secret ?? 'secret' };
  }

  /** Answers this action differently from now on. */
  on(action: string, handler: Handler): void {
    this.#handlers.set(action.toLowerCase(), handler);
  }

  /** Receives this action and never answers it. */
  ignore(action: string): void {
    this.on(action, () => '');
  }

  received(action: string): readonly Headers[] {
    return this.actions.filter((each) => each.text('action').toLowerCase() === action.toLowerCase());
  }

  /** The next action of this name that no earlier call of `next` has given out; waits for it. */
  async next(action: string): Promise<Headers> {
    const index = this.#taken.get(action) ?? 0;
    this.#taken.set(action, index + 1);
    for (;;) {
      const found = this.received(action)[index];
      if (found !== undefined) return found;
      await this.changed();
    }
  }

  /** Resolves at the next action, connection or disconnection. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  /** Sends text as it is to everyone who is logged in. */
  async send(text: string): Promise<void> {
    await Promise.all([...this.clients].filter((client) => client.loggedIn).map((client) => client.write(text)));
  }

  event(pairs: Pairs): Promise<void> {
    return this.send(block(pairs));
  }

  /** Plays the events of a socket dump (its greeting and login are left out). Resolves when the last byte is handed to the socket. */
  play(...files: readonly string[]): Promise<void> {
    return this.send(files.map(dumpBody).join(''));
  }

  /** The peer is gone, but nobody tells: nothing is read or answered any more, the socket stays. */
  freeze(): void {
    for (const client of this.clients) {
      client.socket.removeAllListeners('data');
      client.socket.pause();
      client.write = () => Promise.resolve();
    }
  }

  /** Ends every connection with RST. */
  reset(): void {
    for (const client of this.clients) client.socket.resetAndDestroy();
  }

  /** Ends every connection as Asterisk does when it stops. */
  hangUp(): void {
    for (const client of this.clients) client.socket.end();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const client of this.clients) client.socket.destroy();
    await closed;
  }

  #welcome(socket: Socket): void {
    this.connections++;
    const client = this.#client(socket);
    this.clients.add(client);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      this.clients.delete(client);
      this.#changed();
    });
    const parser = new RawParser();
    socket.on('data', (chunk) => {
      for (const action of parser.push(String(chunk))) this.#act(action, client);
    });
    const { greeting = 'Asterisk Call Manager/11.0.0\r\n' } = this.#options;
    if (greeting !== null) void client.write(greeting);
    this.#changed();
  }

  #client(socket: Socket): Client {
    const size = this.#options.packetBytes ?? 0;
    let queue = Promise.resolve();
    const client: Client = {
      socket, filters: [], loggedIn: false,
      write: (text) => (queue = queue.then(() => sendInPackets(socket, this.#filtered(text, client), size))),
    };
    socket.setNoDelay(true);
    return client;
  }

  #filtered(text: string, client: Client): string {
    if (this.#options.obeyFilters !== true || client.filters.length === 0) return text;
    const wanted = (item: string): boolean => !item.startsWith('Event: ') || /\r\nActionID: /.test(item) || client.filters.some((filter) => filter.test(item));
    return text.split(/(?<=\r\n\r\n)/).filter(wanted).join('');
  }

  #act(action: Headers, client: Client): void {
    this.actions.push(action);
    const handler = this.#handlers.get(action.text('action').toLowerCase());
    const name = action.text('action').toLowerCase();
    if (!client.loggedIn && name !== 'login') void client.write(response(action, 'Error', ['Message', 'Permission denied']));
    else if (handler === undefined) void client.write(response(action, 'Error', ['Message', 'Invalid/unknown command']));
    else this.#answer(handler(action, client), client);
    this.#changed();
  }

  #answer(text: string, client: Client): void {
    if (text !== '') void client.write(text);
  }

  #changed(): void {
    for (const wake of this.#wake.splice(0)) wake();
  }

  #needs(classes: readonly Class[], handler: Handler): Handler {
    const granted = this.#options.write ?? ALL;
    const denied: Handler = (action) => response(action, 'Error', ['Message', 'Permission denied']);
    return classes.some((name) => granted.includes(name)) ? handler : denied;
  }

  #reads(name: Class): boolean {
    return (this.#options.read ?? ALL).includes(name);
  }

  #defaults(): Readonly<Record<string, Handler>> {
    const success: Handler = (action) => response(action, 'Success');
    return {
      login: (action, client) => this.#login(action, client),
      ping: (action) => response(action, 'Success', ['Ping', 'Pong'], ['Timestamp', '1795168691.000000']),
      events: (action) => response(action, 'Success', ['Events', 'On']),
      logoff: (action) => response(action, 'Goodbye', ['Message', 'Thanks for all the fish.']),
      originate: this.#needs(['originate'], success),
      filter: this.#needs(['system'], (action, client) => {
        client.filters.push(new RegExp(action.text('filter')));
        return response(action, 'Success', ['Message', 'Filter added successfully']);
      }),
      coreshowchannels: this.#needs(['system', 'reporting'], (action) => this.#list(action, 'CoreShowChannel', 'CoreShowChannelsComplete')),
      status: this.#needs(['system', 'reporting', 'call'], (action) => this.#list(action, 'Status', 'StatusComplete')),
      coresettings: this.#needs(['system', 'reporting'], (action) => response(action, 'Success', ['AsteriskVersion', '22.10.1'])),
      command: this.#needs(['command'], (action) => this.#command(action)),
      userevent: this.#needs(['user'], (action) => this.#echo(action)),
      listcommands: (action) => response(action, 'Success', ...[...this.#handlers.keys()].map((name) => [name, 'does it (Priv: <none>)'] as const)),
    };
  }

  #login(action: Headers, client: Client): string {
    const { username, secret } = this.settings;
    if (action.text('username') !== username || action.text('secret') !== secret) {
      void client.write(response(action, 'Error', ['Message', 'Authentication failed'])).then(() => client.socket.end());
      return '';
    }
    client.loggedIn = true;
    const booted = this.#options.booted !== false && this.#reads('system') ? block([['Event', 'FullyBooted'], ['Privilege', 'system,all'], ['Status', 'Fully Booted']]) : '';
    return response(action, 'Success', ['Message', 'Authentication accepted']) + booted;
  }

  #list(action: Headers, event: string, complete: string): string {
    const id = ['ActionID', action.text('actionid')] as const;
    const channels = this.#options.channels ?? [];
    const items = channels.map((channel) => block([['Event', event], id, ...channel]));
    const end = block([['Event', complete], id, ['EventList', 'Complete'], ['ListItems', String(channels.length)]]);
    return response(action, 'Success', ['EventList', 'start'], ['Message', 'Channels will follow']) + items.join('') + end;
  }

  #command(action: Headers): string {
    const read = (this.#options.read ?? ALL).join(',');
    const output = action.text('command').startsWith('manager show user') ? `      read perm: ${read},all` : 'Asterisk 22.10.1 built by fake';
    return response(action, 'Success', ['Message', 'Command output follows'], ['Output', output]);
  }

  #echo(action: Headers): string {
    const fields = [...action].filter(([name]) => !['action', 'actionid', 'userevent'].includes(name));
    const event = block([['Event', 'UserEvent'], ['Privilege', 'user,all'], ['UserEvent', action.text('userevent')], ...fields]);
    return response(action, 'Success', ['Message', 'Event Sent']) + (this.#reads('user') ? event : '');
  }
}

/** The events of a socket dump: what follows the greeting and the answer to the login. */
export function dumpBody(file: string): string {
  const text = readFileSync(file, 'utf8');
  return text.slice(text.indexOf('\r\n\r\n') + 4);
}

async function sendInPackets(socket: Socket, text: string, size: number): Promise<void> {
  const bytes = Buffer.from(text);
  const step = size > 0 ? size : Math.max(1, bytes.length);
  for (let at = 0; at < bytes.length && socket.writable; at += step) {
    if (!socket.write(bytes.subarray(at, at + step))) await drained(socket);
    if (size > 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

const drained = (socket: Socket): Promise<void> => new Promise((resolve) => {
  const done = (): void => {
    socket.off('drain', done).off('close', done);
    resolve();
  };
  socket.on('drain', done).on('close', done);
});
