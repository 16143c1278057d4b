/**
 * The FreePBX hooks among excerpts of what FreePBX 17 generates (names and order kept; core release/17.0). The kit comes first, as
 * extensions_custom.conf does.
 */
import { appendFile, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { complaints } from '../../lab/hearing.ts';
import type { Lab } from '../../lab/lab.ts';
import { analyse, readRecording } from '../../lab/tones.ts';
import { TinyAgi } from './agi.ts';
import { labFor } from './lab.ts';

const GENERATED = `
[globals]
CALLME_ROUTE=yes
[from-trunk]
exten => _7XX,1,Goto(from-pstn,\${EXTEN},1)
[from-pstn]
include => from-pstn-custom
include => ext-did
include => ext-did-post-custom
include => from-did-direct
include => ext-did-catchall
[ext-did]
exten => 701,1,UserEvent(Generated,Did: \${EXTEN},Seen: \${CallMeSEEN})
 same => n,Dial(PJSIP/219,25,tT)
 same => n,Hangup()
[ext-did-post-custom]
[from-did-direct]
include => ext-local
[ext-local]
exten => _2XX,1,UserEvent(Generated,Direct: \${EXTEN})
 same => n,Dial(PJSIP/\${EXTEN},25,tT)
 same => n,Hangup()
[ext-did-catchall]
exten => _.,1,UserEvent(Generated,Catchall: \${EXTEN})
 same => n,Hangup()
[macro-dialout-trunk]
exten => s,1,Set(OUTNUM=\${ARG2})
 same => n,Set(DIAL_TRUNK_OPTIONS=T)
 same => n,Gosub(macro-dialout-trunk-predial-hook,s,1())
 same => n,Dial(PJSIP/\${OUTNUM}@trunk,30,\${DIAL_TRUNK_OPTIONS}b(func-apply-sipheaders^s^1,(1)))
 same => n,Hangup()
[func-apply-sipheaders]
exten => s,1,Return()
[macro-dialout-trunk-predial-hook]
exten => s,1,Return()
[from-internal]
exten => _9X.,1,Gosub(macro-dialout-trunk,s,1(1,\${EXTEN:1},,off))
`;

const HOOKS = fileURLToPath(new URL('../../dialplan/callme-freepbx.conf', import.meta.url));

const lab = await labFor(t, { dialplan: GENERATED });

async function installHooks(of: Lab): Promise<void> {
  await copyFile(HOOKS, join(of.asterisk.etc, 'callme-freepbx.conf'));
  await appendFile(join(of.asterisk.etc, 'extensions_custom.conf'), '#include callme-freepbx.conf\n');
  await of.asterisk.reloadDialplan();
}

if (lab) {
  await installHooks(lab);

  await t.test('inbound: recorded, then FreePBX\'s own route', async (t) => {
    const mark = lab.control.mark();
    const client = await lab.trunk.call('701', { as: '79161234567' });
    await client.answered();
    t.match(await lab.control.event({ UserEvent: 'Generated' }, mark), { Did: '701', Seen: '1' });
    await lab.phones['219'].incoming();
    client.hangUp();
    t.ok((await lab.closedRecording(mark)).file.endsWith('.wav'));
    await lab.quiet();
  });

  await t.test('inbound: an unknown number goes to the catch-all as before', async (t) => {
    const mark = lab.control.mark();
    await lab.trunk.call('799');
    t.match(await lab.control.event({ UserEvent: 'Generated' }, mark), { Catchall: '799' });
    await lab.quiet();
  });

  await t.test('inbound: CallMe\'s target goes through from-did-direct; a target that is no extension does not', async (t) => {
    const agi = await new TinyAgi().listen(lab.asterisk.agi.port);
    t.teardown(() => agi.close());
    for (const [target, expected] of [['220', { Direct: '220' }], ['nobody', { Did: '701' }]] as const) {
      await lab.reset();
      agi.behaviour = { set: { ROUTE_TARGET: target } };
      const mark = lab.control.mark();
      const client = await lab.trunk.call('701');
      t.match(await lab.control.event({ UserEvent: 'Generated' }, mark), expected);
      await client.answered();
    }
    await lab.reset();
  });

  await t.test('outbound: the predial hook records the answered trunk leg', async (t) => {
    const mark = lab.control.mark();
    const employee = await lab.phones['219'].call('979161234567');
    await employee.answered();
    await new Promise((resolve) => setTimeout(resolve, 2000));
    employee.hangUp();
    const { file } = await lab.closedRecording(mark);
    t.same(complaints(analyse(await readRecording(file)), { throughout: 'T', order: ['219'], strict: true }), []);
  });
}
