/** The driver `local` takes the examination of every driver. Its CRM is CallMe itself: there is no peer to misbehave. */
import t from 'tap';
import { callKey, DEFAULT_TENANT, type Extension, instant, type Linkedid, type PbxId } from '../../core/words.ts';
import { createNumbers } from '../../app/phones.ts';
import type { AddressBook, Person } from '../../core/address-book.ts';
import local from '../../crm/drivers/local.ts';
import { openSqliteStore } from '../../store/sqlite/open.ts';
import { CLIENT, EMPLOYEES, examine, type Stage } from '../contract/driver.ts';

const person = (name: string, change: Partial<Person> = {}): Person => ({
  id: 'p1', name, company: null, numbers: [{ number: '8 903 555-01-42', key: CLIENT, kind: 'mobile' }], email: '', note: '', owner: '207' as Extension, updatedAt: instant(0), ...change,
});

/** The book of a fresh store in memory, which goes with the process. */
function start(name: string): Promise<Stage> {
  const { addressBook } = openSqliteStore({ path: ':memory:', tenant: DEFAULT_TENANT });
  addressBook.keep({ persons: [person(name)], companies: [] });
  return Promise.resolve({ standIn: null, settings: {}, tools: { addressBook }, told: (linkedid) => told(addressBook, linkedid) });
}

function told(book: AddressBook, linkedid: string): ReturnType<Stage['told']> {
  const recording = book.call(callKey('main' as PbxId, linkedid as Linkedid))?.recording ?? null;
  const calls = book.calls({ limit: 99 }).filter((call) => call.linkedid === linkedid && call.key === CLIENT && call.person === 'p1' && call.extension === '207' && call.talkSeconds === 42);
  return { ended: calls.length, record: recording === null ? null : `https://pbx.example.org/callme/recordings/${encodeURIComponent(recording)}?signed` };
}

const bookOf = (stage: Stage): AddressBook => {
  if (stage.tools?.addressBook === undefined) throw new Error('the stage has no book');
  return stage.tools.addressBook;
};
const broken = new Proxy({}, { get: () => () => { throw new Error('no'); } }) as AddressBook;
const OURS = 'the book lies in our own store: there is no account, no plan and no token';

examine(t, {
  kind: local, start, peer: false, sound: 'linked',
  mistakes: {
    reachable: [{ name: 'a store that cannot be read', tools: { addressBook: broken } }],
    employees: [
      { name: 'a contact of somebody who left', make: (stage) => { bookOf(stage).keep({ persons: [person('X', { id: 'p2', owner: '999' as Extension })], companies: [] }); } },
      { name: 'an employee who is not in the config any more', tools: { employees: EMPLOYEES.slice(1) } },
    ],
    settings: [
      { name: 'another country than the one the book was made in', tools: { numbers: createNumbers({ country: 'UA', internal: /^[0-9]{2,5}$/ }) } },
      { name: 'a company\'s number that was read otherwise', make: (stage) => { bookOf(stage).keep({ persons: [], companies: [{ id: 'c1', name: 'C', numbers: [{ number: '8 495 000-01-01', key: '84950000101', kind: 'work' }], note: '', updatedAt: instant(0) }] }); } },
    ],
  },
  impossible: {
    'address': OURS, 'token': OURS, 'token-expiry': OURS, 'scope': OURS, 'plan': OURS, 'registration': OURS,
    'extensions': 'the configuration refuses an extension that is there twice', 'lines': 'the book keeps calls of every line', 'clock': 'there is one clock, ours',
    'recordings': 'the book names the recording, and a link is made when somebody listens', 'click-to-call': 'the book dials nobody',
  },
});

