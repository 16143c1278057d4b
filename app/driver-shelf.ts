import type { CallMemory } from '../core/ports.ts';
import { CrmFailure } from '../crm/errors.ts';
import { driverNames, loadDriver } from '../crm/registry.ts';
import type { DriverShelf } from './config/index.ts';

/** What `checkAccounts` asks: the files in `crm/drivers/`. */
export const driverShelf: DriverShelf = {
  names: () => Promise.resolve(driverNames()),
  async load(name) {
    try {
      return await loadDriver(name);
    } catch (error) {
      if (error instanceof CrmFailure && error.code === 'CRM_UNKNOWN_DRIVER') return null;
      throw error;
    }
  },
};

/** For commands that ask and never tell: nothing is remembered. */
export const NO_MEMORY: CallMemory = { get: () => null, set: () => undefined };
