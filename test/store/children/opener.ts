/** Opens the store, writes one row of its own, closes. */
import { keyOf, B24 } from '../../fakes/sample-calls.ts';
import { name, open } from './place.ts';

const store = open();
store.memory.set(B24, keyOf(name), 'opened', 'yes');
store.close();
