import t from 'tap';
import { TapReader } from './tap-reader.ts';

function read(text: string): { readonly tally: ReturnType<TapReader['tally']>; readonly shown: string } {
  const shown: string[] = [];
  const reader = new TapReader((line) => shown.push(line));
  for (const line of text.split('\n')) reader.line(line);
  return { tally: reader.tally(), shown: shown.join('\n') };
}

/** As `tap run --reporter=tap` printed it. */
const MIXED = `TAP version 14
1..2
# Subtest: test/a.test.ts
    # Subtest: outer
        # Subtest: inner
            not ok 1 - one is two
              ---
              diff: |
                -2
                +1
              ...
            ok 2 - fine
            1..2
        not ok 1 - inner # time=17.9ms
          ---
          source: the same again
          ...
        ok 2 - x # SKIP no root here
        1..2
    not ok 1 - outer # time=24.221ms
    ok 2 - skipped whole # SKIP because of rain
    1..2
not ok 1 - test/a.test.ts # time=32.541ms
# Subtest: test/b.test.ts
    ok 1 - before
    not ok 2 - boom
      ---
      tapCaught: unhandledRejection
      ...
    1..2
not ok 2 - test/b.test.ts # time=17.7ms
# { total: 6, pass: 2, fail: 2, skip: 2 }
`;

t.test('assertions are counted as tap counts them, skips with their way and their reason', (t) => {
  const { tally, shown } = read(MIXED);
  t.same(tally, { passed: 2, failed: 2, skipped: ['test/a.test.ts › outer › x › no root here', 'test/a.test.ts › skipped whole › because of rain'] });
  t.match(shown, /one is two[^]*\+1[^]*boom[^]*unhandledRejection/, 'failures are shown with their diagnosis');
  t.notMatch(shown, /the same again/, 'once');
  t.end();
});

t.test('a file that ends badly without any point is a failure', (t) => {
  const bad = (name: string): string => `# Subtest: ${name}\n    1..0\nnot ok 1 - ${name} # time=3ms\n`;
  t.equal(read(bad('test/c.test.ts')).tally.failed, 1);
  t.equal(read(MIXED + bad('test/c.test.ts') + bad('test/d.test.ts')).tally.failed, 4, 'also behind others that failed');
  t.end();
});

t.test('a file is shown when it ends, its assertions are not', (t) => {
  t.equal(read('# Subtest: test/d.test.ts\n    ok 1 - quiet\n    1..1\nok 1 - test/d.test.ts # time=3ms\n').shown, 'ok 1 - test/d.test.ts # time=3ms');
  t.end();
});
