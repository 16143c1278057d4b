/** Laws that hold for every story: they are checked over all captures, cut and mangled in every place. */
import t from 'tap';
import { type Call, restore } from '../../core/calls.ts';
import type { Effect } from '../../core/effects.ts';
import type { Event } from '../../core/events.ts';
import type { CallKey } from '../../core/words.ts';
import { instant, type PbxId } from '../../core/words.ts';
import { factsOf, PBX, run } from '../captures/story.ts';
import { copyOf } from './copies.ts';
import { stories } from './stories.ts';


const ids = (effects: readonly Effect[]): readonly string[] => effects.flatMap((effect) => (effect.kind === 'tell' ? [effect.fact.id] : []));
const ends = (all: readonly string[]): readonly string[] => all.filter((id) => id.endsWith('#ended'));
function twice(all: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return all.filter((id) => (seen.has(id) ? true : (seen.add(id), false)));
}

/** What the store holds after these effects: the snapshots that a restart goes on from. */
function snapshots(effects: readonly Effect[]): readonly Call[] {
  const open = new Map<CallKey, Call>();
  for (const effect of effects) {
    if (effect.kind === 'keep') open.set(effect.call.key, JSON.parse(JSON.stringify(effect.call)) as Call);
    if (effect.kind === 'forget') open.delete(effect.call);
  }
  return [...open.values()];
}

t.test('a story tells each fact once, and the same story gives the same facts', (t) => {
  for (const { name, events } of stories) {
    t.same(twice(ids(run(events).effects)), [], `${name}: once`);
    t.same(factsOf(events), factsOf(events), `${name}: the same`);
  }
  t.end();
});

t.test('no call is left open when its story is over, and no snapshot either', (t) => {
  for (const { name, events } of stories) {
    const { calls, effects } = run(events);
    t.equal(calls.open.size, 0, `${name}: no open call`);
    t.equal(calls.byLeg.size + calls.byLinked.size + calls.byBridge.size, 0, `${name}: indexes are empty`);
    t.same(snapshots(effects), [], `${name}: no snapshot`);
  }
  t.end();
});

t.test('a story that is cut after any event, with a PBX that then knows no channel, ends each of its calls exactly once', (t) => {
  for (const { name, events } of stories) {
    const whole = new Set(ends(ids(run(events).effects)));
    for (let cut = 1; cut < events.length; cut += 1) {
      const before = run(events.slice(0, cut));
      const gone: Event = { kind: 'resynced', pbx: PBX, at: instant(Date.UTC(2026, 10, 20, 10)), alive: [] };
      const after = run([gone], restore(PBX, snapshots(before.effects)));
      const told = ends([...ids(before.effects), ...ids(after.effects)]);
      if (twice(told).length > 0 || after.calls.open.size > 0) { t.fail(`${name}, cut after event ${cut}`, { told, open: after.calls.open.size }); t.end(); return; }
      if (told.some((id) => !whole.has(id) && !id.includes('#'))) { t.fail(`${name}: unknown end ${told.join()}`); t.end(); return; }
    }
  }
  t.pass('every cut of every story');
  t.end();
});

t.test('a restart in mid story goes on from the snapshots and tells the same ends', (t) => {
  for (const { name, events } of stories) {
    const whole = ids(run(events).effects).filter((id) => id.endsWith('#ended') || id.includes('#recording') || id.endsWith('#offered'));
    for (let cut = 1; cut < events.length; cut += 7) {
      const before = run(events.slice(0, cut));
      const after = run(events.slice(cut), restore(PBX, snapshots(before.effects)));
      const told = [...new Set([...ids(before.effects), ...ids(after.effects)])].filter((id) => whole.includes(id));
      if (told.length !== whole.length) { t.fail(`${name}, restart after event ${cut}`, { missing: whole.filter((id) => !told.includes(id)) }); t.end(); return; }
    }
  }
  t.pass('every restart of every story');
  t.end();
});

t.test('dropping any one event never throws and never doubles an end', (t) => {
  for (const { name, events } of stories) {
    for (let drop = 0; drop < events.length; drop += 1) {
      const told = ends(ids(run(events.filter((_, index) => index !== drop)).effects));
      if (twice(told).length > 0) { t.fail(`${name} without event ${drop}`, { told }); t.end(); return; }
    }
  }
  t.pass('every event of every story');
  t.end();
});

t.test('two stories interleaved give the union of their facts', (t) => {
  for (let index = 0; index + 1 < stories.length; index += 2) {
    const [one, other] = [stories[index]?.events ?? [], stories[index + 1]?.events ?? []];
    if ([one, other].flat().some((event) => event.kind === 'resynced')) continue;
    const mixed = Array.from({ length: Math.max(one.length, other.length) }, (_, at) => [one[at], other[at]].filter((event) => event !== undefined)).flat();
    t.same(ids(run(mixed).effects).toSorted(), [...ids(run(one).effects), ...ids(run(other).effects)].toSorted(), `${stories[index]?.name} with ${stories[index + 1]?.name}`);
  }
  t.end();
});

t.test('the facts of one story do not depend on the Pbx that told it', (t) => {
  const [story] = stories;
  const elsewhere = (story?.events ?? []).map((event): Event => ({ ...event, pbx: 'other' as PbxId }));
  t.same(ids(run(elsewhere).effects).map((id) => id.replace(/^other/, 'main')), ids(run(story?.events ?? []).effects));
  t.end();
});

t.test('a thousand copies at once give a thousand times the facts', (t) => {
  const COPIES = 1_000;
  for (const { name, events } of stories.filter(({ events: all }) => !all.some(({ kind }) => kind === 'resynced' || kind === 'pbx-stopped'))) {
    const suffixes = Array.from({ length: COPIES }, (_, copy) => `~${copy}`);
    const copies = suffixes.map((suffix) => copyOf(events, suffix));
    const { calls, effects } = run(events.flatMap((_, index) => copies.map((copy) => copy[index]).filter((event) => event !== undefined)));
    const told = new Map<string, number>();
    for (const id of ids(effects)) told.set(id.replace(/~\d+/g, ''), (told.get(id.replace(/~\d+/g, '')) ?? 0) + 1);
    const once = new Set(ids(run(events).effects));
    if (told.size !== once.size || [...told].some(([id, times]) => times !== COPIES || !once.has(id)) || twice(ids(effects)).length > 0 || calls.open.size > 0) {
      t.fail(name, { told: [...told].filter(([id, times]) => times !== COPIES || !once.has(id)), open: calls.open.size });
    }
  }
  t.pass('every story');
  t.end();
});
