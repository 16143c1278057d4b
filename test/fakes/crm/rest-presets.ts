/** Stand-ins of the shapes that examples/rest-*.yaml are made for. Each refuses what its product refuses; the source stands beside the rule. Longer: six products in one file. */
import { createHash } from 'node:crypto';
import { type Answer, type Asked, type StandIn, startStandIn } from './stand-in.ts';

export interface Shaped<Kept> extends StandIn { readonly kept: readonly Kept[] }
type Fields = Readonly<Record<string, unknown>>;
const said = (status: number, body: unknown = ''): Answer => ({ status, body });

async function shaped<Kept>(apply: (asked: Asked, kept: Kept[]) => Answer): Promise<Shaped<Kept>> {
  const kept: Kept[] = [];
  const standIn = await startStandIn({ nameOf: ({ verb, url }) => `${verb} ${url.pathname}`, paramsOf: ({ body }) => body.toString('utf8'), apply: (asked) => apply(asked, kept) });
  return { ...standIn, kept };
}

const stepsOf = ({ url }: Asked): readonly string[] => url.pathname.split('/').slice(1).map(decodeURIComponent);
const jsonOf = ({ body }: Asked): Fields => JSON.parse(body.toString('utf8')) as Fields;
const formOf = ({ headers, body }: Asked): Readonly<Record<string, string>> =>
  (headers['content-type'] === 'application/x-www-form-urlencoded' ? Object.fromEntries(new URLSearchParams(body.toString('utf8'))) : {});

/** scope D 12-14: GET lookup/<number>, GET route/<caller>/<did> -> {"target"}, `Authorization: Token …`. `target`: what it says. */
export const startDjango = (target: () => unknown): Promise<Shaped<Fields>> => shaped((asked) => {
  const [room, caller, did] = stepsOf(asked);
  if (asked.headers['authorization'] !== 'Token crm-token-0001') return said(401, { detail: 'Invalid token.' });
  if (asked.verb !== 'GET' || !/^\d{11}$/.test(caller ?? '')) return said(404, { detail: 'Not found.' });
  if (room === 'lookup') return caller === '79035550142' ? said(200, { id: 5, name: 'Irina Orlova' }) : said(404, { detail: 'Not found.' });
  return room === 'route' && did !== undefined ? said(200, target()) : said(404, { detail: 'Not found.' });
});

/** JSON-RPC of Odoo: 200 whatever happens, `error` or `result`; crm-contracts 4.1, OCA asterisk_click2dial. */
export const startOdoo = (): Promise<Shaped<Fields>> => shaped((asked) => {
  if (asked.verb !== 'POST' || asked.url.pathname !== '/jsonrpc' || asked.headers['content-type'] !== 'application/json') return said(404);
  const { method, params } = jsonOf(asked) as { method?: string; params?: { service?: string; method?: string; args?: readonly unknown[] } };
  const [database, user, key, model, name, args] = params?.args ?? [];
  const rpc = (rest: object): Answer => said(200, { jsonrpc: '2.0', id: null, ...rest });
  if (method !== 'call' || params?.service !== 'object' || params.method !== 'execute_kw') return rpc({ error: { code: 200, message: 'Odoo Server Error' } });
  if (database !== 'odoo' || user !== 2 || key !== 'odoo-api-key-01') return rpc({ error: { code: 100, message: 'Access Denied' } });
  if (model !== 'phone.common' || name !== 'get_name_from_phone_number' || !Array.isArray(args)) return rpc({ error: { code: 200, message: 'no such method' } });
  return rpc({ result: (args as unknown[])[0] === '+79035550142' ? 'Irina Orlova' : false });
});

/** crm-contracts 4.1, FreePBX Superfecta: url-encoded GET; a source's body is the name, nothing = nobody. */
export const startSuperfecta = (): Promise<Shaped<Fields>> => shaped((asked, kept) => {
  if (asked.verb !== 'GET' || asked.body.length > 0) return said(405);
  if (asked.url.pathname === '/name.php') return { status: 200, body: asked.url.searchParams.get('number') === '9035550142' ? 'Irina Orlova\n' : '', headers: { 'content-type': 'text/plain' } };
  kept.push(Object.fromEntries(asked.url.searchParams));
  return asked.url.pathname === '/popup.php' ? { status: 200, body: 'OK', headers: { 'content-type': 'text/plain' } } : said(404);
});

