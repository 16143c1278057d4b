/** What Asterisk writes down about its calls: CDR and CEL as CSV files, and CEL over AMI. */
import { join } from 'node:path';
import type { Place } from '../place.ts';

/** Files of this run; each appears with the first call that ends. Neither has a header line. */
export interface Books {
  /** `cdr_csv`: the classic 16 columns, then uniqueid and userfield. Times are the PBX's own zone, which is UTC in the lab. */
  readonly cdr: string;
  /** `cel_custom`: the mapping of Asterisk's sample, {@link CEL_COLUMNS}. */
  readonly cel: string;
}

export const booksOf = (place: Place): Books => ({
  cdr: join(place.folder, 'log', 'cdr-csv', 'Master.csv'),
  cel: join(place.folder, 'log', 'cel-custom', 'Master.csv'),
});
/** Asterisk writes into these folders and makes none of them. */
export const BOOK_FOLDERS = ['log/cdr-csv', 'log/cel-custom'] as const;

/** In the order of configs/samples/cel_custom.conf.sample, the same in 16 and 22. */
export const CEL_COLUMNS = [
  'eventtype', 'eventtime', 'CALLERID(name)', 'CALLERID(num)', 'CALLERID(ANI)', 'CALLERID(RDNIS)', 'CALLERID(DNID)', 'CHANNEL(exten)', 'CHANNEL(context)',
  'CHANNEL(channame)', 'CHANNEL(appname)', 'CHANNEL(appdata)', 'CHANNEL(amaflags)', 'CHANNEL(accountcode)', 'CHANNEL(uniqueid)', 'CHANNEL(linkedid)',
  'BRIDGEPEER', 'CHANNEL(userfield)', 'userdeftype', 'eventextra',
] as const;
const MAPPING = CEL_COLUMNS.map((column) => `\${CSV_QUOTE(\${${column}})}`).join(',');

/** APP_START is told of the listed applications alone. */
const EVENTS = 'CHAN_START,CHAN_END,ANSWER,HANGUP,BRIDGE_ENTER,BRIDGE_EXIT,BLINDTRANSFER,ATTENDEDTRANSFER,PICKUP,FORWARD,PARK_START,PARK_END,APP_START,LINKEDID_END';

export const bookFiles: Readonly<Record<string, string>> = {
  'cdr.conf': '[general]\nenable=yes\nunanswered=yes\n[csv]\nusegmtime=no\nloguniqueid=yes\nloguserfield=yes\n',
  'cel.conf': `[general]\nenable=yes\napps=voicemail\nevents=${EVENTS}\n[manager]\nenabled=yes\n`,
  'cel_custom.conf': `[mappings]\nMaster.csv => ${MAPPING}\n`,
};
