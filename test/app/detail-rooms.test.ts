/** What rooms say in detail: nothing while they are not switched on, and nothing that a mask would hold back. */
import t from 'tap';
import type { Conversation } from '../../agi/scripts/script.ts';
import { Headers } from '../../ami/wire.ts';
import { Detail } from '../../app/detail.ts';
import { detailedEvents, detailedRecordings, detailedScripts } from '../../app/detail/rooms.ts';
import { openLog } from '../../app/logs.ts';
import { instant, type PbxId } from '../../core/words.ts';
import { memoryRecordings, recordingRow } from '../fakes/stores.ts';
import { FakeTime } from '../fakes/time.ts';

function desk() {
  const [time, lines] = [new FakeTime(), [] as string[]];
  const detail = new Detail({ clock: time });
  const log = openLog({ level: 'info', terminal: false, out: { write: (line: string) => { lines.push(line); } }, detail: detail.isOn });
  return { time, detail, log, lines: () => lines.splice(0).map((line) => JSON.parse(line) as Record<string, unknown>) };
}
const AT = instant(1_790_000_000_000);
const MAIN = 'main' as PbxId;

t.test('events', async (t) => {
  const { detail, log, lines } = desk();
  const tee = detailedEvents({ log, detail });
  const headers = Headers.of([['Event', 'Newchannel'], ['CallerIDNum', '79035550142'], ['Uniqueid', '1790000000.17'], ['Secret', 'x1']]);
  tee({ kind: 'headers', at: AT, pbx: MAIN, headers });
  t.same(lines(), []);
  detail.set({ ami: 'detail' }, 1);
  tee({ kind: 'headers', at: AT, pbx: MAIN, headers });
  tee({ kind: 'resync', at: AT, pbx: MAIN, alive: [headers] });
  tee({ kind: 'lost', at: AT, pbx: MAIN });
  t.match(lines(), [
    { room: 'ami', level: 'debug', pbx: 'main', msg: 'heard', event: { event: 'Newchannel', calleridnum: '7903***0142', uniqueid: '1790000000.17', secret: '***' } },
    { msg: 'heard who lives', alive: [{ event: 'Newchannel' }] }, { msg: 'heard no more' },
  ]);
});

t.test('questions of the dialplan', async (t) => {
  const { detail, log, lines, time } = desk();
  let fails = false;
  const scripts = detailedScripts(new Map([['route', async () => { time.jump(7); if (fails) throw new Error('broke'); }]]), { detail, clock: time });
  const request = new Map([['agi_callerid', '79035550142'], ['agi_dnid', ''], ['agi_arg_1', '74951234567'], ['agi_request', 'agi://secret']]);
  const conversation = { request, leftMs: 799.6, log: log.child({ room: 'agi' }) } as unknown as Conversation;
  await scripts.get('route')?.(conversation);
  t.same(lines(), []);
  detail.set({ agi: 'detail' }, 1);
  await scripts.get('route')?.(conversation);
  const said = lines();
  t.match(said, [{ msg: 'the dialplan asks', script: 'route', leftMs: 800 }, { msg: 'the dialplan has its answer', ms: 7 }]);
  t.same(said[0]?.['asked'], { agi_callerid: '7903***0142', agi_arg_1: '7495***4567' });
  fails = true;
  await t.rejects(scripts.get('route')?.(conversation) ?? Promise.resolve(), /broke/);
  t.equal(lines().length, 2);
});

t.test('steps of recordings', async (t) => {
  const { detail, log, lines } = desk();
  const row = recordingRow('main', '2026/11/20/call-1790000000.17.wav');
  const memory = memoryRecordings(row);
  const store = detailedRecordings(memory, { log, detail });
  store.patch(row.id, { state: 'spooled' }, AT);
  t.same(lines(), []);
  detail.set({ recordings: 'detail' }, 1);
  store.patch(row.id, { state: 'encoded', reason: 'of +79035550142' }, AT);
  t.match(lines(), [{ room: 'recordings', recording: row.id, change: { state: 'encoded', reason: 'of +7903***0142' }, msg: 'a recording goes on' }]);
  store.ready(row.id, { state: 'uploaded' }, { id: 'f' } as never, [{ account: 'b24' } as never], AT);
  t.match(lines(), [{ change: { state: 'uploaded', told: ['b24'] } }]);
  t.same(memory.history, ['spooled', 'encoded', 'uploaded']);
  t.equal(store.get(row.id)?.state, 'uploaded', 'everything else is the store itself');
  t.ok(store.retry(row.id, AT));
});
