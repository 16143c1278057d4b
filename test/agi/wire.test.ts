import t from 'tap';
import { MAX_COMMAND_BYTES, checkLine, closesReply, commandLine, opensMore, parseReply, parseRequest, quote } from '../../agi/wire.ts';
import { parseArgs } from '../fakes/agi.ts';

const unsafe = { code: 'AGI_UNSAFE' };

t.test('D6 values keep their colons, and no empty key is made', async (t) => {
  const request = parseRequest('agi_network: yes\nagi_request: agi://127.0.0.1:4573/route?t=12:30:00\nagi_accountcode: \nagi_arg_1: a:b\n\n: lost\nnonsense');
  t.equal(request.get('agi_request'), 'agi://127.0.0.1:4573/route?t=12:30:00');
  t.equal(request.get('agi_arg_1'), 'a:b');
  t.equal(request.get('agi_accountcode'), '');
  t.equal(request.get('agi_arg_2'), undefined);
  t.same([...request.keys()], ['agi_network', 'agi_request', 'agi_accountcode', 'agi_arg_1']);
});

t.test('a request key named __proto__ is a key like any other', async (t) => {
  const request = parseRequest('__proto__: x\nconstructor: y');
  t.equal(request.get('__proto__'), 'x');
  t.equal(request.get('constructor'), 'y');
  t.equal(request.get('toString'), undefined);
});

t.test('replies', async (t) => {
  t.match(parseReply('200 result=1'), { code: 200, result: '1', value: null });
  t.match(parseReply('200 result=-1'), { code: 200, result: '-1', value: null });
  t.match(parseReply('200 result=1 (1790000000.17)'), { code: 200, result: '1', value: '1790000000.17' });
  t.match(parseReply('200 result=1 (a (b) c)'), { value: 'a (b) c' }, 'parentheses inside a value');
  t.match(parseReply('200 result=123 (timeout)'), { result: '123', value: 'timeout' });
  t.match(parseReply('200 result=1 (Ёлкин "Ф", ООО)'), { value: 'Ёлкин "Ф", ООО' });
  t.equal(parseReply('hello'), null);
  t.equal(parseReply('2000 result=1'), null);
});

t.test('D9 510, 511 and 520 are replies, not hangups', async (t) => {
  t.match(parseReply('510 Invalid or unknown command'), { code: 510, result: '', value: null });
  t.match(parseReply('511 Command Not Permitted on a dead channel or intercept routine'), { code: 511 });
  t.match(parseReply('520-Invalid command syntax.  Proper usage follows:\n Usage: SET VARIABLE\n520 End of proper usage.'), { code: 520, text: /Usage: SET/ });
});

t.test('D9 D10 which lines leave a reply open, and which close it', async (t) => {
  const usage = '520-Invalid command syntax.  Proper usage follows:';
  t.ok(opensMore(usage));
  t.notOk(closesReply(usage, '  result=1 is returned (always)'));
  t.notOk(closesReply(usage, '520-more'));
  t.ok(closesReply(usage, '520 End of proper usage.'));
  const value = '200 result=1 (first line';
  t.ok(opensMore(value));
  t.notOk(closesReply(value, '520 not the end of a value'));
  t.ok(closesReply(value, 'last line)'));
  for (const line of ['200 result=1', '200 result=1 ()', '200 result=1 (a)', '200 result=1 (speech) endpos=1', '200 result=0 endpos=5', '510 Invalid']) {
    t.notOk(opensMore(line), line);
  }
});

t.test('D10 a value with line breaks keeps them', async (t) => {
  t.match(parseReply('200 result=1 (one\ntwo\nthree)'), { value: 'one\ntwo\nthree' });
});

t.test('D11 endpos and speech results are attributes', async (t) => {
  t.match(parseReply('200 result=0 endpos=1234'), { result: '0', value: null, attributes: { endpos: '1234' } });
  t.match(parseReply('200 result=1 (speech) endpos=0 results=1 score0=900 text0="yes (please)" grammar0=menu'), {
    result: '1', value: 'speech', attributes: { endpos: '0', results: '1', score0: '900', text0: 'yes (please)', grammar0: 'menu' },
  });
});

t.test('D12 an empty value is not the same as none', async (t) => {
  t.equal(parseReply('200 result=1 ()')?.value, '');
  t.equal(parseReply('200 result=0')?.value, null);
});

t.test('D17 CR, LF and NUL are refused in an argument, in a verb and in a line', async (t) => {
  for (const evil of ['a\nEXEC System "rm"', 'a\rb', 'a\0b', '\n']) {
    t.throws(() => quote(evil), unsafe);
    t.throws(() => commandLine('SET VARIABLE', ['NAME', evil]), unsafe);
    t.throws(() => commandLine('SET VARIABLE', [evil, 'x']), unsafe);
    t.throws(() => commandLine(`VERBOSE${evil}`, []), unsafe);
    t.throws(() => { checkLine(evil); }, unsafe);
  }
  for (const verb of ['', 'EXEC "x"', 'SET  VARIABLE', 'VERBOSE 1']) t.throws(() => commandLine(verb, []), unsafe, `verb <${verb}>`);
});

t.test('D17 D18 every argument arrives as it was given', async (t) => {
  for (const text of ['', 'Bob', 'Bob" 1', 'back\\slash', '\\"', 'a, b; c: d', 'ООО "Ромашка" 🌼', '${EVAL(x)}', ' lead and trail ', '\\', '\t']) {
    t.same(parseArgs(commandLine('SET VARIABLE', ['CALLERID(name)', text])), ['SET', 'VARIABLE', 'CALLERID(name)', text]);
  }
});

t.test('D18 the name of a variable goes bare when it is one, else quoted', async (t) => {
  t.equal(commandLine('GET VARIABLE', ['CHANNEL(linkedid)']), 'GET VARIABLE CHANNEL(linkedid)');
  t.equal(commandLine('SET VARIABLE', ['ROUTE_TARGET', '219']), 'SET VARIABLE ROUTE_TARGET "219"');
  t.equal(commandLine('SET VARIABLE', ['A B', 'x']), 'SET VARIABLE "A B" "x"');
  t.equal(commandLine('VERBOSE', ['hello', '1']), 'VERBOSE "hello" "1"');
});

t.test('D19 the options of an application are one argument', async (t) => {
  t.same(parseArgs(commandLine('EXEC', ['Dial', 'PJSIP/100,30,tT'])), ['EXEC', 'Dial', 'PJSIP/100,30,tT']);
});

t.test('a command that Asterisk 16 would cut is refused, counted in bytes', async (t) => {
  const room = MAX_COMMAND_BYTES - 1 - 'SET VARIABLE V ""'.length;
  t.equal(Buffer.byteLength(commandLine('SET VARIABLE', ['V', 'x'.repeat(room)])), MAX_COMMAND_BYTES - 1);
  t.throws(() => commandLine('SET VARIABLE', ['V', 'x'.repeat(room + 1)]), unsafe);
  t.throws(() => commandLine('SET VARIABLE', ['V', 'я'.repeat(room / 2 + 1)]), unsafe, 'two bytes a letter');
  t.doesNotThrow(() => commandLine('SET VARIABLE', ['V', 'я'.repeat(Math.floor(room / 2))]));
});
