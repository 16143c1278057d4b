/** A process of its own that renews a token over a real store, and may be killed between the vendor's answer and its disk. Prints what it got. */
import { openKeep } from '../../../app/keep.ts';
import { createHttp } from '../../../app/http.ts';
import { type AccountId, instant, type TenantId } from '../../../core/words.ts';
import { createTokenKeeper, type Renewed, type TokenPair } from '../../../crm/oauth.ts';
import { openStore } from '../../../store/open.ts';

const [dataDir = '', origin = '', access = '', refresh = '', later = '0', fate = ''] = process.argv.slice(2);
const store = openStore({ url: 'sqlite:callme.db', dataDir, tenant: 'default' as TenantId });
const http = createHttp({ version: '0.0.0' });
const keep = openKeep('amo' as AccountId, { accounts: store.accounts, clock: { now: () => instant(Date.now() + Number(later)) } });
const stale: TokenPair = { access, refresh, expiresAt: null, extra: {} };

async function renew(pair: TokenPair, signal: AbortSignal): Promise<Renewed> {
  const json = { client_id: 'id', client_secret: 'secret', grant_type: 'refresh_token', refresh_token: pair.refresh, redirect_uri: 'https://pbx.example.org/callme/oauth' };
  const { status, body } = await http.request({ method: 'POST', url: origin, json, signal, timeoutMs: 5000 });
  if (fate === 'killed') process.kill(process.pid, 'SIGKILL');
  const said = body as Readonly<Record<string, string>>;
  if (status !== 200) return { kind: 'dead', reason: `HTTP ${status}` };
  return { kind: 'renewed', pair: { access: said['access_token'] ?? '', refresh: said['refresh_token'] ?? '', expiresAt: null, extra: {} } };
}

const said = await createTokenKeeper({ keep, initial: stale, renew }).renewed(stale, new AbortController().signal);
process.stdout.write(said.kind === 'renewed' ? said.pair.access : said.kind);
await http.close();
store.close();
