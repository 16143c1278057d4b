/** Reads the TAP of `tap run`: shows each file as it ends and each failure in full, and counts assertions for the closing line. */
export interface Tally { readonly passed: number; readonly failed: number; readonly skipped: readonly string[] }

const POINT = /^(\s*)(not )?ok \d+(?: - (.*?))?(?: # (.*))?$/;

export class TapReader {
  readonly #show: (line: string) => void;
  /** Names of the subtests around the line, by depth. */
  readonly #around: string[] = [];
  /** Failures that were known when each of these subtests began. */
  readonly #failedBefore: number[] = [];
  #passed = 0;
  #failed = 0;
  readonly #skipped: string[] = [];
  /** The last point failed: its diagnosis follows, indented deeper. */
  #diagnosing = -1;

  constructor(show: (line: string) => void) {
    this.#show = show;
  }

  line(text: string): void {
    const subtest = /^(\s*)# Subtest: (.*)$/.exec(text);
    if (subtest !== null) { this.#enter(depthOf(subtest[1]), subtest[2] ?? ''); return; }
    const point = POINT.exec(text);
    if (point !== null) { this.#point(text, depthOf(point[1]), { failed: point[2] !== undefined, name: point[3] ?? '', note: point[4] ?? '' }); return; }
    if (this.#diagnosing >= 0 && text.trim() !== '') this.#show(text);
    if (text.trim() === '...') this.#diagnosing = -1;
  }

  tally(): Tally {
    return { passed: this.#passed, failed: this.#failed, skipped: this.#skipped };
  }

  #enter(depth: number, name: string): void {
    this.#around.length = depth;
    this.#around[depth] = name;
    this.#failedBefore[depth] = this.#failed;
    this.#diagnosing = -1;
  }

  /** A point that closes a subtest repeats what its points said: it counts only when none of them failed and it did. */
  #point(text: string, depth: number, { failed, name, note }: { readonly failed: boolean; readonly name: string; readonly note: string }): void {
    const closes = this.#around[depth] === name && this.#around.length > depth;
    // What a failed subtest says again its own points have said, unless it ended before it had any.
    const repeats = closes && this.#failed > (this.#failedBefore[depth] ?? 0);
    this.#diagnosing = failed && !repeats ? depth : -1;
    if (failed || (closes && depth === 0)) this.#show(text);
    if (/^SKIP/i.test(note)) { this.#skipped.push([...this.#around.slice(0, depth), name, note.replace(/^SKIP\s*/i, '')].filter((part) => part !== '').join(' › ')); return; }
    if (closes) { this.#around.length = depth; if (!failed) return; }
    if (failed) this.#failed += repeats ? 0 : 1;
    else this.#passed += 1;
  }
}

const depthOf = (blank: string | undefined): number => (blank ?? '').length / 4;
