/**
 * vCards of versions 2.1, 3.0 and 4.0 (RFC 6350, RFC 2426) as telephones and mail programs export them. A small reader of our own: a card is
 * lines of names and values, and what telephones export leaves the standard in ways that matter here (2.1's quoted-printable, photographs of megabytes).
 */
import { kindOf } from './headers.ts';
import { numbersIn } from './numbers.ts';
import { vcardLines, type Line } from './vcard-lines.ts';
import type { Read } from './words.ts';

interface Card { readonly line: number; readonly lines: Line[]; depth: number }
/** What we read; everything else (photographs, birthdays) is passed over. */
const READ: ReadonlySet<string> = new Set(['FN', 'N', 'ORG', 'TEL', 'EMAIL', 'NOTE', 'KIND', 'X-ABSHOWAS', 'X-CALLME-OWNER', 'AGENT']);
/** Lines of one card that are kept: more telephones has nobody. */
const LINES = 500;

export async function* readVcard(text: AsyncIterable<string>): AsyncGenerator<Read> {
  const cards: Card[] = [];
  for await (const line of vcardLines(text)) {
    const [open] = cards;
    if (isMark(line, 'BEGIN')) {
      // A card inside another one is its agent's (2.1); anything else means that the END of the one before is missing.
      if (open?.lines.at(-1)?.name === 'AGENT') { open.depth += 1; continue; }
      if (open !== undefined) yield unended(open);
      cards.splice(0, 1, { line: line.line, lines: [], depth: 1 });
    } else if (open !== undefined && isMark(line, 'END')) {
      open.depth -= 1;
      if (open.depth === 0) { cards.length = 0; yield entryOf(open); }
    } else if (open?.depth === 1 && READ.has(line.name) && open.lines.length < LINES) open.lines.push(line);
  }
  for (const open of cards) yield unended(open);
}

const isMark = ({ name, value }: Line, mark: string): boolean => name === mark && /^\s*vcard\s*$/iu.test(value);
const unended = ({ line }: Card): Read => ({ kind: 'bad', line, trouble: 'NO_END', field: '' });

function entryOf({ line, lines }: Card): Read {
  const first = (name: string): Line | undefined => preferred(lines.filter((each) => each.name === name));
  const text = (name: string): string => plain(decoded(first(name)));
  // ORG:company;department
  const company = plain(components(decoded(first('ORG')))[0] ?? '');
  const name = text('FN') !== '' ? text('FN') : nameOf(components(decoded(first('N'))));
  const isCompany = /^org/iu.test(text('KIND')) || /^company$/iu.test(text('X-ABSHOWAS'));
  const numbers = lines.filter((each) => each.name === 'TEL').flatMap(({ parameters, ...rest }) => numbersIn(telephone(decoded({ parameters, ...rest })))
    .map((number) => ({ number, kind: kindOf((parameters.get('TYPE') ?? []).join(' ')) })));
  return { kind: 'entry', entry: { line, isCompany, name, company, numbers, email: text('EMAIL'), note: text('NOTE'), owner: text('X-CALLME-OWNER') } };
}

function preferred(lines: readonly Line[]): Line | undefined {
  return lines.find(({ parameters }) => parameters.get('TYPE')?.includes('pref') === true || parameters.get('PREF')?.includes('1') === true) ?? lines[0];
}

/** `tel:+7-903-555-01-42;ext=102` of 4.0; other versions write the number as it is. */
function telephone(value: string): string {
  const [number = '', ...parameters] = plain(value).replace(/^tel:/iu, '').split(/;(?=ext=|phone-context=|isub=)/iu);
  const extension = parameters.find((each) => /^ext=/iu.test(each))?.slice('ext='.length);
  return extension === undefined ? number : `${number} ext ${extension}`;
}

/** Family; given; additional; prefixes; suffixes. */
const nameOf = ([family = '', given = '', additional = '']: readonly string[]): string => [given, additional, family].map(plain).filter((part) => part !== '').join(' ');

/** Semicolons separate, unless a backslash stands before them. */
const components = (value: string): readonly string[] => (value.match(/(?:^|;)((?:\\.|[^\\;])*)/gsu) ?? []).map((part) => part.replace(/^;/u, ''));
/** In one go: behind an escaped backslash an `n` is an n. */
const plain = (value: string): string => value.replaceAll(/\\([\\,;:nN])/gu, (_all, sign: string) => (/n/iu.test(sign) ? '\n' : sign)).trim();

/** Quoted-printable, and the character set that 2.1 names for it. */
function decoded(line: Line | undefined): string {
  if (line === undefined) return '';
  const { parameters, value } = line;
  if (parameters.get('ENCODING')?.includes('quoted-printable') !== true) return value;
  const bytes = Buffer.from(value.replaceAll(/=([0-9A-F]{2})/giu, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), isLatin(value) ? 'latin1' : 'utf8');
  return decoderFor(parameters.get('CHARSET')?.[0] ?? 'utf-8').decode(bytes);
}

/** Bytes, not letters. */
const isLatin = (text: string): boolean => /^[\x00-\xff]*$/u.test(text);

function decoderFor(charset: string): InstanceType<typeof TextDecoder> {
  try {
    return new TextDecoder(charset);
  } catch {
    return new TextDecoder();
  }
}
