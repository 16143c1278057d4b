import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The AMI user as it must stand in manager.conf: the kit's sample with this installation's secret. `kit` = the shipped dialplan folder. */
export function managerSnippet(kit: string, secret: string): string {
  const sample = readFileSync(join(kit, 'manager-callme.conf.sample'), 'utf8');
  const section = sample.slice(sample.indexOf('[callme]')).split('\n').filter((line) => line.trim() !== '' && !line.startsWith(';'));
  return section.map((line) => (/^secret\s*=/.test(line) ? `secret = ${secret}` : line)).join('\n');
}
