/** U-ON in both readings of its answers, with a history that begins with the newest call or the oldest. */
import t from 'tap';
import { instant } from '../../core/words.ts';
import uon from '../../crm/drivers/uon.ts';
import { CLIENT, linkTo } from '../contract/driver-stage.ts';
import { examine, type Examined, type Mistake, type Stage } from '../contract/driver.ts';
import type { Lie } from '../fakes/crm/stand-in.ts';
import { startUon, type Uon, type UonManager, type UonOptions } from '../fakes/crm/uon.ts';

const manager = (id: string, active: 0 | 1 = 1): UonManager => ({ u_id: id, u_name: 'Anna', u_surname: 'Petrova', active });

/** Calls of other people, told before: the history has pages. */
const OTHERS = Array.from({ length: 7 }, (_none, index) => ({ phone: `7495000020${index}`, start: `2026-01-0${index + 1} 10:00:00`, duration: '5', direction: '2' }));

const start = (options: UonOptions) => async (name: string): Promise<Stage> => {
  const crm = await startUon({ managers: [manager('7'), manager('8')], clients: [{ u_id: '318', u_name: name, u_phone: CLIENT.slice(1), manager_id: '7' }], ...options });
  crm.calls.push(...OTHERS);
  return {
    standIn: crm, settings: { baseUrl: crm.baseUrl, apiKey: crm.apiKey, webhookSecret: 'a-secret-of-the-path', createLead: true, defaultManager: 8 },
    told: (linkedid) => {
      const mine = crm.calls.filter((call) => call['record_link'] === linkTo(linkedid));
      return { ended: crm.calls.length - OTHERS.length, record: mine[0]?.['record_link'] ?? null };
    },
  };
};

const crmOf = (stage: Stage): Uon => stage.standIn as Uon;
const other = (extra: object): Pick<Mistake, 'settings'> => ({ settings: (stage) => ({ ...stage.settings, ...extra }) });
const lying = (lie: Lie): Pick<Mistake, 'make'> => ({ make: (stage) => stage.standIn?.misbehave({ lie, times: Infinity }) });
const answer = (status: number, body: unknown, type = 'application/json'): Lie => ({ kind: 'answer', status, body, type });

const mistakes: Examined['mistakes'] = {
  reachable: [{ name: 'nobody there', ...other({ baseUrl: 'http://127.0.0.1:1' }) }, { name: 'in trouble', ...lying(answer(500, {})) }],
  address: [{ name: 'a page', ...lying(answer(200, '<html>U-ON</html>', 'text/html')) }, { name: 'another API', ...lying(answer(404, { detail: 'Not found' })) }],
  token: [{ name: 'another key', ...other({ apiKey: 'AnotherKey0123' }) }, { name: 'said in an answer of 200', ...lying(answer(200, { error: 'Неверный ключ API' })) }],
  scope: [{ name: 'API switched off', ...lying(answer(403, { error: 'off' })) }, { name: 'said in the body', ...lying(answer(200, { result: 403 })) }],
  plan: [{ name: 'not paid', ...lying(answer(402, { error: 'pay' })) }],
  employees: [
    { name: 'no such manager', make: (stage) => { crmOf(stage).state.managers = [manager('7')]; } }, { name: 'not active', make: (stage) => { crmOf(stage).state.managers = [manager('7', 0), manager('8')]; } },
    { name: 'not mapped', tools: { employees: [{ extension: '207' as never, name: 'Anna', crm: {} }] } },
  ],
  clock: [{ name: 'two minutes slow', tools: { clock: { now: () => instant(Date.now() - 120_000) } } }],
  recordings: [{ name: 'no public address', tools: { publicUrl: null } }],
  'click-to-call': [{ name: 'no public address', tools: { publicUrl: null } }],
  settings: [{ name: 'no such default manager', ...other({ defaultManager: 99 }) }],
};
const impossible: Examined['impossible'] = {
  'token-expiry': 'keys do not end', extensions: 'U-ON keeps no extensions: `employees` says who has which', lines: 'U-ON keeps no lines',
  registration: 'U-ON does not say what is entered in its settings of telephony',
};

for (const options of [{ reading: 'status', order: 'newest' }, { reading: 'body', order: 'oldest' }] as const) {
  t.test(`${options.reading}, ${options.order} first`, async (t) => examine(t, { kind: uon, start: start(options), sound: 'linked', mistakes, impossible }));
}
