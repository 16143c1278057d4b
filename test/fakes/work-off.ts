/** A process of its own that works off one recording and prints its row as JSON; `uid` makes it a user with few rights. */
import { workOff } from '../../recordings/job.ts';
import { deskOf, rowOf, spoolIn } from './spool.ts';
import { memoryRecordings, recordingRow } from './stores.ts';

const [folder = '', file = '', lame = '', uid = ''] = process.argv.slice(2);
if (uid !== '') { process.setgroups?.([]); process.setgid?.(Number(uid)); process.setuid?.(Number(uid)); }
const row = recordingRow('main', file);
const store = memoryRecordings(row);
await workOff(row, deskOf(spoolIn(folder, lame), store));
process.stdout.write(JSON.stringify(rowOf(store, row)));
