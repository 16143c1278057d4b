/** `callme-route` on a real Asterisk 22, against a FastAGI server that behaves, lies, keeps silent or is away. */
import t from 'tap';
import { within } from '../../lab/errors.ts';
import type { Lab } from '../../lab/lab.ts';
import type { LabExtension } from '../../lab/configuration/people.ts';
import { never } from '../../lab/sip/policy.ts';
import { TinyAgi, type Behaviour } from './agi.ts';
import { labFor } from './lab.ts';

/** Tells at the end of a call what the kit left in the channel. */
const WITNESS = `
[from-trunk]
exten => 590,1,Set(CallMeRECORD=No)
 same => n,Gosub(callme-in,s,1)
 same => n,Set(AGIEXITONHANGUP=before)
 same => n,Gosub(callme-route,s,1(\${EXTEN}))
 same => n,UserEvent(Witness,Target: [\${ROUTE_TARGET}],Reason: [\${ROUTE_REASON}],Source: [\${ROUTE_SOURCE}],Exit: [\${AGIEXITONHANGUP}],Full: [\${CallMeFULLFNAME}])
 same => n,Hangup()
exten => 591,1,Gosub(callme-in,s,1)
 same => n,UserEvent(Witness,Full: [\${CallMeFULLFNAME}],Linkedid: [\${CallMeLINKEDID}],Now: [\${CHANNEL(linkedid)}])
 same => n,Dial(Local/219@witness,20)
 same => n,Hangup()
[witness]
exten => 219,1,UserEvent(WitnessChild,Full: [\${CallMeFULLFNAME}],Linkedid: [\${CallMeLINKEDID}])
 same => n,Hangup()
`;

const lab = await labFor(t, { dialplan: WITNESS });

async function witness(of: Lab, line: string, name = 'Witness'): Promise<Readonly<Record<string, string>>> {
  await of.reset();
  const mark = of.control.mark();
  await of.trunk.call(line, { as: '79161234567' });
  return of.control.event({ UserEvent: name }, mark);
}

async function firstToRing(of: Lab): Promise<LabExtension> {
  await of.reset();
  for (const phone of Object.values(of.phones)) phone.policy = never;
  const client = await of.trunk.call('500', { as: '79161234567' });
  const rang = await Promise.race((['219', '220', '221'] as const).map(async (extension) => {
    await of.phones[extension].incoming();
    return extension;
  }));
  client.cancel();
  await client.ended();
  return rang;
}

if (lab) {
  await t.test('CallMe is away: the default route, at once, and the reason', async (t) => {
    const event = await witness(lab, '590');
    t.match(event, { Target: '[]', Reason: '[callme-away]', Source: '[fallback]' });
    t.equal(event['Exit'], '[before]', 'AGIEXITONHANGUP of the PBX is given back');
    t.equal(await firstToRing(lab), '219');
  });

  await t.test('with CallMe', async (t) => {
    const agi = await new TinyAgi().listen(lab.asterisk.agi.port);
    t.teardown(() => agi.close());
    const answers = async (behaviour: Behaviour): Promise<Readonly<Record<string, string>>> => { agi.behaviour = behaviour; return witness(lab, '590'); };

    t.match(await answers({ set: { ROUTE_TARGET: '220', ROUTE_REASON: 'owner', ROUTE_SOURCE: 'live' } }), { Target: '[220]', Reason: '[owner]', Source: '[live]' });
    t.match(agi.asked.at(-1)?.environment, { agi_network_script: 'route', agi_arg_1: '590', agi_callerid: '79161234567' });
    agi.behaviour = { set: { ROUTE_TARGET: '220' } };
    t.equal(await firstToRing(lab), '220', 'the target rings');

    for (const hostile of ['219&PJSIP/79000000000@trunk', '220@trunk', '220,30,G(x^1^1)', '22"0', '${EXTEN}', '220/x', ' 220', "22'0", '22)0', '22]0', '*8']) {
      t.match(await answers({ set: { ROUTE_TARGET: hostile } }), { Target: '[]', Reason: '[target-refused]' }, `refused: ${hostile}`);
    }
    t.match(await answers({ set: {} }), { Target: '[]', Reason: '[]' }, 'no target is no refusal');
  });

  await t.test('CallMe accepts and says nothing, the caller hangs up: the session ends with him', async (t) => {
    const agi = await new TinyAgi().listen(lab.asterisk.agi.port);
    t.teardown(() => agi.close());
    await lab.reset();
    const [asked, closed] = [agi.askedNext(), agi.closedByAsterisk()];
    const client = await lab.trunk.call('500');
    await within(10, 'question to CallMe', asked);
    client.cancel();
    await within(10, 'end of the session', closed);
    await lab.quiet();
    t.pass('no channel stays behind');
  });

  await t.test('ids and the name of the file reach every channel of the call', async (t) => {
    await lab.reset();
    const mark = lab.control.mark();
    await lab.trunk.call('591');
    const [own, child] = await Promise.all([lab.control.event({ UserEvent: 'Witness' }, mark), lab.control.event({ UserEvent: 'WitnessChild' }, mark)]);
    t.match(own['Full'], /^\[\d{4}\/\d\d\/\d\d\/call-[0-9.]+\.mp3\]$/);
    t.equal(own['Linkedid'], own['Now']);
    t.same([child['Full'], child['Linkedid']], [own['Full'], own['Linkedid']], 'inherited');
  });

  await t.test('CallMeRECORD=no: nothing is recorded', async (t) => {
    await lab.reset();
    const mark = lab.control.mark();
    await lab.trunk.call('590');
    const event = await lab.control.event({ UserEvent: 'Witness' }, mark);
    await lab.quiet();
    t.equal(event['Full'], '[]');
    t.same(lab.control.since(mark).filter((message) => message['UserEvent']?.startsWith('CallMeRec')), []);
  });
}
