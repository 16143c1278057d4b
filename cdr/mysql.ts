/** MySQL and MariaDB (FreePBX: `asteriskcdrdb`). The only place that knows mysql2. */
import { addAbortSignal } from 'node:stream';
import { type Connection, createConnection } from 'mysql2';
import { type Address, addressOf, databaseFailure, type Wording } from './address.ts';
import { cutShort } from './cut-short.ts';
import type { DatabaseSettings } from './settings.ts';
import { type Dialect, type Session, type TextRow, type Value } from './table.ts';

const CONNECT_MS = 10_000;
const STATEMENT_S = 120;

const WORDING: Wording = {
  denied: new Set(['ER_ACCESS_DENIED_ERROR', 'ER_DBACCESS_DENIED_ERROR', 'ER_TABLEACCESS_DENIED_ERROR', 'ER_COLUMNACCESS_DENIED_ERROR', 'ER_HOST_NOT_PRIVILEGED',
    'ER_ACCESS_DENIED_NO_PASSWORD_ERROR']),
  shape: new Set(['ER_BAD_DB_ERROR', 'ER_NO_SUCH_TABLE', 'ER_NO_DB_ERROR', 'ER_BAD_FIELD_ERROR']),
  late: new Set(['ETIMEDOUT', 'PROTOCOL_SEQUENCE_TIMEOUT', 'ER_QUERY_TIMEOUT', 'ER_STATEMENT_TIMEOUT']),
};

export function mysqlDialect({ url }: Pick<DatabaseSettings, 'url'>): Dialect {
  const address = addressOf(url, 3306);
  const failure = (error: unknown): Error => databaseFailure(error, address, WORDING);
  return {
    failure,
    connect: async (signal) => connect(address, signal).catch((error: unknown) => { throw failure(error); }),
    quote: (name) => `\`${name}\``,
    placeholder: () => '?',
    columns: 'SELECT column_name AS `name`, data_type AS `type` FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?',
  };
}

async function connect(address: Address, signal: AbortSignal): Promise<Session> {
  signal.throwIfAborted();
  const connection = createConnection(optionsOf(address));
  const cut = (): void => connection.destroy();
  signal.addEventListener('abort', cut, { once: true });
  const close = (): Promise<void> => { signal.removeEventListener('abort', cut); connection.destroy(); return Promise.resolve(); };
  // An error between two statements is the next statement's error, too; unheard it would end the process.
  connection.on('error', () => undefined);
  try {
    await cutShort(new Promise<void>((resolve, reject) => { connection.connect((error) => { if (error === null) resolve(); else reject(error); }); }), signal);
    await cutShort(prepared(connection), signal);
  } catch (error) {
    await close();
    throw error;
  }
  return { all: (sql, values) => cutShort(all(connection, sql, values), signal), stream: (sql, values) => stream(connection, { sql, values }, signal), close };
}

/** `?socketPath=/run/mysqld/mysqld.sock` for a local socket, `?ssl=true` for TLS with a certificate that is checked. */
function optionsOf({ host, port, user, password, database, parameters }: Address): Parameters<typeof createConnection>[0] & object {
  const socket = parameters.get('socketPath');
  return {
    ...(socket === null ? { host, port } : { socketPath: socket }), user, password, database, connectTimeout: CONNECT_MS, charset: 'utf8mb4',
    // Everything as the text that it is: no date objects in this machine's zone, no rounded numbers.
    typeCast: (field) => field.string(),
    ...(parameters.get('ssl') === 'true' ? { ssl: {} } : {}),
  };
}

/** MariaDB and MySQL have different names for the deadline of a statement. */
async function prepared(connection: Connection): Promise<void> {
  const [row] = await all(connection, 'SELECT VERSION() AS version', []);
  const deadline = (row?.['version'] ?? '').includes('MariaDB') ? `max_statement_time = ${STATEMENT_S}` : `max_execution_time = ${STATEMENT_S * 1000}`;
  await all(connection, `SET SESSION ${deadline}, time_zone = '+00:00'`, []);
  await all(connection, 'SET SESSION TRANSACTION READ ONLY', []);
}

const all = (connection: Connection, sql: string, values: readonly Value[]): Promise<readonly TextRow[]> => new Promise((resolve, reject) => {
  connection.query({ sql, values: [...values], timeout: STATEMENT_S * 1000 }, (error, rows) => {
    if (error === null) resolve(Array.isArray(rows) ? rows as TextRow[] : []);
    else reject(error);
  });
});

async function* stream(connection: Connection, { sql, values }: { readonly sql: string; readonly values: readonly Value[] }, signal: AbortSignal): AsyncGenerator<TextRow> {
  const rows = connection.query({ sql, values: [...values] }).stream({ highWaterMark: 500 });
  for await (const row of addAbortSignal(signal, rows)) yield row as TextRow;
}
