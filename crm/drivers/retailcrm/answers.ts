/** What RetailCRM answers, read as tolerantly as PHP is sloppy: `[]` for `{}`, ids as text or number, lists as maps. */
import { z } from 'zod';
import type { Extension } from '../../../core/words.ts';

/** `errors` may be a map or a list (crm-contracts 3), an empty one is left out. */
export const envelope = z.looseObject({
  success: z.boolean(),
  errorMsg: z.string().optional().catch(undefined),
  errors: z.unknown().optional(),
});

export const id = z.union([z.string(), z.number().int()]).transform(String).pipe(z.string().regex(/^[0-9]{1,18}$/));
const word = z.string().catch('').transform((name) => name.replace(/\p{Cc}+/gu, ' ').trim());
/** An operator's extension (`code`), or nothing: it may travel on to a dial string. */
export const extension = z.union([z.string(), z.number()]).transform((code) => String(code).trim())
  .pipe(z.string().regex(/^[0-9A-Za-z_*#+-]{1,40}$/)).transform((code) => code as Extension).nullable().catch(null);

const person = { firstName: word, lastName: word, patronymic: word };
/** First name and last name, one short line: it travels to telephones' displays. */
export const nameOf = ({ firstName, lastName }: { readonly firstName: string; readonly lastName: string }): string =>
  [firstName, lastName].filter((part) => part !== '').join(' ').slice(0, 200).toWellFormed();

/** GET /telephony/manager (3.3): manager, customer and each link may be missing. */
export const managed = z.looseObject({
  manager: z.looseObject({ id, code: extension, ...person }).nullable().catch(null),
  customer: z.looseObject({ id, ...person }).nullable().catch(null),
});

const names = z.unknown().optional().transform((value) => listOf(z.union([z.string(), z.number()]).transform(String), value));
/** POST /telephony/call/event (3.1). */
export const shown = z.looseObject({ notExistCodes: names, notExistUsers: names });
/** POST /telephony/calls/upload (3.2). Whether the count includes the duplicates is unconfirmed. */
export const uploaded = z.looseObject({ processedCallsCount: z.coerce.number().int().nonnegative().nullable().catch(null), duplicateCalls: names });
/** POST /integration-modules/{code}/edit (3.4). */
export const introduced = z.looseObject({ info: z.looseObject({ notExistUsersIds: names, notExistSiteCodes: names }).nullable().catch(null) });

/** GET /credentials. `credentials` names the addresses that the key may ask. */
export const credentials = z.looseObject({ credentials: names, sitesAvailable: names });
/** GET /settings: each one is wrapped, `{"value": …}`. */
export const accountSettings = z.looseObject({ settings: z.looseObject({ timezone: z.looseObject({ value: z.string() }) }) });

export const user = z.looseObject({ id, active: z.boolean().catch(true), code: extension, ...person });
export const userPage = z.looseObject({ users: z.unknown(), pagination: z.looseObject({ totalPageCount: z.number().int() }).nullable().catch(null) });

const operator = z.looseObject({ userId: id, code: extension });
const lineOfShop = z.looseObject({ siteCode: z.string().catch(''), externalPhone: z.union([z.string(), z.number()]).transform(String) });
/** GET /integration-modules/{code}: what the account knows of us. */
export const ourModule = z.looseObject({
  integrationModule: z.looseObject({
    active: z.boolean().catch(true),
    clientId: z.string().nullable().catch(null),
    integrations: z.looseObject({
      telephony: z.looseObject({
        makeCallUrl: z.string().nullable().catch(null),
        additionalCodes: z.unknown().optional().transform((value) => listOf(operator, value)),
        externalPhones: z.unknown().optional().transform((value) => listOf(lineOfShop, value)),
      }).nullable().catch(null),
    }).nullable().catch(null),
  }),
});
export type OurModule = z.infer<typeof ourModule>['integrationModule'];

/** A PHP list: an array, or an object where its keys have gaps. Members that are no such thing are left out. */
export function listOf<Member>(member: z.ZodType<Member>, value: unknown): readonly Member[] {
  const members: unknown[] = Array.isArray(value) ? value : typeof value === 'object' && value !== null ? Object.values(value) : [];
  return members.flatMap((one) => {
    const read = member.safeParse(one);
    return read.success ? [read.data] : [];
  });
}
