import { readFile, readdir } from 'node:fs/promises';
import t from 'tap';
import { Framer } from '../../agi/framer.ts';
import type { AgiReply, AgiRequest } from '../../agi/wire.ts';
import { requestBlock } from '../fakes/agi.ts';

/** A framer whose every word is written down. */
function listen(): { framer: Framer; heard: string[]; requests: AgiRequest[]; replies: AgiReply[]; fed: string[]; sent: string[] } {
  const book = { heard: [] as string[], requests: [] as AgiRequest[], replies: [] as AgiReply[], fed: [] as string[], sent: [] as string[] };
  const framer = new Framer((line) => book.sent.push(line), {
    request: (request) => { book.requests.push(request); book.heard.push('request'); },
    reply: (reply) => { book.replies.push(reply); book.heard.push(reply.text); return true; },
    hangup: () => book.heard.push('hangup'),
    broken: (why) => book.heard.push(`broken: ${why}`),
  });
  framer.on('data', (data) => book.fed.push(Buffer.from(data).toString()));
  return { framer, ...book };
}

const REPLIES = [
  '200 result=1', '510 Invalid or unknown command', '200 result=1 (Ёлкин\nи сыновья 🌲)', '200 result=0 endpos=5',
  '520-Invalid command syntax.  Proper usage follows:\n Usage: SET VARIABLE <name> <value>\n200 result=1 is returned\n520 End of proper usage.',
  '200 result=1 ()', '511 Command Not Permitted on a dead channel or intercept routine',
];
const STORY = Buffer.from(`${requestBlock('route', { agi_calleridname: 'Иван "Ф" 🌼' })}${REPLIES.join('\n')}\nHANGUP\n`);

t.test('D8 any cut of the stream gives the same frames', async (t) => {
  for (const size of [1, 2, 3, 7, 64, STORY.length]) {
    const { framer, heard, requests, fed } = listen();
    for (let place = 0; place < STORY.length; place += size) framer.receive(STORY.subarray(place, place + size));
    t.same(heard, ['request', ...REPLIES, 'hangup'], `packets of ${String(size)}`);
    t.equal(requests[0]?.get('agi_calleridname'), 'Иван "Ф" 🌼');
    t.same(fed, ['agi_network: yes\n\n', ...REPLIES.map(() => '200 result=0\n')], 'ding-dong hears two harmless texts and nothing else');
  }
});

t.test('D8 a reply split after a full line', async (t) => {
  const { framer, heard } = listen();
  framer.receive(Buffer.from(`${requestBlock()}200 result=1 (a)\n200 res`));
  t.same(heard, ['request', '200 result=1 (a)']);
  framer.receive(Buffer.from('ult=0\n'));
  t.same(heard, ['request', '200 result=1 (a)', '200 result=0']);
});

t.test('D7 HANGUP glued to the environment is heard', async (t) => {
  const { framer, heard, requests } = listen();
  framer.receive(Buffer.from(`${requestBlock()}HANGUP\n`));
  t.same(heard, ['request', 'hangup']);
  t.notOk(requests[0]?.has('HANGUP'));
});

t.test('100 Trying is not the reply', async (t) => {
  const { framer, heard } = listen();
  framer.receive(Buffer.from(`${requestBlock()}100 result=0 Trying...\n200 result=0 Gosub complete\n`));
  t.same(heard, ['request', '200 result=0 Gosub complete']);
});

t.test('D16 what never ends is broken off: a line, a request, a reply', async (t) => {
  const block = Buffer.from(requestBlock());
  for (const [what, flood, before] of [
    ['a line without end', Buffer.alloc(40_000, 'x'), null],
    ['a line without end', Buffer.alloc(40_000, 'x'), block],
    ['a request without end', Buffer.from('a: b\n'.repeat(10_000)), null],
    ['a reply without end', Buffer.from(`200 result=1 (\n${'x\n'.repeat(15_000)}`), block],
  ] as const) {
    const { framer, heard } = listen();
    if (before !== null) framer.receive(before);
    for (let times = 0; times < 5; times += 1) framer.receive(flood);
    t.same(heard.filter((word) => word.startsWith('broken')), [`broken: ${what}`], `${what}, told once`);
  }
});

t.test('garbage instead of a reply breaks the session: the next reply could answer anything', async (t) => {
  const { framer, heard, fed } = listen();
  framer.receive(Buffer.from(`${requestBlock()}GET / HTTP/1.1\n200 result=1\n`));
  t.same(heard, ['request', 'broken: a line that is no AGI reply']);
  t.equal(fed.length, 1);
});

t.test('D17 only one checked line passes outward', async (t) => {
  const { framer, sent } = listen();
  framer.write('NOOP\n');
  for (const evil of ['NOOP\nEXEC System x\n', 'NOOP\r\n', 'NOOP\0\n', '\n\n', `${'x'.repeat(2000)}\n`]) t.throws(() => { framer.write(evil); }, { code: 'AGI_UNSAFE' });
  t.same(sent, ['NOOP\n']);
});

t.test('D28 the package is the one that the shield was built for: its version is pinned, and ours is its only door', async (t) => {
  const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');
  t.match(JSON.parse(await read('package.json')), { dependencies: { 'ding-dong': '0.1.7' } });
  const doors = (await readdir(new URL('../../agi', import.meta.url), { recursive: true })).filter((file) => file.endsWith('.ts'));
  const open = await Promise.all(doors.map(async (file) => ((await read(`agi/${file}`)).includes("from 'ding-dong") ? [file] : [])));
  t.same(open.flat(), ['session.ts']);
});

t.test('D18 D20 D21 D22 D27 of ding-dong nothing is used but send', async (t) => {
  const source = await readFile(new URL('../../agi/session.ts', import.meta.url), 'utf8');
  t.same([...new Set(source.match(/#context\.\w+/g))], ['#context.send']);
});
