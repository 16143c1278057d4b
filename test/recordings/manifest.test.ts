import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import type { Delivery, DeliveryState } from '../../core/ports.ts';
import { instant, lane, type AccountId, type DeliveryId, type Extension } from '../../core/words.ts';
import { csv, exportRecordings, type ExportTools } from '../../recordings/export.ts';
import { allRows, isSettled, toldTo } from '../../recordings/manifest.ts';
import { recordingOpener } from '../../recordings/storage/open-recording.ts';
import { localStorage } from '../../recordings/storage/storage.ts';
import { filesBelow } from '../fakes/spool.ts';
import { memoryRecordings, recordingRow } from '../fakes/stores.ts';
import { mp3Bytes, putFile } from '../fakes/wav.ts';

const never = new AbortController().signal;
const AMO = 'amo' as AccountId;
const B24 = 'b24' as AccountId;
const row = recordingRow('main', '2026/11/20/call-1.wav', { state: 'uploaded' });

function deliveryOf(recording: string, account: AccountId, state: DeliveryState, kind = 'recording-ready'): Delivery {
  const fact = { kind, id: 'x', recording, call: row.call } as unknown as Delivery['fact'];
  return { id: `${account}-${kind}` as DeliveryId, tenant: row.tenant, lane: lane(row.call, account), account, call: row.call, fact, state, attempts: 1, createdAt: instant(0), notBefore: instant(0), deadline: null, reason: '', fence: 1 };
}

t.test('which CRM has it: the deliveries of its own fact, and who was forgotten', async (t) => {
  const deliveries = [deliveryOf(row.id, B24, 'done'), deliveryOf('main/other.wav', AMO, 'dead'), deliveryOf(row.id, B24, 'dead', 'call-ended')];
  const told = toldTo({ list: () => deliveries }, () => [B24, AMO]);
  t.same(told(row).map(({ account, state }) => [account, state]), [['b24', 'done'], ['amo', 'unplanned']]);
  t.same(told({ ...row, state: 'encoded' }).map(({ account }) => account), ['b24'], 'before the hand-over nobody is missed');
  t.notOk(isSettled(told(row)));
});

t.test('every row once, oldest first, page by page', async (t) => {
  const rows = Array.from({ length: 1203 }, (_, number) => recordingRow('main', `2026/11/20/call-${number}.wav`, { createdAt: instant(Math.floor(number / 7)) }));
  const found = [...allRows(memoryRecordings(...rows.toReversed()))];
  t.equal(found.length, 1203);
  t.equal(new Set(found.map(({ id }) => id)).size, 1203);
  t.ok(found.every((each, index) => index === 0 || each.createdAt >= (found[index - 1]?.createdAt ?? 0)));
  t.equal([...allRows(memoryRecordings(...rows), { from: instant(10), to: instant(12) })].length, 14);
  t.same([...allRows(memoryRecordings())], []);
});

t.test('an export is verified file by file, has its manifests, and goes on where it was broken off', async (t) => {
  const folder = t.testdir();
  const bytes = mp3Bytes(1);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const good = recordingRow('main', '2026/11/20/call-1.wav', { state: 'told', mp3: putFile(folder, 'a.mp3', bytes), bytes: bytes.length, seconds: 1, sha256, talked: ['219' as Extension, '220' as Extension], pauses: [{ fromMs: 100, toMs: 200 }] });
  const other = recordingRow('main', '2026/11/20/call-2.wav', { state: 'told', mp3: putFile(folder, 'b.mp3', Buffer.alloc(bytes.length)), bytes: bytes.length, seconds: 1, sha256 });
  const gone = recordingRow('main', '2026/11/20/call-3.wav', { state: 'told', mp3: path.join(folder, 'none.mp3'), bytes: 5, seconds: 1, sha256 });
  const open = recordingRow('main', '2026/11/20/call-4.wav');
  const out = path.join(folder, 'out');
  const call = { id: good.call, pbx: good.pbx, linkedid: '1', state: 'ended', direction: 'inbound', outcome: 'answered', client: '+79161234567', line: '=1+1', owner: '220', startedAt: instant(0), endedAt: null, talkSeconds: 1, certain: true } as const;
  const tools: ExportTools = { rows: [good, other, gone, open], out, openRecording: recordingOpener(localStorage), callOf: () => call, toldTo: () => [{ account: B24, state: 'done', delivery: null, reason: '' }], signal: never, dryRun: false, onRow: () => undefined };
  t.match(await exportRecordings({ ...tools, dryRun: true }), { exported: [{ recording: good.id }, { recording: other.id }, { recording: gone.id }] });
  t.same(filesBelow(out), [], 'a dry run writes nothing');
  const result = await exportRecordings(tools);
  t.match(result, { exported: [{ recording: good.id, sha256, talked: ['219', '220'], crm: 'b24=done', file: 'main/2026/11/20/call-1.mp3' }], failed: [{ recording: other.id, why: /not the one that was verified/ }, { recording: gone.id, why: /nowhere/ }] });
  t.equal(result.exported.length, 1);
  t.same(filesBelow(out), ['main/2026/11/20/call-1.mp3', 'manifest.csv', 'manifest.json']);
  t.same(readFileSync(path.join(out, 'main/2026/11/20/call-1.mp3')), bytes);
  t.same(JSON.parse(readFileSync(path.join(out, 'manifest.json'), 'utf8')), result.exported);
  const lines = readFileSync(path.join(out, 'manifest.csv'), 'utf8').split('\r\n');
  t.match(lines[0], /^recording,call,direction,client,line,owner,startedAt,/);
  t.match(lines[1], "main/2026/11/20/call-1.wav,main/1790.17,inbound,+79161234567,'=1+1,220,1970-01-01T00:00:00.000Z,1,,219 220,100-200,");
  // Damaged on its way to the lawyer: a second run brings the right one.
  writeFileSync(path.join(out, 'main/2026/11/20/call-1.mp3'), 'x');
  await exportRecordings({ ...tools, rows: [good] });
  t.same(readFileSync(path.join(out, 'main/2026/11/20/call-1.mp3')), bytes);
});

t.test('CSV: quotes, commas, line ends, and nothing that a spreadsheet would run', async (t) => {
  const line = (client: string): string => csv([{ recording: 'r', call: 'c', direction: '', client, line: '', owner: '', startedAt: '', seconds: 1, silenceSeconds: null, talked: [], pauses: [], bytes: 1, sha256: '', hold: '', crm: '', file: '' }]).split('\r\n').slice(1, -1).join('\r\n');
  t.equal(line('a"b,c\nd'), 'r,c,,"a""b,c\nd",,,,1,,,,1,,,,');
  for (const bad of ['=cmd()', '@SUM(1)', '+cmd', '-cmd', '\tx']) t.match(line(bad), `'${bad}`, bad);
  for (const fine of ['+79161234567', '-5', '8 (495) 1', '']) t.notMatch(line(fine), "'", fine);
});
