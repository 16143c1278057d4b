/** What amoCRM says, read tolerantly: PHP writes an empty map as `[]`, ids as numbers or text, and null for an empty list (crm-contracts 2.2 to 2.10). */
import { z } from 'zod';

export const id = z.union([z.string().regex(/^\d+$/), z.number().int()]).transform(Number).pipe(z.number().int().positive());
/** A name for people: one line without control characters, because it may travel on to a telephone's display. */
export const name = z.string().transform((text) => text.replace(/\p{Cc}+/gu, ' ').trim().slice(0, 200)).catch('');
const word = z.union([z.string(), z.number()]).transform(String);

/** A list that may be missing, null, or an object with gaps; members that are no such thing are left out. */
export function listOf<Member>(member: z.ZodType<Member>, value: unknown): readonly Member[] {
  const members: unknown[] = Array.isArray(value) ? value : typeof value === 'object' && value !== null ? Object.values(value) : [];
  return members.flatMap((one) => {
    const read = member.safeParse(one);
    return read.success ? [read.data] : [];
  });
}
const list = <Member>(member: z.ZodType<Member>) => z.unknown().optional().transform((value) => listOf(member, value));

const page = z.looseObject({ _embedded: z.unknown() });
/** The list `name` of an answer; null where the answer is not amoCRM's: a proxy's page, half of something. */
export function embedded<Member>(body: unknown, list: string, member: z.ZodType<Member>): readonly Member[] | null {
  const read = page.safeParse(body);
  if (!read.success || typeof read.data['_embedded'] !== 'object' || read.data['_embedded'] === null) return null;
  return listOf(member, (read.data['_embedded'] as Readonly<Record<string, unknown>>)[list]);
}
const furtherPage = z.object({ _links: z.object({ next: z.unknown().refine((next) => next !== undefined && next !== null) }) });
export const hasNext = (body: unknown): boolean => furtherPage.safeParse(body).success;

const withId = z.looseObject({ id });
const field = z.looseObject({ field_code: z.string().nullable().catch(null), values: list(z.looseObject({ value: word })) });
export const entity = z.looseObject({
  id, name,
  responsible_user_id: id.nullable().catch(null),
  custom_fields_values: list(field),
  _embedded: z.looseObject({ leads: list(withId), customers: list(withId), companies: list(withId) }).catch({ leads: [], customers: [], companies: [] }),
});
export type Entity = z.infer<typeof entity>;
export const phonesOf = (one: Entity): readonly string[] =>
  one.custom_fields_values.filter((each) => each.field_code === 'PHONE').flatMap((each) => each.values.map(({ value }) => value));

export const account = z.looseObject({ id, name, subdomain: z.string().catch(''), drive_url: z.string().nullable().catch(null) });
export type Account = z.infer<typeof account>;
export const user = z.looseObject({
  id, name, email: z.string().catch(''),
  rights: z.looseObject({ is_active: z.boolean().catch(true) }).catch({ is_active: true }),
});
export type User = z.infer<typeof user>;

export const loggedCall = z.looseObject({ id: word, entity_id: id, entity_type: z.string() });
export const createdNote = z.looseObject({ id });
export const created = z.looseObject({ id });
export const note = z.looseObject({ id, params: z.looseObject({ uniq: word.catch(''), text: word.catch('') }).catch({ uniq: '', text: '' }) });
export const unsorted = z.looseObject({
  uid: z.string(),
  metadata: z.looseObject({ uniq: word.catch(''), phone: word.catch(''), called_at: z.coerce.number().catch(0) }).catch({ uniq: '', phone: '', called_at: 0 }),
  _embedded: z.looseObject({ contacts: list(withId), leads: list(withId) }).catch({ contacts: [], leads: [] }),
});
export type Unsorted = z.infer<typeof unsorted>;

export const uploadSession = z.looseObject({
  session_id: word.catch(''), upload_url: z.string().min(1),
  max_part_size: z.coerce.number().int().positive(), max_file_size: z.coerce.number().positive().catch(Infinity),
});
export const uploadStep = z.looseObject({
  next_url: z.string().min(1).optional().catch(undefined),
  uuid: z.string().min(1).max(100).optional().catch(undefined),
  size: z.number().optional().catch(undefined),
});
export const attachedFile = z.looseObject({ file_uuid: z.string() });
export const webhook = z.looseObject({ destination: z.string(), disabled: z.boolean().catch(false), settings: list(z.string()) });

/** `access_token` and its companions (2.1). */
export const grant = z.looseObject({ access_token: z.string().min(1), refresh_token: z.string().min(1), expires_in: z.coerce.number().positive().catch(86_400) });

const problem = z.looseObject({
  title: z.string().catch(''), detail: z.string().catch(''), hint: z.string().catch(''),
  code: word.catch(''), error_code: word.catch(''), error: z.string().catch(''),
  response: z.looseObject({ error: z.string().catch(''), error_code: word.catch('') }).catch({ error: '', error_code: '' }),
  'validation-errors': list(z.looseObject({ errors: list(z.looseObject({ code: word.catch(''), path: z.string().catch(''), detail: z.string().catch('') })) })),
  errors: list(z.looseObject({ title: z.string().catch(''), code: word.catch(''), detail: z.string().catch('') })),
});
export interface Problem { readonly code: string; readonly description: string }

/** What an error answer says, from the three forms that amoCRM has for it (2.2); null where it is not amoCRM's. */
export function problemOf(body: unknown): Problem | null {
  const read = problem.safeParse(body);
  if (!read.success) return null;
  const { title, detail, hint, error, response, errors } = read.data;
  const wrong = read.data['validation-errors'].flatMap((each) => each.errors.map(({ path, code }) => `${path} ${code}`));
  const parts = [title, detail, hint, error, response.error, ...wrong, ...errors.map((each) => each.title)];
  const code = [read.data.code, read.data.error_code, response.error_code, errors[0]?.code ?? ''].find((each) => each !== '') ?? '';
  return { code, description: [...new Set(parts.filter((part) => part !== ''))].join(', ') };
}

/** "Nobody has this number": 400 with this error, or 200 with it beside an empty list (2.4; code 263 unconfirmed). */
export function isEntityMissing(body: unknown): boolean {
  const read = problem.safeParse(body);
  return read.success && read.data.errors.some(({ title, code, detail }) => code === '263' || /entity not found/i.test(`${title} ${detail}`));
}
