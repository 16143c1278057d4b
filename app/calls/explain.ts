/**
 * The story of one call, for people: a headline, what the PBX said with the rule behind each sentence, what was decided, what the CRMs answered,
 * and the recordings. Pure: the same story gives the same lines, from a store or from a capture.
 */
import type { Texts } from '../cli/texts/index.ts';
import type { Plan } from '../../core/plan.ts';
import { type Answer, answers, recorded, silence } from './answers.ts';
import { type Decision, decisions } from './decisions.ts';
import { headline } from './headline.ts';
import { clean, dayOf, hung, timed, type Times, wrapped } from './layout.ts';
import { timeline, type Moment } from './timeline.ts';
import type { Told } from './told.ts';

export interface ExplainOptions {
  readonly times: Times;
  /** Who is told what, by the present configuration: with it a call of which no CRM heard says why. */
  readonly plan?: Plan;
}

/** The explanation as data, for `--json`: the same sentences, with the stable names of their rules. */
export interface Explanation {
  readonly headline: string;
  readonly sentences: readonly Moment[];
  readonly decisions: readonly Decision[];
  readonly answers: readonly Answer[];
  readonly recorded: readonly Answer[];
  /** Why no CRM was told anything, null where one was, or where it is not known who is told what. */
  readonly silence: string | null;
}

export function explanation(told: Told, texts: Texts, { times, plan }: ExplainOptions): Explanation {
  return {
    headline: headline(told, texts, times), sentences: timeline(told, texts), decisions: decisions(told, texts, times),
    answers: answers(told, texts), recorded: recorded(told, texts), silence: plan === undefined ? null : silence(told, plan, texts),
  };
}

/** Lines for a terminal. Nothing in them moves its cursor, whatever callers and CRMs wrote. */
export function explain(told: Told, texts: Texts, options: ExplainOptions): readonly string[] {
  const { explaining: says } = texts;
  const story = explanation(told, texts, options);
  const [first] = story.sentences;
  const seen = options.times === 'local' && first !== undefined ? `${says.partSeen}, ${dayOf(first.at)}` : says.partSeen;
  return [
    clean(told.id), story.headline,
    ...part(seen, timed(story.sentences, options.times)),
    ...part(says.partDecided, decided(story.decisions, says)),
    ...part(says.partAnswered, story.silence === null ? story.answers.flatMap((each) => answered(each, says)) : [`  ${story.silence}`]),
    ...part(says.partRecorded, story.recorded.flatMap((each) => answered(each, says))),
  ];
}

/** Columns of what a CRM answered. */
const ANSWER_WIDTH = 112;

const part = (title: string, lines: readonly string[]): readonly string[] => (lines.length === 0 ? [] : ['', `${title}:`, ...lines]);

function decided(all: readonly Decision[], says: Texts['explaining']): readonly string[] {
  const labels = all.map(({ decision }) => says.labels[decision]);
  const width = Math.max(0, ...labels.map((label) => label.length));
  return all.flatMap((each, index) => hung(`  ${(labels[index] ?? '').padEnd(width)}  `, each));
}

const answered = ({ text, why, remedy }: Answer, says: Texts['explaining']): readonly string[] =>
  [`  ${text}`, ...(why === '' ? [] : wrapped(why, ANSWER_WIDTH).map((line) => `    ${line}`)), ...(remedy === '' ? [] : [`    ${says.remedy}: ${remedy}`])];
