/**
 * When CallMe introduces itself: after a start, after an installation, and, where that was not possible, with the next question for events. An application that
 * is asked for events and not installed yet has nobody to be introduced to: that must not keep the questions from beginning.
 */
import type { Verdict } from '../../../core/verdict.ts';
import { CrmFailure } from '../../errors.ts';
import { skipped } from './desk.ts';
import { introduce, type Introduction } from './introducing.ts';

export interface Introducer {
  introduce(signal: AbortSignal): Promise<Verdict>;
  /** Tokens have come. Never says how it went: what is left is done with the next question. */
  installed(signal: AbortSignal): Promise<void>;
  /** What is left. Throws when the portal cannot be told now. */
  overdue(signal: AbortSignal): Promise<void>;
}

export function createIntroducer(introduction: Introduction, isInstalled: () => boolean): Introducer {
  let isOwed = false;
  const now = async (signal: AbortSignal): Promise<Verdict> => {
    const verdict = await introduce(introduction, signal);
    isOwed = verdict.kind === 'try-later' || verdict.kind === 'locked-out';
    return verdict;
  };
  return {
    introduce: (signal) => {
      if (isInstalled() || introduction.events !== 'poll') return now(signal);
      isOwed = true;
      return Promise.resolve(skipped('the portal is told of lines and events when the application is installed'));
    },
    installed: async (signal) => { await now(signal); },
    overdue: async (signal) => {
      if (!isOwed) return;
      const verdict = await now(signal);
      if (verdict.kind === 'try-later' || verdict.kind === 'locked-out') throw new CrmFailure('CRM_LOOKUP_FAILED', `introduction: ${verdict.reason}`);
    },
  };
}
