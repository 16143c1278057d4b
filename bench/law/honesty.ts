/** A fast figure of a law that tells nothing would be worth nothing: interleaved copies must tell exactly what each story tells alone. */
import { Law } from './sides.ts';
import { copyOf, type Story } from './stories.ts';
import { Traffic } from './traffic.ts';

const OPEN = 25;
const EVENTS = 3_000;

const run = (texts: readonly string[]): Law => {
  const law = new Law();
  law.bytes([Buffer.from(texts.join(''))]);
  return law;
};

/** Throws when interleaved calls tell other facts than the same calls one after the other, or when one of them stays open. */
export function examine(stories: readonly Story[]): void {
  const traffic = new Traffic(stories, OPEN);
  const { facts, open } = run([...traffic.begin(), ...traffic.take(EVENTS), ...traffic.finish()]);
  const alone = stories.map((story) => run(story.map((mould) => copyOf(mould, 0))).facts);
  const wanted = traffic.begun.reduce((sum, times, index) => sum + times * (alone[index] ?? 0), 0);
  if (facts !== wanted || open !== 0) throw new Error(`interleaved calls told ${facts} facts and left ${open} calls open; alone they tell ${wanted} and leave none`);
}
