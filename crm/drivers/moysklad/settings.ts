import { z } from 'zod';

const LOOPBACK = /^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?(?:\/|$)/;

const address = z.string().trim()
  .regex(/^https?:\/\/[^/?#@\s]+(?:\/[^?#\s]*)?$/, 'expected the address of the Phone API, https://api.moysklad.ru/api/phone/1.0')
  .refine((url) => url.startsWith('https:') || LOOPBACK.test(url), 'use https: plain http is for loopback alone')
  .transform((url) => url.replace(/\/+$/, ''));

export const settings = z.strictObject({
  /** Of the Phone API; leave it out unless a proxy stands between (crm-contracts 4.2). */
  baseUrl: address.default('https://api.moysklad.ru/api/phone/1.0'),
  /** The key of the application Phone API. It also signs what MoySklad asks of us. A secret: never logged. */
  token: z.union([z.string(), z.number()]).transform(String).pipe(z.string().trim().min(1).max(500)),
});

export type Settings = z.infer<typeof settings>;
