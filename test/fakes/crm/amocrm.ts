/** The stand-in of an amoCRM account. Its rules and their sources (sections of crm-contracts) are in amocrm/; here is what is asked where, and who may ask. */
import { accept, addContacts, addNotes, findCards, listNotes, listUnsorted, logCalls, logUnsorted, popup } from './amocrm/calls.ts';
import { attachFiles, drive, listFiles } from './amocrm/drive.ts';
import { addCard, type Amo, type AmoUser, type Card, createAmo, hal, isFields, jsonOf, nothing, problem, type StoredNote, type Switches } from './amocrm/state.ts';
import { type Answer, type Asked, type StandIn, startStandIn } from './stand-in.ts';

export { addCard, REDIRECT } from './amocrm/state.ts';
export type { Amo, Card } from './amocrm/state.ts';

export interface Amocrm extends StandIn {
  readonly amo: Amo;
  readonly token: string;
  /** Notes of calls with this uniq, on all cards. */
  callsOf(uniq: string): readonly StoredNote[];
  unsortedOf(uniq: string): readonly Readonly<Record<string, unknown>>[];
  accept(uniq: string): void;
  /** Sounds that hang at cards. */
  filesAt(card: Card): readonly (Buffer | undefined)[];
}

export interface AmocrmOptions extends Partial<Omit<Switches, 'contacts'>> {
  readonly grace?: boolean;
  readonly users?: readonly AmoUser[];
  /** The contacts of the account; the right to read them is `amo.switches.contacts`. */
  readonly contacts?: readonly { readonly name: string; readonly phone: string; readonly responsible: number }[];
  readonly port?: number;
}

