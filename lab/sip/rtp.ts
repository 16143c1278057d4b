/**
 * One RTP stream [RFC 3550]: sounds a tone, keeps what it hears. One packet each 20 ms of a clock, not of a timer: a late timer sends what
 * is due, so that an hour of tone is an hour.
 */
import { createSocket, type Socket } from 'node:dgram';
import { randomInt } from 'node:crypto';
import { encodeUlaw } from './ulaw.ts';
import { digitPackets, type DigitPacket } from './dtmf.ts';
import { TELEPHONE_EVENT, type MediaAddress } from './sdp.ts';
import { sine } from '../wav.ts';

/**
 * `common`: all parties count from one machine clock. Real phones start at random, and Debian's build of Asterisk since 16.23 (also
 * Ubuntu's) then loses one direction of a recording after a transfer: debian/patches/2016_opus_plc.patch takes frames whose sequence
 * number is lower than the previous speaker's for late ones and drops them. That is a packaging defect, not Asterisk's, so the lab
 * steps around it; `random` shows it in about half of the transfers, `falling` in each: every new stream begins a minute lower than the last
 * one did (the numbers within a stream rise, as they must).
 */
export type SequenceClock = 'common' | 'random' | 'falling';

interface PressedKey { readonly packets: DigitPacket[]; readonly timestamp: number; readonly done: () => void }

const PACKET_MS = 20;
const SAMPLES = 160;
const SECOND = 8000;
/** A stall longer than this is not caught up in one burst: a phone would not do it either. */
const CATCH_UP = 50;
/** Ten minutes of what was heard. */
const HEARD_CAP = 600 * SECOND;

/** Packets since the machine started: the same number in every process. */
export const sequenceNow = (): number => Number(process.hrtime.bigint() / 20_000_000n);

/** Packets of a minute. */
const MINUTE_PACKETS = 60 * 50;
let streams = 0;
/** Below 32768 for the ten minutes of a run: a build with the defect takes higher ones for late wherever Asterisk itself has played something (numbered 0). */
const BEGUN = sequenceNow();
const firstNumber = (clock: 'random' | 'falling'): number => (clock === 'random' ? randomInt(0x1_0000) : 0xffff - (streams += 1) * MINUTE_PACKETS);

export class RtpStream {
  readonly #socket: Socket = createSocket('udp4');
  readonly #ssrc = randomInt(2 ** 31);
  readonly #timestampBase = randomInt(2 ** 30);
  readonly #sequenceBase: number;
  readonly #heard: Buffer[] = [];
  #heardBytes = 0;
  #tone: Buffer;
  #tick = sequenceNow();
  #timer: NodeJS.Timeout | undefined;
  #digits: PressedKey | null = null;
  #peer: MediaAddress | null = null;
  sounding = false;
  sent = 0;

  constructor(frequency: number, clock: SequenceClock) {
    this.#tone = encodeUlaw(sine(frequency, 6000, 1));
    this.#sequenceBase = clock === 'common' ? -BEGUN : firstNumber(clock) - (this.#tick & 0xffff);
    this.#socket.on('message', (packet) => { this.#hear(packet); });
    this.#socket.on('error', () => { this.close(); });
  }

  /** Resolves with the local port. */
  async open(address: string): Promise<number> {
    await new Promise<void>((resolve) => this.#socket.bind(0, address, resolve));
    this.#pace();
    return this.#socket.address().port;
  }

  set peer(peer: MediaAddress | null) { if (peer) this.#peer = peer; }
  set frequency(frequency: number) { this.#tone = encodeUlaw(sine(frequency, 6000, 1)); }

  /** Everything heard so far as µ-law bytes. */
  heard(): Buffer { return Buffer.concat(this.#heard); }

  /** Resolves when the digit and the pause after it are sent. */
  async press(digit: string): Promise<void> {
    return new Promise((done) => { this.#digits = { packets: digitPackets(digit), timestamp: this.#timestamp(), done }; });
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#digits?.done();
    this.#digits = null;
    try { this.#socket.close(); } catch { /* closed before: closing twice is no failure */ }
  }

  #timestamp(): number { return (this.#timestampBase + this.#tick * SAMPLES) >>> 0; }

  #pace(): void {
    const now = sequenceNow();
    if (now - this.#tick > CATCH_UP) this.#tick = now - 1;
    while (this.#tick < now) {
      this.#tick += 1;
      this.#sendOne();
    }
    const untilNext = PACKET_MS - Number((process.hrtime.bigint() / 1_000_000n) % BigInt(PACKET_MS));
    this.#timer = setTimeout(() => { this.#pace(); }, untilNext);
  }

  #sendOne(): void {
    if (this.#digits) { this.#sendDigit(this.#digits); return; }
    if (!this.sounding || !this.#peer) return;
    const position = (this.#tick % (SECOND / SAMPLES)) * SAMPLES;
    this.#send(0, false, this.#timestamp(), this.#tone.subarray(position, position + SAMPLES));
  }

  #sendDigit(digits: PressedKey): void {
    const packet = digits.packets.shift();
    if (packet?.payload) this.#send(TELEPHONE_EVENT, packet.first, digits.timestamp, packet.payload);
    if (digits.packets.length > 0) return;
    this.#digits = null;
    digits.done();
  }

  #send(payloadType: number, marker: boolean, timestamp: number, payload: Buffer): void {
    if (!this.#peer) return;
    const head = Buffer.alloc(12);
    head.writeUInt8(0x80, 0);
    head.writeUInt8((marker ? 0x80 : 0) | payloadType, 1);
    head.writeUInt16BE((this.#sequenceBase + this.#tick) & 0xffff, 2);
    head.writeUInt32BE(timestamp, 4);
    head.writeUInt32BE(this.#ssrc, 8);
    this.sent += 1;
    this.#socket.send([head, payload], this.#peer.port, this.#peer.address, () => undefined);
  }

  #hear(packet: Buffer): void {
    if (packet.length <= 12 || (packet.readUInt8(1) & 0x7f) !== 0 || this.#heardBytes > HEARD_CAP) return;
    this.#heard.push(packet.subarray(12));
    this.#heardBytes += packet.length - 12;
  }
}
