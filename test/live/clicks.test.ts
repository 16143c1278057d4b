/** Somebody clicks a number in the portal: on a real Asterisk his telephone rings, then the client's, and the portal's own call is finished with the talk and its sound. */
import t, { type Test } from 'tap';
import { createHttp } from '../../app/http.ts';
import { raiseStage, pbxOf, installKit, UNKNOWN_NUMBER, type Stage } from '../../lab/demo/stage.ts';
import type { Lab } from '../../lab/lab.ts';
import { never } from '../../lab/sip/policy.ts';
import { CAST } from '../../lab/scenarios.ts';
import { givenUp, takes, takesOutside, talkAndEnd } from '../../lab/scenarios/story.ts';
import type { PortalCall } from '../fakes/crm/bitrix24.ts';
import { labFor } from './lab.ts';
import { until } from './until.ts';

const TOKEN = 'application-token-of-the-lab';
const USER_219 = 7;
const TALK_SECONDS = 3;

interface Scene { readonly lab: Lab; readonly stage: Stage; readonly say: (call: PortalCall, token?: string) => Promise<number> }

async function scene(t: Test, version: '22' | '16'): Promise<Scene | null> {
  const lab = await labFor(t, { kit: false, version });
  if (lab === null) return null;
  await installKit(lab.asterisk);
  const stage = await raiseStage(pbxOf(lab.asterisk), { account: `, applicationToken: "${TOKEN}"`, pbx: '    originate: { context: click, prefix: "8" }\n', users: [{ id: 77, name: 'Nobody', extension: '299' }] });
  t.teardown(() => stage.close());
  const http = createHttp({ version: '0' });
  t.teardown(() => http.close());
  const say = async (call: PortalCall, token = TOKEN): Promise<number> => {
    const form = {
      event: 'ONEXTERNALCALLSTART', event_handler_id: '12', ts: String(Math.round(Date.now() / 1000)), 'data[PHONE_NUMBER]': call.phone, 'data[PHONE_NUMBER_INTERNATIONAL]': `+${call.phone.replace(/^\+/, '')}`,
      'data[USER_ID]': String(call.userId), 'data[CALL_ID]': call.callId, 'data[LINE_NUMBER]': '', 'data[IS_MOBILE]': '0', 'auth[domain]': '127.0.0.1', 'auth[application_token]': token,
    };
    return (await http.request({ method: 'POST', url: `http://${stage.files.web}/bitrix24/events`, form, timeoutMs: 10_000 })).status;
  };
  return { lab, stage, say };
}
const finished = (call: PortalCall): Promise<void> => until(() => Promise.resolve(call.finish !== null));

for (const version of ['22', '16'] as const) t.test(`Asterisk ${version}`, async (t) => {
  const found = await scene(t, version);
  if (found === null) return;
  const { lab, stage, say } = found;

  await t.test('answered by both: one call at the portal, under the portal\'s own name, with the talk and the sound', async (t) => {
    const call = stage.portal.began({ userId: USER_219, phone: UNKNOWN_NUMBER });
    t.equal(await say(call), 200);
    t.equal(await say(call), 200, 'said twice, as the portal does');
    await takes(lab, '219');
    await talkAndEnd(lab, { ...CAST, talkSeconds: TALK_SECONDS }, await takesOutside(lab));
    await until(() => Promise.resolve(call.records.length > 0));
    t.match(call, { finishes: 1, finish: { userId: USER_219, statusCode: '200' }, registers: 0 });
    t.ok(Math.abs((call.finish?.duration ?? 0) - TALK_SECONDS) <= 2, `${call.finish?.duration ?? 0} s of talk`);
    t.equal(call.records.length, 1);
    t.same(stage.portal.calls.length, 1, 'no second call was registered beside it');
  });

  await t.test('the employee does not lift: the portal\'s card is closed as missed', async (t) => {
    lab.phones['219'].policy = never;
    const call = stage.portal.began({ userId: USER_219, phone: UNKNOWN_NUMBER });
    t.equal(await say(call), 200);
    const ringing = await lab.phones['219'].incoming();
    await lab.control.act({ Action: 'Hangup', Channel: '/^PJSIP/219-.*/' });
    await givenUp(lab, ringing);
    await finished(call);
    t.match(call, { finishes: 1, finish: { duration: 0 } });
  });

  await t.test('a telephone that is not there: the card is closed at once as failed', async (t) => {
    const call = stage.portal.began({ userId: 77, phone: UNKNOWN_NUMBER });
    t.equal(await say(call), 200);
    await finished(call);
    t.match(call, { finishes: 1, finish: { duration: 0, statusCode: '503' } });
  });

  await t.test('a wrong token rings nowhere', async (t) => {
    const call = stage.portal.began({ userId: USER_219, phone: UNKNOWN_NUMBER });
    t.equal(await say(call, 'guessed'), 403);
    t.same(await lab.control.channels(), []);
  });
});
