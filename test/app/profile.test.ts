import t from 'tap';
import { profileOf } from '../../app/profile.ts';
import { mobileOf, partyOf } from '../../core/parties.ts';
import type { Extension } from '../../core/words.ts';

const employee = (extension: string, mobile?: readonly string[]) => ({ extension: extension as Extension, name: '', crm: {}, ...(mobile && { mobile: [...mobile] }) });
const config = {
  phones: { country: 'RU', internal: /^[0-9]{2,5}$/ },
  employees: [employee('219', ['+7 916 777-02-19', '84959990219']), employee('220'), employee('221', ['9167770221'])],
};
const profile = profileOf(config, { external: [/^PJSIP\/trunk/] });

t.test('an employee is known by each of the numbers, however the network spells it', async (t) => {
  for (const [number, extension] of [['79167770219', '219'], ['89167770219', '219'], ['+79167770219', '219'], ['9167770219', '219'], ['74959990219', '219'], ['+79167770221', '221'],
    ['79167770220', null], ['219', null], ['', null], ['anonymous', null]] as const) {
    t.equal(mobileOf(profile, number), extension, number);
  }
});

t.test('who calls from one through a trunk is an employee, everybody else there is a client', async (t) => {
  t.match(partyOf(profile, 'PJSIP/trunk-00000001', '89167770219', 'Anna'), { kind: 'employee', extension: '219' });
  t.match(partyOf(profile, 'PJSIP/trunk-00000001', '79161234567', 'Ivan'), { kind: 'external', number: '79161234567' });
  t.match(partyOf(profile, 'PJSIP/220-00000001', '220', ''), { kind: 'employee', extension: '220' });
});
