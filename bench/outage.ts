/**
 * A day of outage: facts wait in the store while the CRM is down, then it comes back. `callme serve` as a process, the strict stand-in of Bitrix24 as another,
 * telephones that ring on a stand-in PBX all the while, and a `kill -9` of the server in the middle of the drain. What is measured:
 *
 * - memory: its peak with all of them against its peak with a tenth;
 * - the rate of the drain at the portal against the limit that the account is configured with, and the most that came within any second;
 * - how long a pop-up takes from the telephone's ring to the portal's card, against its deadline of 15 s;
 * - that every call is told once, in its order, and no card is late.
 *
 *   BENCH_OUTAGE=20000 BENCH_OUTAGE_RATE=100 node bench/outage.ts     the defaults
 */
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { PERISH_MS } from '../core/facts.ts';
import { copyOf, type Mould, storyOf } from './law/stories.ts';
import { median, printFigure } from './figure.ts';
import { type Limit, OutageHouse } from './outage/house.ts';
import type { Report } from './outage/portal.ts';

const COUNT = Number(process.env['BENCH_OUTAGE'] ?? 20_000);
const RATE = Number(process.env['BENCH_OUTAGE_RATE'] ?? 100);
const FAST: Limit = { perSecond: RATE, burst: Math.max(1, Math.round(RATE / 10)) };
const SLOW: Limit = { perSecond: 5, burst: 5 };
const SLOW_FACTS = 60;
/** Megabytes more than with a tenth that are flat: a process that works for longer has a larger heap; what is kept for each would be more. */
const FLAT_MB = 32;
const LONGEST_MS = 1_800_000;
const EVERY_MS = 500;
/** Inbound, 219 rings and talks; the rest of the story is not played. */
const STORY = storyOf('b1_inbound_blind_refer');
const LINKEDID = '1795168702.6';
const isRing = ([head = '']: Mould): boolean => head.startsWith('Event: DialBegin');

interface Ring { readonly linkedid: string; readonly at: number }
interface Drained extends Report { readonly linkedids: readonly string[]; readonly rings: readonly Ring[]; readonly peakMb: number; readonly disorder: number; readonly late: number }

/** A telephone rings, is answered and hung up; `at`: when the PBX said that it rings. */
async function call(house: OutageHouse, copy: number): Promise<Ring> {
  const ring = STORY.findIndex(isRing);
  for (const mould of STORY.slice(0, ring)) await house.pbx.send(copyOf(mould, copy));
  const at = performance.timeOrigin + performance.now();
  for (const mould of STORY.slice(ring)) await house.pbx.send(copyOf(mould, copy));
  return { linkedid: copyOf([LINKEDID, ''], copy), at };
}

const WAITING = "select count(*) as number from deliveries where tenant = 'default' and state in ('pending', 'claimed', 'deferred', 'held', 'dead')";
const LATE = "select count(*) as number from deliveries where tenant = 'default' and state = 'expired' and fact like '%#ringing%'";
/** Attempts that began before what stands before them in their lane was settled for good. */
const DISORDER = `select count(*) as number from attempts later join deliveries two on two.seq = later.delivery
  cross join deliveries one on one.tenant = two.tenant and one.call = two.call and one.lane = two.lane and one.seq < two.seq
  cross join attempts earlier on earlier.tenant = one.tenant and earlier.delivery = one.seq and earlier.what in ('done', 'skipped', 'dead') where later.began_at < earlier.ended_at`;

/** Looked at beside the server, as the commands do. */
function count(house: OutageHouse, sql: string): number {
  const database = new DatabaseSync(join(house.folder, 'data', 'callme.db'), { readOnly: true });
  try {
    return Number(database.prepare(sql).get()?.['number'] ?? 0);
  } finally {
    database.close();
  }
}

async function outage(facts: number, limit: Limit, { kill, rings }: { readonly kill: boolean; readonly rings: boolean }): Promise<Drained> {
  process.stderr.write(`${facts} facts, ${limit.perSecond} requests a second${kill ? ', with a kill -9' : ''} …\n`);
  const house = await OutageHouse.build(limit);
  try {
    const linkedids = house.fill(facts);
    await house.serve();
    // Down for a while: the breaker knows it, and nothing of what waits was burnt.
    await pause(2_000);
    await house.openPortal();
    return { linkedids, ...await drain(house, facts, { kill, rings }) };
  } finally {
    await house.close();
  }
}

