/** What must agree about a PBX's own books (CDR, CEL): something to read there, and a database of the kind that is named. */
import { entries, type At } from './entries.ts';
import type { Mistake } from './mistakes.ts';
import { isSection, type Raw, type RawSection } from './paths.ts';

const SCHEMES: Readonly<Record<string, RegExp>> = { mysql: /^(mysql|mariadb):/, postgres: /^postgres(ql)?:/ };

export function bookMistakes(tree: Raw, at: At): readonly Mistake[] {
  return entries(tree, 'pbx').flatMap(({ cdr }, index) => {
    if (!isSection(cdr)) return [];
    return [...nothingToRead(cdr, at, index), ...otherDatabase(cdr, at, index)];
  });
}

function nothingToRead(cdr: RawSection, at: At, index: number): readonly Mistake[] {
  const none = cdr['source'] === 'csv' ? cdr['cel'] === undefined && cdr['cdr'] === undefined : cdr['cel'] === '' && cdr['cdr'] === '';
  if (!none) return [];
  const what = cdr['source'] === 'csv' ? 'file' : 'table';
  return [{ ...at(['pbx', index, 'cdr']), problem: `names no ${what} to read`, expected: `cel, cdr, or both: the ${what} with CEL, the ${what} with CDR`,
    remedy: cdr['source'] === 'csv' ? 'write for example: cdr: /var/log/asterisk/cdr-csv/Master.csv' : 'write for example: cel: cel' }];
}

function otherDatabase(cdr: RawSection, at: At, index: number): readonly Mistake[] {
  const { source, url } = cdr;
  if (typeof source !== 'string' || typeof url !== 'string' || url.startsWith('${') || (SCHEMES[source]?.test(url) ?? true)) return [];
  return [{ ...at(['pbx', index, 'cdr', 'url']), problem: `is not the address of a ${source} database`, expected: `an address that begins with ${source}://`,
    remedy: 'correct source or url' }];
}
