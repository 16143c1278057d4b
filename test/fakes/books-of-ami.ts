/** What a PBX would have written into its books during a recorded call: rows of CEL and CDR out of the AMI events of the same name. */
import { readFileSync } from 'node:fs';
import { Headers } from '../../ami/wire.ts';
import { headersOf } from '../captures/story.ts';

export type Fields = Readonly<Record<string, string>>;

/** Columns of FreePBX's `cel`. */
const CEL: readonly (readonly [string, string])[] = [
  ['eventtype', 'EventName'], ['eventtime', 'EventTime'], ['cid_name', 'CallerIDname'], ['cid_num', 'CallerIDnum'], ['cid_ani', 'CallerIDani'], ['cid_rdnis', 'CallerIDrdnis'],
  ['cid_dnid', 'CallerIDdnid'], ['exten', 'Exten'], ['context', 'Context'], ['channame', 'Channel'], ['appname', 'Application'], ['appdata', 'AppData'],
  ['amaflags', 'AMAFlags'], ['accountcode', 'AccountCode'], ['uniqueid', 'UniqueID'], ['linkedid', 'LinkedID'], ['peer', 'Peer'], ['userfield', 'Userfield'],
  ['userdeftype', ''], ['extra', 'Extra'],
];
/** Columns of `cdr_csv`, and of FreePBX's `cdr` where they are the same. */
const CDR: readonly (readonly [string, string])[] = [
  ['accountcode', 'AccountCode'], ['src', 'Source'], ['dst', 'Destination'], ['dcontext', 'DestinationContext'], ['clid', 'CallerID'], ['channel', 'Channel'],
  ['dstchannel', 'DestinationChannel'], ['lastapp', 'LastApplication'], ['lastdata', 'LastData'], ['start', 'StartTime'], ['answer', 'AnswerTime'], ['end', 'EndTime'],
  ['duration', 'Duration'], ['billsec', 'BillableSeconds'], ['disposition', 'Disposition'], ['amaflags', 'AMAFlags'], ['uniqueid', 'UniqueID'], ['userfield', 'UserField'],
];
export const CEL_COLUMNS = CEL.map(([column]) => column);
export const CDR_COLUMNS = CDR.map(([column]) => column);

/** The events of a capture of either format, without their times: the rows bear their own. */
export function streamOf(file: string): readonly Headers[] {
  if (file.endsWith('.txt')) return headersOf(file);
  const lines = readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as { readonly h?: readonly (readonly [string, string])[] });
  return lines.flatMap(({ h }) => (h === undefined ? [] : [Headers.of(h)]));
}

const row = (columns: typeof CEL, headers: Headers): Fields => Object.fromEntries(columns.map(([column, header]) => [column, headers.text(header).trim()]));

export const celOf = (stream: readonly Headers[]): readonly Fields[] => stream.filter((headers) => headers.text('Event') === 'CEL').map((headers) => row(CEL, headers));

/** `linkedid` as a table with that column would hold it: the one under which the stream saw the channel last. */
export function cdrOf(stream: readonly Headers[]): readonly Fields[] {
  const linked = new Map(stream.filter((headers) => headers.text('Uniqueid') !== '' && headers.text('Linkedid') !== '').map((headers) => [headers.text('Uniqueid'), headers.text('Linkedid')]));
  return stream.filter((headers) => headers.text('Event') === 'Cdr').map((headers) => ({ ...row(CDR, headers), linkedid: linked.get(headers.text('UniqueID')) ?? '' }));
}

const INTEGERS: ReadonlySet<string> = new Set(['duration', 'billsec']);
/** As cdr_csv writes it: everything in quotes but the whole numbers. */
export const csvLine = (columns: readonly string[], fields: Fields): string =>
  `${columns.map((column) => (INTEGERS.has(column) ? fields[column] ?? '' : `"${(fields[column] ?? '').replaceAll('"', '""')}"`)).join(',')}\n`;
