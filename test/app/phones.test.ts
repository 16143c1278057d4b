import t from 'tap';
import { createNumbers, ruleMistake, type PhoneRules } from '../../app/phones.ts';
import type { Numbers } from '../../core/numbers.ts';
import { TABLE } from './phones-table.ts';

const numbersOf = (over: Partial<PhoneRules> = {}): Numbers => createNumbers({ country: 'RU', internal: /^[5-9][0-9]{2}$|^2[0-9]{2}$/u, ...over });
/** One per country: the memory is part of what is tested. */
const tenants = new Map<string, Numbers>();
const tenant = (country: string): Numbers => tenants.get(country) ?? tenants.set(country, createNumbers({ country, internal: /^2[0-9]{2}$/u })).get(country) ?? numbersOf();

t.test('the table: every spelling has the key of its telephone', async (t) => {
  const rows = TABLE.flatMap(({ tenant: country, key, written }) => written.map((text) => ({ country, key, text })));
  t.ok(rows.length >= 300, `${rows.length} rows`);
  t.equal(new Set(rows.map(({ country, text }) => `${country} ${text}`)).size, rows.length, 'no row stands there twice');
  for (const { country, key, text } of rows) t.equal(tenant(country).key(text), key, `${country}: ${JSON.stringify(text)}`);
  for (const { country, key, text } of rows) t.equal(tenant(country).key(text), key, `${country}: ${JSON.stringify(text)}, from memory`);
});

t.test('every spelling of a telephone has its key, in the order of likelihood', async (t) => {
  for (const { tenant: country, key, written } of TABLE) {
    for (const text of written) {
      const spellings = tenant(country).spellings(text);
      for (const spelling of spellings) t.equal(tenant(country).key(spelling), key, `${country}: ${text} as ${spelling}`);
      t.equal(new Set(spellings).size, spellings.length);
      if (key.startsWith('+')) t.equal(spellings[0], key, 'the worldwide one first');
      t.ok(key.startsWith('+') ? spellings.length >= 2 : true);
    }
  }
  t.same(tenant('RU').spellings('8 903 555-01-42'), ['+79035550142', '79035550142', '89035550142', '9035550142']);
  t.same(tenant('BY').spellings('+375 29 123-45-67'), ['+375291234567', '375291234567', '80291234567', '291234567']);
  t.same(tenant('UA').spellings('+380671234567'), ['+380671234567', '380671234567', '0671234567', '80671234567', '671234567']);
  t.same(tenant('PL').spellings('500600700'), ['+48500600700', '48500600700', '500600700']);
  t.same(tenant('DE').spellings('030 12345678'), ['+493012345678', '493012345678', '03012345678', '3012345678']);
  t.same(tenant('US').spellings('2125551234'), ['+12125551234', '12125551234', '2125551234']);
  t.same(tenant('RU').spellings('+375291234567'), ['+375291234567', '375291234567'], '8 029 … would be read as another number here');
  t.same(tenant('RU').spellings('anonymous'), []);
  t.same(tenant('RU').spellings('112'), []);
  t.same(tenant('RU').spellings('219'), ['219']);
});

t.test('what kind of number it is', async (t) => {
  const read = (text: string) => tenant('RU').read(text);
  t.same(read('8 903 555-01-42'), { kind: 'external', e164: '+79035550142', national: '9035550142', country: 'RU', valid: true });
  t.same(read('+77012345678'), { kind: 'external', e164: '+77012345678', national: '7012345678', country: 'KZ', valid: true });
  t.same(read('123-45-67'), { kind: 'external', e164: '+1234567', national: '1234567', country: null, valid: false });
  t.match(read('+7 123 456 78 90'), { kind: 'external', e164: '+71234567890', valid: false }, 'nobody has such a number, but it is one telephone');
  t.ok(tenant('RU').same('+71234567890', '81234567890'));
  t.match(read('+800 1234 5678'), { kind: 'external', e164: '+80012345678', country: '001', valid: true }, 'a freephone number of the world');
  t.same(read('219'), { kind: 'internal', digits: '219' });
  t.same(read('sip:219@10.0.0.1'), { kind: 'internal', digits: '219' });
  t.same(read(' 219 '), { kind: 'internal', digits: '219' });
  t.same(read('*97'), { kind: 'service', digits: '*97' });
  t.same(read('TELE2'), { kind: 'hidden' });
  t.same(createNumbers({ country: 'RU', internal: /^[a-z]+$/u }).read('anna'), { kind: 'internal', digits: 'anna' });
  t.match(createNumbers({ country: 'ZZ', internal: /^$/u }).read('+79035550142'), { e164: '+79035550142', valid: true }, 'a country without a plan');
  t.match(createNumbers({ country: 'ZZ', internal: /^$/u }).read('5550142'), { country: null });
});

t.test('hidden numbers are never the same, nor are two telephones', async (t) => {
  const same = (one: string, other: string) => tenant('RU').same(one, other);
  t.notOk(same('anonymous', 'anonymous'));
  t.notOk(same('', ''));
  t.ok(same('8 903 555-01-42', '+79035550142'));
  t.notOk(same('+79035550142', '+79035550143'));
  t.notOk(same('1234567', '84951234567'), 'a local number is nobody in particular');
});

