/** How the child programs of the store contract find the store: `node child.ts URL DATADIR …`. */
import { DEFAULT_TENANT } from '../../../core/words.ts';
import { openStore } from '../../../store/open.ts';

const [, , url = '', dataDir = '', name = ''] = process.argv;
export const open = () => openStore({ url, dataDir, tenant: DEFAULT_TENANT });
export { name };
