/** The same kit on Asterisk 16 (Debian bullseye), where that root is built already: `node lab/up.ts 16` builds it. */
import t from 'tap';
import { isBuilt } from '../../lab/build.ts';
import { complaints } from '../../lab/hearing.ts';
import { play, type StoryName } from '../../lab/scenarios.ts';
import { analyse, readRecording, type Speaker } from '../../lab/tones.ts';
import { labFor } from './lab.ts';

if (!await isBuilt('16')) {
  t.pass('needs Asterisk 16', { skip: '.lab/root16 is not built; `node lab/up.ts 16` builds it' });
} else {
  const lab = await labFor(t, { version: '16' });
  const stories: readonly (readonly [StoryName, readonly Speaker[]])[] = [['inboundBlindTransfer', ['219', '220']], ['outboundAttendedTransfer', ['219', 'MOH', '220']]];
  if (lab) {
    for (const [name, order] of stories) {
      await t.test(name, async (t) => {
        const mark = lab.control.mark();
        await play(lab, name);
        const { file } = await lab.closedRecording(mark);
        t.same(complaints(analyse(await readRecording(file)), { throughout: 'T', order, strict: true }), []);
      });
    }
    await t.test('the log has no complaint about the kit', async (t) => {
      const log = (await lab.asterisk.log()).split('\n').filter((line) => /\b(ERROR|WARNING)\[/.test(line));
      t.same(log.filter((line) => /callme|pbx\.c|pbx_|app_|func_/i.test(line) && !/res_agi\.c|loader\.c/.test(line)), []);
    });
  }
}
