/** The yardstick: asterisk-manager alone, which parses each event and counts it. */
import AsteriskManager from 'asterisk-manager';

interface Bare { on(event: 'managerevent', listener: () => void): void; login(callback: (error: unknown) => void): void }
const Manager = AsteriskManager as unknown as new (port: number, host: string, username: string, secret: string, events: boolean) => Bare;

const [port = '', events = ''] = process.argv.slice(2);
let first = 0n;
let heard = 0;
const manager = new Manager(Number(port), '127.0.0.1', 'callme', 'secret', true);
manager.on('managerevent', () => {
  if (heard === 0) first = process.hrtime.bigint();
  heard += 1;
  if (heard < Number(events)) return;
  process.stdout.write(`${JSON.stringify({ seconds: Number(process.hrtime.bigint() - first) / 1e9 })}\n`);
  process.exit(0);
});
