/** What the Phone API answers, as much of it as we use. */
import { z } from 'zod';
import type { Extension } from '../../../core/words.ts';

const word = z.union([z.string(), z.number()]).transform(String).catch('');
/** `{"errors":[{"error", "parameter", "code", "error_message"}]}` (crm-contracts 4.2). */
export const complaints = z.looseObject({
  errors: z.array(z.looseObject({ error: word.optional(), parameter: word.optional(), code: z.coerce.number().int().optional().catch(undefined), error_message: word.optional() })).min(1),
});

/** An extension of the CRM may travel on to a dial string: these letters or nothing. */
export const extension = z.union([z.string(), z.number()]).transform((text) => String(text).trim())
  .pipe(z.string().regex(/^[0-9A-Za-z_*#+-]{1,40}$/)).transform((text) => text as Extension).nullable().catch(null);

const name = z.string().transform((text) => text.replace(/\p{Cc}+/gu, ' ').trim().slice(0, 200).toWellFormed()).optional().catch(undefined);

/** A reference is `{href, type}`, or the same within `meta`: the vendor's own examples have both. */
const href = z.looseObject({ href: z.string() });
const reference = z.union([href.extend({ name }), z.looseObject({ meta: href, name }).transform((one) => ({ href: one.meta.href, name: one.name }))])
  .transform((one) => ({ id: idOf(one.href), name: one.name ?? '' }));

/** The last part of an address is the id of what it leads to. */
export function idOf(address: string): string {
  return (address.split(/[?#]/)[0] ?? '').split('/').filter((part) => part !== '').at(-1)?.slice(0, 100) ?? '';
}

/** A call, as POST and PUT answer it. `recordUrl` null = the answer does not show what links the call has. */
export const call = z.looseObject({
  recordUrl: z.array(z.string()).nullable().optional().catch(null).transform((links) => links ?? null),
  counterparty: reference.nullable().catch(null).optional(),
  /** Whose client this is; spelled so, and `extention` too. */
  counterpartyowner: z.looseObject({ extention: extension.optional(), meta: href.optional() }).nullable().catch(null).optional(),
});

/** `extention` is misspelt on purpose: it is so in the API. */
const employee = z.looseObject({ meta: href, extention: extension.optional(), name: name }).transform((one) => ({ id: idOf(one.meta.href), extension: one.extention ?? null, name: one.name ?? '' }));
export const employees = z.looseObject({ employees: z.array(z.unknown()) }).transform((said) => said.employees.flatMap((one) => {
  const read = employee.safeParse(one);
  return read.success ? [read.data] : [];
}));
export type CrmEmployee = z.infer<typeof employee>;
