/**
 * One SIP dialog of a party [RFC 3261 section 12] with its sound: what the party may do in it (answer, hold, transfer, press keys, hang up).
 * Longer than a hundred lines: the requests of a dialog share its tags, counters and targets.
 */
import { randomBytes, randomInt } from 'node:crypto';
import { within } from '../errors.ts';
import { formatMessage, tagOf, type SipMessage } from './message.ts';
import { RtpStream, type SequenceClock } from './rtp.ts';
import { describeMedia, remoteMedia, type MediaDirection } from './sdp.ts';

/** What a dialog needs of its party. */
export interface Wire {
  readonly user: string;
  readonly displayName: string;
  readonly address: string;
  readonly port: number;
  readonly frequency: number;
  readonly sequence: SequenceClock;
  readonly send: (text: string) => void;
  readonly note: (line: string) => void;
}
export type DialogState = 'calling' | 'ringing' | 'up' | 'ended';
/** Who speaks to whom: `remote` also is the request target until a Contact says otherwise. */
export interface DialogAddresses { readonly callId: string; readonly local: string; readonly remote: string }
interface RequestParts { readonly body?: string; readonly extra?: readonly string[]; readonly cseq?: number; readonly branch?: string }

const SIGNAL_SECONDS = 10;

export class Dialog {
  readonly callId: string;
  readonly localTag = randomBytes(4).toString('hex');
  readonly rtp: RtpStream;
  readonly #wire: Wire;
  readonly #localUri: string;
  readonly #remoteUri: string;
  readonly #answered = Promise.withResolvers<undefined>();
  readonly #ended = Promise.withResolvers<string>();
  readonly #ringing = Promise.withResolvers<undefined>();
  readonly #referred = Promise.withResolvers<undefined>();
  #reinvited: PromiseWithResolvers<undefined> | null = null;
  #cseq = randomInt(100, 900);
  #mediaPort = 0;
  #mediaVersion = 0;
  #invite = { cseq: 0, branch: '' };
  state: DialogState;
  remoteTag = '';
  target: string;
  /** The INVITE that opened it, where the other side called. */
  incoming: SipMessage | null = null;
  /** CSeq of their last INVITE: a repeated packet is not a re-INVITE. */
  remoteInvite = 0;
  /** The final status of our INVITE, 0 = none yet. */
  finalStatus = 0;

  constructor(wire: Wire, addresses: DialogAddresses, state: DialogState) {
    this.#wire = wire;
    this.callId = addresses.callId;
    this.#localUri = addresses.local;
    this.#remoteUri = addresses.remote;
    this.target = addresses.remote;
    this.state = state;
    this.rtp = new RtpStream(wire.frequency, wire.sequence);
  }

