/**
 * Debian's build of Asterisk goes deaf to the new party of a recording when his RTP numbers are lower than the last party's. With numbers that fall at each
 * transfer, and with random ones, CallMe's recordings are whole all the same; without its help they are not, or this test could not fail.
 */
import t from 'tap';
import { heardIn, sceneFor, TRANSFERS } from './healing.ts';

/** While Asterisk itself takes the transfer over, nobody is joined with the client for up to 0.46 s. */
const SLOW: ReadonlySet<string> = new Set(['inboundAttendedTransferByAmi', 'inboundTransferRefusedByAmi']);

await t.test('falling numbers', async (t) => {
  const scene = await sceneFor(t, 'falling', 'auto');
  if (scene === null) return;
  t.match(await scene.stage.server().log(), /goes deaf in recordings/, 'the build was recognised');
  for (const [name, order] of TRANSFERS) {
    await t.test(name, async (t) => {
      t.same(await heardIn(scene, name, { throughout: 'T', order, strict: true, ...SLOW.has(name) && { maximumGap: 0.5 } }), [], 'everybody is in it');
    });
  }
  t.notMatch(await scene.stage.server().log(), /armed anew:|does not begin again/, 'nothing was refused');
});

await t.test('random numbers', async (t) => {
  const scene = await sceneFor(t, 'random', 'auto');
  if (scene === null) return;
  for (const name of ['inboundBlindTransferTwice', 'inboundAttendedTransfer'] as const) {
    const order = TRANSFERS.find(([story]) => story === name)?.[1] ?? [];
    await t.test(name, async (t) => {
      t.same(await heardIn(scene, name, { throughout: 'T', order, strict: true }), [], 'everybody is in it');
    });
  }
});

await t.test('recording.heal: never leaves the new party out', async (t) => {
  const scene = await sceneFor(t, 'falling', 'never');
  if (scene === null) return;
  t.match(await heardIn(scene, 'inboundBlindTransfer', { throughout: 'T', order: ['219', '220'] }), [/^220 is heard for 0\.\d\d s only/]);
});
