import { CrmFailure } from '../crm/errors.ts';
import { driverNames, isPath, loadDriver } from '../crm/registry.ts';
import { DRIVER_KIT, type DriverShelf } from './config/index.ts';

/** What `checkAccounts` asks: the files in `crm/drivers/`, and drivers of one's own, by path or package. */
export const driverShelf: DriverShelf = {
  names: () => Promise.resolve(driverNames()),
  async load(name, from) {
    try {
      return await loadDriver(name, { ...(from !== undefined && { from }), kit: DRIVER_KIT });
    } catch (error) {
      if (!(error instanceof CrmFailure)) throw error;
      if (error.code === 'CRM_BAD_DRIVER' && !driverNames().includes(name)) return { wrong: error.message };
      if (error.code !== 'CRM_UNKNOWN_DRIVER') throw error;
      return isPath(name) ? { wrong: `there is no file ${JSON.stringify(name.slice(0, 100))}` } : null;
    }
  },
};
