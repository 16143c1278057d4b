/** Plays one story and listens to what the kit recorded of it. */
import { readFile } from 'node:fs/promises';
import type { Message } from '../control.ts';
import { TONES } from '../configuration/people.ts';
import { GAP_SECONDS } from '../hearing.ts';
import type { Lab } from '../lab.ts';
import { play, type Cast, type StoryName } from '../scenarios.ts';
import { analyse } from '../tones.ts';
import { readWav } from '../wav.ts';
import { mustBeHeard } from './columns.ts';
import { compareBoth, PEOPLE, presenceOf, secondsOf, SLOT_SECONDS, type Heard, type Presence } from './presence.ts';
import { soundOf, type Line, type Wiretap } from './wiretap.ts';

export interface FileHeard { readonly seconds: number; readonly people: readonly Heard[] }
export interface Performance { readonly story: StoryName; readonly files: readonly FileHeard[]; /** Empty = the recording is whole. */ readonly complaints: readonly string[] }

/** A channel of the trunk with its recording, if the kit made one. */
interface Recorded { readonly channel: string; readonly file: string; readonly from: number; readonly until: number }

/** Windows of the ear, edges of a packet: less is no speech, and nobody is blamed for it. */
const SPEECH_SECONDS = 0.5;
/** How much longer somebody may be heard than he spoke (edges), before it is said that he should not be there. */
const MORE_SECONDS = 0.5;
/** Many short gaps are a long one. */
const LESS_SECONDS = 0.5;

/** The second outside party of a story sounds 600 Hz, whoever he is: 219's mobile would else sound as the client does. */
export function tellApart({ trunk }: Lab): void {
  const ring = trunk.ring.bind(trunk);
  trunk.ring = async (invite) => {
    const dialog = await ring(invite);
    if (trunk.dialogs.size > 1) dialog.rtp.frequency = TONES.T2;
    return dialog;
  };
}

/** Rejects with a LabError when the story cannot be played. */
export async function perform(lab: Lab, tap: Wiretap, name: StoryName, cast: Partial<Cast>): Promise<Performance> {
  await lab.reset();
  tap.clear();
  const mark = lab.control.mark();
  await play(lab, name, cast);
  await allClosed(lab, mark);
  const messages = lab.control.since(mark);
  const channels = trunkChannels(messages);
  const { lines } = tap;
  if (channels.length !== lines.length) return { story: name, files: [], complaints: [`${channels.length} channels of the trunk, ${lines.length} calls of the party behind it`] };
  const recorded = channels.flatMap((channel, index): readonly Judged[] => judged(channel, lines[index], messages));
  const files = await Promise.all(recorded.filter(({ file }) => file !== '').map(listen));
  const broken = files.flatMap((file, index) => complaintsOf(file, files.length > 1 ? `file ${index + 1}: ` : ''));
  return { story: name, files, complaints: [...unrecorded(recorded, files), ...broken, ...missing(name, files)] };
}

async function allClosed(lab: Lab, mark: number): Promise<void> {
  const starts = lab.control.since(mark).filter((message) => message['UserEvent'] === 'CallMeRecStart');
  for (const start of starts) await lab.control.event({ UserEvent: 'CallMeRecEnd', RecFile: start['RecFile'] ?? '' }, mark);
}

const trunkChannels = (messages: readonly Message[]): readonly string[] =>
  messages.filter((message) => message['Event'] === 'Newchannel' && (message['Channel'] ?? '').startsWith('PJSIP/trunk')).map((message) => message['Channel'] ?? '');

interface Judged extends Recorded { readonly line: Line }
const at = (message: Message | undefined): number => Number(message?.['Timestamp'] ?? Number.NaN) * 1000;

function judged(channel: string, line: Line | undefined, messages: readonly Message[]): readonly Judged[] {
  if (line === undefined) return [];
  const said = (word: string): Message | undefined => messages.find((message) => message['UserEvent'] === word && message['Channel'] === channel);
  const [start, end] = [said('CallMeRecStart'), said('CallMeRecEnd')];
  return [{ channel, line, file: start?.['RecFile'] ?? '', from: at(start), until: at(end) }];
}

function truthOf(line: Line, from: number, until: number): Presence {
  return presenceOf(analyse(soundOf(line.sent, from, until)), analyse(soundOf(line.heard, from, until)));
}

async function listen({ file, line, from, until }: Judged): Promise<FileHeard> {
  const sound = readWav(await readFile(file));
  const most = Math.ceil((until - from) / 1000 / SLOT_SECONDS);
  return { seconds: sound.samples.length / sound.rate, people: compareBoth(truthOf(line, from, until), presenceOf(analyse(sound)), most) };
}

const inSeconds = (value: number): string => `${value.toFixed(2)} s`;

function complaintsOf({ people }: FileHeard, which: string): readonly string[] {
  return people.flatMap(({ person, heard, spoken, gap, gapAt }) => [
    ...gap > GAP_SECONDS ? [`${which}${person} speaks and is not heard for ${inSeconds(gap)} from ${inSeconds(gapAt)} on`] : [],
    ...spoken - heard > LESS_SECONDS ? [`${which}${person} spoke for ${inSeconds(spoken)} with the client and is heard for ${inSeconds(heard)}`] : [],
    ...heard - spoken > MORE_SECONDS ? [`${which}${person} is heard for ${inSeconds(heard)} and spoke for ${inSeconds(spoken)} with the client`] : [],
  ]);
}

/** An outside party without a recorder on his channel: the employee who talks with him must be in another one's recording. */
function unrecorded(recorded: readonly Judged[], files: readonly FileHeard[]): readonly string[] {
  return recorded.filter(({ file }) => file === '').flatMap(({ channel, line }) => {
    const [first, last] = [line.heard[0]?.at, line.heard.at(-1)?.at];
    if (first === undefined || last === undefined) return [];
    const heard = truthOf({ sent: [], heard: line.heard }, first, last);
    const alone = PEOPLE.filter((person) => person !== 'T' && person !== 'T2' && secondsOf(heard[person]) >= SPEECH_SECONDS && !isHeard(person, files));
    return alone.length === 0 ? [] : [`${channel} talks with ${alone.join(', ')} and nothing records it`];
  });
}

const isHeard = (person: string, files: readonly FileHeard[]): boolean =>
  files.some(({ people }) => people.some((each) => each.person === person && each.heard >= SPEECH_SECONDS && each.spoken >= SPEECH_SECONDS));

function missing(name: StoryName, files: readonly FileHeard[]): readonly string[] {
  if (files.length === 0) return ['no recording'];
  return mustBeHeard(name).filter((person) => !isHeard(person, files)).map((person) => `${person} is missing`);
}
