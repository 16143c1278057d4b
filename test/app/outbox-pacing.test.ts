/** How an account is asked: buckets that accounts may share, ways that are few, and what rests. */
import t from 'tap';
import { type AccountPace, createPacing, onErrand, onErrandOfMany, withPriority } from '../../app/pacing.ts';
import type { Http, HttpAnswer, HttpRequest } from '../../core/ports.ts';
import type { Verdict } from '../../core/verdict.ts';
import type { Pace } from '../../crm/driver.ts';
import { FakeTime } from '../fakes/time.ts';

const ANSWER: HttpAnswer = { status: 200, headers: {}, body: null, text: '' };
const WIDE = { perSecond: 1_000, burst: 1_000 };
const request = (name: string, more: Partial<HttpRequest> = {}): HttpRequest => ({ method: 'GET', url: `https://portal.example/${name}/secret`, operation: name, timeoutMs: 30_000, ...more });

function scene() {
  const time = new FakeTime();
  const asked: string[] = [];
  const answers: (() => void)[] = [];
  let held = false;
  const http: Http = { request: ({ operation }) => {
    asked.push(operation ?? '');
    return held ? new Promise((resolve) => { answers.push(() => { resolve(ANSWER); }); }) : Promise.resolve(ANSWER);
  } };
  const pacing = createPacing({ clock: time, timers: time });
  /** An account that has been there for a while: at the start nobody spends a burst. */
  const old = async (bucket: string, pace: Pace): Promise<AccountPace> => {
    const account = pacing.of({ bucket, pace });
    await time.advance(60_000);
    return account;
  };
  return { time, asked, http, answers, hold: () => { held = true; }, pacing, old };
}
const tryLater = (error: unknown): Verdict => ({ kind: 'try-later', reason: error instanceof Error ? error.message : '', retryAfterMs: null });
const verdictOf = (work: Promise<unknown>): Promise<Verdict> => work.then((): Verdict => ({ kind: 'delivered', note: '' }), tryLater);

t.test('an operation that rests is waited for where that is short; others and pop-ups go on', async (t) => {
  const { time, asked, http, old } = scene();
  const account = await old('b24', WIDE);
  const paced = account.http(http);
  account.rest('finish', 3_000);
  const finish = paced.request(request('finish'));
  await paced.request(request('register'));
  await withPriority('perishable', () => paced.request(request('finish')));
  t.same(asked.splice(0), ['register', 'finish']);
  await time.advance(2_999);
  t.same(asked, []);
  await time.advance(1);
  await finish;
  t.same(asked, ['finish']);
});

t.test('where it is long the request is not sent: that is no failure of the CRM, and it says how long', async (t) => {
  const { asked, http, old } = scene();
  const account = await old('b24', WIDE);
  const paced = account.http(http);
  account.rest('finish', 600_000);
  await t.rejects(paced.request(request('finish')), { code: 'HTTP_RESTING', sent: false, retryAfterMs: 600_000, message: /^HTTP_RESTING: https:\/\/portal\.example: it wants to be left alone with finish for 600 s more$/ });
  t.match(await onErrand(false, () => verdictOf(paced.request(request('finish')))), { kind: 'try-later', retryAfterMs: 600_000, rested: true });
  t.match(await onErrandOfMany(async () => [await verdictOf(paced.request(request('finish'))), { kind: 'delivered', note: '' }]),
    [{ kind: 'try-later', retryAfterMs: 600_000, rested: true }, { kind: 'delivered' }]);
  const own: Verdict = { kind: 'try-later', reason: '', retryAfterMs: 7 };
  t.match(await onErrand(false, () => paced.request(request('finish')).then(() => own, () => own)), { retryAfterMs: 7, rested: true }, 'what the driver knows better stays');
  t.same(await onErrand(false, async () => own), own, 'a try-later of the CRM itself is one');
  t.same(asked, []);
  t.match(await onErrand(true, () => verdictOf(paced.request(request('finish')))), { kind: 'delivered' }, 'a pop-up goes on');
});

t.test('a rest is waited for inside the time of the request, and of its signal', async (t) => {
  const { time, asked, http, old } = scene();
  const account = await old('b24', WIDE);
  const paced = account.http(http);
  account.rest('finish', 3_000);
  await t.rejects(paced.request(request('finish', { timeoutMs: 2_000 })), { code: 'HTTP_RESTING' });
  const stop = new AbortController();
  const waiting = paced.request(request('finish', { signal: stop.signal }));
  stop.abort(new Error('hung up'));
  await t.rejects(waiting, { message: 'hung up' });
  await time.advance(60_000);
  t.same(asked, []);
});

t.test('where everything rests, pop-ups rest too', async (t) => {
  const { http, old } = scene();
  const account = await old('b24', WIDE);
  account.rest(null, 60_000);
  await t.rejects(withPriority('perishable', () => account.http(http).request(request('show'))), { code: 'HTTP_RESTING' });
});

t.test('a rest that began while the request stood in the queue is kept', async (t) => {
  const { time, asked, http, old } = scene();
  const account = await old('b24', { perSecond: 1, burst: 1 });
  const paced = account.http(http);
  await paced.request(request('register'));
  const second = paced.request(request('finish'));
  account.rest('finish', 60_000);
  const said = t.rejects(second, { code: 'HTTP_RESTING' });
  await time.advance(1_000);
  await said;
  t.same(asked, ['register']);
});

t.test('accounts behind one address share a bucket; what rests for one does not rest for the other', async (t) => {
  const { time, asked, http, pacing } = scene();
  const pace = { perSecond: 1, burst: 1 };
  const [one, two, other] = ['https://portal.example', 'https://portal.example', 'https://other.example'].map((bucket) => pacing.of({ bucket, pace }));
  const ask = (account: typeof one, name: string): void => { void account?.http(http).request(request(name)); };
  ask(one, 'one');
  ask(two, 'two');
  ask(other, 'other');
  await time.settle();
  t.same(asked, ['one', 'other']);
  await time.advance(1_000);
  t.same(asked, ['one', 'other', 'two']);
  one?.rest('finish', 60_000);
  await time.advance(10_000);
  ask(two, 'finish');
  await time.settle();
  t.equal(asked.at(-1), 'finish');
});

t.test('never more under way than the product bears, and a request that fails gives its way back', async (t) => {
  const { time, asked, http, old, hold, answers } = scene();
  const failing: Http = { request: () => Promise.reject(new Error('broken')) };
  const account = await old('moysklad', { ...WIDE, parallel: 2 });
  for (let number = 0; number < 5; number += 1) await t.rejects(account.http(failing).request(request('x')), { message: 'broken' });
  hold();
  for (const name of ['a', 'b', 'c']) void account.http(http).request(request(name));
  await time.settle();
  t.same(asked, ['a'], 'one of two ways is for pop-ups');
  void withPriority('perishable', () => account.http(http).request(request('card')));
  await time.settle();
  t.same(asked, ['a', 'card']);
  answers[0]?.();
  await time.settle();
  t.same(asked, ['a', 'card'], 'the card has the other one');
  answers[1]?.();
  await time.settle();
  t.same(asked, ['a', 'card', 'b']);
});
