import t from 'tap';
import { storeContract } from '../contract/store.ts';

storeContract(t, (t) => ({ url: 'sqlite:data/callme.db', dataDir: t.testdir() }));
