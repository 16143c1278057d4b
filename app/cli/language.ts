import type { Environment } from '../config/index.ts';
import { LANGUAGES, type Language } from './texts/index.ts';

/** `--lang`, then LC_ALL, LC_MESSAGES, LANG; English unless one of them begins with `ru`. */
export function chooseLanguage(argv: readonly string[], env: Environment): Language {
  const named = optionOf(argv);
  if (named !== undefined) return named;
  const system = [env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find((value) => value !== undefined && value !== '') ?? '';
  return system.toLowerCase().startsWith('ru') ? 'ru' : 'en';
}

function optionOf(argv: readonly string[]): Language | undefined {
  const index = argv.findIndex((word) => word === '--lang' || word.startsWith('--lang='));
  const word = argv[index];
  if (word === undefined) return undefined;
  const value = word === '--lang' ? argv[index + 1] : word.slice('--lang='.length);
  return LANGUAGES.find((language) => language === value);
}
