/** A PBX that is evenly busy: so many calls are under way at any moment, each at a place of its own in its story; where one ends, the next begins. */
import { copyOf, type Story } from './stories.ts';

interface Playing { readonly story: Story; readonly copy: number; next: number }

export class Traffic {
  readonly #stories: readonly Story[];
  readonly #playing: Playing[];
  #copies = 0;
  #turn = 0;

  constructor(stories: readonly Story[], open: number) {
    this.#stories = stories;
    this.#playing = Array.from({ length: open }, () => this.#fresh());
  }

  /** What brings the calls to their places: the nth of N is n/N through its story. */
  begin(): readonly string[] {
    return this.#playing.flatMap((playing, index) => {
      const until = Math.floor((index / this.#playing.length) * playing.story.length);
      return Array.from({ length: until }, () => text(playing));
    });
  }

  /** The next events, one call after the other. */
  take(count: number): readonly string[] {
    return Array.from({ length: count }, () => this.#next());
  }

  /** Every call that is under way to its end; no call begins. */
  finish(): readonly string[] {
    return this.#playing.flatMap((playing) => Array.from({ length: playing.story.length - playing.next }, () => text(playing)));
  }

  /** How often each story was begun. */
  get begun(): readonly number[] {
    return this.#stories.map((_, index) => Math.ceil((this.#copies - index) / this.#stories.length));
  }

  #next(): string {
    const slot = this.#turn % this.#playing.length;
    this.#turn += 1;
    const playing = this.#playing[slot];
    if (playing !== undefined && playing.next < playing.story.length) return text(playing);
    return text(this.#playing[slot] = this.#fresh());
  }

  #fresh(): Playing {
    const story = this.#stories[this.#copies % this.#stories.length];
    if (story === undefined) throw new Error('traffic needs a story');
    const playing = { story, copy: this.#copies, next: 0 };
    this.#copies += 1;
    return playing;
  }
}

function text(playing: Playing): string {
  const mould = playing.story[playing.next] ?? [];
  playing.next += 1;
  return copyOf(mould, playing.copy);
}
