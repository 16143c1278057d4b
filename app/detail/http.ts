/** Requests to CRMs and their answers in full, while `http` is switched to detail (`app/detail.ts`); secrets and numbers are masked always. */
import type { Clock, Http, HttpAnswer, HttpRequest, Log } from '../../core/ports.ts';
import { HttpFailure } from '../http/failure.ts';
import { createMask, type Mask } from './mask.ts';

export interface DetailedHttpTools {
  readonly log: Log;
  readonly detail: { readonly isOn: (subsystem: string) => boolean };
  /** Secrets of the configuration in clear text (`secretsOf`). */
  readonly secrets: readonly string[];
  readonly clock: Clock;
}

/** Characters of a body that a log line holds. */
const MAX_BODY = 4_000;
const SHOWN_HEADERS = /^(?:content-type|content-length|date|retry-after|x-ratelimit-[a-z-]+|x-lognex-[a-z-]+)$/;

export function detailedHttp(http: Http, { log, detail, secrets, clock }: DetailedHttpTools): Http {
  const room = log.child({ room: 'http' });
  const mask = createMask(secrets);
  let count = 0;
  return {
    request: async (request) => {
      if (!detail.isOn('http')) return await http.request(request);
      count += 1;
      const asked = { request: count, method: request.method, address: mask.address(request.url), ...(request.operation !== undefined && { operation: mask.text(request.operation) }) };
      room.debug({ ...asked, query: queryOf(request.url, mask), body: bodyOf(request, mask) }, 'a CRM is asked');
      const began = clock.now();
      try {
        const answer = await http.request(request);
        room.debug({ ...asked, ms: clock.now() - began, status: answer.status, headers: headersOf(answer.headers, mask), body: answered(answer, mask) }, 'a CRM answered');
        return answer;
      } catch (error) {
        const failure = error instanceof HttpFailure ? { code: error.code, sent: error.sent } : { code: 'unknown' };
        room.debug({ ...asked, ms: clock.now() - began, ...failure }, 'a CRM gave no whole answer');
        throw error;
      }
    },
  };
}

function queryOf(url: string, mask: Mask): string {
  const query = URL.parse(url)?.searchParams;
  return query === undefined || query.size === 0 ? '' : cut(mask.value(pairs(query)));
}

/** A name may come twice (`PHONE_NUMBER[]`). */
function pairs(query: URLSearchParams): Readonly<Record<string, unknown>> {
  return Object.fromEntries([...new Set(query.keys())].map((name) => [name, query.getAll(name).length === 1 ? query.get(name) : query.getAll(name)]));
}

function bodyOf({ json, form, text, file, part }: HttpRequest, mask: Mask): string {
  if (json !== undefined) return cut(mask.value(json));
  if (form !== undefined) return cut(mask.value(form));
  if (text !== undefined) return cut(parsed(text.content, text.type, mask));
  if (file !== undefined) return cut({ file: mask.text(file.name), type: file.type, fields: mask.value(file.fields ?? {}) });
  return part === undefined ? '' : cut({ part: [part.from, part.to], type: part.type });
}

function parsed(content: string, type: string, mask: Mask): unknown {
  if (/json/i.test(type)) {
    try { return mask.value(JSON.parse(content)); } catch { return mask.text(content); }
  }
  return /x-www-form-urlencoded/i.test(type) ? mask.value(pairs(new URLSearchParams(content))) : mask.text(content);
}

const answered = ({ body, text }: HttpAnswer, mask: Mask): string => (body === null ? cut(mask.text(text)) : cut(mask.value(body)));

function headersOf(headers: HttpAnswer['headers'], mask: Mask): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => SHOWN_HEADERS.test(name)).map(([name, value]) => [name, name === 'date' ? value : mask.text(value)]));
}

function cut(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= MAX_BODY ? text : `${text.slice(0, MAX_BODY)}… (${String(text.length)} characters)`;
}
