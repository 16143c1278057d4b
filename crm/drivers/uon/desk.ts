/** One request to U-ON: the key stands in the path, so no error may quote an address. */
import type { DriverTools } from '../../driver.ts';
import type { Verdict } from '../../../core/verdict.ts';
import { type Reply, replyOf } from './answers.ts';
import type { Settings } from './settings.ts';

export interface Desk { readonly settings: Settings; readonly tools: DriverTools }
export interface Question { readonly path: string; readonly form?: Readonly<Record<string, string>> }

const ASK_MS = 10_000;

/** Rejects with the HTTP client's failure when there was no whole answer. */
export async function ask({ settings, tools }: Desk, { path, form }: Question, signal: AbortSignal): Promise<Reply> {
  const url = `${settings.baseUrl}/${settings.apiKey}/${path}.json`;
  const operation = path.split('/')[0] ?? '';
  return replyOf(await tools.http.request({ method: form === undefined ? 'GET' : 'POST', url, ...(form && { form }), operation, timeoutMs: ASK_MS, signal }));
}

export const REMEDIES: Readonly<Record<number, string>> = {
  401: 'the key is not valid: copy it again from U-ON (settings, API) into `apiKey`',
  402: 'U-ON says that the account is not paid',
  403: 'the key may not do this, or the API is switched off: look into U-ON\'s settings of the API',
};
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

export function verdictOf(refusal: Extract<Reply, { ok: false }>): Verdict {
  const { status, page } = refusal;
  const remedy = REMEDIES[status];
  if (remedy !== undefined) return { kind: 'locked-out', reason: `HTTP ${status}: ${remedy}` };
  if (refusal.definite && !LATER.has(status)) return { kind: 'refused', reason: `HTTP ${status}` };
  return later(page ? `HTTP ${status} with a page` : `HTTP ${status}, no answer of U-ON's own`, refusal.retryAfterMs);
}

export const later = (reason: string, retryAfterMs: number | null = null): Verdict => ({ kind: 'try-later', reason, retryAfterMs });
export const skipped = (reason: string): Verdict => ({ kind: 'skipped', reason });

/** The number as U-ON takes it: digits with the country (crm-contracts 4.3); null = nobody outside. */
export function digitsOf({ tools }: Desk, number: string, line = ''): string | null {
  const read = tools.numbers.read(number, line);
  return read.kind === 'external' ? read.e164.replace(/^\+/, '') : null;
}
