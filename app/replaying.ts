/** A capture told to the core again: the same facts that the live PBX gave, without a store and without telling anybody. */
import { existsSync } from 'node:fs';
import type { CaptureHead } from '../ami/capture-head.ts';
import { type CaptureEntry, readCapture } from '../ami/capture.ts';
import type { Profile } from '../core/parties.ts';
import { createTranslator, type Translator } from '../ami/translate.ts';
import { type Calls, noCalls } from '../core/calls.ts';
import type { Effect } from '../core/effects.ts';
import type { Event } from '../core/events.ts';
import type { Fact } from '../core/facts.ts';
import { step } from '../core/step.ts';
import type { PbxId } from '../core/words.ts';
import type { Args, CommandIo } from './cli/command.ts';
import { configured } from './cli/configured.ts';
import { CliFailure } from './cli/failure.ts';
import { EXIT } from './cli/io.ts';
import { DEFAULT_FILE } from './config/index.ts';
import { profileOf as configuredProfile } from './profile.ts';

/** What a Pbx of the capture is like; `head` is what the capture itself says of it, null where it says nothing. */
export type ProfileOf = (head: CaptureHead | null) => Profile;

/** What a Pbx is like that nobody has described. */
const DEFAULT_PROFILE: Profile = { external: [/^(PJSIP|SIP|IAX2|DAHDI)\/trunk/], internal: /^[0-9]{2,5}$/ };

interface Told { translator: Translator; calls: Calls }

/** Yields the facts in the order in which they are told. Rejects with AMI_CAPTURE where the file is no capture. */
export async function* replay(path: string, profile: Profile | ProfileOf): AsyncGenerator<Fact> {
  for await (const effect of replayEffects(path, profile)) if (effect.kind === 'tell') yield effect.fact;
}

/** The same with the notes between the facts, and what a server would keep. */
export async function* replayEffects(path: string, profile: Profile | ProfileOf): AsyncGenerator<Effect> {
  const profileOf = typeof profile === 'function' ? profile : () => profile;
  const heads = new Map<string, CaptureHead>();
  const told = new Map<PbxId, Told>();
  const translatorOf = (pbx: PbxId): Translator => createTranslator(pbx, profileOf(heads.get(pbx) ?? heads.get('') ?? null));
  // A capture that was gone on with has a head in its middle: the calls go on, the numbers in its profile may be masked anew.
  const onHead = (head: CaptureHead): void => {
    heads.set(head.pbx, head);
    for (const [pbx, each] of told) each.translator = translatorOf(pbx);
  };
  for await (const entry of readCapture(path, { onHead })) {
    const pbx = told.get(entry.pbx) ?? { translator: translatorOf(entry.pbx), calls: noCalls(entry.pbx) };
    told.set(entry.pbx, pbx);
    yield* effectsOf(pbx, eventsOf(entry, pbx.translator));
  }
}

function* effectsOf(pbx: Told, events: readonly Event[]): Generator<Effect> {
  for (const event of events) {
    const [calls, effects] = step(pbx.calls, event);
    pbx.calls = calls;
    yield* effects;
  }
}

function eventsOf(entry: CaptureEntry, translator: Translator): readonly Event[] {
  switch (entry.kind) {
    case 'headers': return translator.events(entry.headers, entry.at);
    case 'resync': return [{ kind: 'resynced', pbx: entry.pbx, at: entry.at, alive: translator.living(entry.alive) }];
    case 'lost': return [{ kind: 'link-lost', pbx: entry.pbx, at: entry.at }];
  }
}

/**
 * The options first, then what the capture says of its own Pbx, then the configuration of this machine, then the rule. A capture comes from
 * anywhere: the configuration helps, but is not needed.
 */
export function chosenProfile(args: Args, io: CommandIo): ProfileOf {
  const external = args.text('external');
  const internal = args.text('internal');
  const chosen: Partial<Profile> = {
    ...(external !== undefined && { external: [expression(external)] }), ...(internal !== undefined && { internal: expression(internal) }),
  };
  const here = configuredHere(args, io) ?? DEFAULT_PROFILE;
  return (head) => ({ ...head?.profile ?? here, ...chosen });
}

function configuredHere(args: Args, io: CommandIo): Profile | null {
  const named = args.config !== undefined || io.env['CALLME_CONFIG'] !== undefined || existsSync(DEFAULT_FILE);
  if (!named) return null;
  const { config } = configured(args, io);
  const [pbx] = config.pbx;
  return pbx === undefined ? null : configuredProfile(config, pbx);
}

function expression(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new CliFailure({ code: 'USAGE', exit: EXIT.usage, message: error instanceof Error ? error.message : String(error) });
  }
}
