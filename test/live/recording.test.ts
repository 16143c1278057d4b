/** The kit on a real Asterisk 22: one file per call with everybody in it, through every kind of transfer. */
import { stat } from 'node:fs/promises';
import t, { type Test } from 'tap';
import { complaints, type Expectation } from '../../lab/hearing.ts';
import type { ClosedRecording, Lab } from '../../lab/lab.ts';
import { play, type StoryName } from '../../lab/scenarios.ts';
import { analyse, readRecording } from '../../lab/tones.ts';
import { labFor } from './lab.ts';

const lab = await labFor(t);

/** Every file that the kit opened must be closed by it, too. */
function recordingsSince(t: Test, of: Lab, mark: number): ClosedRecording[] {
  const said = (name: string): Readonly<Record<string, string>>[] => of.control.since(mark).filter((message) => message['UserEvent'] === name);
  const closed = said('CallMeRecEnd').map((event) => ({ file: event['RecFile'] ?? '', bytes: Number(event['RecSize']), linkedid: event['RecLinkedid'] ?? '' }));
  t.same(closed.map(({ file }) => file).sort(), said('CallMeRecStart').map((event) => event['RecFile']).sort(), 'what was started was ended');
  return closed;
}

async function playAndListen(t: Test, of: Lab, name: StoryName, expected: Expectation): Promise<void> {
  const mark = of.control.mark();
  await play(of, name);
  const [recording, ...others] = recordingsSince(t, of, mark);
  t.same(others, [], 'one recording');
  if (!recording) { t.fail(`no recording\n${of.trace()}`); return; }
  t.match(recording.file, new RegExp(`^${of.asterisk.recordings}/\\d{4}/\\d\\d/\\d\\d/call-[0-9.]+\\.wav$`));
  t.equal((await stat(recording.file)).size, recording.bytes, 'the kit told the size of the closed file');
  t.same(complaints(analyse(await readRecording(recording.file)), expected), [], 'everybody is in it, in order, without a gap');
}

if (lab) {
  const whole: readonly (readonly [StoryName, Expectation['order']])[] = [
    ['inboundAnswered', ['219']],
    ['inboundBlindTransfer', ['219', '220']],
    ['inboundAttendedTransfer', ['219', 'MOH', '220']],
    ['outboundAnswered', ['219']],
    ['outboundBlindTransfer', ['219', '220']],
    ['outboundAttendedTransfer', ['219', 'MOH', '220']],
    ['outboundToSecondClient', ['219', 'T2']],
    ['clickToCall', ['219']],
  ];
  for (const [name, order] of whole) {
    await t.test(name, async (t) => playAndListen(t, lab, name, { throughout: 'T', order, strict: true }));
  }

  await t.test('a call joined into an older one keeps the name of its own linkedid', async (t) => {
    const mark = lab.control.mark();
    await play(lab, 'inboundJoinedIntoOlder');
    const event = await lab.control.event({ UserEvent: 'CallMeRecEnd' }, mark);
    t.not(event['RecLinkedid'], event['RecLinkedidNow'], 'Asterisk gave the call the older linkedid');
    t.match(event['RecFile'], `call-${event['RecLinkedid'] ?? ''}.wav`);
    t.same(complaints(analyse(await readRecording(event['RecFile'] ?? '')), { throughout: 'T', order: ['219', '220'], strict: true }), []);
  });

  await t.test('an unanswered call leaves a header and nothing else', async (t) => {
    const mark = lab.control.mark();
    await play(lab, 'inboundUnanswered');
    t.same(recordingsSince(t, lab, mark).map(({ bytes }) => bytes), [44]);
  });

  await t.test('an outbound call that nobody answered leaves no file', async (t) => {
    const mark = lab.control.mark();
    await play(lab, 'outboundBusy');
    await play(lab, 'outboundCancelled');
    t.same(recordingsSince(t, lab, mark), []);
  });

  await t.test('an internal call leaves no file', async (t) => {
    const mark = lab.control.mark();
    await play(lab, 'internalCall');
    t.same(recordingsSince(t, lab, mark), []);
  });

  await t.test('the log has no complaint about the kit', async (t) => {
    const about = (await lab.asterisk.log()).split('\n').filter((line) => /\b(ERROR|WARNING)\[/.test(line) && !line.includes('res_agi.c'));
    t.same(about.filter((line) => /callme|pbx|app_|func_/i.test(line)), []);
  });
}
