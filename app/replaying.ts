/** A capture told to the core again: the same facts that the live PBX gave, without a store and without telling anybody. */
import { type CaptureEntry, readCapture } from '../ami/capture.ts';
import type { Profile } from '../ami/parties.ts';
import { createTranslator, type Translator } from '../ami/translate.ts';
import { type Calls, noCalls } from '../core/calls.ts';
import type { Event } from '../core/events.ts';
import type { Fact } from '../core/facts.ts';
import { step } from '../core/step.ts';
import type { PbxId } from '../core/words.ts';

/** Yields the facts in the order in which they are told. Rejects with AMI_CAPTURE where the file is no capture. */
export async function* replay(path: string, profile: Profile): AsyncGenerator<Fact> {
  const told = new Map<PbxId, { readonly translator: Translator; calls: Calls }>();
  for await (const entry of readCapture(path)) {
    const pbx = told.get(entry.pbx) ?? { translator: createTranslator(entry.pbx, profile), calls: noCalls(entry.pbx) };
    told.set(entry.pbx, pbx);
    for (const event of eventsOf(entry, pbx.translator)) {
      const [calls, effects] = step(pbx.calls, event);
      pbx.calls = calls;
      for (const effect of effects) if (effect.kind === 'tell') yield effect.fact;
    }
  }
}

function eventsOf(entry: CaptureEntry, translator: Translator): readonly Event[] {
  switch (entry.kind) {
    case 'headers': return translator.events(entry.headers, entry.at);
    case 'resync': return [{ kind: 'resynced', pbx: entry.pbx, at: entry.at, alive: translator.living(entry.alive) }];
    case 'lost': return [{ kind: 'link-lost', pbx: entry.pbx, at: entry.at }];
  }
}
