/** The books of one Pbx: CEL where it is written, else CDR, as the core's events. */
import type { Profile } from '../core/parties.ts';
import type { Books, Past } from '../core/ports.ts';
import type { PbxId } from '../core/words.ts';
import { dialStringsOf, eventsOfCdr } from './cdr.ts';
import { type DialStrings, eventsOfCel } from './cel.ts';
import { csvSheet } from './csv.ts';
import { BooksError, MissingBook } from './errors.ts';
import { type Ask, gatherCdr, gatherCel } from './gather.ts';
import { celLayout, cdrLayout } from './layouts.ts';
import { mysqlDialect } from './mysql.ts';
import { postgresDialect } from './postgres.ts';
import type { BooksSettings } from './settings.ts';
import type { Sheet } from './sheet.ts';
import { CDR, CEL, tableSheet } from './table.ts';
import { createZone, thisMachine, type Zone } from './zone.ts';

/** Null = that book is not kept there. */
export interface Sheets { readonly cel: Sheet | null; readonly cdr: Sheet | null }
const READ_MS = 5 * 60_000;

/**
 * Opens nothing yet: each reading connects and lets go again. `Books.read` rejects with BooksError, or with the signal's reason. Calls that
 * were alive in the window are told whole, from up to four hours before it to four hours behind it.
 */
export function openBooks(settings: BooksSettings, owner: Owner): Books {
  const zone = createZone(settings.timezone ?? thisMachine());
  const sheets = sheetsOf(settings, zone);
  return {
    read: (window, signal) => withDeadline(signal, (limited) => read(sheets, { window, zone, signal: limited }, owner)),
    close: () => Promise.resolve(),
  };
}

function sheetsOf(settings: BooksSettings, zone: Zone): Sheets {
  if (settings.source === 'csv') {
    const { cel, cdr } = settings;
    return { cel: cel === undefined ? null : csvSheet(cel, celLayout(zone)), cdr: cdr === undefined ? null : csvSheet(cdr, cdrLayout(zone)) };
  }
  const dialect = settings.source === 'mysql' ? mysqlDialect(settings) : postgresDialect(settings);
  const { cel, cdr } = settings;
  return { cel: cel === '' ? null : tableSheet(dialect, cel, CEL, zone), cdr: cdr === '' ? null : tableSheet(dialect, cdr, CDR, zone) };
}

interface Owner { readonly pbx: PbxId; readonly profile: Profile }

/** A CEL that is not there, or has nothing about this window (it is switched off), leaves the word to CDR. */
async function read({ cel, cdr }: Sheets, ask: Ask, owner: Owner): Promise<Past> {
  const orCdr = (error: unknown): null => { if (cdr !== null && error instanceof MissingBook) return null; throw error; };
  const told = cel === null ? null : await readCel(cel, cdr, ask, owner).catch(orCdr);
  if (told !== null && (told.rows > 0 || cdr === null)) return told;
  if (cdr === null) throw new BooksError('BOOKS_SHAPE', 'neither a CEL nor a CDR is named', 'name the file or the table under pbx[].cdr');
  const { rows, unreadable } = await gatherCdr(cdr, ask);
  return { kind: 'cdr', rows: rows.length, events: eventsOfCdr(rows, owner), unreadable };
}

async function readCel(cel: Sheet, cdr: Sheet | null, ask: Ask, owner: Owner): Promise<Past> {
  const { rows, unreadable } = await gatherCel(cel, ask);
  return { kind: 'cel', rows: rows.length, events: eventsOfCel(rows, owner, rows.length === 0 ? undefined : await dialStrings(cdr, ask)), unreadable };
}

/** CDR beside CEL is a help and no more: where it is not to be had, CEL tells the calls alone. */
async function dialStrings(cdr: Sheet | null, ask: Ask): Promise<DialStrings | undefined> {
  if (cdr === null) return undefined;
  return gatherCdr(cdr, ask).then(({ rows }) => dialStringsOf(rows), (error: unknown) => (ask.signal.aborted ? Promise.reject(error as Error) : undefined));
}

async function withDeadline<Result>(signal: AbortSignal, work: (limited: AbortSignal) => Promise<Result>): Promise<Result> {
  const deadline = AbortSignal.timeout(READ_MS);
  try {
    return await work(AbortSignal.any([signal, deadline]));
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (!deadline.aborted) throw error;
    throw new BooksError('BOOKS_TIMEOUT', `the books were not read within ${READ_MS / 60_000} minutes`,
      'ask for a smaller window of time, or index the column of the time', { cause: error });
  }
}
