import { processIo } from '../app/cli/io.ts';
import { main } from '../app/cli/main.ts';

process.exitCode = await main(process.argv.slice(2), processIo());
