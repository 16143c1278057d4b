/** The whole lab: an Asterisk, the provider behind its trunk, three telephones, and a hand on the AMI. */
import { copyFile, appendFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { raiseAsterisk, type Asterisk, type AsteriskOptions } from './asterisk.ts';
import { EXTENSIONS, extensionAddress, SECOND_OUTSIDE, TONES, trunkAddress, type LabExtension } from './configuration/people.ts';
import { takeControl, type Control, type Mark } from './control.ts';
import { LabError } from './errors.ts';
import { Party } from './sip/agent.ts';
import type { SequenceClock } from './sip/rtp.ts';

export interface LabOptions extends AsteriskOptions {
  /** See `sip/rtp.ts`: `random` shows the packaging defect of Debian's Asterisk. */
  readonly sequence?: SequenceClock;
  /** Put the kit in by copying it; leave it out where the installer itself is on trial. */
  readonly kit?: boolean;
}
/** What the kit said when it closed a file. */
export interface ClosedRecording { readonly file: string; readonly bytes: number; readonly linkedid: string }

const DIALPLAN = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dialplan');
const QUIET_SECONDS = 15;

export class Lab {
  readonly asterisk: Asterisk;
  readonly control: Control;
  readonly trunk: Party;
  readonly phones: Readonly<Record<LabExtension, Party>>;

  constructor(asterisk: Asterisk, control: Control, trunk: Party, phones: Readonly<Record<LabExtension, Party>>) {
    this.asterisk = asterisk;
    this.control = control;
    this.trunk = trunk;
    this.phones = phones;
  }

  get parties(): readonly Party[] { return [this.trunk, ...Object.values(this.phones)]; }

  /** How a phone names a number of this PBX, for REFER and 302. */
  uri(extension: string): string { return `sip:${extension}@${this.asterisk.place.address}:${this.asterisk.place.sipPort}`; }

  /** What the parties did, in the order of time: for the message of a test that fails. */
  trace(): string { return this.parties.flatMap((party) => party.trace).sort().join('\n'); }

  /** The next file that the kit closes since `mark`. */
  async closedRecording(mark: Mark, seconds = 20): Promise<ClosedRecording> {
    const event = await this.control.event({ Event: 'UserEvent', UserEvent: 'CallMeRecEnd' }, mark, seconds);
    return { file: event['RecFile'] ?? '', bytes: Number(event['RecSize']), linkedid: event['RecLinkedid'] ?? '' };
  }

  /** Waits until Asterisk has no channel left; rejects with LabError `timeout` naming those that stay. */
  async quiet(seconds = QUIET_SECONDS): Promise<void> {
    const until = Date.now() + seconds * 1000;
    let left = await this.control.channels();
    while (left.length > 0) {
      if (Date.now() > until) throw new LabError('timeout', `channels left: ${left.join(', ')}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      left = await this.control.channels();
    }
  }

  /** Everybody hangs up and behaves as at the start. */
  async reset(): Promise<void> {
    for (const party of this.parties) party.reset();
    await this.quiet();
  }

  async close(): Promise<void> {
    for (const party of this.parties) party.close();
    this.control.close();
    await this.asterisk.stop();
  }
}

/** As a person would by hand: the file into the folder, one line into extensions_custom.conf, reload. */
export async function copyKit(asterisk: Asterisk): Promise<void> {
  await copyFile(join(DIALPLAN, 'callme.conf'), join(asterisk.etc, 'callme.conf'));
  await appendFile(join(asterisk.etc, 'extensions_custom.conf'), '#include callme.conf\n');
  await asterisk.reloadDialplan();
}

async function openParties(asterisk: Asterisk, sequence: SequenceClock): Promise<{ trunk: Party; phones: Record<LabExtension, Party> }> {
  const { place } = asterisk;
  const pbx = { address: place.address, port: place.sipPort };
  const frequencyOf = (uri: string): number => (uri.includes(SECOND_OUTSIDE) ? TONES.T2 : TONES.T);
  const trunk = await new Party({ user: 'trunk', address: trunkAddress(place), frequency: TONES.T, pbx, sequence, frequencyOf }).open();
  const phone = (user: LabExtension): Promise<Party> =>
    new Party({ user, address: extensionAddress(place, user), frequency: TONES[user], pbx, sequence }).open();
  const [first, second, third] = await Promise.all([phone(EXTENSIONS[0]), phone(EXTENSIONS[1]), phone(EXTENSIONS[2])]);
  return { trunk, phones: { 219: first, 220: second, 221: third } };
}

/** Raises everything; `close()` ends it. Rejects with a LabError, and leaves nothing running then. */
export async function raiseLab(options: LabOptions = {}): Promise<Lab> {
  const asterisk = await raiseAsterisk(options);
  try {
    if (options.kit ?? true) await copyKit(asterisk);
    const { trunk, phones } = await openParties(asterisk, options.sequence ?? 'common');
    return new Lab(asterisk, await takeControl(asterisk.control), trunk, phones);
  } catch (error) {
    await asterisk.stop();
    throw error;
  }
}
