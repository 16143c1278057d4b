/** MoySklad before the examination of every driver, once for each reading of what the vendor left unsaid. */
import t, { type Test } from 'tap';
import moysklad from '../../crm/drivers/moysklad.ts';
import { CLIENT, examine, type Examined, type Mistake, type Stage } from '../contract/driver.ts';
import { type Sklad, type SkladOptions, startSklad } from '../fakes/crm/moysklad.ts';

const EMPLOYEES = [{ id: '7', extension: '207' }, { id: '8', extension: '208' }];
const sklads = new WeakMap<Stage, Sklad>();
const of = (stage: Stage): Sklad => {
  const sklad = sklads.get(stage);
  if (sklad === undefined) throw new Error('not a stage of MoySklad');
  return sklad;
};

async function stageOf(name: string, options: SkladOptions): Promise<Stage> {
  const sklad = await startSklad({ employees: EMPLOYEES, clients: [{ id: 'c55', name, phone: CLIENT, owner: '7' }], ...options });
  const stage: Stage = {
    standIn: sklad,
    settings: { baseUrl: sklad.baseUrl, token: 'skladtoken0001' },
    told: (linkedid) => {
      const calls = sklad.callsOf(linkedid);
      const [link, ...more] = calls.flatMap(({ links }) => links);
      return { ended: calls.some(({ ends }) => ends > 0) ? calls.length : 0, record: more.length > 0 ? `${more.length + 1} links` : link ?? null };
    },
    cardsShown: (linkedid) => sklad.cardsOf(linkedid).map((extension) => Number(extension) - 200),
  };
  sklads.set(stage, sklad);
  return stage;
}

const elsewhere = (options: SkladOptions): Pick<Mistake, 'make' | 'settings'> => {
  let baseUrl = '';
  return {
    make: async (stage) => {
      const other = await startSklad({ employees: EMPLOYEES, ...options });
      t.teardown(() => other.stop());
      baseUrl = other.baseUrl;
      await stage.standIn?.stop();
    },
    settings: (stage) => ({ ...stage.settings, baseUrl }),
  };
};
const lying = (status: number, body: unknown, type = 'application/json'): Pick<Mistake, 'make'> => ({ make: (stage) => of(stage).misbehave({ lie: { kind: 'answer', status, body, type }, times: Infinity }) });
const clara = { extension: '209' as never, name: 'Clara', crm: {} };

const mistakes: Examined['mistakes'] = {
  reachable: [{ name: 'nobody is there', make: (stage) => stage.standIn?.stop() }, { name: 'out of order', ...lying(502, '<html>', 'text/html') }],
  address: [
    { name: 'another product', ...lying(404, '<html>', 'text/html') }, { name: 'another API', ...lying(200, { result: 1 }) },
    { name: 'another place in MoySklad', settings: (stage) => ({ ...stage.settings, baseUrl: `${of(stage).origin}/api/remap/1.2` }) },
  ],
  token: [{ name: 'a wrong key', settings: (stage) => ({ ...stage.settings, token: 'wrong' }) }],
  scope: [{ name: 'no rights', ...lying(403, { errors: [{ error: 'No rights', code: 1016 }] }) }],
  plan: [{ name: 'not paid', ...lying(402, { errors: [{ error: 'Not paid', code: 1 }] }) }],
  employees: [
    { name: 'an extension that nobody has', tools: { employees: [clara] } },
    { name: 'an id that nobody has', tools: { employees: [{ ...clara, extension: '207' as never, crm: { examined: 'gone' } }] } },
  ],
  extensions: [{ name: 'two employees with one extension', make: (stage) => { of(stage).employees.push({ id: '9', extension: '207' }); } }],
  clock: [{ name: 'two minutes apart', ...elsewhere({ ahead: -120_000 }) }],
  recordings: [{ name: 'nobody outside reaches us', tools: { publicUrl: null } }],
  'click-to-call': [{ name: 'nobody outside reaches us', tools: { publicUrl: null } }],
  registration: [{ name: 'the application is not connected', ...elsewhere({ connected: false }) }],
};

const examined = (options: SkladOptions): Examined => ({
  kind: moysklad, sound: 'linked', start: (name) => stageOf(name, options), mistakes,
  lookup: { none: 'the Phone API has no question for it; MoySklad finds the client by itself' },
  impossible: {
    'token-expiry': 'the key of the Phone API has no end', lines: 'the Phone API knows no lines', settings: 'no setting names anything in MoySklad',
  },
});

t.test('MoySklad', async (t: Test) => examine(t, examined({})));
t.test('MoySklad refuses a second POST of a call', async (t: Test) => examine(t, examined({ again: 'refused', namesEmployee: false })));
t.test('MoySklad makes a second call of a second POST', async (t: Test) => examine(t, examined({ again: 'second' })));
