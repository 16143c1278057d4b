import { z } from 'zod';

/** YAML makes numbers of `74950000101` and `7`; ids and lines are text here. */
const text = z.union([z.string(), z.number()]).transform(String).pipe(z.string().trim().min(1).max(200));

/** `https://portal/rest/<user>/<secret>/`; a self-hosted portal may have a port. The trailing slash may be missing. */
const WEBHOOK = /^https?:\/\/[^/?#@\s]+\/rest\/\d+\/[A-Za-z0-9_-]+\/?$/;
const LOOPBACK = /^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?\//;

const webhook = z.string().trim()
  .regex(WEBHOOK, 'expected the address of an incoming webhook, https://portal.bitrix24.ru/rest/1/secret/')
  .refine((url) => url.startsWith('https:') || LOOPBACK.test(url), 'use https: plain http is for loopback alone')
  .transform((url) => (url.endsWith('/') ? url : `${url}/`));

export const settings = z.strictObject({
  /** Holds the secret: never logged. */
  url: webhook,
  /** Proves that an event comes from this portal; the web room compares it (crm-contracts 1.13). */
  applicationToken: text.optional(),
  /** The portal user that calls belong to when nobody else is known. */
  defaultUser: z.coerce.number().int().positive().optional(),
  /** CRM_SOURCE of leads: a STATUS_ID of `crm.status.list` (ENTITY_ID=SOURCE). */
  sourceId: text.optional(),
  /** May the portal create a lead for a number that it does not know? */
  createLead: z.boolean().default(true),
  /** LINE_NUMBER for every call, instead of the number that was called. The portal keeps 50 characters. */
  lineNumber: text.pipe(z.string().max(50)).optional(),
});

export type Settings = z.infer<typeof settings>;
