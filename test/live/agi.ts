/** A FastAGI server of a few lines, so that the kit is tested without CallMe: it answers with variables, or keeps silent. */
import { createServer, type Server, type Socket } from 'node:net';

export interface Asked { readonly environment: Readonly<Record<string, string>> }
export type Behaviour = { readonly set: Readonly<Record<string, string>> } | 'silent';

const quote = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');

export class TinyAgi {
  readonly asked: Asked[] = [];
  behaviour: Behaviour = 'silent';
  readonly #server: Server = createServer((socket) => { this.#serve(socket); });
  readonly #open = new Set<Socket>();
  #onClosed: () => void = () => undefined;
  #onAsked: () => void = () => undefined;

  async listen(port: number): Promise<this> {
    await new Promise<void>((resolve, reject) => { this.#server.once('error', reject).listen(port, '127.0.0.1', resolve); });
    return this;
  }

  /** The next time that Asterisk ends a session. */
  async closedByAsterisk(): Promise<void> { return new Promise((resolve) => { this.#onClosed = resolve; }); }
  /** The next time that Asterisk has asked. */
  async askedNext(): Promise<void> { return new Promise((resolve) => { this.#onAsked = resolve; }); }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => { resolve(); }));
  }

  #serve(socket: Socket): void {
    this.#open.add(socket);
    let text = '';
    let commands: string[] | null = null;
    socket.setEncoding('utf8').on('error', () => undefined).on('close', () => { this.#open.delete(socket); this.#onClosed(); });
    socket.on('data', (chunk: string) => {
      text += chunk;
      if (commands === null && text.includes('\n\n')) commands = this.#begin(text);
      else if (commands === null || this.behaviour === 'silent') return;
      const next = commands.shift();
      if (next !== undefined) socket.write(`${next}\n`);
      else if (this.behaviour !== 'silent') socket.end();
    });
  }

  #begin(text: string): string[] {
    const lines = text.split('\n').filter((line) => line.includes(': '));
    const environment = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]));
    this.asked.push({ environment });
    this.#onAsked();
    return this.behaviour === 'silent' ? [] : Object.entries(this.behaviour.set).map(([name, value]) => `SET VARIABLE ${name} "${quote(value)}"`);
  }
}