const MEGA_STATUS = new Set(['Success', 'missed', 'Busy', 'Cancel', 'NotAvailable', 'NotAllowed', 'NotFound']);

/** crm-contracts 4.1, MegaPBX-style: one address, `crm_token` in the form, `cmd` contact | event | history. A history of a callid that is there replaces it. */
export const startMegaPbx = (): Promise<Shaped<Fields>> => shaped((asked, kept) => {
  const form = formOf(asked);
  if (form['crm_token'] !== 'crm-token-0001') return said(401, { error: 'Invalid token' });
  if (form['cmd'] === 'contact') return said(200, form['phone'] === '79035550142' ? { contact_name: 'Irina Orlova', responsible: '207' } : {});
  const known = form['cmd'] === 'event' ? ['INCOMING', 'ACCEPTED', 'COMPLETED', 'OUTGOING'].includes(form['type'] ?? '')
    : form['cmd'] === 'history' && ['in', 'out'].includes(form['type'] ?? '') && MEGA_STATUS.has(form['status'] ?? '') && /^\d{8}T\d{6}Z$/.test(form['start'] ?? '') && /^\d+$/.test(form['duration'] ?? '');
  if (!known || !/^\d{11}$/.test(form['phone'] ?? '') || (form['callid'] ?? '') === '') return said(400, { error: 'Invalid parameters' });
  const same = kept.findIndex((one) => form['cmd'] === 'history' && one['cmd'] === 'history' && one['callid'] === form['callid']);
  kept.splice(same < 0 ? kept.length : same, 1, form);
  return said(200);
});

/**
 * Zammad's log of calls (zammad/zammad app/models/cti/log.rb, `process`): a second newCall raises "call_id … already exists!", answer and hangup without one "No such call_id …"; an answer
 * after the hangup changes nothing. Fields and causes: docs.zammad.org, api/generic-cti.
 */
export const startZammad = (): Promise<Shaped<Fields>> => shaped((asked, kept) => {
  if (asked.verb !== 'POST' || asked.url.pathname !== '/zammad-cti-token-1') return said(401, { error: 'Invalid token, please contact your admin!' });
  const { event, from, to, direction, callId, cause } = jsonOf(asked);
  if (![from, to].every((number) => /^\d{2,20}$/.test(String(number))) || !['in', 'out'].includes(String(direction))) return said(422, { error: 'missing numbers' });
  const log = kept.find((one) => one['callId'] === callId) as { event: unknown } | undefined;
  if (event === 'newCall') return log === undefined ? (kept.push(jsonOf(asked)), said(200, {})) : said(422, { error: `call_id ${String(callId)} already exists!` });
  if (event !== 'answer' && event !== 'hangup') return said(422, { error: 'Unknown event' });
  if (event === 'hangup' && !['cancel', 'noAnswer', 'congestion', 'busy', 'normalClearing', 'notFound', 'forwarded'].includes(String(cause))) return said(422, { error: 'cause' });
  if (log === undefined) return said(422, { error: `No such call_id ${String(callId)}` });
  if (log.event !== 'hangup') Object.assign(log, jsonOf(asked));
  return said(200, {});
});

/** crm-contracts 4.1, Mango-style: `vpbx_api_key`, `sign` = hex SHA-256(key + json + salt), `json`. A summary of an entry_id that is there replaces it. */
export const startMango = (): Promise<Shaped<Fields>> => shaped((asked, kept) => {
  const { vpbx_api_key: key, sign, json = '' } = formOf(asked);
  if (key !== 'mango-key-0001' || sign !== createHash('sha256').update(`${key}${json}mango-salt-000001`).digest('hex')) return said(401);
  const body = JSON.parse(json) as Fields;
  const summary = asked.url.pathname === '/events/summary' && [1, 2].includes(Number(body['call_direction'])) && [0, 1].includes(Number(body['entry_result']))
    && Number.isInteger(body['create_time']) && Number.isInteger(body['end_time']);
  const call = asked.url.pathname === '/events/call' && ['Appeared', 'Connected', 'Disconnected', 'OnHold'].includes(String(body['call_state'])) && Number.isInteger(body['seq']);
  if (!summary && !call) return said(400);
  const same = kept.findIndex((one) => summary && one['entry_result'] !== undefined && one['entry_id'] === body['entry_id']);
  kept.splice(same < 0 ? kept.length : same, 1, body);
  return said(200);
});
