import { BooksError } from '../../cdr/errors.ts';
import { instant } from '../../core/words.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/index.ts';
import { openBooksOf } from '../reconcile/books.ts';
import { fail, ok, warn, type Finding, type Patient } from './finding.ts';

const MINUTE_MS = 60_000;

/** Can be read what each PBX wrote down by itself? The last minute stands for the gap that is still to come. */
export async function examineBooks(patient: Patient): Promise<readonly Finding[]> {
  return Promise.all(patient.config.pbx.map((pbx) => examineOne(patient, pbx)));
}

async function examineOne(patient: Patient, pbx: Config['pbx'][number]): Promise<Finding> {
  const { config, says } = patient;
  const id = `books:${pbx.id}`;
  const books = openBooksOf(config, pbx);
  if (books === null) return warn(id, says.noBooks(pbx.id), says.noBooksRemedy);
  const deadline = AbortSignal.timeout(patient.timeoutMs * 4);
  try {
    const to = systemClock.now();
    const { kind, rows } = await books.read({ from: instant(to - MINUTE_MS), to }, AbortSignal.any([patient.signal, deadline]));
    return ok(id, says.books(pbx.id, kind.toUpperCase(), rows));
  } catch (error) {
    if (error instanceof BooksError) return fail(id, says.booksFail(pbx.id, error.code, error.message), error.remedy);
    if (deadline.aborted) return fail(id, says.booksLate(pbx.id, patient.timeoutMs * 4), says.booksLateRemedy);
    throw error;
  } finally {
    await books.close();
  }
}
