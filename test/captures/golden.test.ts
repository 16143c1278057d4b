import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { FOLDERS, stories } from '../core/stories.ts';
import { factsOf, headersOf, line, timedLine } from './story.ts';

for (const version of FOLDERS) {
  t.test(`captures of ${version} give the facts that their golden files hold`, (t) => {
    const captures = stories.filter(({ name }) => name.startsWith(`${version}/`));
    t.ok(captures.length > 0, 'there are captures');
    for (const { name, file, events } of captures) {
      const facts = factsOf(events).map(file.endsWith('.txt') ? line : timedLine);
      const golden = file.replace(/\.(txt|ndjson)$/, '.facts');
      if (process.env['CALLME_WRITE_GOLDEN'] === '1') writeFileSync(golden, `${facts.join('\n')}\n`);
      t.same(facts, readFileSync(golden, 'utf8').trimEnd().split('\n'), name);
    }
    t.end();
  });
}

t.test('any packet split gives the same events: single bytes, 7 bytes, sizes that change, of every capture', (t) => {
  for (const { name, file } of stories.filter((story) => story.file.endsWith('.txt'))) {
    const whole = headersOf(file).map((headers) => [...headers]);
    for (const packet of [1, 7, (at: number): number => 1 + (at * 7919) % 1460]) {
      const split = headersOf(file, packet).map((headers) => [...headers]);
      if (JSON.stringify(split) !== JSON.stringify(whole)) t.fail(`${name} in packets of ${String(packet)}`);
    }
  }
  t.pass('every capture');
  t.end();
});
