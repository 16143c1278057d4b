/** What an account gives to its driver beside the network: the card policy, and in debug mode internal calls told anew. */
import t from 'tap';
import { openAccount, type AccountTools } from '../../app/accounts.ts';
import { Secret } from '../../app/config/index.ts';
import type { Fact } from '../../core/facts.ts';
import type { Log } from '../../core/ports.ts';
import type { Extension } from '../../core/words.ts';
import type { DriverKind, DriverTools } from '../../crm/driver.ts';
import { CLIENT, story } from '../contract/driver.ts';
import { accountTools } from '../fakes/crm/tools.ts';

interface Opened { readonly given: DriverTools; readonly tell: (fact: Fact) => Promise<Fact>; readonly logged: readonly (readonly [Readonly<Record<string, unknown>>, string])[] }

function opened(more: Partial<AccountTools>): Opened {
  const heard: Fact[] = [];
  const tools: DriverTools[] = [];
  const logged: [Readonly<Record<string, unknown>>, string][] = [];
  const nothing = (): void => { /* not looked at */ };
  const log: Log = { debug: nothing, warn: nothing, error: nothing, info: (fields, message) => { logged.push([fields, message]); }, child: () => log };
  const kind: DriverKind = {
    name: 'example', settings: {} as DriverKind['settings'], pace: { perSecond: 1, burst: 5 },
    create: (_settings, given) => {
      tools.push(given);
      const deliver = async (fact: Fact) => { heard.push(fact); return { kind: 'delivered' as const, note: '' }; };
      return { lookup: async () => null, deliver, check: async () => [] };
    },
  };
  const { driver } = openAccount({ config: { id: 'b24' as never, driver: 'example', settings: new Secret({}) }, kind, settings: new Secret({}) },
    accountTools({ request: () => Promise.reject(new Error('nobody asks')) }, { log, ...more }));
  const [given] = tools;
  if (given === undefined) throw new Error('no driver was made');
  const tell = async (fact: Fact): Promise<Fact> => {
    await driver.deliver(fact, new AbortController().signal);
    return heard.at(-1) ?? fact;
  };
  return { given, tell, logged };
}

const internal = (fact: Fact): Fact => ('direction' in fact ? { ...fact, direction: 'internal', client: { number: '220', name: '' } } : fact);
function ended(): Fact {
  const fact = story('1790.17', '').all.find(({ kind }) => kind === 'call-ended');
  if (fact === undefined) throw new Error('the story changed');
  return fact;
}

t.test('the cards of the configuration reach the driver', async (t) => {
  const employees = [{ extension: '219' as Extension, name: '', crm: {}, card: 'answer' as const }];
  const { given } = opened({ employees, cards: { mode: 'never', extensions: [] } });
  t.same([given.cards('219' as Extension), given.cards('220' as Extension)], ['answer', 'never']);
  t.equal(opened({}).given.cards('220' as Extension), 'ringing', 'nothing said: as soon as the telephone rings');
});

t.test('debug mode: an internal call is told as a call of the test number, and the log says so', async (t) => {
  const { tell, logged } = opened({ debug: { processInternalCalls: true, testPhone: '79991234567' } });
  t.match(await tell(internal(ended())), { direction: 'inbound', client: { number: '79991234567' }, line: 'debug' });
  t.match(logged, [[{ account: 'b24', call: 'main/1790.17' }, 'debug mode: internal call told as a call of the test number 79991234567']]);
  t.match(await tell(ended()), { client: { number: CLIENT } }, 'a client stays a client');
  t.equal(logged.length, 1);
});

t.test('without debug mode nothing is changed, even if the number stands there', async (t) => {
  for (const debug of [undefined, { processInternalCalls: false, testPhone: '79991234567' }]) {
    const { tell, logged } = opened(debug === undefined ? {} : { debug });
    const fact = internal(ended());
    t.equal(await tell(fact), fact);
    t.same(logged, []);
  }
});
