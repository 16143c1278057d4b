/**
 * Who may ask: whoever shows a token of `web.tokens`, from this machine too. Who fails too often waits, with the right token as well: guessing must not be
 * worth the while. One for all that needs a token: guesses must not count apart. Behind a proxy that `web.trustProxy` does not name all askers are one; then they wait together.
 */
import type { Clock, Log } from '../core/ports.ts';
import { shownToken } from './bearer.ts';
import { type Answer, type Asked, problem, type Route } from './exchange.ts';
import { Failures } from './failures.ts';

export type Admit = NonNullable<Route['admit']>;
export interface AdmissionTools { readonly tokens: readonly string[]; readonly clock: Clock; readonly log: Log }

/** Wrong tokens of one asker: 20 at once, then one in six seconds. */
const LIMITS = { burst: 20, forgiveMs: 6_000 };
const REALM = 'Bearer realm="CallMe"';
const REMEDY = 'send the header "Authorization: Bearer TOKEN" with a token of web.tokens';
const OFF = { code: 'API_OFF', message: 'the API has no tokens, so nobody may use it', remedy: 'put a token under web.tokens in the configuration and restart CallMe' } as const;

export function admission({ tokens, clock, log }: AdmissionTools): Admit {
  const failures = new Failures(LIMITS, clock);
  return ({ headers, caller }: Pick<Asked, 'headers' | 'caller'>): Answer | null => {
    if (tokens.length === 0) return problem(403, OFF);
    const waits = Math.ceil(failures.waits(caller.address) / 1000);
    if (waits > 0) return tooMany(waits);
    const shown = shownToken(headers.authorization, tokens);
    if (shown === 'right') return null;
    if (shown === 'none') return problem(401, { code: 'NO_TOKEN', message: 'this needs a token', remedy: REMEDY }, { 'www-authenticate': REALM });
    failures.failed(caller.address);
    log.warn({ ...caller }, 'a wrong token was shown to the API');
    return problem(401, { code: 'NO_TOKEN', message: 'this token is not known', remedy: REMEDY }, { 'www-authenticate': `${REALM}, error="invalid_token"` });
  };
}

const tooMany = (seconds: number): Answer => problem(429, {
  code: 'TOO_MANY_FAILURES', message: 'too many wrong tokens came from this address', remedy: `wait ${String(seconds)} s and send the right one`,
}, { 'retry-after': String(seconds) });
