/**
 * What the CRM asks of us: `POST /crm/<account>/originate`, `/call-back`, `/contacts-changed`, `/user-status`, JSON, proven by the same HMAC over the raw
 * body, or by a bearer token of its own (crm-contracts 4.1). Whoever cannot prove it hears nothing of us, not even that there is an account.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Extension } from '../../../core/words.ts';
import type { CrmEvent, Heard, HeardAnswer } from '../../heard.ts';
import type { Desk } from './desk.ts';
import { sameSecret } from '../../proof.ts';
import { isProven } from './signature.ts';

/** Dial characters, after the punctuation that people write; never what could end a header of AMI. */
const number = z.union([z.string().max(60), z.number()]).transform((text) => String(text).replace(/[\s().-]/g, ''))
  .pipe(z.string().regex(/^\+?[0-9*#]{1,20}$/));
const extension = z.union([z.string(), z.number()]).transform(String).pipe(z.string().regex(/^[0-9*#+]{1,20}$/)).transform((text) => text as Extension);
const short = z.union([z.string().regex(/^[^\p{Cc}]{0,200}$/u), z.number()]).transform(String).nullable().optional();

const originate = z.looseObject({ extension: extension.optional(), user: short, phone: number, did: short, crm_call_id: short })
  .refine((asked) => asked.extension !== undefined || (asked.user ?? '') !== '', 'extension is missing');
const callBack = z.looseObject({ phone: number, did: short, text: z.string().max(1000).optional(), event_id: short });
const changed = z.looseObject({ phones: z.union([z.literal('all'), z.array(number).max(10_000)]), event_id: short });
const status = z.looseObject({ extension, status: z.enum(['free', 'busy', 'dinner', 'break']), event_id: short });

type Reader = (body: unknown, id: (own?: string | null) => string) => CrmEvent | null;
const reading = <Shape>(shape: z.ZodType<Shape>, toEvent: (read: Shape, id: (own?: string | null) => string) => CrmEvent): Reader => (body, id) => {
  const read = shape.safeParse(body);
  return read.success ? toEvent(read.data, id) : null;
};

const READERS: Readonly<Record<string, Reader>> = {
  'originate': reading(originate, (asked, id) => ({
    kind: 'dial', id: id(asked.crm_call_id), number: asked.phone, callId: asked.crm_call_id ?? '', line: asked.did ?? '',
    crmUser: asked.user ?? null, extension: asked.extension ?? null,
  })),
  'call-back': reading(callBack, (asked, id) => ({
    kind: 'call-back', id: id(asked.event_id), number: asked.phone, line: asked.did ?? '', text: asked.text ?? '',
  })),
  'contacts-changed': reading(changed, (asked, id) => ({ kind: 'contacts-changed', id: id(asked.event_id), numbers: asked.phones })),
  'user-status': reading(status, (asked, id) => ({ kind: 'user-status', id: id(asked.event_id), extension: asked.extension, status: asked.status })),
};

const NOT_UNDERSTOOD = 'the fields of the body are not as docs/crm/rest.md says';

export function hear(desk: Desk, heard: Heard): HeardAnswer | null {
  const read = Object.hasOwn(READERS, heard.path) ? READERS[heard.path] : undefined;
  if (heard.method !== 'POST' || read === undefined || !isOurs(desk, heard)) return null;
  const event = read(parsed(heard.body), idOf(heard, desk));
  if (event === null) return { status: 400, body: { error: NOT_UNDERSTOOD }, events: [], note: `${heard.path}: not understood` };
  return { status: 202, body: { accepted: true, id: event.id }, events: [event], note: heard.path };
}

function isOurs({ settings: { secret, inboundToken, signature }, tools }: Desk, { headers, body }: Heard): boolean {
  const [proof, timestamp, bearer] = [headers[signature.header.toLowerCase()], headers[signature.timestampHeader.toLowerCase()], headers['authorization']];
  if (inboundToken !== undefined && bearer !== undefined && sameSecret(bearer, `Bearer ${inboundToken}`)) return true;
  return secret !== undefined && proof !== undefined && timestamp !== undefined && isProven({ timestamp, signature: proof, body }, secret, tools.clock.now());
}

/** The CRM's own id where it gives one; else made of what came, so that the very same request again is the same event. */
const idOf = ({ path, headers, body }: Heard, { tools, settings }: Desk) => (own?: string | null): string => {
  const timestamp = headers[settings.signature.timestampHeader.toLowerCase()] ?? String(Math.floor(tools.clock.now() / 10_000));
  return `${path}/${own ?? createHash('sha256').update(`${timestamp}.${body}`).digest('hex').slice(0, 32)}`;
};

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
