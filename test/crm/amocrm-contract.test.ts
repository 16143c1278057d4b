/**
 * The driver before the suite, in three ways: a long-lived token and links; OAuth and files in the drive; notes at a card that we choose. Each with the other
 * reading of what nobody has confirmed. Longer, because the mistakes of setting up are a list.
 */
import t from 'tap';
import { type AccountId, instant } from '../../core/words.ts';
import amocrm from '../../crm/drivers/amocrm.ts';
import { EMPLOYEES, examine, type Examined, type Stage } from '../contract/driver.ts';
import { type Amocrm, type AmocrmOptions, jwt, REDIRECT, startAmocrm } from '../fakes/crm/amocrm.ts';

type Settings = Readonly<Record<string, unknown>>;
const peerOf = (stage: Stage): Amocrm => stage.standIn as Amocrm;
/** A long-lived token with other settings on top, whatever the way; undefined takes one away. */
const but = (change: Settings) => (stage: Stage): Settings => {
  const all: Settings = { baseUrl: peerOf(stage).origin, token: peerOf(stage).token, ...change };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
};
const amoOf = (stage: Stage): Amocrm['amo'] => peerOf(stage).amo;
const account = 'examined' as AccountId;
const [anna, boris] = EMPLOYEES;
const exp = (days: number): number => Math.floor(Date.now() / 1000) + days * 24 * 3600;
const tokenOf = (payload: object) => (stage: Stage): Settings => {
  const token = jwt(payload);
  amoOf(stage).longLived.add(token);
  return but({ token })(stage);
};
const drive = but({ recordings: 'drive' });
const oauth = { token: undefined, clientId: 'integration-1', clientSecret: 'clientsecret', redirectUri: REDIRECT };
const lie = (status: number, body: unknown, type = 'application/json') => (stage: Stage): void => peerOf(stage).misbehave({ lie: { kind: 'answer', status, body, type }, times: Infinity });

const mistakes: Examined['mistakes'] = {
  reachable: [
    { name: 'nobody there', settings: but({ baseUrl: 'http://127.0.0.1:1' }) },
    { name: 'somebody who is no CRM', make: lie(200, '<html>It works!</html>', 'text/html') },
    { name: 'the account is down', make: lie(503, {}) },
  ],
  address: [
    { name: 'another product', make: lie(404, { title: 'Not Found', detail: 'no such path' }) },
    { name: 'a page that leads elsewhere', make: lie(302, '') },
    { name: 'a token of another account', settings: tokenOf({ exp: exp(365), account_id: 1 }) },
  ],
  token: [
    { name: 'no such token', settings: but({ token: 'nonsense' }) },
    { name: 'revoked', settings: but({}), make: (stage) => { amoOf(stage).longLived.clear(); } },
    { name: 'a refresh token that was used by somebody else', settings: but({ ...oauth, accessToken: 'old', refreshToken: 'used' }) },
  ],
  'token-expiry': [{ name: 'in 29 days', settings: tokenOf({ exp: exp(29) }) }],
  scope: [
    { name: 'contacts may not be read', make: (stage) => { amoOf(stage).switches.contacts = false; } },
    { name: 'not an administrator', make: (stage) => { amoOf(stage).switches.admin = false; } },
    { name: 'files may not be written', settings: drive, make: (stage) => { amoOf(stage).switches.files = false; } },
    { name: 'this machine is not on the list of addresses', make: lie(403, { title: 'Forbidden', error_code: 113 }) },
  ],
  plan: [
    { name: 'not paid', make: (stage) => { amoOf(stage).switches.paid = false; } },
    { name: 'a plan without webhooks', settings: but({ webhooks: true }), make: (stage) => { amoOf(stage).switches.webhooks = false; } },
  ],
  employees: [
    { name: 'nobody is named', tools: { employees: [{ ...boris, crm: {} }] as typeof EMPLOYEES } },
    { name: 'a user who is not there', tools: { employees: [{ ...boris, crm: { [account]: 404 } }] as typeof EMPLOYEES } },
    { name: 'a user who left', make: (stage) => { amoOf(stage).users.splice(0, 1, { id: 7, name: 'Anna', active: false }); } },
  ],
  extensions: [{ name: 'two people, one extension', tools: { employees: [anna, { ...boris, extension: anna?.extension }] as typeof EMPLOYEES } }],
  clock: [{ name: 'an hour late', tools: { clock: { now: () => instant(Date.now() - 3_600_000) } } }],
  recordings: [
    { name: 'no public address', settings: but({}), tools: { publicUrl: null } },
    { name: 'an address that browsers refuse to play from', settings: but({}), tools: { publicUrl: 'http://127.0.0.1:8080' } },
    { name: 'no files service', settings: drive, make: (stage) => { amoOf(stage).switches.drive = false; } },
  ],
  settings: [
    { name: 'no such pipeline', settings: but({ pipeline: 999 }) },
    { name: 'a pipeline without unsorted ones', make: (stage) => { amoOf(stage).switches.unsortedOn = false; } },
    { name: 'a default user who is not there', settings: but({ defaultUser: 404 }) },
    { name: 'a default user who left', settings: but({ defaultUser: 9 }) },
  ],
  registration: [
    { name: 'nobody has consented', settings: but(oauth) },
    { name: 'a consent could not come back', settings: but({ ...oauth, redirectUri: undefined }), tools: { publicUrl: null } },
    { name: 'webhooks that were never subscribed', settings: but({ webhooks: true }) },
    { name: 'webhooks that cannot reach us', settings: but({ webhooks: true }), tools: { publicUrl: null } },
  ],
};
const impossible: Examined['impossible'] = {
  lines: 'amoCRM knows no lines: any name may stand beside a call',
  'click-to-call': 'amoCRM has no way of its own to begin a call: it takes a widget in the browser (docs/crm/amocrm.md)',
};

