/** One request to the CRM: template, number, signature, deadline. */
import type { HttpAnswer, HttpRequest } from '../../../core/ports.ts';
import type { DriverTools } from '../../driver.ts';
import type { PhoneStyle } from './numbers.ts';
import type { Settings } from './settings.ts';
import { hmac, mangoSign } from './signature.ts';
import { fillForm, fillJson, fillPath, type Json, type Values } from './templates.ts';
import { translated } from './values.ts';

export interface Desk { readonly settings: Settings; readonly tools: DriverTools }

/** What an entry of the configuration says about a request. */
export interface Entry {
  readonly path: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | undefined;
  readonly body?: Readonly<Record<string, Json>> | undefined;
  readonly form?: Readonly<Record<string, string>> | undefined;
  readonly phone?: PhoneStyle | undefined;
}
export interface Question {
  readonly entry: Entry;
  readonly values: Values;
  /** Sent where the entry has no body of its own. */
  readonly body?: Json;
  readonly operation: string;
}

/** A caller or an operator waits no longer; the outbox has time. */
const ASK_MS = 10_000;
/** A minute for the CRM, and time for the file over a line of 32 kB/s. */
const uploadMs = (bytes: number): number => 60_000 + Math.ceil(bytes / 32);

/** Rejects with the HTTP client's failure when there was no whole answer. */
export function ask({ settings, tools }: Desk, { entry, values, body, operation }: Question, signal: AbortSignal): Promise<HttpAnswer> {
  const words = translated(values, settings.words);
  const text = contentOf(settings, entry, words, body);
  const timestamp = String(Math.floor(tools.clock.now() / 1000));
  return tools.http.request({
    method: entry.method ?? (text === undefined ? 'GET' : 'POST'), url: settings.url + fillPath(entry.path, words), ...(text !== undefined && { text }),
    headers: headersOf(settings, timestamp, text?.content ?? ''), operation, timeoutMs: ASK_MS, signal,
  });
}

export interface Sound { readonly path: string; readonly name: string; readonly bytes: number; readonly values: Values }

/**
 * The file as multipart/form-data. Its bytes are streamed, so the signature covers what names them instead: `event_id`, `call_id` and `sha256`, joined by
 * line feeds.
 */
export function send({ settings, tools }: Desk, { path, name, bytes, values }: Sound, signal: AbortSignal): Promise<HttpAnswer> {
  const words = translated(values, settings.words);
  const timestamp = String(Math.floor(tools.clock.now() / 1000));
  const signed = [values['event_id'], values['call_id'], values['sha256']].join('\n');
  const file = { field: settings.upload.field, name, type: 'audio/mpeg', path, fields: fillForm(settings.upload.fields, words) };
  return tools.http.request({
    method: settings.upload.method, url: settings.url + fillPath(settings.upload.path, words), file, headers: headersOf(settings, timestamp, signed),
    operation: 'recording', timeoutMs: uploadMs(bytes), signal,
  });
}

function contentOf(settings: Settings, entry: Entry, values: Values, neutral: Json | undefined): HttpRequest['text'] {
  if (entry.form !== undefined) return { type: FORM, content: new URLSearchParams(fillForm(entry.form, values)).toString() };
  const body = entry.body === undefined ? (entry.method === 'GET' ? undefined : neutral) : fillJson(entry.body, values);
  if (body === undefined) return undefined;
  const json = JSON.stringify(body);
  const { kind, key = '' } = settings.signature;
  if (kind === 'hmac') return { type: 'application/json', content: json };
  const sign = mangoSign(key, json, settings.secret ?? '');
  return { type: FORM, content: new URLSearchParams({ vpbx_api_key: key, sign, json }).toString() };
}

const FORM = 'application/x-www-form-urlencoded';

function headersOf({ headers, token, secret, signature }: Settings, timestamp: string, signed: string): Record<string, string> {
  const bearer = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  if (secret === undefined || signature.kind !== 'hmac') return { ...headers, ...bearer };
  return { ...headers, ...bearer, [signature.timestampHeader]: timestamp, [signature.header]: hmac(secret, timestamp, signed) };
}
