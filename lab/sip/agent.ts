/** One party: a telephone, or the provider behind the trunk. UDP, no registration, no password: PJSIP knows it by its address. */
import { createSocket, type Socket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { LabError, within } from '../errors.ts';
import { Dialog, type Wire } from './dialog.ts';
import { header, parseMessage, requestUri, statusOf, tagOf, uriOf, type SipMessage } from './message.ts';
import { answer, type Policy } from './policy.ts';
import { receiveRequest } from './requests.ts';
import { receiveResponse } from './responses.ts';
import type { SequenceClock } from './rtp.ts';
import type { MediaAddress } from './sdp.ts';

export interface PartyOptions {
  readonly user: string;
  readonly address: string;
  /** Its tone, in whole hertz. */
  readonly frequency: number;
  readonly pbx: MediaAddress;
  readonly sequence?: SequenceClock;
  /** A party that stands for several people (the trunk) may sound differently by the number that was called. */
  readonly frequencyOf?: (calledUri: string) => number;
}
export interface CallOptions { readonly as?: string; readonly name?: string }

const PORT = 5060;

export class Party {
  readonly options: PartyOptions;
  readonly dialogs = new Map<string, Dialog>();
  /** What happened, for the message of a test that fails. */
  readonly trace: string[] = [];
  policy: Policy = answer();
  #socket: Socket | null = null;
  readonly #arrived: Dialog[] = [];
  readonly #waiting = new Set<PromiseWithResolvers<Dialog>>();

  constructor(options: PartyOptions) { this.options = options; }

  async open(): Promise<this> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(PORT, this.options.address, resolve);
    });
    socket.removeAllListeners('error').on('error', (error) => { this.note(error.message); });
    socket.on('message', (packet) => { this.#receive(packet.toString('utf8')); });
    this.#socket = socket;
    return this;
  }

  close(): void {
    for (const dialog of this.dialogs.values()) { dialog.hangUp(); dialog.finish('the lab closes'); }
    this.#socket?.close();
    this.#socket = null;
  }

  /** Hangs up everything and forgets what came in: the next story starts clean. */
  reset(): void {
    for (const dialog of this.dialogs.values()) { dialog.hangUp(); dialog.rtp.close(); }
    this.dialogs.clear();
    this.#arrived.length = 0;
    // Whoever still waits belongs to the story before and must not take a call of the next one.
    for (const wait of this.#waiting) wait.reject(new LabError('abandoned', `${this.options.user}: the story is over, no call came in`));
    this.#waiting.clear();
    this.trace.length = 0;
    this.policy = answer();
  }

  /** Calls; resolves when the INVITE is sent. Then `ringing()`, `answered()`, `ended()` on the dialog. */
  async call(extension: string, options: CallOptions = {}): Promise<Dialog> {
    const { address, pbx } = this.options;
    const local = `sip:${options.as ?? this.options.user}@${address}`;
    const dialog = this.#dialog({ callId: randomBytes(8).toString('hex'), local, remote: `sip:${extension}@${pbx.address}:${pbx.port}` }, 'calling', this.#wire(options.name ?? ''));
    await dialog.openMedia();
    this.note(`calls ${extension}`);
    dialog.sendInvite();
    return dialog;
  }

  /** The next call that comes in, or came in and was not asked for yet. */
  async incoming(seconds = 20): Promise<Dialog> {
    const ready = this.#arrived.shift();
    if (ready) return ready;
    const wait = Promise.withResolvers<Dialog>();
    this.#waiting.add(wait);
    return within(seconds, `${this.options.user}: an incoming call`, wait.promise).finally(() => this.#waiting.delete(wait));
  }

  /** A new call from outside of any dialog: used by the request handler. */
  async ring(invite: SipMessage): Promise<Dialog> {
    const addresses = { callId: header(invite, 'call-id'), local: uriOf(header(invite, 'to')), remote: uriOf(header(invite, 'from')) };
    const dialog = this.#dialog(addresses, 'ringing', this.#wire(''));
    dialog.incoming = invite;
    dialog.remoteTag = tagOf(header(invite, 'from'));
    dialog.target = uriOf(header(invite, 'contact'));
    if (this.options.frequencyOf) dialog.rtp.frequency = this.options.frequencyOf(requestUri(invite));
    await dialog.openMedia();
    dialog.applyMedia(invite.body);
    this.note(`rings, from ${header(invite, 'from')}`);
    this.#hand(dialog);
    return dialog;
  }

  send(text: string): void { this.#socket?.send(text, this.options.pbx.port, this.options.pbx.address, () => undefined); }
  note(line: string): void { if (this.trace.length < 1000) this.trace.push(`${new Date().toISOString().slice(11, 23)} ${this.options.user} ${line}`); }

  #hand(dialog: Dialog): void {
    const [next] = this.#waiting;
    if (!next) { this.#arrived.push(dialog); return; }
    this.#waiting.delete(next);
    next.resolve(dialog);
  }

  #dialog(addresses: ConstructorParameters<typeof Dialog>[1], state: 'calling' | 'ringing', wire: Wire): Dialog {
    const dialog = new Dialog(wire, addresses, state);
    this.dialogs.set(dialog.callId, dialog);
    return dialog;
  }

  #wire(displayName: string): Wire {
    const { user, address, frequency, sequence = 'common' } = this.options;
    return { user, displayName, address, port: PORT, frequency, sequence, send: (text) => { this.send(text); }, note: (line) => { this.note(line); } };
  }

  #receive(text: string): void {
    if (text.length < 10) return;
    const message = parseMessage(text);
    const dialog = this.dialogs.get(header(message, 'call-id')) ?? null;
    if (statusOf(message) > 0) { if (dialog) receiveResponse(dialog, message); return; }
    receiveRequest(this, dialog, message);
  }
}
