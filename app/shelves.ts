/**
 * Shelves that keep nothing, for a command that asks where no store is yet. Nobody may renew a token here: a refresh token that is used up
 * and whose successor is forgotten locks the account out until somebody consents again.
 */
import type { AddressBook } from '../core/address-book.ts';
import type { Shelves } from './accounts.ts';

const emptyBook: AddressBook = {
  find: () => null, person: () => null, company: () => null, companyNamed: () => null, holders: () => ({ persons: [], companies: [] }), persons: () => [], companies: () => [], keep: () => undefined, removePerson: () => false,
  removeCompany: () => false, keepCall: () => undefined, call: () => null, calls: () => [],
};

export const NO_SHELVES: Shelves = {
  memory: { get: () => null, set: () => undefined },
  accounts: { get: () => null, set: () => undefined, remove: () => undefined, claim: () => false, release: () => undefined },
  addressBook: emptyBook,
};
