/** Listens to a lab's Asterisk as CallMe does, and keeps what it hears as a capture: CallMe's own filter, and every CEL event besides. */
import { captureLine, type CaptureEntry } from '../ami/capture.ts';
import { headLine } from '../ami/capture-head.ts';
import { applyFilters } from '../ami/filters.ts';
import { openLink } from '../ami/link.ts';
import type { Headers } from '../ami/wire.ts';
import type { Profile } from '../core/parties.ts';
import { phoneKey } from '../core/phone.ts';
import type { Extension, Instant, PbxId } from '../core/words.ts';
import type { ManagerLogin } from './asterisk.ts';
import { LabError, within } from './errors.ts';
import { MOBILE_OF_219 } from './scenarios/story.ts';

const PBX = 'main' as PbxId;
/** What the lab's PBX is like, for whoever replays the capture. */
export const PROFILE: Profile = {
  external: [/^PJSIP\/trunk/u], internal: /^[0-9]{2,5}$/u, mobiles: new Map([[phoneKey(MOBILE_OF_219), '219' as Extension]]),
};
/** What the filter of an older CallMe may lack; several expressions are an OR, so a double one does no harm. */
const MORE = ['Event: CEL', 'Application: VoiceMail'];
const SETTLE_MS = 200;
const OVER_SECONDS = 15;

export class Witness {
  readonly #lines: string[] = [];
  /** What has begun and has not ended yet: channels, linkedids, sound files. */
  readonly #open = new Set<string>();
  readonly #stop = new AbortController();
  #over: PromiseWithResolvers<undefined> | null = null;

  /** Rejects with AmiError. The capture begins with the empty list of channels that CallMe would get. */
  async listen(login: ManagerLogin): Promise<this> {
    const link = await openLink(login, { onEvent: (headers, at) => { this.#heard(headers, at); }, signal: this.#stop.signal });
    const filters = await applyFilters(link);
    if (filters.kind === 'refused') throw new LabError('control-failed', `Filter: ${filters.message}`);
    for (const filter of MORE) await link.action({ Action: 'Filter', Operation: 'Add', Filter: filter });
    this.#lines.length = 0;
    this.#keep({ kind: 'resync', at: Date.now() as Instant, pbx: PBX, alive: [] });
    return this;
  }

  /** Resolves when every channel is gone, every linkedid sealed and every file closed; rejects with LabError `timeout` naming those that are not. */
  async over(): Promise<void> {
    if (this.#open.size > 0) {
      this.#over = Promise.withResolvers<undefined>();
      await within(OVER_SECONDS, 'the end of every channel, linkedid and file', this.#over.promise)
        .catch((error: unknown) => { throw new LabError('timeout', `${String(error)}: still open ${[...this.#open].join(', ')}`); });
    }
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
  }

  close(): void { this.#stop.abort(); }

  /** The capture. */
  text(): string {
    return [headLine({ masked: false, pbx: PBX, version: '', profile: PROFILE }), ...this.#lines].map((line) => `${line}\n`).join('');
  }

  #keep(entry: CaptureEntry): void { this.#lines.push(captureLine(entry)); }

  #heard(headers: Headers, at: Instant): void {
    this.#keep({ kind: 'headers', at, pbx: PBX, headers });
    const { begins, ends } = bounds(headers);
    if (begins !== null) this.#open.add(begins);
    if (ends !== null) this.#open.delete(ends);
    if (this.#open.size === 0) this.#over?.resolve(undefined);
  }
}

interface Bounds { readonly begins: string | null; readonly ends: string | null }
const begins = (what: string): Bounds => ({ begins: what, ends: null });
const ends = (what: string): Bounds => ({ begins: null, ends: what });

function bounds(headers: Headers): Bounds {
  switch (`${headers.event}/${headers.text('EventName')}${headers.text('UserEvent')}`) {
    case 'Newchannel/': return begins(`channel ${headers.text('Uniqueid')}`);
    case 'Hangup/': return ends(`channel ${headers.text('Uniqueid')}`);
    case 'CEL/CHAN_START': return begins(`linkedid ${headers.text('LinkedID')}`);
    case 'CEL/LINKEDID_END': return ends(`linkedid ${headers.text('LinkedID')}`);
    case 'UserEvent/CallMeRecStart': return begins(`file ${headers.text('RecFile')}`);
    case 'UserEvent/CallMeRecEnd': return ends(`file ${headers.text('RecFile')}`);
    default: return { begins: null, ends: null };
  }
}
