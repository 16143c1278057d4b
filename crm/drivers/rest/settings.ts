/** The keys of an account of `driver: rest`, with what they mean: docs/crm/rest.md. Longer, because every key of the driver is here. */
import { z } from 'zod';
import { PHONE_STYLES } from './numbers.ts';
import { placeholdersIn, stringsIn } from './templates.ts';
import { EVENTS, PLACEHOLDERS } from './values.ts';

const text = z.string().trim().min(1).max(2000);
const LOOPBACK = /^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?(?:\/|$)/;
const url = z.string().trim().regex(/^https?:\/\/[^/?#@\s]+(?:\/[^?#\s]*)?$/, 'expected an address such as https://crm.example.org/api, without ? and #')
  .refine((address) => address.startsWith('https:') || LOOPBACK.test(address), 'use https: plain http is for loopback alone')
  .transform((address) => (address.endsWith('/') ? address : `${address}/`));

/** RFC 9110 5.1: a token. */
const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,60}$/, 'expected the name of a header');
const headerValue = z.string().regex(/^[\t\x20-\x7e]{0,2000}$/, 'a header holds printable ASCII');
const strangers = (where: unknown): readonly string[] => stringsIn(where).flatMap(placeholdersIn).filter((name) => !PLACEHOLDERS.has(name));
const template = <Schema extends z.ZodType>(schema: Schema) => schema.superRefine((value, context) => {
  for (const name of strangers(value)) context.addIssue({ code: 'custom', message: `{${name}} is no placeholder; known: ${[...PLACEHOLDERS].join(', ')}` });
});

/** Always below `url`: a token goes to one host. */
const PATH = /^(?!\/\/)(?![a-z][a-z0-9+.-]*:)[^\s#\\]*$/i;
const path = template(z.string().max(2000).regex(PATH, 'expected a path below `url`').transform((below) => below.replace(/^\//, '')));
const method = z.enum(['GET', 'POST', 'PUT', 'PATCH']);
const phone = z.enum(PHONE_STYLES);
/** `responsible.id`, `results[0].name`, `results.0.name`; `''` = the answer as a whole. */
const answerPath = z.string().max(300).regex(/^(?:[^.[\]\s]+|\[\d+\])?(?:\.[^.[\]\s]+|\[\d+\])*$/, 'expected names with dots between them: result.0.name');
const json = template(z.record(z.string(), z.json()));
const form = template(z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)));
const body = { method: method.optional(), body: json.optional(), form: form.optional(), phone: phone.optional() };
const oneBody = ({ body: asJson, form: asForm }: { body?: unknown; form?: unknown }): boolean => asJson === undefined || asForm === undefined;
const ONE_BODY = 'one of `body` and `form`, not both';

const lookup = z.strictObject({
  /** False: this CRM is told of calls and never asked who calls. */
  use: z.boolean().default(true),
  path: path.default('lookup?phone={phone}&did={line}&call_id={linkedid}'), ...body,
  /** `text`: the answer is the name itself, as Superfecta's sources read it. */
  answer: z.enum(['json', 'text']).default('json'),
  found: answerPath.default('found'), id: answerPath.default('id'), name: answerPath.default('name'), company: answerPath.default('company'),
  ownerId: answerPath.default('responsible.id'), ownerExtension: answerPath.default('responsible.extension'),
}).refine(oneBody, ONE_BODY);

const route = z.strictObject({ path: path.default('route/{phone}/{did}'), ...body, target: answerPath.default('target') }).refine(oneBody, ONE_BODY);

const users = z.strictObject({
  path: path.default('users'), list: answerPath.default('users'), id: answerPath.default('id'), name: answerPath.default('name'),
  extension: answerPath.default('extension'), active: answerPath.default('active'),
});

export const eventName = z.enum(EVENTS);
const event = z.strictObject({
  on: z.array(eventName).min(1),
  /** Which calls; not given = both ways. */
  direction: z.enum(['in', 'out']).optional(),
  /** Which ends of calls; not given = all. */
  status: z.array(z.enum(['answered', 'missed', 'busy', 'cancelled', 'failed', 'voicemail'])).min(1).optional(),
  path: path.default('events'), ...body,
  /** Told before, where nobody has heard it: a product that refuses the end of a call whose beginning it does not know. */
  needs: eventName.optional(),
}).refine(oneBody, ONE_BODY);

const upload = z.strictObject({
  path: path.default('recordings'), method: z.enum(['POST', 'PUT']).default('POST'),
  /** The name of the file's part. */
  field: text.regex(/^[\w.-]+$/).default('file'),
  fields: form.default({ call_id: '{call_id}', event_id: '{event_id}', duration: '{duration}', sha256: '{sha256}' }),
});

const signature = z.strictObject({
  kind: z.enum(['hmac', 'mango']).default('hmac'),
  header: headerName.default('X-Signature'), timestampHeader: headerName.default('X-Timestamp'),
  /** Mango's `vpbx_api_key`; `secret` is its salt. */
  key: text.optional(),
}).refine(({ kind, key }) => kind !== 'mango' || key !== undefined, 'kind: mango needs `key`');

const ALL_EVENTS = [{ on: [...EVENTS] }];

export const settings = z.strictObject({
  url,
  /** Signs what we ask, and proves what the CRM asks of us. */
  secret: text.pipe(z.string().min(16, 'use at least 16 characters')).optional(),
  /** `Authorization: Bearer …` of what we ask. */
  token: text.regex(/^[\x21-\x7e]+$/).optional(),
  headers: z.record(headerName, headerValue).default({}),
  /** What the CRM shows us as `Authorization: Bearer …`, where it cannot sign. */
  inboundToken: text.pipe(z.string().min(16, 'use at least 16 characters')).optional(),
  signature: signature.prefault({}),
  /** How numbers are written, where an entry says nothing else. */
  phone: phone.default('e164'),
  /** What is a yes: JSON (or 204), or any 2xx that is no page of HTML. */
  answers: z.enum(['json', 'any']).default('json'),
  /** Where an answer of 200 says that it is none: `error`. */
  failure: answerPath.optional(),
  /** Refusals that mean "I have it already": the status, and what the answer says. */
  already: z.array(z.strictObject({ status: z.int().min(400).max(499), says: text.optional() })).default([{ status: 409 }]),
  /** Our words in theirs: `words: { status: { answered: Success } }`. */
  words: z.record(z.string(), z.record(z.string(), z.union([z.string(), z.number()]))).default({}),
  lookup: lookup.prefault({}),
  /** Not given = the CRM decides no routes. */
  route: route.optional(),
  /** Not given = the CRM does not list its people. */
  users: users.optional(),
  events: z.array(event).prefault(ALL_EVENTS),
  recording: z.enum(['link', 'upload', 'none']).default('link'),
  /** With `recording: upload`. */
  upload: upload.prefault({}),
  /** A number that the CRM knows: `callme crm check` looks whether its contact can be read. */
  knownPhone: z.union([z.string(), z.number()]).transform(String).optional(),
}).superRefine(({ signature: { kind }, secret }, context) => {
  if (kind === 'mango' && secret === undefined) context.addIssue({ code: 'custom', path: ['secret'], message: 'kind: mango needs `secret`, its salt' });
});

export type Settings = z.infer<typeof settings>;
export type LookupSettings = z.infer<typeof lookup>;
export type EventSettings = z.infer<typeof event>;