async function drain(house: OutageHouse, facts: number, { kill, rings }: { readonly kill: boolean; readonly rings: boolean }): Promise<Omit<Drained, 'linkedids'>> {
  const rung: Ring[] = [];
  let killed = !kill;
  const begun = Date.now();
  for (let left = count(house, WAITING); left > 0; left = count(house, WAITING)) {
    if (Date.now() - begun > LONGEST_MS) throw new Error(`${left} facts were not told in ${LONGEST_MS / 60_000} minutes`);
    if (!killed && left < facts / 2) {
      // Not in the middle of a call of ours: what a kill does to a call is the law's business, and measured elsewhere.
      await pause(1_000);
      await house.kill9();
      await house.serve();
      killed = true;
    }
    // While a backlog is there: the last of them rings long before it is drained.
    if (rings && left > facts / 20) rung.push(await call(house, rung.length));
    house.look();
    await pause(EVERY_MS);
  }
  return { ...await house.report(), rings: rung, peakMb: house.peakMb, late: count(house, LATE), disorder: count(house, DISORDER) };
}

/** Requests in each whole second of the drain: without its first and last, and without the seconds around a kill. */
function perSecond(arrivals: readonly number[]): readonly number[] {
  const seconds = new Map<number, number>();
  for (const at of arrivals) seconds.set(Math.floor(at / 1000), (seconds.get(Math.floor(at / 1000)) ?? 0) + 1);
  return [...seconds].toSorted(([one], [other]) => one - other).slice(2, -2).map(([, count]) => count);
}

/** The most that came within any second, wherever it begins. */
function most(arrivals: readonly number[]): number {
  let [from, best] = [0, 0];
  for (const [index, at] of arrivals.entries()) {
    while ((arrivals[from] ?? at) <= at - 1000) from += 1;
    best = Math.max(best, index - from + 1);
  }
  return best;
}

function figures(name: string, drained: Drained, { limit, killed }: { readonly limit: Limit; readonly killed: boolean }): void {
  const { arrivals, refused, linkedids, finished, shown, rings, disorder, late } = drained;
  const value = median(perSecond(arrivals));
  printFigure({ name: `${name}_drain_rate`, unit: 'requests/s', value, yardstick: limit.perSecond, ratio: value / limit.perSecond, target: 0.9 });
  // A bucket lets a burst through, and then the rate. A process that takes over from a killed one adds the reserve that it begins with (outbox/limiter.ts).
  const allowed = limit.perSecond + limit.burst + (killed ? 1 + Math.ceil(limit.burst * 0.2) : 0);
  printFigure({ name: `${name}_most_in_a_second`, unit: 'requests', value: most(arrivals), yardstick: allowed, target: allowed });
  printFigure({ name: `${name}_refused_by_the_limit`, unit: 'requests', value: refused, target: 0 });
  const all = [...linkedids, ...rings.map(({ linkedid }) => linkedid)];
  printFigure({ name: `${name}_missing`, unit: 'calls', value: all.filter((linkedid) => finished[linkedid] === undefined).length, target: 0 });
  printFigure({ name: `${name}_told_twice`, unit: 'calls', value: Object.values(finished).filter((times) => times > 1).length, target: 0 });
  printFigure({ name: `${name}_out_of_order`, unit: 'facts', value: disorder, target: 0 });
  if (rings.length === 0) return;
  const latencies = rings.flatMap(({ linkedid, at }) => (shown[linkedid] === undefined ? [] : [shown[linkedid] - at]));
  process.stderr.write(`${rings.length} telephones rang in the drain, ${latencies.length} cards; the slowest after ${Math.round(Math.max(...latencies))} ms; ${JSON.stringify(drained.methods)}\n`);
  printFigure({ name: `${name}_popup_median`, unit: 'ms', value: median(latencies), yardstick: PERISH_MS, target: PERISH_MS });
  printFigure({ name: `${name}_popup_slowest`, unit: 'ms', value: Math.max(...latencies), yardstick: PERISH_MS, target: PERISH_MS });
  printFigure({ name: `${name}_popups_late_or_lost`, unit: 'pop-ups', value: Math.max(late, rings.length - latencies.length), target: 0 });
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { process.exit(1); });

figures('outage_slow', await outage(SLOW_FACTS, SLOW, { kill: false, rings: false }), { limit: SLOW, killed: false });
const small = await outage(Math.ceil(COUNT / 10), FAST, { kill: false, rings: true });
const all = await outage(COUNT, FAST, { kill: true, rings: true });
figures(`outage_${COUNT}`, all, { limit: FAST, killed: true });
printFigure({ name: `outage_${COUNT}_peak_rss`, unit: 'MB', value: all.peakMb, yardstick: small.peakMb, target: small.peakMb + FLAT_MB });
