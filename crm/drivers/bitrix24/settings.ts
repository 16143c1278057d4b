/** The account's keys: an incoming webhook (`url`), or a local application (`portal`, `clientId`, `clientSecret`). */
import { z } from 'zod';

/** YAML makes numbers of `74950000101` and `7`; ids and lines are text here. */
const text = z.union([z.string(), z.number()]).transform(String).pipe(z.string().trim().min(1).max(200));
const line = text.pipe(z.string().max(50));

/** `https://portal/rest/<user>/<secret>/`; a self-hosted portal may have a port. The trailing slash may be missing. */
const WEBHOOK = /^https?:\/\/[^/?#@\s]+\/rest\/\d+\/[A-Za-z0-9_-]+\/?$/;
const ORIGIN = /^https?:\/\/[^/?#@\s]+\/?$/;
const LOOPBACK = /^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?(?:\/|$)/;
/** A port that is none passes the pattern and would throw later. */
const isSafe = (url: string): boolean => URL.canParse(url) && (url.startsWith('https:') || LOOPBACK.test(url));
const UNSAFE = 'use https: plain http is for loopback alone';

const webhook = z.string().trim()
  .regex(WEBHOOK, 'expected the address of an incoming webhook, https://portal.bitrix24.ru/rest/1/secret/')
  .refine(isSafe, UNSAFE)
  .transform((url) => (url.endsWith('/') ? url : `${url}/`));
const origin = z.string().trim().regex(ORIGIN, 'expected an address without a path, https://portal.bitrix24.ru').refine(isSafe, UNSAFE)
  .transform((url) => URL.parse(url)?.origin ?? url);

const keys = z.strictObject({
  /** Holds the secret: never logged. */
  url: webhook.optional(),
  /** Beside `url`: the name under which the portal sends events, where it is another. Without `url`: where the application is installed. */
  portal: origin.optional(),
  clientId: text.optional(),
  /** Secret. */
  clientSecret: text.optional(),
  /** Who gives out tokens: international portals `oauth.bitrix.info`, Russian ones `oauth.bitrix24.tech` (crm-contracts 1.2). */
  oauthHost: origin.default('https://oauth.bitrix.info'),
  /** Proves that an event comes from this portal (crm-contracts 1.13). An application learns it when it is installed. */
  applicationToken: text.optional(),
  /** How an application hears of clicks: `push` needs a public address, `poll` asks every `pollSeconds`. Default: push where there is such an address. */
  events: z.enum(['push', 'poll']).optional(),
  pollSeconds: z.number().int().min(1).max(60).default(3),
  /** The portal user that calls belong to when nobody else is known. */
  defaultUser: z.coerce.number().int().positive().optional(),
  /** CRM_SOURCE of leads: a STATUS_ID of `crm.status.list` (ENTITY_ID=SOURCE). */
  sourceId: text.optional(),
  /** CRM_SOURCE by the line that was called; `sourceId` for every other. */
  sources: z.record(line, text).default({}),
  /** May the portal create a lead for a number that it does not know? Or only for calls of one direction. */
  createLead: z.union([z.boolean(), z.enum(['inbound', 'outbound'])]).default(true),
  /** LINE_NUMBER for every call, instead of the number that was called. The portal keeps 50 characters. */
  lineNumber: line.optional(),
  /** Seconds that one method may run in ten minutes; from 80 % on it rests until the portal counts anew (crm-contracts 1.3). */
  operatingLimitSeconds: z.number().int().min(10).max(600).default(480),
});

const APPLICATION = ['portal', 'clientId', 'clientSecret'] as const;

export const settings = keys.check(({ value, issues }) => {
  const complain = (path: string, message: string): void => { issues.push({ code: 'custom', path: [path], message, input: undefined }); };
  if (value.url !== undefined) {
    for (const key of ['clientId', 'clientSecret'] as const) if (value[key] !== undefined) complain(key, 'either `url` (a webhook) or an application, not both');
    if (value.events === 'poll') complain('events', 'only an application can ask for events: a webhook\'s portal sends them');
    return;
  }
  const missing = APPLICATION.filter((key) => value[key] === undefined);
  if (missing.length === APPLICATION.length) complain('url', 'give `url` (a webhook), or `portal`, `clientId` and `clientSecret` (an application)');
  else for (const key of missing) complain(key, 'an application needs `portal`, `clientId` and `clientSecret`');
});

export type Settings = z.infer<typeof settings>;
