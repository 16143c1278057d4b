/** Where one Pbx writes its books: the configuration's `pbx[].cdr`, with the secret taken out of its wrapping. */
export interface CsvSettings {
  readonly source: 'csv';
  /** Paths of cel_custom's and cdr_csv's `Master.csv`; at least one. */
  readonly cel?: string;
  readonly cdr?: string;
  /** IANA name of the zone that the PBX writes its times in; not given = this machine's. */
  readonly timezone?: string;
}
export interface DatabaseSettings {
  readonly source: 'mysql' | 'postgres';
  /** `mysql://user:password@host/asteriskcdrdb`; holds a secret, never told anywhere. */
  readonly url: string;
  /** Names of the tables, `''` = there is none. */
  readonly cel: string;
  readonly cdr: string;
  readonly timezone?: string;
}
export type BooksSettings = CsvSettings | DatabaseSettings;
