/** `callme serve` killed without a word in the middle of a call, and started again: the portal has each thing once. */
import t from 'tap';
import type { Entry, Portal } from '../fakes/crm/bitrix24.ts';
import { openStore } from '../../store/open.ts';
import { DEFAULT_TENANT } from '../../core/words.ts';
import { withoutLame } from '../fakes/lame.ts';
import { moment, Story } from '../fakes/story.ts';
import { type Child, running, serve } from './child.ts';
import { keyOf, place, type Place } from './house.ts';

t.setTimeout(180_000);

const LINKEDID = '1795168702.6';
const noLame = await withoutLame();
const skip = noLame === false ? {} : { skip: noLame };

interface Scene { readonly where: Place; readonly story: Story; readonly portal: Portal; readonly child: Child; readonly start: () => Promise<Child> }
interface Point {
  readonly name: string;
  /** Plays, kills, starts again, plays on. */
  readonly run: (scene: Scene) => Promise<unknown>;
  readonly owner: number;
  readonly certain: boolean;
  /** Requests that were under way at the kill may be made again: the portal knows them by what they name. */
  readonly repeats?: true;
}

const asked = (method: string) => ({ method: said }: Entry): boolean => said.includes(method);
/** Killed when the portal has just heard this request. */
const atRequest = (method: string): Point => ({
  name: `when the portal has heard ${method}`, owner: 8, certain: true, repeats: true,
  run: async ({ portal, story, child, start }) => {
    const heard = portal.until(asked(method)).then(() => child.kill('SIGKILL'));
    await story.play(moment('BlindTransfer'));
    if (method === 'externalcall.register') { await heard; await start(); }
    await story.play();
    await heard;
    if (method !== 'externalcall.register') await start();
  },
});

const TALKING = 'talking/1795168702.7/0';
/** The post room is done with this fact. */
const settled = (child: Child, what: string): Promise<string> => child.log.says(new RegExp(`"fact":"main/${LINKEDID}#${what}[^\n]*"state":"done"`.replaceAll('.', '\\.')));

const POINTS: readonly Point[] = [
  { name: 'while the phone rings, and started again before it is answered', owner: 8, certain: true, run: async ({ story, child, start }) => {
    await story.play(moment('Newstate', { ChannelStateDesc: 'Ringing' }));
    await settled(child, 'offered');
    await child.kill('SIGKILL');
    await start();
    await story.play();
  } },
  { name: 'in the middle of the talk, and started again before the transfer', owner: 8, certain: true, run: async ({ story, child, start }) => {
    await story.play(moment('BridgeEnter', { BridgeNumChannels: '2' }));
    await settled(child, TALKING);
    await child.kill('SIGKILL');
    await start();
    await story.play();
  } },
  { name: 'in the middle of the talk, and started again when all have gone', owner: 7, certain: false, run: async ({ story, child, start }) => {
    await story.play(moment('BridgeEnter', { BridgeNumChannels: '2' }));
    await settled(child, TALKING);
    await child.kill('SIGKILL');
    await story.play();
    await start();
  } },
  { name: 'when the recording has just ended, three times', owner: 8, certain: true, run: async ({ story, child, start }) => {
    await story.play();
    await settled(child, 'offered');
    await child.kill('SIGKILL');
    for (let time = 0; time < 2; time += 1) await (await start()).kill('SIGKILL');
    await start();
  }, repeats: true },
  atRequest('externalcall.register'), atRequest('externalcall.finish'), atRequest('externalcall.attachrecord'), atRequest('upload'),
];

for (const { name, run, owner, certain, repeats } of POINTS) {
  t.test(`killed ${name}`, skip, async (t) => {
    const where = await place(t);
    const story = new Story(where.pbx, 'b1_inbound_blind_refer', where.recordings);
    let child = await running(t, where.config);
    const start = async (): Promise<Child> => (child = await running(t, where.config));
    await run({ where, story, portal: where.portal, child, start });
    await settled(child, 'recording-ready');
    t.equal(await child.kill('SIGTERM'), 0, 'a stop in order ends with 0');
    const calls = where.portal.callsOf(LINKEDID);
    t.equal(calls.length, 1, 'one call');
    t.match(calls, [{ finishes: 1, finish: { userId: owner, statusCode: '200' } }]);
    t.ok(calls[0]?.registers === 1 || (repeats === true && calls[0]?.registers === 2), 'one register');
    const records = calls[0]?.records ?? [];
    t.ok(records.length === 1 || (repeats === true && records.length === 2), 'one record');
    t.ok(records.every(({ name: file, bytes }) => file === records[0]?.name && bytes.equals(records[0].bytes)), 'the same one');
    t.same([...calls[0]?.cards ?? []], [], 'no card stays open');
    const store = openStore({ url: 'sqlite:callme.db', dataDir: `${where.folder}/data`, tenant: DEFAULT_TENANT });
    t.teardown(() => { store.close(); });
    t.match(store.journal.facts(keyOf(LINKEDID)).filter((fact) => fact.kind === 'call-ended'), [{ certain }]);
    t.same(Object.keys(store.deliveries.count()).filter((state) => !['done', 'skipped', 'expired'].includes(state)), [], 'nothing is left over');
  });
}

t.test('a second server on the same store is refused with exit code 1 and a remedy, the first goes on', async (t) => {
  const where = await place(t);
  const first = await running(t, where.config);
  const second = serve(t, where.config);
  t.equal(await second.gone, 1);
  t.match(second.log.text, /another callme serve works with .*callme\.db: stop it first/);
  t.notMatch(second.log.text, /\n {4}at /, 'no stack trace');
  t.equal(await first.kill('SIGTERM'), 0);
});

for (const room of ['agi', 'web'] as const) {
  t.test(`${room}.listen is taken: exit code 1 and a remedy`, async (t) => {
    const other = await place(t);
    const where = await place(t, { [room]: `127.0.0.1:${other.pbx.port}` });
    const child = serve(t, where.config);
    t.equal(await child.gone, 1);
    t.match(child.log.text, /taken/);
    t.match(child.log.text, new RegExp(`${room}\\.listen`));
    t.match(child.log.text, /stop (it|that one)|choose another port/i);
    t.notMatch(child.log.text, /\n {4}at /, 'no stack trace');
  });
}

t.test('SIGTERM while the PBX is away and a call is open: exit code 0', async (t) => {
  const where = await place(t);
  const story = new Story(where.pbx, 'b1_inbound_blind_refer', where.recordings);
  const child = await running(t, where.config);
  await story.play(moment('BridgeEnter', { BridgeNumChannels: '2' }));
  await where.portal.until(asked('show'));
  where.pbx.reset();
  await child.log.says(/closed the connection|connection to/);
  t.equal(await child.kill('SIGTERM'), 0);
});
