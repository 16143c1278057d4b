/** What one Pbx's channels mean, read off the configuration: for the ears, for replay, for the books. */
import type { Profile } from '../core/parties.ts';
import { phoneKey } from '../core/phone.ts';
import type { Extension } from '../core/words.ts';
import type { Config } from './config/index.ts';

/** The employees' own telephones are the tenant's, not one Pbx's: whoever calls from one is that employee on every Pbx. */
export function profileOf(config: Pick<Config, 'phones' | 'employees'>, pbx: Pick<Config['pbx'][number], 'external'>): Profile {
  return { external: pbx.external, internal: config.phones.internal, mobiles: mobilesOf(config.employees) };
}

function mobilesOf(employees: Config['employees']): ReadonlyMap<string, Extension> {
  return new Map(employees.flatMap(({ extension, mobile = [] }) => mobile.map((number) => [phoneKey(number), extension] as const)));
}
