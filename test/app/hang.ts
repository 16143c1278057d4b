/** A process under watch that hangs as soon as it is told to; run by watchdog.test.ts with the folder for its heartbeat. */
import { Watchdog } from '../../app/watchdog.ts';
import { openLog } from '../../app/logs.ts';

await new Watchdog({ dataDir: process.argv[2] ?? '', log: openLog({ level: 'silent', terminal: false }), lookSeconds: 0.1, looks: 5 }).start();
process.stdin.once('data', () => { for (;;); });
process.stdout.write('alive\n');
