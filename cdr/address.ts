/** The address of a database, taken apart. It holds a password: no error of this file, and none that went through it, shows one. */
import { BooksError, codeOf, messageOf } from './errors.ts';

export interface Address {
  readonly host: string; readonly port: number; readonly user: string; readonly password: string; readonly database: string;
  readonly parameters: URLSearchParams;
  /** `user@host:port/database`, for messages. */
  readonly shown: string;
}

/** Throws BooksError BOOKS_SHAPE; without a cause, because that one would quote the address. */
export function addressOf(url: string, defaultPort: number): Address {
  const parsed = URL.parse(url);
  if (parsed === null) throw new BooksError('BOOKS_SHAPE', 'the address of the database is none',
    'write mysql://user:password@host/database, special characters of the password as %XX');
  const [user, password, database] = [parsed.username, parsed.password, parsed.pathname.slice(1)].map(decoded) as [string, string, string];
  const host = parsed.hostname.replace(/^\[|\]$/g, '') || '127.0.0.1';
  const port = Number(parsed.port) || defaultPort;
  return { host, port, user, password, database, parameters: parsed.searchParams, shown: `${user}@${host}:${port}/${database}` };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export interface Wording { readonly denied: ReadonlySet<string>; readonly shape: ReadonlySet<string>; readonly late: ReadonlySet<string> }

/** A driver's error by its code. Its own words stay, less the password. */
export function databaseFailure(error: unknown, address: Address, { denied, shape, late }: Wording): Error {
  // A bug of ours is no failure of the server.
  if (error instanceof BooksError || error instanceof TypeError || error instanceof RangeError) return error;
  const code = codeOf(error);
  const said = `${address.shown}: ${clean(messageOf(error), address)}`;
  if (denied.has(code)) return new BooksError('BOOKS_DENIED', said, 'check user and password, and grant SELECT on the tables of CDR and CEL to this user');
  if (shape.has(code)) return new BooksError('BOOKS_SHAPE', said, 'check the names of the database and its tables');
  if (late.has(code) || /timeout|timed out/i.test(said)) return new BooksError('BOOKS_TIMEOUT', said,
    'is the server busy or unreachable? Ask for a smaller window of time, or index the column of the time');
  return new BooksError('BOOKS_UNREADABLE', said, 'does the server run, and does it listen at this address?');
}

/** An AggregateError of a connection (`localhost` is two addresses) has no words of its own. */
function clean(message: string, { password }: Address): string {
  const text = message === '' ? 'no connection' : message;
  return password === '' ? text : text.replaceAll(password, '…').replaceAll(encodeURIComponent(password), '…');
}
