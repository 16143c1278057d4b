/** From what came over HTTP to what the portal said: a result, or a refusal. */
import type { HttpAnswer } from '../../../core/ports.ts';
import type { Envelope } from './answers.ts';
import { portalTime, type Refusal, retryAfterMs } from './verdicts.ts';

export type Reply =
  /** `next`: where the next page of a list starts. `at`: the portal's clock, milliseconds. */
  | { readonly ok: true; readonly result: unknown; readonly next: number | null; readonly at: number | null }
  | Refusal;

/** What an answer says. `secrets` are taken out of it. */
export function read(answer: HttpAnswer, told: Envelope | null, secrets: readonly string[]): Reply {
  const fine = answer.status >= 200 && answer.status < 300;
  const at = portalTime(answer.headers['date']);
  if (fine && told !== null && told.error === undefined && 'result' in told) return { ok: true, result: told.result, next: told.next ?? null, at };
  return {
    ok: false, sent: true, status: answer.status, code: (told?.error ?? '').toUpperCase().slice(0, 80),
    description: tidy(descriptionOf(answer, told), secrets), retryAfterMs: retryAfterMs(answer, told),
  };
}

function descriptionOf(answer: HttpAnswer, told: Envelope | null): string {
  if (told !== null) return told.error_description ?? '';
  if (answer.status >= 300 && answer.status < 400) return '';
  return answer.status < 300 ? 'the answer is not what a portal says' : '';
}

/** The portal's words go into reasons that people read: one line, short, without secrets. */
export function tidy(text: string, secrets: readonly string[]): string {
  return secrets.filter((secret) => secret !== '').reduce((left, secret) => left.replaceAll(secret, '…'), text).replace(/\p{Cc}+/gu, ' ').slice(0, 300);
}

/** Failures of the HTTP client carry a stable `code` (`HTTP_TIMEOUT` …); its message holds no secret. Anything else is our bug. */
export function failed(error: unknown): Refusal {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string' || !error.code.startsWith('HTTP_')) throw error;
  const sent = !('sent' in error) || error.sent !== false;
  return { ok: false, sent, status: 0, code: error.code, description: error.message.slice(0, 300), retryAfterMs: null };
}
