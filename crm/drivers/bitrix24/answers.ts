/**
 * What the portal says, read tolerantly: PHP writes an empty map as `[]`, ids as numbers or strings, and leaves keys out
 * (crm-contracts 1.1, 1.6, 1.12).
 */
import { z } from 'zod';

export const envelope = z.looseObject({
  result: z.unknown().optional(),
  error: z.union([z.string(), z.number()]).transform(String).optional(),
  error_description: z.string().optional().catch(undefined),
  time: z.looseObject({
    start: z.number().optional().catch(undefined),
    finish: z.number().optional().catch(undefined),
    operating_reset_at: z.number().optional().catch(undefined),
  }).optional().catch(undefined),
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

export const user = z.looseObject({ ID: id, UF_PHONE_INNER: extension });
export const finishedCall = z.looseObject({
  CALL_ID: z.string(),
  RECORD_FILE_ID: id.nullable().catch(null),
});
export const uploadPlace = z.looseObject({ uploadUrl: z.string().min(1), fieldName: z.string().min(1).catch('file') });

/** A PHP list: an array, or an object where its keys have gaps, or an empty anything. Members that are no such thing are left out. */
export function listOf<Member>(member: z.ZodType<Member>, value: unknown): readonly Member[] {
  const members: unknown[] = Array.isArray(value) ? value : typeof value === 'object' && value !== null ? Object.values(value) : [];
  return members.flatMap((one) => {
    const read = member.safeParse(one);
    return read.success ? [read.data] : [];
  });
}
