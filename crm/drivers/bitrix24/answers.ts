/**
 * What the portal says, read tolerantly: PHP writes an empty map as `[]`, ids as numbers or strings, and leaves keys out
 * (crm-contracts 1.1, 1.6, 1.12).
 */
import { z } from 'zod';

const seconds = z.number().optional().catch(undefined);
export const timing = z.looseObject({ start: seconds, finish: seconds, operating: seconds, operating_reset_at: seconds });
export type Timing = z.infer<typeof timing>;

export const envelope = z.looseObject({
  result: z.unknown().optional(),
  error: z.union([z.string(), z.number()]).transform(String).optional(),
  error_description: z.string().optional().catch(undefined),
  next: z.number().int().positive().optional().catch(undefined),
  time: timing.optional().catch(undefined),
});
export type Envelope = z.infer<typeof envelope>;

const id = z.union([z.string().regex(/^\d+$/), z.number().int()]).transform(Number).pipe(z.number().int().positive());
/** A name for people: one line without control characters, because it may travel on to a telephone's display. */
const name = z.string().transform((text) => text.replace(/\p{Cc}+/gu, ' ').trim().slice(0, 200)).catch('');
/** "keep only digits": people write `(207)`; anything else is no extension that we would ever dial. */
const extension = z.union([z.string(), z.number()]).transform((text) => String(text).replace(/[\s()-]/g, ''))
  .pipe(z.string().regex(/^\d{1,12}$/)).nullable().catch(null);

export const registered = z.looseObject({
  CALL_ID: z.string().min(1).max(300),
  CRM_ENTITY_TYPE: z.string().nullable().catch(null),
  CRM_ENTITY_ID: id.nullable().catch(null),
});

export const entity = z.looseObject({
  CRM_ENTITY_TYPE: z.enum(['CONTACT', 'LEAD', 'COMPANY']),
  CRM_ENTITY_ID: id,
  ASSIGNED_BY_ID: id.nullable().catch(null),
  NAME: name,
  ASSIGNED_BY: z.looseObject({ USER_PHONE_INNER: extension }).nullable().catch(null),
});
export type Entity = z.infer<typeof entity>;
/** crm.contact.get, crm.company.get, crm.lead.get: a person has names, a company a title, a lead may have both. */
export const card = z.looseObject({ ID: id, NAME: name, LAST_NAME: name, TITLE: name, ASSIGNED_BY_ID: id.nullable().catch(null) });
export type Card = z.infer<typeof card>;

export const user = z.looseObject({
  ID: id, UF_PHONE_INNER: extension, NAME: name, LAST_NAME: name,
  ACTIVE: z.union([z.boolean(), z.string().transform((text) => text !== 'N' && text !== 'false')]).catch(true),
});
export type User = z.infer<typeof user>;
export const finishedCall = z.looseObject({
  CALL_ID: z.string(),
  RECORD_FILE_ID: id.nullable().catch(null),
});
export const uploadPlace = z.looseObject({ uploadUrl: z.string().min(1), fieldName: z.string().min(1).catch('file') });

export const externalLine = z.looseObject({ NUMBER: z.union([z.string(), z.number()]).transform(String), NAME: z.string().catch('') });
export const source = z.looseObject({ STATUS_ID: z.union([z.string(), z.number()]).transform(String) });

/** The OAuth server's words (crm-contracts 1.2). `domain` is the server itself and not the portal. */
export const tokens = z.looseObject({
  access_token: z.string().min(1).max(2000),
  refresh_token: z.string().min(1).max(2000),
  expires_in: z.coerce.number().positive().optional().catch(undefined),
  client_endpoint: z.string().optional().catch(undefined),
  server_endpoint: z.string().optional().catch(undefined),
  member_id: z.string().max(200).optional().catch(undefined),
});
export type Tokens = z.infer<typeof tokens>;

const offlineText = z.union([z.string(), z.number()]).transform(String).catch('');
/** One row of the queue of offline events (crm-contracts 1.13). `EVENT_DATA` is `false` where there is nothing to say. */
export const offlineRow = z.looseObject({
  ID: offlineText, MESSAGE_ID: offlineText, EVENT_NAME: z.string(), TIMESTAMP_X: z.string().catch(''),
  EVENT_DATA: z.record(z.string(), z.unknown()).catch({}), PROCESS_ID: z.string().catch(''), ERROR: offlineText,
});
export type OfflineRow = z.infer<typeof offlineRow>;
export const offlinePage = z.looseObject({ process_id: z.string().min(1).nullable().catch(null), events: z.unknown().optional() });

/** A PHP map: an object, or `[]` where it is empty. */
export const mapOf = (value: unknown): Readonly<Record<string, unknown>> =>
  (typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Readonly<Record<string, unknown>> : {});

/** A PHP list: an array, or an object where its keys have gaps, or an empty anything. Members that are no such thing are left out. */
export function listOf<Member>(member: z.ZodType<Member>, value: unknown): readonly Member[] {
  const members: unknown[] = Array.isArray(value) ? value : typeof value === 'object' && value !== null ? Object.values(value) : [];
  return members.flatMap((one) => {
    const read = member.safeParse(one);
    return read.success ? [read.data] : [];
  });
}