t.test('text from outside does no harm', async (t) => {
  const numbers = tenant('RU');
  for (const text of ['9'.repeat(100_000), '+'.repeat(5_000), '(1)'.repeat(5_000), 'a1'.repeat(5_000), '<'.repeat(1_000), '8 9 '.repeat(2_000), '\ud800', '1\u0000', '%', '%zz', '%2', '1;;;;,,,,', '1'.repeat(16), '__proto__', 'constructor']) {
    t.doesNotThrow(() => { numbers.read(text); numbers.key(text); numbers.spellings(text); }, JSON.stringify(text.slice(0, 20)));
  }
});

t.test('the memory is bounded and tells lines apart', async (t) => {
  const numbers = numbersOf({ lines: [{ number: '74951234567', rules: ['+375{9}'] }] });
  for (let each = 0; each < 20_000; each += 1) numbers.key(String(79_000_000_000 + each));
  t.equal(numbers.key('291234567', '74951234567'), '+375291234567');
  t.equal(numbers.key('291234567'), '291234567');
  t.equal(numbers.key('291234567', '8 495 123-45-67'), '+375291234567');
});

t.test('rules of a line come before the plan', async (t) => {
  const numbers = numbersOf({ lines: [
    { number: '+7 495 123-45-67', rules: ['+375{9}'] },
    { number: 'gsm-1', rules: [{ match: '^80(29|33|44|25)(\\d{7})$', replace: '+375$1$2' }, { match: '9(?=x)|^9(8\\d{10})$'.slice(8), replace: '$1' }, { match: '77', replace: '2' }] },
    { number: '74950000002', rules: ['+7495{7}'] },
    { number: '74950000003' },
  ] });
  for (const line of ['74951234567', '84951234567', '+74951234567', '8 (495) 123-45-67', 'sip:74951234567@10.0.0.1']) t.equal(numbers.key('80291234567', line), '+375291234567', line);
  t.equal(numbers.key('291234567', '74951234567'), '+375291234567');
  t.equal(numbers.key('0291234567', '74951234567'), '+375291234567');
  t.equal(numbers.key('123', '74951234567'), '123', 'too few digits for the rule');
  t.equal(numbers.key('anonymous', '74951234567'), '');
  t.equal(numbers.key('+79035550142', '74951234567'), '+79035550142', 'a rule that would spoil a whole number of another country does not fit');
  t.equal(numbers.key('80291234567', 'GSM-1'), '+375291234567', 'a trunk by its name');
  t.equal(numbers.key('989035550142', 'gsm-1'), '+79035550142');
  t.equal(numbers.key('7719', 'gsm-1'), '219', 'the first rule that fits decides, and its answer is read like any number');
  t.equal(numbers.key('5550142', '74950000002'), '+74955550142', 'the area of a line');
  t.equal(numbers.key('5550142', '74950000003'), '5550142');
  t.equal(numbers.key('5550142', 'nobody'), '5550142');
  t.same(numbers.spellings('5550142', '74950000002'), ['+74955550142', '74955550142', '84955550142', '4955550142']);
});

t.test('rules that are wrong are told in words', async (t) => {
  for (const rule of ['+375{9}', '{10}', '8{7}', { match: '^80(29|33|44|25)(\\d{7})$', replace: '+375$1$2' }, { match: '^8?(\\d{10})$', replace: '+7$1' }, { match: '\\+?7', replace: '' }, { match: '[0-9]{3,}(?:55)+', replace: '$1'.slice(2) }]) {
    t.equal(ruleMistake(rule), null, JSON.stringify(rule));
  }
  const wrong: readonly (readonly [Parameters<typeof ruleMistake>[0], RegExp])[] = [
    ['375', /"\+375\{9\}"/], ['+375{0}', /1 to 15/], ['+375{16}', /1 to 15/], ['+375{9}x', /prefix/], ['', /prefix/],
    [{ match: '(', replace: '1' }, /no regular expression/], [{ match: '', replace: '1' }, /1 to 200/], [{ match: 'x'.repeat(201), replace: '1' }, /1 to 200/],
    [{ match: '^(\\d+)+$', replace: '$1' }, /repeats/], [{ match: '(\\d*)*', replace: '$1' }, /repeats/], [{ match: '(1|1){40}', replace: '$1' }, /repeats/], [{ match: '((1?){20}){20}', replace: '1' }, /repeats/],
    [{ match: '\\d*\\d*\\d*\\d*5', replace: '1' }, /too many ways/], [{ match: '1?'.repeat(30), replace: '1' }, /too many ways/], [{ match: '(1|2|3|4)'.repeat(10), replace: '1' }, /too many ways/],
    [{ match: '(?=1)1', replace: '1' }, /understood/], [{ match: '(1)\\1', replace: '1' }, /understood/], [{ match: '(?<a>1)', replace: '1' }, /understood/],
    [{ match: '1', replace: '$1' }, /0 groups/], [{ match: '(1)', replace: '$2' }, /1 groups/], [{ match: '(1)', replace: '$0' }, /digits/], [{ match: '1', replace: '${SHELL}' }, /digits/], [{ match: '1', replace: 'x' }, /digits/],
  ];
  for (const [rule, said] of wrong) {
    t.match(ruleMistake(rule), said, JSON.stringify(rule));
    t.throws(() => numbersOf({ lines: [{ number: '1', rules: [rule] }] }), /a rule of a line is wrong/);
  }
});
