import t from 'tap';
import { Headers, normalise, RawParser, refusal } from '../../ami/wire.ts';

t.test('Headers: names in any case, values untouched, order of first appearance', async (t) => {
  const headers = Headers.of([['Event', 'UserEvent'], ['Field', 'A'], ['Other', 'Ünï'], ['FIELD', 'b']]);
  t.equal(headers.event, 'UserEvent');
  t.equal(headers.first('field'), 'A');
  t.same(headers.all('Field'), ['A', 'b']);
  t.equal(headers.text('missing'), '');
  t.equal(headers.first('missing'), undefined);
  t.same(headers.all('missing'), []);
  t.equal(headers.size, 3);
  t.same([...headers], [['event', 'UserEvent'], ['field', 'A'], ['field', 'b'], ['other', 'Ünï']]);
});

t.test('Headers: names of Object.prototype are ordinary names', async (t) => {
  const headers = Headers.of([['__proto__', 'x'], ['constructor', 'y']]);
  t.equal(headers.first('__proto__'), 'x');
  t.equal(headers.first('constructor'), 'y');
  t.equal(headers.has('toString'), false);
});

t.test('M23 shapes: string, array, object of variables, all become lists of strings', async (t) => {
  const varSet = normalise({ event: 'VarSet', variable: { CRM_ID: '' }, value: '7' });
  t.same(varSet.all('Variable'), ['CRM_ID'], 'VarSet carries the bare name');
  const status = normalise({ event: 'Status', variable: { CallMeLID: '1.2', EMPTY: '', EQUALS: 'a=b' } });
  t.same(status.all('Variable'), ['CallMeLID=1.2', 'EMPTY=', 'EQUALS=a=b']);
  t.same(normalise({ chanvariable: { A: '1' } }).all('ChanVariable'), ['A=1']);
  t.same(normalise({ destchanvariable: 'A=1' }).all('DestChanVariable'), ['A=1']);
  t.same(normalise({ destchanvariable: ['A=1', 'B=2'] }).all('DestChanVariable'), ['A=1', 'B=2']);
});

t.test('M24 prototype: only own strings pass', async (t) => {
  const item = Object.create({ inherited: 'x' }) as Record<string, unknown>;
  item['constructor'] = [Object, 'mine'];
  item['number'] = 5;
  const headers = normalise(item);
  t.same(headers.all('constructor'), ['mine']);
  t.equal(headers.has('inherited'), false);
  t.equal(headers.has('number'), false);
});

t.test('M25 a header without the space after its colon keeps its name and its value', async (t) => {
  const headers = normalise({ 'calleridname:': '', 'context:from-trunk': '', 'data:a': 'b', padded: '  7916 ' });
  t.equal(headers.first('CallerIDName'), '');
  t.equal(headers.first('Context'), 'from-trunk');
  t.equal(headers.first('Data'), 'a: b');
  t.equal(headers.first('padded'), '7916');
});

t.test('raw text: pieces of any size, LF or CRLF, greeting left out, cut-off last item left out', async (t) => {
  const text = 'Asterisk Call Manager/5.0.4\r\nResponse: Success\r\n\r\n\r\nEvent: Hangup\nCallerIDName:\nX: a: b\n\nEvent: Cut\r\nOff: y';
  const told = (items: readonly Headers[]): unknown => items.map((item) => [...item]);
  const whole = new RawParser().push(text);
  t.same(told(whole), [[['response', 'Success']], [['event', 'Hangup'], ['calleridname', ''], ['x', 'a: b']]]);
  const parser = new RawParser();
  const piecewise = Array.from(text).flatMap((letter) => parser.push(letter));
  t.same(told(piecewise), told(whole));
});

t.test('a refusal is a value', async (t) => {
  t.equal(refusal(Headers.of([['Response', 'Error'], ['Message', 'Permission denied']])), 'Permission denied');
  t.equal(refusal(Headers.of([['Response', 'Error']])), 'refused without a message');
  t.equal(refusal(Headers.of([['Response', 'Success']])), null);
});
