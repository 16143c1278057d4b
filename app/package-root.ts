import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder that holds package.json: the same from the sources (`app/`) and from the compiled package (`dist/app/`). */
export function packageRoot(from: string = import.meta.dirname): string {
  let folder = from;
  while (!existsSync(join(folder, 'package.json'))) {
    const above = dirname(folder);
    if (above === folder) throw new Error(`no package.json above ${from}: the installation of CallMe is incomplete`);
    folder = above;
  }
  return folder;
}

/** The dialplan kit as it was shipped. */
export function kitFolder(): string { return join(packageRoot(), 'dialplan'); }

export function packageVersion(): string {
  const about = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { readonly version?: unknown };
  return typeof about.version === 'string' ? about.version : '0.0.0';
}
