/** What happened, by time: facts and notes as sentences, each with its rule. */
import type { Texts } from '../cli/texts/index.ts';
import type { Fact } from '../../core/facts.ts';
import type { Instant } from '../../core/words.ts';
import { ruleOf } from './evidence.ts';
import { clean } from './layout.ts';
import { noteSentence } from './notes.ts';
import type { Applied, RuleName } from './rules.ts';
import { sentenceOf } from './sentences.ts';
import type { Note, Told } from './told.ts';

/** One moment of a call. `fact` or `note` names what it was made of; `why` is the rule as a sentence, `''` = none needed. */
export interface Moment {
  readonly at: Instant; readonly fact: string | null; readonly note: string | null; readonly text: string; readonly rule: RuleName | null; readonly why: string;
}

/** At the same instant notes come first: a pickup is noted of the event by which the other phone stops ringing. */
export function timeline(told: Told, texts: Texts): readonly Moment[] {
  const notes = told.notes.map((note) => ofNote(note, told, texts));
  return [...notes, ...told.facts.map((fact) => ofFact(fact, told, texts))].toSorted((one, other) => one.at - other.at);
}

function ofFact(fact: Fact, told: Told, texts: Texts): Moment {
  const rule = ruleOf(fact, told);
  return { at: fact.at, fact: fact.id, note: null, text: sentenceOf(fact, texts), rule: rule?.rule ?? null, why: sentenceOfRule(rule, texts) };
}

function ofNote(note: Note, told: Told, texts: Texts): Moment {
  const { text, rule } = noteSentence(note, told, texts);
  return { at: note.at, fact: null, note: note.text, text, rule: rule?.rule ?? null, why: sentenceOfRule(rule, texts) };
}

export function sentenceOfRule(rule: Applied | null, { explaining: says }: Texts): string {
  if (rule === null) return '';
  const word = clean(rule.word);
  return says.rules[rule.rule](rule.rule === 'client-gone' || rule.rule === 'last-gone' ? says.cause(word) : word);
}
