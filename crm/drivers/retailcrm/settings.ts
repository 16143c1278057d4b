import { z } from 'zod';

/** YAML makes numbers of `42` and `74950000101`; codes are text here. */
const text = z.union([z.string(), z.number()]).transform(String).pipe(z.string().trim().min(1).max(200));

const LOOPBACK = /^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?(?:\/|$)/;

/** The account's own address, whatever page of it was copied: `https://acme.retailcrm.ru`, with or without `/api/v5/`. */
const address = z.string().trim()
  .regex(/^https?:\/\/[^/?#@\s]+(?:\/[^?#\s]*)?$/, 'expected the address of the account, https://acme.retailcrm.ru')
  .refine((url) => url.startsWith('https:') || LOOPBACK.test(url), 'use https: plain http is for loopback alone')
  .transform((url) => url.replace(/\/+$/, '').replace(/\/api(?:\/v\d+)?$/, ''));

export const settings = z.strictObject({
  url: address,
  /** A secret: never logged. */
  apiKey: text,
  /** Proves that a callback (click-to-call, a status) comes from this account: nothing else does (crm-contracts 3.4). A secret. */
  clientId: text.optional(),
  /** Code of the shop that calls belong to. */
  site: text.optional(),
  /** Name of our integration module in the account; default `callme-<account>`. */
  moduleCode: text.pipe(z.string().regex(/^[a-z0-9][a-z0-9_-]*$/, 'expected small letters, digits, - and _')).optional(),
  /** CRM user id for calls that nobody else can own. */
  defaultUser: z.coerce.number().int().positive().optional(),
});

export type Settings = z.infer<typeof settings>;
