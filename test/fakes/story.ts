/**
 * A PBX that lives through a recorded call: plays a capture item by item to whoever is logged in, and knows at each moment which channels
 * live, so that CoreShowChannels tells the truth to whoever comes (back) in the middle. What happens while nobody listens is lost, as it is.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Headers, RawParser } from '../../ami/wire.ts';
import { belowRecordings } from '../../core/parties.ts';
import { block, type FakeAmi, type Pairs, response } from './ami.ts';
import { putFile, wavBytes } from './wav.ts';

const CAPTURES = join(import.meta.dirname, '..', 'captures');
export const capturePath = (name: string, version = '22.10.1'): string => join(CAPTURES, version, `${name}.txt`);
export const goldenIds = (name: string, version = '22.10.1'): readonly string[] =>
  readFileSync(join(CAPTURES, version, `${name}.facts`), 'utf8').trimEnd().split('\n').map((line) => `main/${line.split(' ')[0] ?? ''}`);

export type Moment = (item: Headers) => boolean;
/** The n-th item (from 1) that is this event and has these fields. */
export function moment(event: string, fields: Readonly<Record<string, string>> = {}, n = 1): Moment {
  let seen = 0;
  return (item) => item.event === event && Object.entries(fields).every(([name, value]) => item.text(name) === value) && ++seen === n;
}

export class Story {
  readonly #pbx: FakeAmi;
  readonly #recordings: string;
  readonly #items: readonly Headers[];
  readonly #living = new Map<string, Map<string, string>>();
  #at = 0;

  /** `recordings`: where the sound files appear, as the PBX closes them. */
  constructor(pbx: FakeAmi, capture: string, recordings: string) {
    this.#pbx = pbx;
    this.#recordings = recordings;
    this.#items = new RawParser().push(readFileSync(capturePath(capture), 'utf8')).filter((item) => item.event !== '' && item.event !== 'FullyBooted');
    pbx.on('CoreShowChannels', (action) => response(action, 'Success', ['EventList', 'start']) + this.channels.map((channel) =>
      block([['Event', 'CoreShowChannel'], ['ActionID', action.text('actionid')], ...channel])).join('')
      + block([['Event', 'CoreShowChannelsComplete'], ['ActionID', action.text('actionid')], ['EventList', 'Complete']]));
  }

  /** Who lives now. */
  get channels(): readonly Pairs[] { return [...this.#living.values()].map((channel) => [...channel]); }

  get isOver(): boolean { return this.#at >= this.#items.length; }

  /** Plays up to this moment, its item included; default: to the end. */
  async play(until: Moment = () => false): Promise<void> {
    for (let item = this.#next(); item !== undefined; item = this.#next()) {
      this.#live(item);
      this.#record(item);
      await this.#pbx.event([...item]);
      if (until(item)) return;
    }
  }

  #next(): Headers | undefined { return this.#items[this.#at++]; }

  #live(item: Headers): void {
    const id = item.text('Uniqueid');
    if (item.event === 'Newchannel') this.#living.set(id, new Map(item.text('ChannelStateDesc') === 'Down' ? [['Application', 'AppDial']] : [['Application', 'Dial']]));
    if (item.event === 'Hangup') this.#living.delete(id);
    const channel = this.#living.get(id);
    if (channel === undefined || item.text('Channel') === '') return;
    for (const name of ['Channel', 'Uniqueid', 'Linkedid', 'ChannelStateDesc', 'CallerIDNum', 'CallerIDName', 'Exten', 'Context']) channel.set(name, item.text(name));
    channel.set('Duration', '00:00:01');
    if (item.event === 'BridgeEnter') channel.set('BridgeId', item.text('BridgeUniqueid'));
    if (item.event === 'BridgeLeave') channel.set('BridgeId', '');
  }

  #record(item: Headers): void {
    const file = belowRecordings(item.text('RecFile'));
    if (item.text('UserEvent') !== 'CallMeRecEnd' || file === null) return;
    const bytes = Number(item.text('RecSize'));
    putFile(this.#recordings, file, wavBytes({ seconds: Math.max(0, bytes - 44) / 16_000 }));
  }
}
