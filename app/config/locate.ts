import { isAbsolute, resolve } from 'node:path';

export const DEFAULT_FILE = '/etc/callme/callme.yaml';
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Where { readonly file?: string | undefined; readonly env: Environment; readonly cwd: string }

/** Which file is the configuration: `--config FILE`, then `CALLME_CONFIG`, then `/etc/callme/callme.yaml`. */
export function locateConfig(where: Where): string {
  const named = where.file ?? where.env['CALLME_CONFIG'];
  if (named === undefined || named === '') return DEFAULT_FILE;
  return isAbsolute(named) ? named : resolve(where.cwd, named);
}
