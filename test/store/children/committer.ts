/** Commits, says so, and then stays as it is until it is killed: nothing is closed in order. */
import { commit, delivery, ended, openCall, recording } from '../../fakes/sample-calls.ts';
import { open } from './place.ts';

const fact = ended('17', 'a');
open().journal.commit(commit({ keep: [openCall('17')], facts: [fact], deliveries: [delivery(fact)], recordings: [recording('17')] }));
process.stdout.write('committed\n');
process.stdin.resume();
