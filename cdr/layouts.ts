/** Which field of a line is what. Neither file has a header line: cdr_csv's order is fixed, cel_custom's is the mapping of Asterisk's sample. */
import type { Instant } from '../core/words.ts';
import { createdAt } from './rows.ts';
import type { Zone } from './zone.ts';

export interface Layout {
  /** Null, or why this is no row of this book. */
  readonly refuse: (fields: readonly string[]) => string | null;
  /** When the row was written, by its own word; null = it does not say. */
  readonly time: (fields: readonly string[]) => Instant | null;
  readonly column: (fields: readonly string[]) => (name: string) => string;
}

/** configs/samples/cel_custom.conf.sample, the same mapping in 16 and 22. */
const CEL_COLUMNS = ['eventtype', 'eventtime', 'cid_name', 'cid_num', 'cid_ani', 'cid_rdnis', 'cid_dnid', 'exten', 'context', 'channame', 'appname', 'appdata',
  'amaflags', 'accountcode', 'uniqueid', 'linkedid', 'bridgepeer', 'userfield', 'userdeftype', 'eventextra'] as const;

/** cdr/cdr_csv.c: these sixteen, then what cdr.conf asks for (`loguniqueid`, `loguserfield`, `newcdrcolumns`), in this order. */
const CDR_COLUMNS = ['accountcode', 'src', 'dst', 'dcontext', 'clid', 'channel', 'dstchannel', 'lastapp', 'lastdata', 'start', 'answer', 'end', 'duration', 'billsec',
  'disposition', 'amaflags'] as const;
const NEW_COLUMNS = ['peeraccount', 'linkedid', 'sequence'] as const;

/** Which column stands at which place. */
type Places = ReadonlyMap<string, number>;
const places = (columns: readonly string[]): Places => new Map(columns.map((column, index) => [column, index]));

export function celLayout(zone: Zone): Layout {
  const sample = places(CEL_COLUMNS);
  return layout(zone, CEL_COLUMNS.length, () => sample, { time: 'eventtime', named: 'channame' });
}

export function cdrLayout(zone: Zone): Layout {
  const withId = new Map([0, 1, 2, 3, 4, 5].map((more) => [more, places(cdrColumns(more, 'uniqueid'))]));
  const without = new Map([1, 4].map((more) => [more, places(cdrColumns(more, 'userfield'))]));
  const placesOf = (fields: readonly string[]): Places => {
    const more = Math.min(fields.length - CDR_COLUMNS.length, 5);
    return (isId(fields[CDR_COLUMNS.length]) ? undefined : without.get(more)) ?? withId.get(more) ?? sixteen;
  };
  return layout(zone, CDR_COLUMNS.length, placesOf, { time: 'end', named: 'channel' });
}

const sixteen = places(CDR_COLUMNS);

/** `only`: what the one column between the sixteen and the new ones is. */
function cdrColumns(more: number, only: 'uniqueid' | 'userfield'): readonly string[] {
  const optional = more === 2 || more === 5 ? ['uniqueid', 'userfield'] : more === 1 || more === 4 ? [only] : [];
  return [...CDR_COLUMNS, ...optional, ...(more >= 3 ? NEW_COLUMNS : [])];
}

const isId = (text = ''): boolean => createdAt(text) !== null || /^\S+$/.test(text);

function layout(
  zone: Zone, least: number, placesOf: (fields: readonly string[]) => Places, key: { readonly time: string; readonly named: string },
): Layout {
  const column = (fields: readonly string[]): ((name: string) => string) => {
    const here = placesOf(fields);
    return (name) => fields[here.get(name) ?? -1] ?? '';
  };
  const time = (fields: readonly string[]): Instant | null => zone.instant(column(fields)(key.time), createdAt(column(fields)('uniqueid')) ?? 0);
  const refuse = (fields: readonly string[]): string | null => {
    if (fields.length < least) return `${fields.length} columns, expected ${least} or more`;
    if (fields.some((field) => field.includes('\0'))) return 'a zero byte in a field';
    if (!/^[^/]+\/./.test(column(fields)(key.named))) return `column ${(placesOf(fields).get(key.named) ?? 0) + 1} names no channel`;
    return time(fields) === null ? `${JSON.stringify(column(fields)(key.time).slice(0, 40))} is no time` : null;
  };
  return { refuse, time, column };
}
