/** All that is known, for people: searched, and counted. */
import type { Contact, Instant } from '../../core/words.ts';
import type { Lookup, LookupStats } from '../lookup.ts';
import type { Counter } from './counters.ts';

export function search(counters: readonly Counter[], text: string, limit: number): ReturnType<Lookup['search']> {
  const [wanted, digits] = [text.trim().toLowerCase(), text.replace(/\D/g, '')];
  const fits = (key: string, { name }: Contact): boolean => (wanted !== '' && name.toLowerCase().includes(wanted)) || (digits.length >= 3 && key.includes(digits));
  const found = counters.flatMap(({ id, contacts }) => [...contacts.cache.latest()].flatMap(([key, { value }]) => (value !== null && fits(key, value) ? [{ account: id, number: key, contact: value }] : [])));
  return found.slice(0, limit);
}

export function statsOf({ hits, misses }: { readonly hits: number; readonly misses: number }, counters: readonly Counter[], lastRefresh: Instant | null): LookupStats {
  const all = hits + misses;
  return { hits, misses, hitRatePercent: all === 0 ? 0 : Math.round((hits / all) * 1000) / 10, size: counters.reduce((sum, { contacts }) => sum + contacts.cache.size, 0), lastRefresh };
}
