/** Any CRM by configuration, against a stand-in that keeps the neutral contract: with links, and with uploads. */
import t from 'tap';
import { instant } from '../../core/words.ts';
import rest from '../../crm/drivers/rest.ts';
import { anna, CLIENT } from '../contract/driver-stage.ts';
import { examine, type Examined, type Mistake, type Stage } from '../contract/driver.ts';
import { type Rest, type RestUser, startRest } from '../fakes/crm/rest.ts';
import type { Lie } from '../fakes/crm/stand-in.ts';

const ANNA: RestUser = { id: '7', name: 'Anna', extension: '207', active: true };
const BORIS: RestUser = { id: '8', name: 'Boris', extension: '208', active: true };

async function start(name: string, recording: 'link' | 'upload'): Promise<Stage> {
  const crm = await startRest({ contacts: [{ phone: CLIENT, id: 318, name, responsible: { id: '7', extension: anna } }], users: [ANNA, BORIS] });
  return {
    standIn: crm,
    settings: { url: crm.url, secret: crm.secret, users: {}, recording, knownPhone: CLIENT, route: {} },
    told: (linkedid) => {
      const of = (event: string) => [...crm.events.values()].filter((one) => one['event'] === event && one['call_id'] === linkedid.toWellFormed());
      const file = [...crm.recordings.values()].filter(({ callId }) => callId === linkedid.toWellFormed());
      const links = [...of('call.finished'), ...of('recording.ready')].map((one) => one['recording_url']);
      return { ended: of('call.finished').length, record: recording === 'upload' ? file.at(-1)?.file ?? null : new Set(links).size === 1 ? String(links[0]) : null };
    },
  };
}

const crmOf = (stage: Stage): Rest => stage.standIn as Rest;
const other = (extra: object): Pick<Mistake, 'settings'> => ({ settings: (stage) => ({ ...stage.settings, ...extra }) });
const lying = (lie: Lie): Pick<Mistake, 'make'> => ({ make: (stage) => stage.standIn?.misbehave({ lie, times: Infinity }) });
const answer = (status: number, body: unknown, type = 'application/json'): Lie => ({ kind: 'answer', status, body, type });
const jwt = (days: number): string => ['{}', JSON.stringify({ exp: Math.floor(Date.now() / 1000) + days * 86_400 }), 'signed'].map((part) => Buffer.from(part).toString('base64url')).join('.');

const mistakes: Examined['mistakes'] = {
  reachable: [{ name: 'nobody there', ...other({ url: 'http://127.0.0.1:1/callme' }) }, { name: 'in trouble', ...lying(answer(503, {})) }],
  address: [
    { name: 'a page for people', ...lying(answer(200, '<html>Log in</html>', 'text/html')) }, { name: 'a redirect', ...lying(answer(302, '')) },
    { name: 'another path', settings: (stage) => ({ ...stage.settings, url: `${crmOf(stage).origin}/elsewhere` }) },
  ],
  token: [{ name: 'another secret', ...other({ secret: 'some-other-secret-0' }) }],
  'token-expiry': [{ name: 'ends in a week', ...other({ token: jwt(7) }) }, { name: 'has ended', ...other({ token: jwt(-1) }) }],
  scope: [{ name: 'the token may not', ...lying(answer(403, {})) }],
  plan: [{ name: 'not paid', ...lying(answer(402, {})) }],
  employees: [
    { name: 'no such user', make: (stage) => { crmOf(stage).state.users = [ANNA]; } }, { name: 'inactive', make: (stage) => { crmOf(stage).state.users = [ANNA, { ...BORIS, active: false }]; } },
    { name: 'not mapped', tools: { employees: [{ extension: '209' as typeof anna, name: 'Vera', crm: {} }] } },
  ],
  extensions: [{ name: 'two users have one', make: (stage) => { crmOf(stage).state.users = [ANNA, { ...BORIS, extension: '207' }]; } }],
  clock: [{ name: 'ours is two minutes fast', tools: { clock: { now: () => instant(Date.now() + 120_000) } } }],
  recordings: [{ name: 'links, and no public address', ...other({ recording: 'link' }), tools: { publicUrl: null } }],
  'click-to-call': [{ name: 'no public address', tools: { publicUrl: null } }],
  settings: [
    { name: 'the name is elsewhere', ...other({ lookup: { name: 'full_name' } }) }, { name: 'another spelling of numbers', ...other({ lookup: { phone: 'national' } }) },
    { name: 'users are elsewhere', ...other({ users: { list: 'people' } }) },
  ],
};
const impossible: Examined['impossible'] = {
  lines: 'the neutral contract lists no lines: a CRM takes any', registration: 'there is nothing to install or to switch on',
};

for (const recording of ['link', 'upload'] as const) {
  t.test(`recordings: ${recording}`, async (t) => {
    examine(t, { kind: rest, start: (name) => start(name, recording), sound: recording === 'link' ? 'linked' : 'kept', mistakes, impossible });
  });
}
