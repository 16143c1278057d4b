/** A channel of the fake PBX with the kit's recorder on it: its variables, and the actions that stop, start and mute recorders, as 22.10.1 answers them. */
import type { Headers } from '../../ami/wire.ts';
import { block, type FakeAmi, type Handler, response } from './ami.ts';

export interface Recorded {
  /** As `${CallMeFILE}`; an own path of the PBX. */
  readonly file: string;
  readonly options?: string;
  readonly foreign?: string;
  readonly version?: string;
}

/** The version of a build that goes deaf. */
export const DEAF = '22.10.1+dfsg+~cs6.17.60671434-1';

export class RecordedChannel {
  readonly name: string;
  readonly variables: Map<string, string>;
  /** What was done to the recorder, in order: `stop 0x1`, `start ai(CallMeMIXID) /…`, `mute 1`, `set NAME=value`. */
  readonly done: string[] = [];
  /** Ids of the recorders that run. */
  readonly running = new Set(['0x1']);
  muted = false;
  #ids = 1;
  readonly #pbx: FakeAmi;

  constructor(pbx: FakeAmi, name: string, { file, options = '', foreign = '', version = DEAF }: Recorded) {
    this.name = name;
    this.#pbx = pbx;
    this.variables = new Map([['CallMeMIXID', '0x1'], ['CallMeFILE', file], ['CallMeOPTIONS', options], ['MIXMONITOR_FILENAME', foreign]]);
    pbx.on('CoreSettings', (action) => response(action, 'Success', ['AsteriskVersion', version]));
    pbx.on('Status', (action) => this.#status(action));
    pbx.on('Setvar', this.#here((action) => this.#set(action)));
    pbx.on('StopMixMonitor', this.#here((action) => this.#stop(action)));
    pbx.on('MixMonitor', this.#here((action) => this.#start(action)));
    pbx.on('MixMonitorMute', this.#here((action) => this.#mute(action)));
  }

  /** How this channel answers an action, for a test that answers otherwise at first. */
  handler(action: 'MixMonitor' | 'StopMixMonitor'): Handler {
    return this.#here((said) => (action === 'MixMonitor' ? this.#start(said) : this.#stop(said)));
  }

  /** Resolves when something more was done. */
  async until(so: () => boolean): Promise<void> {
    while (!so()) await this.#pbx.changed();
  }

  #here(handler: (action: Headers) => string): Handler {
    return (action) => (action.text('channel') === this.name ? handler(action) : response(action, 'Error', ['Message', 'No such channel']));
  }

  #status(action: Headers): string {
    if (action.has('channel') && action.text('channel') !== this.name) return response(action, 'Error', ['Message', 'No such channel']);
    const id = ['ActionID', action.text('actionid')] as const;
    const variables = action.text('variables').split(',').filter((name) => name !== '').map((name) => ['Variable', `${name}=${this.variables.get(name) ?? '(null)'}`] as const);
    return response(action, 'Success', ['EventList', 'start']) + block([['Event', 'Status'], ['Channel', this.name], ...variables, id])
      + block([['Event', 'StatusComplete'], ['EventList', 'Complete'], ['Items', '1'], id]);
  }

  #set(action: Headers): string {
    this.variables.set(action.text('variable'), action.text('value'));
    this.done.push(`set ${action.text('variable')}=${action.text('value')}`);
    return response(action, 'Success', ['Message', 'Variable Set']);
  }

  #stop(action: Headers): string {
    const id = action.text('mixmonitorid');
    this.done.push(`stop ${id}`);
    return this.running.delete(id) ? response(action, 'Success') : response(action, 'Error', ['Message', 'Could not stop monitoring channel']);
  }

  #start(action: Headers): string {
    const id = `0x${String(this.#ids += 1)}`;
    this.running.add(id);
    this.variables.set('CallMeMIXID', id);
    this.variables.set('MIXMONITOR_FILENAME', action.text('file'));
    this.done.push(`start ${action.text('options')} ${action.text('file')}`);
    return response(action, 'Success', ['MixMonitorID', id]);
  }

  #mute(action: Headers): string {
    this.muted = action.text('state') === '1';
    this.done.push(`mute ${action.text('state')} ${action.text('direction')}`);
    return response(action, 'Success');
  }
}
