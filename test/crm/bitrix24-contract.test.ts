/** The examination, as a webhook and as a local application: the same rules of the portal, two ways of proving who we are. */
import t from 'tap';
import { createHttp } from '../../app/http.ts';
import { instant } from '../../core/words.ts';
import type { Keep } from '../../crm/driver.ts';
import bitrix24 from '../../crm/drivers/bitrix24.ts';
import { CLIENT, EMPLOYEES, examine, LINES, type Mistake, type Stage } from '../contract/driver.ts';
import { type Portal, type PortalOptions, startPortal } from '../fakes/crm/bitrix24.ts';
import { keepIn, toolsFor } from '../fakes/crm/tools.ts';

const USERS = [{ id: 7, name: 'Anna', extension: '207' }, { id: 8, name: 'Boris', extension: '208' }];
const portals = new WeakMap<Stage, Portal>();
const openPortal = (name: string, options: PortalOptions = {}): Promise<Portal> =>
  startPortal({ users: USERS, contacts: [{ id: 318, name, phone: CLIENT, responsible: 7 }], lines: LINES, ...options });

function stageOf(portal: Portal, more: Pick<Stage, 'settings' | 'tools'>): Stage {
  const stage: Stage = {
    standIn: portal, ...more,
    cardsShown: (linkedid) => [...new Set(portal.call(linkedid)?.shown.flatMap(({ what, users }) => (what === 'show' ? users : [])))],
    told: (linkedid) => ({
      ended: portal.callsOf(linkedid).reduce((sum, call) => sum + call.finishes, 0),
      record: portal.call(linkedid)?.records.at(-1)?.bytes ?? null,
    }),
  };
  portals.set(stage, portal);
  return stage;
}
const at = (stage: Stage): Portal => portals.get(stage) ?? (() => { throw new Error('a stage without a portal'); })();
const says = (name: string, status: number, error: string, method?: string): Mistake => ({
  name,
  make: (stage) => at(stage).misbehave({ times: Infinity, lie: { kind: 'answer', status, body: { error, error_description: 'no' } }, ...(method === undefined ? {} : { at: method }) }),
});
const with_ = (name: string, more: object): Mistake => ({ name, settings: ({ settings }) => ({ ...settings, ...more }) });
const [anna, boris] = EMPLOYEES;
const employees = (...crm: unknown[]) => ({ employees: [anna, boris].map((one, index) => ({ ...one, crm: { examined: crm[index] as number } })) as typeof EMPLOYEES });
const clock = { now: () => instant(Date.now() + 61_000 + 1000) };
const INACTIVE = { id: 8, name: 'Boris', extension: '208', active: false };
/** Changes what the portal holds. */
const held = (name: string, change: (state: Portal['state']) => void): Mistake => ({ name, make: (stage) => change(at(stage).state) });

const COMMON = {
  reachable: [
    { name: 'nobody answers', make: (stage: Stage) => at(stage).stop() },
    { name: 'a proxy is there, the portal is not', make: (stage: Stage) => at(stage).misbehave({ times: Infinity, lie: { kind: 'answer', status: 502, body: '<html>', type: 'text/html' } }) },
  ],
  address: [
    says('the portal was deleted', 403, 'PORTAL_DELETED'),
    { name: 'a page of somebody else', make: (stage: Stage) => at(stage).misbehave({ times: Infinity, lie: { kind: 'answer', status: 404, body: '<html>', type: 'text/html' } }) },
  ],
  scope: [
    says('no telephony', 403, 'insufficient_scope', 'externalline.get'),
    says('no crm', 403, 'insufficient_scope', 'searchcrmentities'),
    says('no user', 403, 'insufficient_scope', 'user.get'),
    says('no call statistics', 403, 'ACCESS_DENIED', 'statistic'),
    held('the extensions are hidden (user_brief)', (state) => { state.brief = true; }),
  ],
  plan: [says('the plan has no REST', 403, 'ACCESS_DENIED'), says('the plan has ended', 402, 'PAYMENT_REQUIRED')],
  employees: [
    { name: 'an employee whose user does not exist', tools: employees(7, 77) },
    held('an employee whose user has left', (state) => { state.users.splice(1, 1, INACTIVE); }),
    { name: 'an employee without a user, whose extension nobody has', tools: { employees: [{ extension: '299' as typeof EMPLOYEES[0]['extension'], name: 'Nobody', crm: {} }] } },
  ],
  extensions: [held('two users have one extension', (state) => { state.users.push({ id: 12, name: 'Vera', extension: '207' }); })],
  lines: [{ name: 'a line that the portal does not know', tools: { lines: [...LINES, { number: '74950000109', name: '' }] } }],
  clock: [{ name: 'our clock is a minute off', tools: { clock } }],
  settings: [
    with_('a source that does not exist', { sourceId: 'CARRIER_PIGEON' }),
    with_('a source of one line that does not exist', { sources: { [LINES[0]?.number ?? '']: 'CARRIER_PIGEON' } }),
    with_('a source of a line that is none', { sources: { 74950000777: 'CALL' } }),
    with_('a default user who does not exist', { defaultUser: 99 }),
  ],
} as const;
const allTokens = (portal: Portal, until: number): void => portal.app.access.forEach((_, token) => portal.app.access.set(token, until));

