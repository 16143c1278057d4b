import { createHash, createHmac } from 'node:crypto';

/** Who comes back from a consent proves by it that the operator has sent him: without it any user of the portal could put his own, lesser rights in place. */
export const consentState = (clientSecret: string, account: string): string =>
  createHmac('sha256', clientSecret).update(`callme consent ${account}`).digest('base64url');

/** Short, the same for the same text, and without a way back: for ids made of a number, which reach logs. */
export const fingerprint = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 16);
