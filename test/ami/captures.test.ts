/** Streams of real Asterisk 16.28 and 22.10.1 through the library's parser: nothing is lost, whatever the packets. */
import { readdirSync } from 'node:fs';
import t from 'tap';
import type { Test } from 'tap';
import { RawParser } from '../../ami/wire.ts';
import type { Headers } from '../../ami/wire.ts';
import { block, dumpBody } from '../fakes/ami.ts';
import { stage } from './stage.ts';

const folder = new URL('../captures/', import.meta.url).pathname;
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.txt')).sort();
const pairs = (items: readonly Headers[]): unknown => items.map((item) => [...item]);
const parsed = (file: string): Headers[] => new RawParser().push(dumpBody(`${folder}${file}`)).filter((item) => item.has('event'));

/** The events that a link tells when this capture is played in packets of that size. */
async function heardOf(parent: Test, file: string, packetBytes: number): Promise<readonly Headers[]> {
  let events: readonly Headers[] = [];
  await parent.test(`${file} in packets of ${packetBytes === 0 ? 'any size' : `${packetBytes} bytes`}`, async (t) => {
    const { pbx, heard } = await stage(t, { booted: false, packetBytes });
    await pbx.play(`${folder}${file}`);
    await pbx.send(block([['Event', 'TheEnd']]));
    await heard.first('TheEnd');
    events = heard.events.slice(0, -1);
    t.ok(events.length > 10);
  });
  return events;
}

t.test('there are captures', async (t) => {
  t.ok(files.length > 40);
});

t.test('every capture: what the link tells is what stands in the dump', async (t) => {
  for (const file of files) t.same(pairs(await heardOf(t, file, 0)), pairs(parsed(file)), file);
});

t.test('captures in 7-byte packets equal captures whole', async (t) => {
  for (const file of ['16.28.0/g1_pickup.txt', '22.10.1/c2_inbound_att_ami.txt', '22.10.1/n1_resync_midcall.txt']) {
    t.same(pairs(await heardOf(t, file, 7)), pairs(parsed(file)), file);
  }
});

t.test('a dump parsed in pieces of one byte equals the dump parsed whole', async (t) => {
  const text = dumpBody(`${folder}22.10.1-cel/g1_pickup.txt`);
  const parser = new RawParser();
  t.same(pairs(Array.from(text).flatMap((letter) => parser.push(letter))), pairs(new RawParser().push(text)));
});
