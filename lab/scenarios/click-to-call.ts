/** A CRM has the employee's telephone rung first, then the client called. */
import type { Lab } from '../lab.ts';
import { busy, never, refuse, type Policy } from '../sip/policy.ts';
import { givenUp, OUTSIDE, takes, takesOutside, talk, talkAndEnd, type Cast, type Story } from './story.ts';

interface Click { readonly channel: string; readonly timeoutMs: number; readonly variables: readonly string[] }
/** The CRM's own id of the call. */
const CALL_ID = '__CallMeCALL_ID=lab-42';
const MARK = '__IS_CALLME_ORIGINATE=1';

const byPhone = (cast: Cast): Click => ({ channel: `PJSIP/${cast.first}`, timeoutMs: 20_000, variables: [CALL_ID] });

async function click(lab: Lab, cast: Cast, { channel, timeoutMs, variables }: Click): Promise<void> {
  await lab.control.act({
    Action: 'Originate', Channel: channel, Context: 'click', Exten: `${OUTSIDE}${cast.client}`, Priority: '1',
    CallerID: `"CRM" <${cast.client}>`, Async: 'true', Timeout: String(timeoutMs), Variable: variables,
  });
}

const answered = (how: (cast: Cast) => Click): Story => async (lab, cast) => {
  await click(lab, cast, how(cast));
  await takes(lab, cast.first);
  await talkAndEnd(lab, cast, await takesOutside(lab));
};

/** The employee lifts, the client does not want to. */
const refusedByClient = (policy: Policy): Story => async (lab, cast) => {
  lab.trunk.policy = policy;
  await click(lab, cast, byPhone(cast));
  await givenUp(lab, await takes(lab, cast.first));
};

/** The employee's telephone rings for 4 s and nobody lifts. */
const clickToCallUnlifted: Story = async (lab, cast) => {
  lab.phones[cast.first].policy = never;
  await click(lab, cast, { ...byPhone(cast), timeoutMs: 4000 });
  await givenUp(lab, await lab.phones[cast.first].incoming());
};

/** The employee gives up while the client's telephone rings. */
const clickToCallCancelled: Story = async (lab, cast) => {
  lab.trunk.policy = never;
  await click(lab, cast, byPhone(cast));
  const employee = await takes(lab, cast.first);
  const client = await lab.trunk.incoming();
  await talk(1);
  employee.hangUp();
  await givenUp(lab, client);
};

export const clickToCalls = {
  clickToCall: answered(byPhone), clickToCallByLocal: answered((cast) => ({ ...byPhone(cast), channel: `Local/${cast.first}@from-internal` })),
  clickToCallMarkedFirst: answered((cast) => ({ ...byPhone(cast), variables: [MARK, CALL_ID] })),
  clickToCallMarkedLast: answered((cast) => ({ ...byPhone(cast), variables: [CALL_ID, MARK] })),
  clickToCallUnlifted, clickToCallCancelled,
  clickToCallBusy: refusedByClient(busy(1)), clickToCallRejected: refusedByClient(refuse(603, 'Decline', 1)),
} as const;
