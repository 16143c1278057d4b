/** Two languages, one shape: a text that one of them lacks breaks the build. */
import { en } from './en.ts';
import { ru } from './ru.ts';

export const LANGUAGES = ['en', 'ru'] as const;
export type Language = (typeof LANGUAGES)[number];
export type Verb = 'init' | 'serve' | 'doctor' | 'status' | 'config' | 'dialplan' | 'calls' | 'spool' | 'record' | 'outbox' | 'crm' | 'debug' | 'contacts' | 'capture' | 'replay' | 'cdr' | 'reconcile';

/** Literal texts widened to what they are: texts, and functions that give texts. */
type Shape<Node> = Node extends string ? string : Node extends (...args: infer Parameters) => string ? (...args: Parameters) => string : { readonly [Key in keyof Node]: Shape<Node[Key]> };
export type Texts = Shape<typeof en>;

const CATALOGUE: Readonly<Record<Language, Texts>> = { en, ru };

export function textsOf(language: Language): Texts { return CATALOGUE[language]; }
