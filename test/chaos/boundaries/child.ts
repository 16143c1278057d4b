/** One life of CallMe's spool in a process of its own; `mortal.ts` is loaded before it and says where it ends. */
import { work, type WorkOptions } from './work.ts';

await work(JSON.parse(process.argv[2] ?? '{}') as WorkOptions);
process.exit(0);
