import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { eventsOf, factsOf, headersOf, line } from './story.ts';

const HERE = import.meta.dirname;
const VERSIONS = ['16.28.0', '22.10.1', '22.10.1-cel'];

for (const version of VERSIONS) {
  t.test(`captures of Asterisk ${version} give the facts that their golden files hold`, (t) => {
    const captures = readdirSync(join(HERE, version)).filter((name) => name.endsWith('.txt'));
    t.ok(captures.length > 0, 'there are captures');
    for (const capture of captures) {
      const golden = readFileSync(join(HERE, version, capture.replace(/\.txt$/, '.facts')), 'utf8').trimEnd().split('\n');
      t.same(factsOf(eventsOf(headersOf(join(HERE, version, capture)))).map(line), golden, capture);
    }
    t.end();
  });
}

t.test('a capture in packets of 7 bytes gives the same facts as a whole one', (t) => {
  for (const name of ['b1_inbound_blind_refer', 'd2_outbound_att_refer', 'g1_pickup']) {
    const file = join(HERE, '22.10.1', `${name}.txt`);
    t.same(factsOf(eventsOf(headersOf(file, 7))), factsOf(eventsOf(headersOf(file))), name);
  }
  t.end();
});
