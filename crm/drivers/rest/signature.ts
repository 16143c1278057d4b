/**
 * Signatures (crm-contracts 4.1). `hmac`: `X-Signature: sha256=<hex HMAC-SHA256(secret, timestamp + "." + raw body)>` beside `X-Timestamp` in seconds.
 * `mango`: form fields `vpbx_api_key`, `sign` = hex SHA-256(key + json + salt), `json`.
 */
import { createHash, createHmac } from 'node:crypto';
import { sameSecret } from '../../proof.ts';
import type { Instant } from '../../../core/words.ts';

/** Seconds that the clocks of both sides may differ (crm-contracts 4.1). */
export const SKEW_SECONDS = 300;

export const hmac = (secret: string, timestamp: string, signed: string): string =>
  `sha256=${createHmac('sha256', secret).update(`${timestamp}.${signed}`).digest('hex')}`;
export const mangoSign = (key: string, json: string, salt: string): string => createHash('sha256').update(key + json + salt).digest('hex');

export interface Signed { readonly timestamp: string; readonly signature: string; readonly body: string }

/** Is it signed with `secret`, and not long ago? */
export function isProven({ timestamp, signature, body }: Signed, secret: string, now: Instant): boolean {
  const right = sameSecret(signature.toLowerCase(), hmac(secret, timestamp, body));
  return right && /^\d{1,12}$/.test(timestamp) && Math.abs(now / 1000 - Number(timestamp)) <= SKEW_SECONDS;
}