interface Way { readonly options?: AmocrmOptions; readonly settings?: (peer: Amocrm) => Settings; readonly sound: 'linked' | 'kept' }

const examined = ({ options, settings, sound }: Way): Examined => ({
  kind: amocrm, sound, mistakes, impossible,
  start: async (name) => {
    const peer = await startAmocrm({ ...options, contacts: [{ name, phone: '8 (903) 555-01-42', responsible: 7 }] });
    const card = [...peer.amo.cards.values()][0];
    if (card === undefined) throw new Error('no contact');
    return {
      standIn: peer,
      settings: { baseUrl: peer.origin, ...settings?.(peer) ?? { token: peer.token } },
      cardsShown: () => [...new Set(peer.amo.popups.flatMap(({ users }) => users))],
      told: (linkedid) => {
        const calls = peer.callsOf(linkedid);
        const files = peer.filesAt(card);
        const link = calls[0]?.params['link'];
        const record = sound === 'kept' ? files.length === 1 ? files[0] ?? null : null : typeof link === 'string' ? link : null;
        return { ended: calls.length + peer.unsortedOf(linkedid).length, record };
      },
    };
  },
});

const consented = (peer: Amocrm): Settings => {
  const { access, refresh } = peer.amo.tokens.consent();
  return { clientId: 'integration-1', clientSecret: 'clientsecret', redirectUri: REDIRECT, accessToken: access, refreshToken: refresh, recordings: 'drive' };
};

t.test('a long-lived token, links', (t) => { examine(t, examined({ sound: 'linked' })); t.end(); });
t.test('OAuth, files in the drive', (t) => {
  examine(t, { ...examined({ sound: 'kept', settings: consented, options: { filters: false, partsAgain: 'refused', grace: true } }) });
  t.end();
});
t.test('notes at the card that we choose', (t) => {
  examine(t, examined({ sound: 'linked', settings: (peer) => ({ token: peer.token, notes: true }), options: { filters: false, missing: 200, unsortedUniq: false } }));
  t.end();
});
