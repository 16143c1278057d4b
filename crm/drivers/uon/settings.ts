import { z } from 'zod';

const LOOPBACK = /^http:\/\/(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?\/?$/;
/** YAML makes numbers of ids. */
const id = z.union([z.string(), z.number()]).transform(String).pipe(z.string().regex(/^\d{1,20}$/, 'expected the number of it in U-ON'));

export const settings = z.strictObject({
  baseUrl: z.url({ protocol: /^https?$/ }).refine((url) => url.startsWith('https:') || LOOPBACK.test(url), 'use https: plain http is for loopback alone')
    .transform((url) => url.replace(/\/+$/, '')).default('https://api.u-on.ru'),
  /** Stands in the path of every request: never logged (crm-contracts 4.3). */
  apiKey: z.string().trim().regex(/^[\w-]{8,100}$/, 'expected the key of the API: letters and digits'),
  /** Clients of one office alone. */
  office: id.optional(),
  /** To whom a call belongs that no employee had. */
  defaultManager: id.optional(),
  /** May a lead be made for an unknown caller? */
  createLead: z.boolean().default(false),
  /** What such a lead says it came from. */
  leadSource: z.string().trim().min(1).max(200).default('CallMe'),
  /** The last step of the address that U-ON calls for click-to-call: nothing else proves that it is U-ON (4.3). Not given = no click-to-call. */
  webhookSecret: z.string().regex(/^[\w-]{16,200}$/, 'expected at least 16 letters and digits').optional(),
});
export type Settings = z.infer<typeof settings>;
