/**
 * The truth that a recording is compared with: what each party behind the trunk really sent and heard, packet by packet, taken at the sockets of
 * the lab's parties (`diagnostics_channel` tells of every socket of this process). Asterisk is not asked: it is on trial.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Socket } from 'node:dgram';
import { decodeUlaw } from '../sip/ulaw.ts';
import type { Sound } from '../wav.ts';

/** Milliseconds since 1970, as `Date.now()`, with fractions. */
export const wallClock = (): number => performance.timeOrigin + performance.now();

interface Packet { readonly at: number; readonly payload: Buffer }
/** One RTP socket of one party: one side of one call. */
export interface Line { readonly sent: Packet[]; readonly heard: Packet[] }

const SIP_PORT = 5060;
const RTP_HEAD = 12;
const PCMU = 0;
const PACKET_MS = 20;
const PACKET_SAMPLES = 160;
const RATE = 8000;
/** A packet that comes so many slots off its turn was late or early by a timer; more than that is a pause. */
const JITTER_SLOTS = 2;

const payloadType = (packet: Buffer): number => packet.readUInt8(1) & 0x7f;

export class Wiretap {
  readonly #address: string;
  readonly #lines = new Map<Socket, Line>();
  readonly #created = (message: unknown): void => {
    if (typeof message === 'object' && message !== null && 'socket' in message && message.socket instanceof Socket) this.#watch(message.socket);
  };

  /** `address`: of the party that is listened to (each party of the lab has one of its own). */
  constructor(address: string) {
    this.#address = address;
    subscribe('udp.socket', this.#created);
  }

  /** In the order in which the party opened them: one for each of its calls. */
  get lines(): readonly Line[] { return [...this.#lines.values()]; }
  /** The next story begins. */
  clear(): void { this.#lines.clear(); }
  close(): void { unsubscribe('udp.socket', this.#created); }

  #watch(socket: Socket): void {
    const line: Line = { sent: [], heard: [] };
    socket.once('listening', () => {
      const { address, port } = socket.address();
      if (address !== this.#address || port === SIP_PORT) return;
      this.#lines.set(socket, line);
      socket.on('message', (packet) => { if (packet.length > RTP_HEAD && payloadType(packet) === PCMU) line.heard.push({ at: wallClock(), payload: packet.subarray(RTP_HEAD) }); });
      tap(socket, (parts) => {
        const [head, payload] = parts;
        if (head !== undefined && payload !== undefined && payloadType(head) === PCMU) line.sent.push({ at: wallClock(), payload });
      });
    });
  }
}

/** `RtpStream` sends a packet as its head and its payload. */
function tap(socket: Socket, saw: (parts: readonly Buffer[]) => void): void {
  const send = socket.send.bind(socket) as (...words: readonly unknown[]) => void;
  Object.assign(socket, { send: (...words: readonly unknown[]) => {
    if (Array.isArray(words[0])) saw(words[0] as readonly Buffer[]);
    send(...words);
  } });
}

/** Packets as sound: the sample at 0 belongs to the moment `from`; silence where there was no packet. */
export function soundOf(packets: readonly Packet[], from: number, until: number): Sound {
  const samples = new Int16Array(Math.max(0, Math.ceil((until - from) / PACKET_MS)) * PACKET_SAMPLES);
  let next = 0;
  for (const { at, payload } of packets) {
    const due = Math.floor((at - from) / PACKET_MS);
    const slot = Math.abs(due - next) <= JITTER_SLOTS ? next : due;
    next = slot + 1;
    const start = slot * PACKET_SAMPLES;
    if (slot >= 0 && start + payload.length <= samples.length) samples.set(decodeUlaw(payload), start);
  }
  return { rate: RATE, samples };
}
