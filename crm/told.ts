/** How a driver ends the telling of a fact from deep within: what it would say is already known. */
import type { Verdict } from '../core/verdict.ts';

export class Told extends Error {
  readonly verdict: Verdict;
  constructor(verdict: Verdict) {
    super(verdict.kind);
    this.name = 'Told';
    this.verdict = verdict;
  }
}

/** The verdict of `tell`, or the one that it was ended with. Everything else that is thrown passes. */
export async function verdictFrom(tell: () => Promise<Verdict>): Promise<Verdict> {
  try {
    return await tell();
  } catch (error) {
    if (error instanceof Told) return error.verdict;
    throw error;
  }
}
