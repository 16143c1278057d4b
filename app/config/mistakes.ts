import { basename } from 'node:path';

/** One thing that is wrong with the configuration. `line` is null where no line of the file is to blame. */
export interface Mistake {
  /** The file, or the environment variable, that says it. */
  readonly source: string;
  readonly line: number | null;
  /** `pbx[0].ami.port`, or `''` for the file as a whole. */
  readonly path: string;
  readonly problem: string;
  readonly expected: string;
  readonly remedy: string;
}

export interface MistakeWords { readonly expected: string; readonly remedy: string }

/** People read this: one paragraph a mistake, the place first, as compilers do it. */
export function showMistake(mistake: Mistake, words: MistakeWords = { expected: 'expected', remedy: 'remedy' }): string {
  const place = mistake.line === null ? mistake.source : `${mistake.source}:${mistake.line}`;
  const path = mistake.path === '' ? '' : ` ${mistake.path}:`;
  return [
    `${place}:${path} ${mistake.problem}`,
    ...(mistake.expected === '' ? [] : [`    ${words.expected}: ${mistake.expected}`]),
    ...(mistake.remedy === '' ? [] : [`    ${words.remedy}: ${mistake.remedy}`]),
  ].join('\n');
}

/** In the order of the file; what has no line comes first, because it usually explains the rest. */
export function sortMistakes(mistakes: readonly Mistake[]): readonly Mistake[] {
  return mistakes.toSorted((one, other) => (one.line ?? 0) - (other.line ?? 0) || one.path.localeCompare(other.path));
}

export function placeOf(file: string, line: number | null): string {
  return line === null ? basename(file) : `${basename(file)}:${line}`;
}