/** A JWT as amoCRM makes them (2.1): its middle part says when it ends and for whom it is. */
export function jwt(payload: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ typ: 'JWT', alg: 'RS256' })}.${part({ ...payload, padding: 'x'.repeat(900) })}.signature`;
}
const YEAR = 365 * 24 * 3600;

export async function startAmocrm({ users, contacts = [], port, ...switches }: AmocrmOptions = {}): Promise<Amocrm> {
  const amo = createAmo(users ?? [{ id: 7, name: 'Anna', active: true }, { id: 8, name: 'Boris', active: true }, { id: 9, name: 'Clara', active: false }], switches);
  for (const { name, phone, responsible } of contacts) addCard(amo, 'contacts', { name, phones: [phone], responsible });
  const token = jwt({ exp: Math.floor(Date.now() / 1000) + YEAR, account_id: amo.id });
  amo.longLived.add(token);
  const standIn = await startStandIn({
    nameOf: ({ verb, url }) => `${verb} ${url.pathname.replace(/\/\d+(?=\/|$)/g, '/{id}')}`,
    paramsOf: ({ body, url }) => ({ query: url.search, body: body.subarray(0, 4000).toString('utf8') }),
    apply: (asked) => apply(amo, asked),
  }, port);
  amo.origin = standIn.origin;
  const waiting = (uniq: string) => [...amo.waiting.values()].filter(({ metadata }) => metadata['uniq'] === uniq);
  return {
    ...standIn, amo, token,
    callsOf: (uniq) => [...amo.cards.values()].flatMap((card) => card.notes.filter(({ type, params }) => type.startsWith('call_') && params['uniq'] === uniq)),
    unsortedOf: (uniq) => waiting(uniq).map(({ metadata }) => metadata),
    accept: (uniq) => waiting(uniq).forEach(({ uid }) => { accept(amo, uid); }),
    filesAt: (card) => card.files.map((uuid) => amo.files.get(uuid)),
  };
}

function apply(amo: Amo, asked: Asked): Answer {
  const { verb, url, headers } = asked;
  if (url.pathname === '/oauth2/access_token' && verb === 'POST') return amo.tokens.exchange(jsonOf(asked));
  const token = /^Bearer (\S+)$/.exec(String(headers['authorization'] ?? ''))?.[1] ?? '';
  if (!amo.longLived.has(token) && !amo.tokens.isValid(token)) return problem(401, 'Unauthorized', { detail: 'Wrong login or password', error_code: '110' });
  if (!amo.switches.paid) return problem(402, 'Payment Required', { detail: 'Account is not paid' });
  if (url.pathname.startsWith('/drive/')) return drive(amo, asked);
  if (verb === 'POST' && !/^application\/json/.test(String(headers['content-type'] ?? ''))) return problem(415, 'Unsupported Media Type');
  return answer(amo, asked) ?? problem(404, 'Not Found', { detail: 'Cannot find that' });
}

function answer(amo: Amo, asked: Asked): Answer | null {
  switch (`${asked.verb} ${asked.url.pathname}`) {
    case 'GET /api/v4/account': return hal(200, accountOf(amo, asked));
    case 'GET /api/v4/users': return amo.switches.admin ? hal(200, { _page: 1, _embedded: { users: amo.users.map(shownUser) } }) : noRight();
    case 'GET /api/v4/leads/pipelines': return hal(200, { _embedded: { pipelines: [{ id: 401, name: 'Sales', is_main: true, is_unsorted_on: amo.switches.unsortedOn }, { id: 402, name: 'Other', is_main: false, is_unsorted_on: true }] } });
    case 'GET /api/v4/contacts': return amo.switches.contacts ? findCards(amo, asked, 'contacts') : noRight();
    case 'GET /api/v4/companies': return amo.switches.contacts ? findCards(amo, asked, 'companies') : noRight();
    case 'POST /api/v4/contacts': return addContacts(amo, asked);
    case 'POST /api/v4/calls': return logCalls(amo, asked);
    case 'POST /api/v4/leads/unsorted/sip': return logUnsorted(amo, asked);
    case 'GET /api/v4/leads/unsorted': return listUnsorted(amo);
    case 'POST /api/v2/events': return popup(amo, asked);
    case 'GET /api/v4/webhooks': return webhooksAllowed(amo) ?? (amo.webhooks.length === 0 ? nothing(204) : hal(200, { _embedded: { webhooks: amo.webhooks } }));
    case 'POST /api/v4/webhooks': return webhooksAllowed(amo) ?? subscribe(amo, asked);
    default: return atCard(amo, asked);
  }
}

/** Codes of 2.2. */
const noRight = (): Answer => problem(403, 'Forbidden', { detail: 'No rights', error_code: '244' });
const accountOf = (amo: Amo, { url }: Asked): object => ({
  id: amo.id, name: 'Acme', subdomain: amo.subdomain, current_user_id: 7,
  ...(amo.switches.drive && url.searchParams.get('with')?.includes('drive_url') === true ? { drive_url: `${amo.origin}/drive` } : {}),
});
const shownUser = ({ id, name, active }: AmoUser): object => ({ id, name, email: `user${id}@example.org`, rights: { is_admin: id === 7, is_active: active } });

const webhooksAllowed = (amo: Amo): Answer | null => (amo.switches.admin && amo.switches.webhooks ? null : noRight());
/** Settings by name; https only; no Cyrillic hosts (2.10). */
function subscribe(amo: Amo, asked: Asked): Answer {
  const body = jsonOf(asked);
  if (!isFields(body) || !Array.isArray(body['settings']) || !/^https:\/\/[\x21-\x7e]+$/.test(String(body['destination']))) return problem(400, 'Bad Request');
  const settings = body['settings'].map(String);
  if (!settings.every((name) => /^(?:add|update|delete|restore|responsible|note)_(?:lead|contact|company)$/.test(name))) return problem(400, 'Bad Request');
  amo.webhooks.push({ destination: String(body['destination']), settings, disabled: false });
  return hal(201, { id: amo.next(), destination: body['destination'], settings, disabled: false });
}

function atCard(amo: Amo, asked: Asked): Answer | null {
  const [, kind, id, room] = /^\/api\/v4\/(contacts|companies|leads|customers)\/(\d+)\/(notes|files)$/.exec(asked.url.pathname) ?? [];
  const card = amo.cards.get(Number(id));
  if (card === undefined || card.kind !== kind) return null;
  switch (`${asked.verb} ${room}`) {
    case 'POST notes': return addNotes(amo, asked, card);
    case 'GET notes': return listNotes(amo, asked, card);
    case 'PUT files': return attachFiles(amo, asked, card);
    case 'GET files': return listFiles(card);
    default: return problem(405, 'Method Not Allowed');
  }
}
