/** The configuration as others may see it: which accounts there are and how they are set, and no secret. */
import { maskUrl, type CheckedAccount, type Config } from '../config/index.ts';
import { Secret } from '../config/secret.ts';

/** Of all accounts, or of those of one id or driver; null = there is none. */
export function shownSettings(config: Config, accounts: readonly CheckedAccount[], type: string | null): Readonly<Record<string, unknown>> | null {
  const chosen = accounts.filter(({ config: { id, driver } }) => type === null || id === type || driver === type);
  if (type !== null && chosen.length === 0) return null;
  const shown = chosen.map(({ config: { id, driver }, settings }) => ({ id, driver, settings: masked(settings.reveal(), 0) }));
  if (type !== null) return { accounts: shown };
  const { phones, timezone, lines, routing, employees } = config;
  return {
    phones: { country: phones.country, internal: phones.internal.source }, timezone: timezone ?? null, lines,
    routing: { mode: routing.mode, fallback: routing.fallback, ringSeconds: routing.ringSeconds, lines: routing.lines },
    employees: employees.map(({ extension, name }) => ({ extension, name })), accounts: shown,
  };
}

/**
 * Settings are the driver's own, and which of them are secret only it knows. So all text is hidden, but for the host of an address; flags and
 * numbers say nothing that opens a door. Names of keys stay: they are in the manual.
 */
function masked(value: unknown, depth: number): unknown {
  if (value instanceof Secret || value === null || value === undefined) return value === null || value === undefined ? null : '***';
  if (typeof value === 'boolean' || (typeof value === 'number' && Math.abs(value) < 1_000_000)) return value;
  if (typeof value === 'string') return /^https?:\/\//.test(value) ? maskUrl(value) : '***';
  if (typeof value !== 'object' || depth >= 4 || Array.isArray(value)) return '***';
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, masked(entry, depth + 1)]));
}
