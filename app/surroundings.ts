/** What the configuration says about the world around every account: for the server and for commands alike. */
import type { Numbers } from '../core/numbers.ts';
import type { AccountTools } from './accounts.ts';
import type { Config } from './config/index.ts';
import { createNumbers } from './phones.ts';

/** One for each server: it remembers what it has read. */
export function numbersOf({ phones, lines }: Pick<Config, 'phones' | 'lines'>): Numbers {
  return createNumbers({ country: phones.country, internal: phones.internal, lines });
}

export type Surroundings = Pick<AccountTools, 'employees' | 'country' | 'numbers' | 'lines' | 'timezone' | 'publicUrl' | 'cards' | 'debug'>;

export function surroundingsOf(config: Config, numbers: Numbers): Surroundings {
  const { employees, phones, lines, cards, debug, web } = config;
  return {
    employees, country: phones.country, numbers, lines: lines.map(({ number, name }) => ({ number, name })), cards, debug,
    timezone: config.timezone ?? Intl.DateTimeFormat().resolvedOptions().timeZone, publicUrl: web.publicUrl?.replace(/\/+$/, '') ?? null,
  };
}
