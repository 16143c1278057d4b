import { z } from 'zod';

/** YAML makes numbers of ids. */
const text = z.union([z.string(), z.number()]).transform(String).pipe(z.string().trim().min(1).max(200));
/** JWTs are longer than a thousand letters. Never quoted in a message. */
const secret = z.string().trim().min(1).max(10_000);
const id = z.coerce.number().int().positive();

const LOOPBACK = /^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?\/?$/;
/** The account's own host alone: what stands behind it is the API's. */
const address = z.string().trim()
  .regex(/^https?:\/\/[^/?#@\s]+\/?$/, 'expected the address of the account, https://acme.amocrm.ru or https://acme.kommo.com')
  .refine((url) => url.startsWith('https:') || LOOPBACK.test(url), 'use https: plain http is for loopback alone')
  .transform((url) => url.replace(/\/$/, ''));
const redirect = z.url({ protocol: /^https?$/, error: 'expected the redirect address of the integration, letter by letter as it stands there' });

const shape = z.strictObject({
  baseUrl: address,
  /** A long-lived token of a private integration. */
  token: secret.optional(),
  clientId: text.optional(),
  clientSecret: secret.optional(),
  /** Must equal the one of the integration byte for byte (crm-contracts 2.1). Default `<web.publicUrl>/oauth`. */
  redirectUri: redirect.optional(),
  accessToken: secret.optional(),
  refreshToken: secret.optional(),
  /** What becomes of a call with a number that amoCRM does not know. */
  unknown: z.enum(['unsorted', 'contact', 'skip']).default('unsorted'),
  /** The same for calls that we made: there is no unsorted for them. Default `contact`, or `skip` where `unknown` is. */
  unknownOutbound: z.enum(['contact', 'skip']).optional(),
  /** The pipeline whose "unsorted" takes unknown callers; default: amoCRM's main one. */
  pipeline: id.optional(),
  /** Whose call it is where no employee is known. */
  defaultUser: id.optional(),
  /** True: calls of known clients are notes of the contact that we choose; false: amoCRM chooses where they belong. */
  notes: z.boolean().default(false),
  /** The name of the integration beside each call. */
  source: text.pipe(z.string().max(50)).default('CallMe'),
  recordings: z.enum(['link', 'drive']).default('link'),
  /** Should amoCRM tell us about changed contacts? */
  webhooks: z.boolean().default(false),
});

type Shape = z.infer<typeof shape>;
const has = (value: unknown): boolean => value !== undefined;

export const settings = shape
  .refine((one) => has(one.token) !== has(one.clientId), { error: 'give either `token`, or `clientId` and `clientSecret`', path: ['token'] })
  .refine((one) => has(one.clientId) === has(one.clientSecret), { error: '`clientId` and `clientSecret` go together', path: ['clientSecret'] })
  .refine((one) => has(one.accessToken) === has(one.refreshToken), { error: '`accessToken` and `refreshToken` go together', path: ['refreshToken'] })
  .refine((one: Shape) => !has(one.refreshToken) || has(one.clientId), { error: '`refreshToken` needs `clientId` and `clientSecret`', path: ['clientId'] });

export type Settings = z.infer<typeof settings>;