  // ---- what a story waits for; every wait has a deadline
  async answered(seconds = 30): Promise<void> { await within(seconds, `${this.#wire.user}: answer`, Promise.race([this.#answered.promise, this.#ended.promise])); }
  async ended(seconds = 60): Promise<string> { return within(seconds, `${this.#wire.user}: end of the call`, this.#ended.promise); }
  async ringing(seconds = 15): Promise<void> { await within(seconds, `${this.#wire.user}: ringing`, Promise.race([this.#ringing.promise, this.#ended.promise])); }
  /** The PBX told (NOTIFY) how the transfer went. */
  async referred(seconds = 30): Promise<void> { await within(seconds, `${this.#wire.user}: end of the transfer`, Promise.race([this.#referred.promise, this.#ended.promise])); }
  get invite(): { readonly cseq: number; readonly branch: string } { return this.#invite; }

  // ---- what a party does
  async openMedia(): Promise<void> { this.#mediaPort = await this.rtp.open(this.#wire.address); }
  sendInvite(direction: MediaDirection = 'sendrecv'): void { this.#invite = this.#request('INVITE', { body: this.media(direction) }); }
  hangUp(): void {
    if (this.state === 'up') { this.#request('BYE'); this.finish('hung up'); }
    if (this.state === 'calling') this.cancel();
  }
  cancel(): void { this.#request('CANCEL', this.#invite); }
  async hold(): Promise<void> { await this.#reinvite('sendonly'); }
  async unhold(): Promise<void> { await this.#reinvite('sendrecv'); }
  /** Blind transfer [RFC 3515]. */
  refer(uri: string): void { this.#request('REFER', { extra: [`Refer-To: <${uri}>`, `Referred-By: <${this.#localUri}>`] }); }
  /** Attended transfer: joins this call's other side with `other`'s [RFC 3891]. */
  referReplaces(other: Dialog): void {
    const replaces = `${encodeURIComponent(other.callId)}%3Bto-tag%3D${other.remoteTag}%3Bfrom-tag%3D${other.localTag}`;
    this.refer(`${other.#remoteUri}?Replaces=${replaces}`);
  }
  async press(digits: string): Promise<void> { for (const digit of digits) await this.rtp.press(digit); }

  // ---- what happens to it
  media(direction: MediaDirection): string {
    this.#mediaVersion += 1;
    return describeMedia({ address: this.#wire.address, port: this.#mediaPort }, this.#mediaVersion, direction);
  }
  applyMedia(body: string): void { this.rtp.peer = remoteMedia(body); }
  learnRemoteTag(nameAddress: string): void { this.remoteTag = tagOf(nameAddress) || this.remoteTag; }
  acknowledge(cseq: number, branch?: string): void { this.#request('ACK', branch === undefined ? { cseq } : { cseq, branch }); }
  noteRinging(): void { this.#ringing.resolve(undefined); }
  noteReferred(): void { this.#referred.resolve(undefined); }
  noteUp(): void {
    if (this.state === 'up') { this.#reinvited?.resolve(undefined); return; }
    this.state = 'up';
    this.rtp.sounding = true;
    this.#wire.note('up');
    this.#answered.resolve(undefined);
  }
  finish(why: string): void {
    if (this.state === 'ended') return;
    this.state = 'ended';
    this.rtp.close();
    this.#wire.note(`ended: ${why}`);
    this.#ended.resolve(why);
  }

  async #reinvite(direction: MediaDirection): Promise<void> {
    this.#reinvited = Promise.withResolvers<undefined>();
    this.rtp.sounding = direction === 'sendrecv';
    this.sendInvite(direction);
    await within(SIGNAL_SECONDS, `${this.#wire.user}: answer to re-INVITE`, Promise.race([this.#reinvited.promise, this.#ended.promise]));
  }

  #request(method: string, parts: RequestParts = {}): { readonly cseq: number; readonly branch: string } {
    const cseq = parts.cseq ?? (this.#cseq += 1);
    const branch = parts.branch ?? `z9hG4bK${randomBytes(8).toString('hex')}`;
    const body = parts.body ?? '';
    const headers = [...this.#headers(method, cseq, branch), ...parts.extra ?? [], ...body === '' ? [] : ['Content-Type: application/sdp']];
    this.#wire.send(formatMessage(`${method} ${this.target} SIP/2.0`, headers, body));
    return { cseq, branch };
  }

  #headers(method: string, cseq: number, branch: string): string[] {
    const { user, displayName, address, port } = this.#wire;
    const tag = this.remoteTag === '' ? '' : `;tag=${this.remoteTag}`;
    return [
      `Via: SIP/2.0/UDP ${address}:${port};branch=${branch};rport`, 'Max-Forwards: 70',
      `From: ${displayName === '' ? '' : `"${displayName}" `}<${this.#localUri}>;tag=${this.localTag}`, `To: <${this.#remoteUri}>${tag}`,
      `Call-ID: ${this.callId}`, `CSeq: ${cseq} ${method}`, `Contact: <sip:${user}@${address}:${port}>`, 'User-Agent: callme-lab',
      'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, NOTIFY, REFER, UPDATE, INFO', 'Supported: replaces',
    ];
  }
}
