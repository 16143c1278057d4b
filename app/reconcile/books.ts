/** The configured books of a Pbx. The one place where the password of their database is taken out of its envelope. */
import { openBooks } from '../../cdr/open.ts';
import type { BooksSettings } from '../../cdr/settings.ts';
import type { Books } from '../../core/ports.ts';
import type { Config } from '../config/index.ts';
import type { Secret } from '../config/secret.ts';
import { profileOf } from '../profile.ts';

type Pbx = Omit<Config['pbx'][number], 'originate'>;
export type BooksConfig = NonNullable<Pbx['cdr']>;

/** Null where `pbx[].cdr` is not configured. Connects to nothing yet. */
export function openBooksOf(config: Config, pbx: Pbx): Books | null {
  return pbx.cdr === undefined ? null : openBooks(settingsOf(pbx.cdr), { pbx: pbx.id, profile: profileOf(config, pbx) });
}

/** Plain settings, the password among them: for `openBooks` alone. */
export function settingsOf(books: BooksConfig): BooksSettings {
  return 'url' in books ? { ...books, url: (books.url satisfies Secret).reveal() } : books;
}
