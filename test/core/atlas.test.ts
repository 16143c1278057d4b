import t from 'tap';
import { type Atlas, emptyAtlas } from '../../core/atlas.ts';

t.test('an atlas is a map that leaves its older selves as they were', (t) => {
  const empty: Atlas<string, number> = emptyAtlas;
  const one = empty.with('a', 1);
  const two = one.with('b', 2).with('a', 3);
  t.same([empty.size, one.size, two.size], [0, 1, 2]);
  t.same([one.get('a'), one.get('b'), two.get('a'), two.get('b')], [1, undefined, 3, 2]);
  t.same([two.without('a').get('a'), two.without('a').size, two.get('a')], [undefined, 1, 3]);
  t.equal(two.without('nobody'), two, 'nothing to take out, nothing copied');
  t.end();
});

t.test('an atlas of 20,000 keys agrees with a Map', (t) => {
  let atlas: Atlas<string, number> = emptyAtlas;
  const map = new Map<string, number>();
  for (let index = 0; index < 20_000; index += 1) {
    const key = `main/1795168691.${(index * 7919) % 15_000}`;
    if (index % 5 === 4) { atlas = atlas.without(key); map.delete(key); } else { atlas = atlas.with(key, index); map.set(key, index); }
  }
  t.equal(atlas.size, map.size);
  t.same(atlas.values().toSorted((a, b) => a - b), [...map.values()].toSorted((a, b) => a - b));
  t.ok([...map].every(([key, value]) => atlas.get(key) === value));
  t.end();
});
