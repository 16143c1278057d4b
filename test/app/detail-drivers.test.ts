/**
 * Tells a whole call at the stand-in of every driver with `http` in detail, and searches the log for every secret and every number. The stages are those
 * of the examinations (`test/crm/*-contract.test.ts`): a new driver is scanned as soon as it is examined.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Detail } from '../../app/detail.ts';
import { detailedHttp } from '../../app/detail/http.ts';
import { openLog } from '../../app/logs.ts';
import type { Http } from '../../core/ports.ts';
import { driverNames } from '../../crm/registry.ts';
import * as contract from '../contract/driver.ts';
import { LINES, linkTo, rig, story, STRANGER } from '../contract/driver-stage.ts';
import { FakeTime } from '../fakes/time.ts';

const FOLDER = join(import.meta.dirname, '..', 'crm');
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith('-contract.test.ts')).toSorted();
const LINKEDID = '1790000000.17';

/** What a file would examine; nothing of it is run. */
async function captured(t: Test, file: string): Promise<readonly contract.Examined[]> {
  const found: contract.Examined[] = [];
  const running: unknown[] = [];
  // A test of its own that only calls `examine` is entered; every other one is passed over.
  const run = (_target: unknown, _self: unknown, said: readonly unknown[]): unknown => {
    const body = said.findLast((each) => typeof each === 'function');
    if (body !== undefined && String(body).includes('examine(')) running.push((body as (t: unknown) => unknown)(silent));
    return Promise.resolve();
  };
  const silent: unknown = new Proxy(() => undefined, { get: (_target, name) => (name === 'then' ? undefined : silent), apply: run });
  await t.mockImport(`../crm/${file}`, {
    '../contract/driver.ts': { ...contract, examine: (_t: unknown, examined: contract.Examined) => { found.push(examined); } },
    tap: { default: silent, test: silent },
  });
  await Promise.all(running);
  return found;
}

/** Keys under which products hand out what opens doors. */
const TELLING = /token|secret|api_?key|apikey|password|upload_?url|signature|authorization/i;
const texts = (value: unknown): readonly string[] => (typeof value === 'string' ? [value] : typeof value === 'object' && value !== null ? Object.values(value).flatMap(texts) : []);

/** Everything under a telling key, and everything in the path or query of an address that is no word. */
function secretsIn(value: unknown, key = ''): readonly string[] {
  if (typeof value === 'object' && value !== null) return Object.entries(value).flatMap(([name, entry]) => secretsIn(entry, TELLING.test(name) ? name : key));
  if (typeof value !== 'string') return [];
  const url = /^https?:/.test(value) ? URL.parse(value) : null;
  if (url === null) return TELLING.test(key) ? [value.replace(/^(?:Bearer|Basic|Token) /i, '')] : [];
  return [...url.pathname.split('/').filter((part) => /[0-9]/.test(part) && /[a-z]/i.test(part) && part.length >= 8), ...url.searchParams.values()];
}

interface Overheard { readonly http: Http; readonly secrets: Set<string>; requests: number }
/** The network as it is: what the products say is secret. */
function overhear(http: Http): Overheard {
  const heard: Overheard = {
    secrets: new Set(), requests: 0,
    http: {
      request: async (request) => {
        heard.requests += 1;
        for (const secret of secretsIn([request.headers ?? {}, request.json ?? {}, request.form ?? {}])) heard.secrets.add(secret);
        const answer = await http.request(request);
        for (const secret of secretsIn(answer.body)) heard.secrets.add(secret);
        return answer;
      },
    },
  };
  return heard;
}

const found = (log: string, secret: string): boolean => [secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)].some((spelling) => log.includes(spelling));

/** `known`: the secrets of the configuration are; then the product's page of an error may throw them back. Else whatever is hidden is hidden by what it looks like and where it stands. */
async function scan(t: Test, examined: contract.Examined, title: string, known: boolean): Promise<void> {
  const one = await rig(t, examined, 'Irina Orlova');
  const [time, lines] = [new FakeTime(), [] as string[]];
  const detail = new Detail({ clock: time });
  detail.set({ http: 'detail' }, 30);
  const log = openLog({ level: 'info', terminal: false, out: { write: (line: string) => { lines.push(line); } }, detail: detail.isOn });
  const heard = overhear(one.http);
  const secretsKnown = known ? texts(one.stage.settings) : [];
  const driver = one.driver(detailedHttp(heard.http, { log, detail, secrets: secretsKnown, clock: time }));
  const signal = new AbortController().signal;
  const tried = async (work: () => Promise<unknown> | undefined): Promise<void> => { await Promise.resolve(work()).catch(() => undefined); };
  await tried(() => driver.introduce?.(signal));
  for (const number of [contract.CLIENT, STRANGER, '8 (903) 555-01-42']) await tried(() => driver.lookup(number, signal, LINES[0]?.number));
  await tried(() => driver.users?.(signal));
  await tried(() => driver.check(signal));
  await tried(() => driver.poll?.ask(signal));
  for (const fact of story(LINKEDID, one.sound).all) await tried(() => driver.deliver(fact, signal));
  one.stage.standIn?.misbehave({ lie: { kind: 'answer', status: 500, body: `<html>${contract.CLIENT} ${secretsKnown.join(' ')}</html>`, type: 'text/html' }, times: 1 });
  await tried(() => driver.lookup(contract.CLIENT, signal));

  const all = lines.join('');
  const settings = secretsIn(one.stage.settings);
  const secrets = new Set([...settings, ...heard.secrets, linkTo(LINKEDID)].filter((secret) => secret.length >= 6));
  for (const secret of secrets) t.notOk(found(all, secret), `${title}: a secret of ${secret.length} characters, ${secret.slice(0, 3)}…`);
  const bare = all.replace(/[\s()+.-]|%2B|%20/g, '');
  for (const number of ['9035550142', '9990000000', '4950000101']) t.notOk(bare.includes(number), `${title}: the number …${number.slice(-4)}`);
  if (one.stage.standIn === null) return;
  t.ok(heard.requests > 0 && lines.length >= heard.requests * 2, `${title}: ${heard.requests} requests and their answers are there`);
  t.match(all, /\*\*\*0142/, `${title}: the client's number, masked`);
}

t.test('no secret and no number of any driver reaches the log', async (t) => {
  const scanned = new Set<string>();
  for (const file of FILES) {
    for (const [place, examined] of (await captured(t, file)).entries()) {
      for (const known of [false, true]) await scan(t, examined, `${examined.kind.name} ${place + 1}${known ? ', secrets known' : ''}`, known);
      scanned.add(examined.kind.name);
    }
  }
  t.same(driverNames().filter((name) => !scanned.has(name) && name !== 'telegram'), [], 'every driver was scanned');
});
