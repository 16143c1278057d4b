import { showListen, type Listen } from './config/index.ts';
import { createHttp, HttpFailure } from './http.ts';
import { packageVersion } from './package-root.ts';

export interface ServerState { readonly address: string; readonly ready: boolean; readonly checks: Readonly<Record<string, string>> }

/** The running `callme serve` of this configuration, asked by its own HTTP; null when nobody (or somebody else) answers. */
export async function askServer(listen: Listen, timeoutMs: number): Promise<ServerState | null> {
  const host = listen.host === '0.0.0.0' ? '127.0.0.1' : listen.host === '::' ? '::1' : listen.host;
  const address = showListen({ host, port: listen.port });
  const http = createHttp({ version: packageVersion() });
  try {
    const { body } = await http.request({ method: 'GET', url: `http://${address}/ready`, timeoutMs });
    return stateOf(address, body);
  } catch (error) {
    // A server that listens on another machine's address without https is simply not asked.
    if (error instanceof HttpFailure) return null;
    throw error;
  } finally {
    await http.close();
  }
}

function stateOf(address: string, body: unknown): ServerState | null {
  if (typeof body !== 'object' || body === null) return null;
  const { status, checks } = body as { readonly status?: unknown; readonly checks?: unknown };
  if (status !== 'ready' && status !== 'not ready') return null;
  const texts = typeof checks === 'object' && checks !== null ? Object.entries(checks).map(([name, value]) => [name, String(value)] as const) : [];
  return { address, ready: status === 'ready', checks: Object.fromEntries(texts) };
}
