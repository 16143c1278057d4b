/** The address book as the API sees it (`web/api/contacts.ts`): the desk of the command line, with reasons in English. */
import type { Numbers } from '../../core/numbers.ts';
import type { Store } from '../../core/ports.ts';
import type { ContactDesk, ContactTools, ImportAnswer } from '../../web/api/contacts.ts';
import { contactsEn } from '../cli/texts/contacts-en.ts';
import type { Config } from '../config/index.ts';
import type { Desk } from './desk.ts';
import { deskOf } from './room.ts';
import { ofText } from './source.ts';
import { ImportFailure, type ImportReport } from './words.ts';

/** Bad rows that an answer names; there may be as many as the file has. */
const NAMED = 100;

/** `forget`: lookups in memory that may be old now (keys of numbers). */
export function contactTools(store: Pick<Store, 'addressBook' | 'contacts'>, config: Pick<Config, 'crm' | 'employees'>, numbers: Numbers, forget?: (keys: readonly string[] | 'all') => void): ContactTools {
  return { book: store.addressBook, numbers, desk: contactDesk(deskOf(store, config, numbers, forget)) };
}

function contactDesk(desk: Desk): ContactDesk {
  return {
    keepPerson: (id, wish) => desk.keepPerson(id, wish), keepCompany: (id, wish) => desk.keepCompany(id, wish), remove: (holder, id) => desk.remove(holder, id),
    takeFile: (content, how) => desk.takeFile(ofText(content), how).then((report): ImportAnswer => ({ ok: true, report: shown(report) }), refused),
  };
}

function shown({ bad, useless, ...rest }: ImportReport): Extract<ImportAnswer, { ok: true }>['report'] {
  const { troubles, inField } = contactsEn;
  return { ...rest, useless: useless.length, badRows: bad.length, bad: bad.slice(0, NAMED).map((row) => ({ ...row, why: inField(row.field, troubles[row.trouble]) })) };
}

function refused(error: unknown): ImportAnswer {
  if (!(error instanceof ImportFailure)) throw error;
  return { ok: false, code: error.code, message: error.message, remedy: contactsEn.failures[error.code] };
}
