/** The address book beside a running server: for the verbs of `callme contacts`. */
import { randomUUID } from 'node:crypto';
import type { AddressBook, Company, Person } from '../../core/address-book.ts';
import type { Numbers } from '../../core/numbers.ts';
import type { Store } from '../../core/ports.ts';
import type { Args, CommandIo } from '../cli/command.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { withStore } from '../cli/stores.ts';
import { systemClock } from '../clock.ts';
import type { Config } from '../config/index.ts';
import { numbersOf } from '../surroundings.ts';
import { type Desk, openDesk } from './desk.ts';

export interface Room { readonly args: Args; readonly io: CommandIo; readonly book: AddressBook; readonly numbers: Numbers; readonly config: Config; readonly desk: Desk }

/** Where no server has run yet, there is no book: looking must not make one, and writing would make one that the service cannot open. */
export function withBook(args: Args, io: CommandIo, use: (room: Room) => ExitCode | Promise<ExitCode>): Promise<ExitCode> {
  return withStore(args, io, (store, config) => {
    if (store === null) throw new CliFailure({ code: 'NO_STORE', exit: EXIT.problem, message: io.texts.store.none });
    return use({ args, io, book: store.addressBook, numbers: numbersOf(config), config, desk: deskOf(store, config, numbersOf(config)) });
  });
}

/** For the server too: `forget` is for what it remembers in memory. */
export function deskOf(store: Pick<Store, 'addressBook' | 'contacts'>, config: Pick<Config, 'crm' | 'employees'>, numbers: Numbers, forget: (keys: readonly string[] | 'all') => void = () => undefined): Desk {
  const accounts = config.crm.filter(({ driver }) => driver === 'local').map(({ id }) => id);
  return openDesk({
    book: store.addressBook, numbers, employees: config.employees, clock: systemClock, newId: randomUUID,
    // What was deleted must not be called by its name out of a cache.
    changed: (keys) => {
      for (const account of accounts) for (const key of keys === 'all' ? [undefined] : keys) store.contacts.forget(account, key);
      forget(keys);
    },
  });
}

export type Found = { readonly holder: 'person'; readonly row: Person } | { readonly holder: 'company'; readonly row: Company };

/** By id, or by a number that one of them alone has. Throws CliFailure NO_CONTACT. */
export function entryCalled(id: string, { book, numbers, io }: Pick<Room, 'book' | 'numbers' | 'io'>): Found {
  const [person, company] = [book.person(id), book.company(id)];
  if (person !== null) return { holder: 'person', row: person };
  if (company !== null) return { holder: 'company', row: company };
  const key = /\d/.test(id) ? numbers.key(id) : '';
  const { persons, companies } = key === '' ? { persons: [], companies: [] } : book.holders(key);
  const found: readonly Found[] = [...persons.map((row) => ({ holder: 'person' as const, row })), ...companies.map((row) => ({ holder: 'company' as const, row }))];
  const [only, ...others] = found;
  const { unknown, unknownRemedy, several, severalRemedy } = io.texts.contacts;
  if (only === undefined) throw new CliFailure({ code: 'NO_CONTACT', exit: EXIT.problem, message: unknown(id), remedy: unknownRemedy });
  if (others.length > 0) throw new CliFailure({ code: 'SEVERAL_CONTACTS', exit: EXIT.usage, message: several(found.map(({ row }) => row.id).join(', ')), remedy: severalRemedy });
  return only;
}
