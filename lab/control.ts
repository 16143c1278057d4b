/**
 * The lab's own hand on the AMI: acts (transfer, originate) and waits for signals. Not the client that CallMe uses, so that a defect there
 * cannot hide itself in the lab.
 */
import { connect, type Socket } from 'node:net';
import type { ManagerLogin } from './asterisk.ts';
import { LabError, within } from './errors.ts';

export type Message = Readonly<Record<string, string>>;
export type Mark = number;
/** A header may stand several times in one action (`Variable`). */
export type Action = Readonly<Record<string, string | readonly string[]>> & { readonly Action: string };

const KEEP = 20_000;

function parse(block: string): Message {
  const message: Record<string, string> = {};
  for (const line of block.split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) message[line.slice(0, colon)] = line.slice(colon + 1).trim();
  }
  return message;
}

export class Control {
  readonly #socket: Socket;
  readonly #seen: Message[] = [];
  readonly #watchers = new Set<(message: Message) => void>();
  #dropped = 0;
  #rest = '';
  #actions = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('utf8').on('data', (text: string) => { this.#receive(text); }).on('error', () => undefined);
  }

  /** From here on: pass it to `event` so that what came in between is not missed. */
  mark(): Mark { return this.#dropped + this.#seen.length; }
  since(mark: Mark): readonly Message[] { return this.#seen.slice(Math.max(0, mark - this.#dropped)); }

  /** The first event since `mark` with these values; rejects with LabError `timeout`. */
  async event(wanted: Message, mark: Mark, seconds = 20): Promise<Message> {
    const fits = (message: Message): boolean => Object.entries(wanted).every(([key, value]) => message[key] === value);
    return this.#first(fits, mark, seconds, JSON.stringify(wanted));
  }

  /** Resolves with the response; rejects with LabError `control-failed` when Asterisk says Error. */
  async act(fields: Action): Promise<Message> {
    const { id, mark } = this.#send(fields);
    const response = await this.#first((message) => message['ActionID'] === id && 'Response' in message, mark, 10, `response to ${fields.Action}`);
    if (response['Response'] === 'Error') throw new LabError('control-failed', `${fields.Action}: ${response['Message'] ?? ''}`);
    return response;
  }

  /** Live channels whose name starts so. */
  async channels(prefix = ''): Promise<string[]> {
    const { id, mark } = this.#send({ Action: 'CoreShowChannels' });
    const mine = (message: Message): boolean => message['ActionID'] === id;
    await this.#first((message) => mine(message) && message['Event'] === 'CoreShowChannelsComplete', mark, 10, 'list of channels');
    const names = this.since(mark).filter((message) => mine(message) && message['Event'] === 'CoreShowChannel').map((message) => message['Channel'] ?? '');
    return names.filter((name) => name.startsWith(prefix));
  }

  async channel(prefix: string): Promise<string> {
    const [name] = await this.channels(prefix);
    if (name === undefined) throw new LabError('control-failed', `no channel ${prefix}…`);
    return name;
  }

  close(): void { this.#socket.destroy(); }

  #send(fields: Action): { readonly id: string; readonly mark: Mark } {
    this.#actions += 1;
    const id = `lab-${this.#actions}`;
    const mark = this.mark();
    const lines = Object.entries({ ...fields, ActionID: id }).flatMap(([key, value]) => [value].flat().map((each) => `${key}: ${each}\r\n`));
    this.#socket.write(`${lines.join('')}\r\n`);
    return { id, mark };
  }

  async #first(fits: (message: Message) => boolean, mark: Mark, seconds: number, what: string): Promise<Message> {
    const already = this.since(mark).find(fits);
    if (already) return already;
    const found = Promise.withResolvers<Message>();
    const watcher = (message: Message): void => { if (fits(message)) found.resolve(message); };
    this.#watchers.add(watcher);
    return within(seconds, `AMI: ${what}`, found.promise).finally(() => this.#watchers.delete(watcher));
  }

  #receive(text: string): void {
    const blocks = (this.#rest + text).split('\r\n\r\n');
    this.#rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const message = parse(block);
      this.#seen.push(message);
      for (const watcher of this.#watchers) watcher(message);
    }
    while (this.#seen.length > KEEP) { this.#seen.shift(); this.#dropped += 1; }
  }
}

/** Connects and logs in. */
export async function takeControl(login: ManagerLogin): Promise<Control> {
  const socket = connect(login.port, login.host);
  await within(10, 'AMI: connection', new Promise<void>((resolve, reject) => { socket.once('connect', resolve).once('error', reject); }));
  const control = new Control(socket);
  await control.act({ Action: 'Login', Username: login.username, Secret: login.secret, Events: 'on' });
  return control;
}
