/** Comparing secrets without telling by the time it takes how much of them was right. */
import { createHash, timingSafeEqual } from 'node:crypto';

/** Hashes have one length, whatever was sent. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** False where either is empty: what nobody has set proves nothing. */
export const sameSecret = (given: string, expected: string): boolean => given !== '' && expected !== '' && timingSafeEqual(digest(given), digest(expected));
