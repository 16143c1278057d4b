/** A connection that counts: events and bytes, nothing understood. Not CallMe's own link, so that only the wire is measured. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ManagerLogin } from '../../lab/asterisk.ts';
import { LabError, within } from '../../lab/errors.ts';
import type { Heard } from './traffic.ts';

const ANSWER_SECONDS = 10;

export class Ear {
  readonly #socket: Socket;
  #rest = '';
  #heard: Heard = { events: 0, bytes: 0 };
  readonly #answers = new Map<string, (item: string) => void>();
  #asked = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding('latin1').on('data', (text: string) => { this.#receive(text); }).on('error', () => undefined);
  }

  /** From here on. */
  forget(): void { this.#heard = { events: 0, bytes: 0 }; }

  /** All that Asterisk has said up to now: its answer to a ping comes behind every event before it. */
  async heard(): Promise<Heard> {
    await this.ask('Action: Ping');
    return this.#heard;
  }

  /** Rejects with LabError `control-failed` when Asterisk refuses, `timeout` when it does not answer. */
  async ask(action: string): Promise<void> {
    const id = `ear-${this.#asked += 1}`;
    const answer = new Promise<string>((resolve) => this.#answers.set(id, resolve));
    this.#socket.write(`${action}\r\nActionID: ${id}\r\n\r\n`);
    const item = await within(ANSWER_SECONDS, `AMI: answer to ${id}`, answer);
    if (item.startsWith('Response: Error')) throw new LabError('control-failed', /^Message: (.*)$/m.exec(item)?.[1] ?? 'refused');
  }

  close(): void { this.#socket.destroy(); }

  #receive(text: string): void {
    const items = (this.#rest + text).split(/(?<=\r\n\r\n)/);
    this.#rest = items.at(-1)?.endsWith('\r\n\r\n') === true ? '' : items.pop() ?? '';
    for (const item of items) this.#item(item);
  }

  #item(item: string): void {
    if (item.startsWith('Event: ')) this.#heard = { events: this.#heard.events + 1, bytes: this.#heard.bytes + item.length };
    const id = /^(?:.*\r\n)*?ActionID: (\S+)\r\n/.exec(item)?.[1];
    if (id !== undefined) this.#answers.get(id)?.(item);
  }
}

/** Listens with CallMe's filters, or without any. */
export async function listen(login: ManagerLogin, filters: readonly string[]): Promise<Ear> {
  const socket = connect(login.port, login.host);
  await within(ANSWER_SECONDS, 'AMI: connection', once(socket, 'connect'));
  const ear = new Ear(socket);
  await ear.ask(`Action: Login\r\nUsername: ${login.username}\r\nSecret: ${login.secret}`);
  for (const filter of filters) await ear.ask(`Action: Filter\r\nOperation: Add\r\nFilter: ${filter}`);
  return ear;
}
