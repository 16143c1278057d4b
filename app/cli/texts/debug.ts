/** The texts of `callme debug` in the language that was chosen. */
import { debugEn } from './debug-en.ts';
import { debugRu } from './debug-ru.ts';
import { type Texts, textsOf } from './index.ts';

export type DebugTexts = typeof debugEn;
const RU: DebugTexts = debugRu;

export const debugTexts = (texts: Texts): DebugTexts => (texts === textsOf('ru') ? RU : debugEn);
