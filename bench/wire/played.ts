/** The stories played on a real Asterisk, one at a time, heard by two connections of equal rights. */
import { setTimeout as pause } from 'node:timers/promises';
import { raiseLab, type Lab } from '../../lab/lab.ts';
import { play } from '../../lab/scenarios.ts';
import { FILTERS } from '../../ami/filters.ts';
import { type Ear, listen } from './ear.ts';
import { type Heard, type Story, STORY_NAMES, type Traffic, type Version } from './traffic.ts';

/** Real seconds; a longer talk says nothing more on the wire, but for RTCP. */
const TALK_SECONDS = 1;
/** Reads everything that Asterisk tells, as a connector does that asks for `read=all`; `write=system` is what a filter needs. */
const LISTENER = { name: 'bench', secret: 'bench-of-the-wire', read: 'all', write: 'system' } as const;

const SETTLE_MS = 300;

interface Ears { readonly whole: Ear; readonly filtered: Ear }

async function heardOf(lab: Lab, story: Story, { whole, filtered }: Ears): Promise<Traffic> {
  // The story before must have said its last word first.
  await lab.reset();
  await Promise.all([settled(whole), settled(filtered)]);
  whole.forget();
  filtered.forget();
  await play(lab, story, { talkSeconds: TALK_SECONDS });
  return { story, from: 'played', whole: await settled(whole), filtered: await settled(filtered) };
}

/** Cdr and CEL come a moment behind the last Hangup: the call is over on the wire when nothing more comes. */
async function settled(ear: Ear): Promise<Heard> {
  const before = await ear.heard();
  await pause(SETTLE_MS);
  const after = await ear.heard();
  return after.events === before.events ? after : settled(ear);
}

/** Raises Asterisk for some ten seconds. Rejects with LabError. */
export async function played(version: Version): Promise<readonly Traffic[]> {
  const lab = await raiseLab({ version, users: [LISTENER], progress: (line) => { process.stderr.write(`${line}\n`); } });
  try {
    const login = { ...lab.asterisk.ami, username: LISTENER.name, secret: LISTENER.secret };
    const ears = { whole: await listen(login, []), filtered: await listen(login, FILTERS) };
    const heard: Traffic[] = [];
    for (const story of STORY_NAMES) heard.push(await heardOf(lab, story, ears));
    ears.whole.close();
    ears.filtered.close();
    return heard;
  } finally {
    await lab.close();
  }
}
