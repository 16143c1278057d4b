/** What can be wrong with a book that lies in our own store: that it cannot be read, whom it names, and how its numbers were understood. */
import type { Company, Person } from '../../../core/address-book.ts';
import type { CheckLine, DriverTools } from '../../driver.ts';

const PAGE = 500;
type Entry = Person | Company;

export async function check(tools: DriverTools, signal: AbortSignal): Promise<readonly CheckLine[]> {
  const seen = { entries: 0, strangers: new Set<string>(), stale: 0 };
  try {
    for await (const page of pagesOf(tools, signal)) for (const entry of page) look(tools, entry, seen);
  } catch (error) {
    signal.throwIfAborted();
    return [{ ok: false, code: 'reachable', what: `the address book cannot be read: ${error instanceof Error ? error.message : 'no reason given'}`, remedy: 'see what `callme doctor` says about the store' }];
  }
  return [
    { ok: true, code: 'reachable', what: `the address book has ${seen.entries} contacts and companies`, remedy: '' },
    ownersLine(seen.strangers), numbersLine(seen.stale),
  ];
}

/** Page by page, with a breath in between: whoever calls meanwhile is answered. */
async function* pagesOf({ addressBook }: DriverTools, signal: AbortSignal): AsyncGenerator<readonly Entry[]> {
  for (const list of ['persons', 'companies'] as const) {
    for (let page: readonly Entry[] = addressBook[list]({ limit: PAGE }); page.length > 0;) {
      signal.throwIfAborted();
      yield page;
      await new Promise<void>((resolve) => { setImmediate(resolve); });
      const last = page.at(-1);
      page = last === undefined ? [] : addressBook[list]({ limit: PAGE, after: last });
    }
  }
}

function look({ employees, numbers }: DriverTools, entry: Entry, seen: { entries: number; readonly strangers: Set<string>; stale: number }): void {
  seen.entries += 1;
  if ('owner' in entry && entry.owner !== null && !employees.some(({ extension }) => extension === entry.owner)) seen.strangers.add(entry.owner);
  seen.stale += entry.numbers.filter(({ number, key }) => numbers.key(number) !== key).length;
}

function ownersLine(strangers: ReadonlySet<string>): CheckLine {
  if (strangers.size === 0) return { ok: true, code: 'employees', what: 'every owner of a contact is an employee of the config', remedy: '' };
  const named = [...strangers].slice(0, 10).join(', ');
  return { ok: false, code: 'employees', what: `contacts belong to extensions that the config does not know: ${named}`, remedy: 'add them to employees, or give these contacts another owner' };
}

/** The country of the tenant decides what `8 495…` is: where it was changed, the book is still indexed by the old one. */
function numbersLine(stale: number): CheckLine {
  if (stale === 0) return { ok: true, code: 'settings', what: 'the numbers of the book are read as `phones` says', remedy: '' };
  return { ok: false, code: 'settings', what: `${stale} numbers of the book were read by other rules than \`phones\` has now: their callers are not found`,
    remedy: 'run `callme contacts reindex`' };
}
