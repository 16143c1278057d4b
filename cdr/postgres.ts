/** PostgreSQL (cdr_pgsql, cel_pgsql, odbc). The only place that knows pg here. */
import { Socket } from 'node:net';
import { Client } from 'pg';
import { type Address, addressOf, databaseFailure, type Wording } from './address.ts';
import { cutShort } from './cut-short.ts';
import type { DatabaseSettings } from './settings.ts';
import { type Dialect, type Session, type TextRow, type Value } from './table.ts';

const CONNECT_MS = 10_000;
const STATEMENT_MS = 120_000;
const PAGE = 5000;

/** SQLSTATE [PostgreSQL, appendix A]. */
const WORDING: Wording = {
  denied: new Set(['28000', '28P01', '42501']),
  shape: new Set(['3D000', '3F000', '42P01', '42703']),
  late: new Set(['ETIMEDOUT', '57014']),
};

export function postgresDialect({ url }: Pick<DatabaseSettings, 'url'>): Dialect {
  const address = addressOf(url, 5432);
  const failure = (error: unknown): Error => databaseFailure(error, address, WORDING);
  return {
    failure,
    connect: async (signal) => connect(address, signal).catch((error: unknown) => { throw failure(error); }),
    quote: (name) => `"${name}"`,
    placeholder: (nth) => `$${nth}`,
    columns: 'SELECT column_name AS name, data_type AS type FROM information_schema.columns WHERE table_name = $1 AND table_schema = ANY (current_schemas(false))',
  };
}

async function connect(address: Address, signal: AbortSignal): Promise<Session> {
  signal.throwIfAborted();
  // A socket of our own: pg can end a connection only politely, and not at all before it stands.
  const socket = new Socket();
  const client = clientOf(address, socket);
  const cut = (): void => { socket.destroy(); };
  signal.addEventListener('abort', cut, { once: true });
  const close = (): Promise<void> => { signal.removeEventListener('abort', cut); socket.destroy(); return Promise.resolve(); };
  // An error between two statements is the next statement's error, too; unheard it would end the process.
  client.on('error', () => undefined);
  const ask = (sql: string, values: readonly Value[] = []): Promise<readonly TextRow[]> =>
    cutShort(client.query<Record<string, string | null>>(sql, [...values]).then(({ rows }) => rows), signal);
  try {
    await cutShort(client.connect(), signal);
    await ask('BEGIN READ ONLY');
  } catch (error) {
    await close();
    throw error;
  }
  return { all: ask, stream: (sql, values) => stream(ask, sql, values), close };
}

/** `?host=/run/postgresql` for a local socket, `?ssl=true` for TLS with a certificate that is checked. */
function clientOf({ host, port, user, password, database, parameters }: Address, socket: Socket): Client {
  return new Client({
    stream: () => socket,
    host: parameters.get('host') ?? host, port, user, password, database,
    connectionTimeoutMillis: CONNECT_MS, statement_timeout: STATEMENT_MS, query_timeout: STATEMENT_MS + 5000,
    application_name: 'callme', options: '-c TimeZone=UTC -c DateStyle=ISO', ssl: parameters.get('ssl') === 'true',
    // Everything as the text that it is: no date objects in this machine's zone, no rounded numbers.
    types: { getTypeParser: () => (text: string | null): string | null => text },
  });
}

/** A cursor: pages of rows, never the whole answer. The transaction that it needs ends with the connection. */
async function* stream(ask: (sql: string, values?: readonly Value[]) => Promise<readonly TextRow[]>, sql: string, values: readonly Value[]): AsyncGenerator<TextRow> {
  await ask(`DECLARE books NO SCROLL CURSOR FOR ${sql}`, values);
  for (let count = PAGE; count === PAGE;) {
    const page = await ask(`FETCH ${PAGE} FROM books`);
    count = page.length;
    yield* page;
  }
}
