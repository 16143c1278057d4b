import t from 'tap';
import { AmiError } from '../../ami/errors.ts';
import { checkAction, MAX_HEADERS } from '../../ami/outgoing.ts';
import type { Action } from '../../ami/outgoing.ts';

function refused(action: object): string {
  try {
    checkAction(action as Action);
    return 'passed';
  } catch (error) {
    return error instanceof AmiError && error.code === 'AMI_ACTION' ? error.message : `other: ${String(error)}`;
  }
}

t.test('an ordinary action passes', async (t) => {
  t.same(checkAction({ Action: 'Originate', Channel: 'PJSIP/219', Timeout: 30_000, Variable: { CallMeCALL_ID: 'a=b', __IS_CALLME_ORIGINATE: 1 } }),
    ['Action: Originate', 'Channel: PJSIP/219', 'Timeout: 30000', 'Variable: CallMeCALL_ID=a=b', 'Variable: __IS_CALLME_ORIGINATE=1']);
  t.same(checkAction({ Action: 'Setvar', Variable: 'CALLERID(name)', Value: 'Ivan, "the" one' }).length, 3, 'commas harm in Variable alone');
});

t.test('M5 null and objects inside values are refused, not parked', async (t) => {
  for (const value of [null, undefined, true, [], ['a'], Number.NaN]) t.match(refused({ Action: 'Ping', X: value }), /not sent: X/);
  t.match(refused({ Action: 'Originate', Variable: { A: null } }), /not sent: A/);
});

t.test('M6 header injection: line breaks and NUL in names and values, in variables too', async (t) => {
  for (const bad of ['a\r\nAction: Command', 'a\nb', 'a\rb', 'a\0b']) {
    t.match(refused({ Action: 'UserEvent', Text: bad }), /line break/);
    t.match(refused({ Action: 'UserEvent', Variable: { A: bad } }), /line break/);
    t.match(refused({ Action: bad }), /line break/);
    t.match(refused({ Action: 'UserEvent', [bad]: 'x' }), /no header/);
    t.match(refused({ Action: 'UserEvent', Variable: { [bad]: 'x' } }), /no variable/);
  }
  for (const name of ['', 'A: b', 'a b', '__proto__', 'ActionID', 'actionid']) t.match(refused(JSON.parse(`{"Action":"x","${name}":"1"}`) as object), /no header/);
  t.match(refused({ Action: 'Ping', action: 'Command' }), /twice/);
});

t.test('M6 over-long: 1 022 bytes of a line pass, 1 023 do not; letters of two bytes count twice', async (t) => {
  const room = 1022 - 'Text: '.length;
  t.equal(refused({ Action: 'UserEvent', Text: 'x'.repeat(room) }), 'passed');
  t.match(refused({ Action: 'UserEvent', Text: 'x'.repeat(room + 1) }), /longer/);
  t.equal(refused({ Action: 'UserEvent', Text: 'я'.repeat(room / 2) }), 'passed');
  t.match(refused({ Action: 'UserEvent', Text: 'я'.repeat(room / 2 + 1) }), /longer/);
});

t.test('M6 too many headers: 128 with the ActionID pass, one more does not', async (t) => {
  const many = (count: number): object => ({ Action: 'X', ...Object.fromEntries(Array.from({ length: count - 1 }, (_, n) => [`H${n}`, 'x'])) });
  t.equal(refused(many(MAX_HEADERS - 1)), 'passed');
  t.match(refused(many(MAX_HEADERS)), /more than 127/);
});

t.test('M7 a comma, quote or backslash in a variable would make another variable or vanish', async (t) => {
  for (const value of ['a,B=1', 'say "x"', 'a\\b']) {
    t.match(refused({ Action: 'Originate', Variable: { A: value } }), /comma/);
    t.match(refused({ Action: 'Originate', Variable: `A=${value}` }), /comma/);
  }
});

t.test('a refusal never shows the value', async (t) => {
  t.notMatch(refused({ Action: 'Login', Secret: 'hunter2\r\n' }), /hunter2/);
});
