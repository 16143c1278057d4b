/** CallMe's name of the call is on every channel of it: the caller's, the employee's, and whoever it is handed to. */
import t, { type Test } from 'tap';
import { KNOWN } from '../../lab/demo/stage.ts';
import type { Lab } from '../../lab/lab.ts';
import { answered } from './scene.ts';
import { stageFor } from './stage.ts';

async function variable(lab: Lab, channel: string, name: string): Promise<string> {
  return (await lab.control.act({ Action: 'Getvar', Channel: channel, Variable: name }))['Value'] ?? '';
}

async function allNamed(t: Test, lab: Lab, endpoints: readonly string[]): Promise<void> {
  const channels = await lab.control.channels();
  t.same(channels.map((name) => name.slice(0, name.lastIndexOf('-'))).toSorted(), endpoints);
  for (const channel of channels) {
    const [ours, asterisks] = [await variable(lab, channel, 'CallMeLINKEDID'), await variable(lab, channel, 'CHANNEL(linkedid)')];
    t.equal(ours, asterisks, `${channel} has it`);
    t.match(asterisks, /^\d+\.\d+$/);
  }
}

t.test('CallMeLINKEDID after a route by CallMe', async (t) => {
  const scene = await stageFor(t);
  if (scene === null) return;
  const { lab } = scene;
  const { client, employee } = await answered(lab, '220', KNOWN.phone.slice(1));
  await allNamed(t, lab, ['PJSIP/220', 'PJSIP/trunk']);
  employee.refer(lab.uri('221'));
  await employee.referred();
  employee.hangUp();
  await (await lab.phones['221'].incoming()).answered();
  await lab.control.event({ Event: 'BlindTransfer' }, 0);
  await employee.ended();
  await allNamed(t, lab, ['PJSIP/221', 'PJSIP/trunk']);
  client.hangUp();
  await lab.quiet();
});