/** As a portal installs: it posts, and the driver takes it from there. */
async function install(portal: Portal, keep: Keep): Promise<void> {
  const http = createHttp({ version: '0' });
  const driver = bitrix24.create(bitrix24.settings.parse(portal.appSettings), toolsFor(http, { keep }));
  const heard = await driver.hear?.({ method: 'POST', path: 'install', query: new URLSearchParams(), headers: {}, body: portal.installBody() }, new AbortController().signal);
  await http.close();
  if (heard?.status !== 200) throw new Error(`not installed: ${JSON.stringify(heard)}`);
}
const RECORDINGS = 'the portal keeps the sound itself: it is uploaded, nobody has to reach us for it';

t.test('as an incoming webhook', async (t) => examine(t, {
  kind: bitrix24, sound: 'kept',
  start: async (name) => {
    const portal = await openPortal(name);
    return stageOf(portal, { settings: { url: portal.url, applicationToken: 'apptoken0001' } });
  },
  mistakes: {
    ...COMMON,
    token: [
      { name: 'a wrong secret', settings: (stage) => ({ ...stage.settings, url: `${at(stage).origin}/rest/1/another/` }) },
      says('whose webhook it is has left', 403, 'user_access_error'),
    ],
    registration: [says('the portal takes telephony from applications alone', 403, 'WRONG_AUTH_TYPE', 'telephony.')],
    'click-to-call': [
      { name: 'no public address', tools: { publicUrl: null } },
      { name: 'no application token', settings: ({ settings }) => ({ url: settings['url'] }) },
    ],
  },
  impossible: { recordings: RECORDINGS, 'token-expiry': 'a webhook has no end' },
}));

t.test('as a local application', async (t) => examine(t, {
  kind: bitrix24, sound: 'kept',
  start: async (name) => {
    // Where the vendor lets a lost answer be asked for again; where it does not, an operator must consent again: bitrix24-app.test.ts.
    const portal = await openPortal(name, { webhookTelephony: false, app: { oldRefresh: 'works' } });
    const keep = keepIn();
    await install(portal, keep);
    // The token is an hour old already: the first request of every story meets `expired_token`.
    allTokens(portal, 0);
    return stageOf(portal, { settings: portal.appSettings, tools: { keep } });
  },
  mistakes: {
    ...COMMON,
    token: [with_('a wrong client secret', { clientSecret: 'wrong' }), says('the token is not known', 401, 'invalid_token')],
    registration: [
      { name: 'never installed', tools: { keep: keepIn() } },
      { name: 'the consent is dead', make: (stage) => at(stage).app.refresh.clear() },
    ],
    'token-expiry': [{ name: 'nothing has renewed the consent for five months', make: (stage) => allTokens(at(stage), Infinity), tools: { clock: { now: () => instant(Date.now() + 151 * 24 * 3600_000) } } }],
    'click-to-call': [
      { name: 'pushed events, and no public address', tools: { publicUrl: null }, settings: ({ settings }) => ({ ...settings, events: 'push' }) },
      { name: 'pushed events that nothing proves', make: ({ tools }) => tools?.keep?.remove('application-token') },
    ],
  },
  impossible: { recordings: RECORDINGS },
}));
