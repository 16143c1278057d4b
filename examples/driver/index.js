/**
 * A driver of one's own: it tells a pager (an invented product) of each missed call, and knows nobody. JavaScript, because Node.js strips no types inside
 * `node_modules`. It imports nothing: CallMe hands it the `z` that it reads settings with.
 */
export default ({ z }) => ({
  name: 'pager',
  settings: z.strictObject({ url: z.url({ protocol: /^https?$/ }), token: z.string().min(8) }),
  pace: { perSecond: 1, burst: 5 },
  create: ({ url, token }, { http, numbers }) => {
    const headers = { authorization: `Bearer ${token}` };
    const ask = (request) => http.request({ ...request, headers, timeoutMs: 10_000 });
    return {
      lookup: () => Promise.resolve(null),
      async deliver(fact, signal) {
        if (fact.kind !== 'call-ended' || fact.direction !== 'inbound' || fact.outcome !== 'missed') return { kind: 'skipped', reason: 'no missed call' };
        const caller = numbers.read(fact.client.number, fact.line);
        const text = `Missed: ${caller.kind === 'external' ? caller.e164 : 'a hidden number'}`;
        // The id is the fact's: a pager that has it already keeps what it has, so that telling twice is telling once.
        return verdictOf(await ask({ method: 'PUT', url: `${url}/pages/${encodeURIComponent(fact.id)}`, json: { text }, signal }));
      },
      async check(signal) {
        const verdict = await ask({ method: 'GET', url: `${url}/me`, signal }).then(verdictOf, () => ({ kind: 'try-later' }));
        if (verdict.kind === 'delivered') return [{ ok: true, code: 'reachable', what: 'the pager knows us', remedy: '' }];
        const token = verdict.kind === 'locked-out';
        return [{ ok: false, code: token ? 'token' : 'reachable', what: 'the pager does not take us', remedy: token ? 'put a new token into `token`' : 'correct `url`' }];
      },
    };
  },
});

/** An answer that is no JSON is not the pager's own: a proxy, a login. */
function verdictOf({ status, body }) {
  if (status >= 200 && status < 300 && body !== null) return { kind: 'delivered', note: 'paged' };
  if (status === 401 || status === 403) return { kind: 'locked-out', reason: `HTTP ${status}: put a new token of the pager into \`token\`` };
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) return { kind: 'refused', reason: `HTTP ${status}` };
  return { kind: 'try-later', reason: `HTTP ${status}`, retryAfterMs: null };
}
