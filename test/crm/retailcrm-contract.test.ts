/** RetailCRM before the examination of every driver, twice: once for each reading of what the vendor left unsaid. */
import t, { type Test } from 'tap';
import retailcrm from '../../crm/drivers/retailcrm.ts';
import { CLIENT, examine, type Examined, type Mistake, type Stage } from '../contract/driver.ts';
import { type Retail, type RetailOptions, startRetail } from '../fakes/crm/retailcrm.ts';

const KEY = 'retailkey0001';
const CLICKS = 'https://pbx.example.org/callme/crm/examined';
const USERS = [{ id: 7, firstName: 'Anna', code: '207' }, { id: 8, firstName: 'Boris', code: '208' }];
const MODULE = {
  code: 'callme-examined', integrationCode: 'callme-examined', active: true, name: 'CallMe', clientId: 'clicks-secret',
  integrations: { telephony: { makeCallUrl: `${CLICKS}/call`, changeUserStatusUrl: `${CLICKS}/status`, externalPhones: [{ siteCode: 'shop', externalPhone: '74950000101' }] } },
};
const retails = new WeakMap<Stage, Retail>();
const of = (stage: Stage): Retail => {
  const retail = retails.get(stage);
  if (retail === undefined) throw new Error('not a stage of RetailCRM');
  return retail;
};

async function stageOf(name: string, options: RetailOptions): Promise<Stage> {
  const retail = await startRetail({ users: USERS, modules: { 'callme-examined': MODULE }, customers: [{ id: 55, firstName: name, phone: CLIENT, manager: 7 }], ...options });
  const stage: Stage = {
    standIn: retail,
    settings: { url: retail.url, apiKey: KEY, clientId: 'clicks-secret', site: 'shop' },
    told: (linkedid) => {
      const link = retail.callsOf(linkedid).at(-1)?.['recordUrl'];
      return { ended: retail.callsOf(linkedid).length, record: typeof link === 'string' ? link : null };
    },
    cardsShown: (linkedid) => retail.cardsOf(linkedid),
  };
  retails.set(stage, retail);
  return stage;
}

/** The account of the stage in another state: its address is another, because another stand-in has it. */
const elsewhere = (options: RetailOptions): Pick<Mistake, 'make' | 'settings'> => {
  let url = '';
  return {
    make: async (stage) => {
      const other = await startRetail({ users: USERS, modules: { 'callme-examined': MODULE }, ...options });
      t.teardown(() => other.stop());
      url = other.url;
      await stage.standIn?.stop();
    },
    settings: (stage) => ({ ...stage.settings, url }),
  };
};
const lying = (status: number, body: unknown, type = 'application/json'): Pick<Mistake, 'make'> => ({ make: (stage) => of(stage).misbehave({ lie: { kind: 'answer', status, body, type }, times: Infinity }) });
const with_ = (more: Readonly<Record<string, unknown>>): Pick<Mistake, 'settings'> => ({ settings: (stage) => ({ ...stage.settings, ...more }) });
const without = (key: string): Pick<Mistake, 'settings'> => ({ settings: (stage) => Object.fromEntries(Object.entries(stage.settings).filter(([name]) => name !== key)) });
const nobody = { extension: '209' as never, name: 'Clara', crm: {} };

const mistakes: Examined['mistakes'] = {
  reachable: [{ name: 'nobody is there', make: (stage) => stage.standIn?.stop() }, { name: 'out of order', ...lying(503, {}) }],
  address: [
    { name: 'no such account', ...elsewhere({ exists: false }) }, { name: 'another product', ...lying(404, '<html>', 'text/html') },
    { name: 'another API', ...lying(200, { result: 1 }) },
  ],
  token: [{ name: 'a wrong key', ...with_({ apiKey: 'wrong' }) }],
  scope: [
    { name: 'no right for telephony', ...elsewhere({ allowed: ['users', 'settings', 'reference/sites', 'integration-modules/{code}', 'integration-modules/{code}/edit'] }) },
    { name: 'no right for users', make: (stage) => of(stage).misbehave({ at: 'users', lie: { kind: 'answer', status: 403, body: { success: false, errorMsg: 'Access denied.' } } }) },
  ],
  plan: [{ name: 'not paid', ...lying(402, { success: false, errorMsg: 'Payment required.' }) }],
  employees: [
    { name: 'a user who is switched off', ...elsewhere({ users: [{ id: 7, firstName: 'Anna', code: '207', active: false }, { id: 8, firstName: 'Boris', code: '208' }] }) },
    { name: 'an extension that nobody has', tools: { employees: [nobody] } },
    { name: 'an id that nobody has', tools: { employees: [{ ...nobody, crm: { examined: 99 } }] } },
  ],
  extensions: [{ name: 'two users with one code', make: (stage) => { of(stage).users.push({ id: 9, firstName: 'Clara', code: '207' }); } }],
  lines: [{ name: 'a line that the module does not name', tools: { lines: [{ number: '74957777777', name: 'Second' }] } }, { name: 'lines and no shop', ...without('site') }],
  clock: [{ name: 'two minutes apart', ...elsewhere({ ahead: 120_000 }) }],
  recordings: [{ name: 'nobody outside reaches us', tools: { publicUrl: null } }],
  'click-to-call': [
    { name: 'nobody outside reaches us', tools: { publicUrl: null } }, { name: 'no clientId', ...without('clientId') },
    { name: 'the module leads elsewhere', tools: { publicUrl: 'https://new.example.org' } },
  ],
  settings: [
    { name: 'no such shop', ...with_({ site: 'gone' }) }, { name: 'no such shop, and the key sees all', ...elsewhere({ siteAccess: 'access_full', sites: ['other'] }) },
    { name: 'no such default user', ...with_({ defaultUser: 99 }) }, { name: 'another time zone', ...elsewhere({ timezone: 'Asia/Vladivostok' }) },
  ],
  registration: [
    { name: 'not registered', make: (stage) => { of(stage).modules.clear(); } },
    { name: 'switched off', make: (stage) => { of(stage).modules.set('callme-examined', { ...MODULE, active: false }); } },
    { name: 'another clientId', ...with_({ clientId: 'another' }) }, { name: 'no clientId', ...without('clientId') },
  ],
};

const examined = (options: RetailOptions): Examined => ({
  kind: retailcrm, sound: 'linked', start: (name) => stageOf(name, options), mistakes,
  impossible: { 'token-expiry': 'an API key of RetailCRM has no end' },
});

t.test('RetailCRM', async (t: Test) => examine(t, examined({})));
t.test('RetailCRM, the other readings', async (t: Test) =>
  examine(t, examined({ countsDuplicates: false, ownerRequired: false, errorsAs: 'list', siteAccess: 'access_full', credentialsInside: true })));
