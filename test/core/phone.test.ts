import t from 'tap';
import { dialled, digits, isHidden, phoneKey } from '../../core/phone.ts';

t.test('hidden numbers', async (t) => {
  for (const text of ['', ' ', 'anonymous', 'Anonymous', 'unknown', '<unknown>', 'restricted', 'unavailable', 'Unavailable', 'anonymous@10.0.0.1', 'sip:anonymous@anonymous.invalid', '+', 's', '00000', '0000000000', '+00000']) {
    t.ok(isHidden(text), `<${text}>`);
  }
  for (const text of ['1', '0', '219', '+79035550142', 'sip:79035550142@10.0.0.1', '*97']) t.notOk(isHidden(text), text);
});

t.test('a name in the place of the number is no number', async (t) => {
  for (const text of ['MEGAFON', 'TELE2', 'MTS0890', 'Sber900', 'trunk-1', 'main', 'Отдел 2']) t.ok(isHidden(text), text);
});

t.test('digits', async (t) => {
  t.equal(digits('+7 (903) 555-01-42'), '79035550142');
  t.equal(digits('sip:79035550142@10.0.0.1:5060'), '79035550142');
  t.equal(digits('tel:+79035550142;phone-context=x1'), '79035550142');
  t.equal(digits('84951234567,102'), '84951234567', 'an extension behind a comma is not part of it');
  t.equal(digits('*97'), '97');
  t.equal(digits('anonymous'), '');
});

t.test('what one would dial', async (t) => {
  const written = {
    '+7 (903) 555-01-42': '+79035550142', '8 (903) 555-01-42': '89035550142', '(+7) 903 5550142': '+79035550142', '7+9035550142': '79035550142',
    '"Irina 2" <sip:+79035550142@10.0.0.1>;tag=1': '+79035550142', 'sip:%2B79035550142@h': '+79035550142', 'tel:9035550142;phone-context=+7': '+79035550142', 'tel:+9035550142;phone-context=+7': '+9035550142',
    '*97': '*97', '*100#': '*100#', '#31#89035550142': '89035550142', '*31#+79035550142': '+79035550142', '*67 2125551234': '2125551234', '*675': '*675',
    '8 495 123-45-67 доб. 102': '84951234567', '84951234567#102': '84951234567', '84951234567p102': '84951234567', '84951234567,102': '84951234567', '+1 (212) 555-1234 x12': '+12125551234',
    '030/901820': '030901820', '84951234567/84951234568': '84951234567', 'тел. 8 903 555-01-42': '89035550142', '8 903 555-01-42 (мама)': '89035550142', '89035550142мама': '', 'тел. 102': '',
    '\u0668\u0669\u0660\u0663': '8903', '\uff0b\uff17': '+7', '\u202a+7\u00a0903\u2011555\u202c': '+7903555',
  };
  for (const [text, expected] of Object.entries(written)) t.equal(dialled(text), expected, JSON.stringify(text));
});

t.test('the longest text costs no more than a short one', async (t) => {
  for (const text of ['9'.repeat(100_000), '(1)'.repeat(50_000), 'a1 '.repeat(50_000), '<'.repeat(50_000), `${'1-'.repeat(90)}x`, '%2B'.repeat(50_000)]) t.doesNotThrow(() => dialled(text));
});

t.test('the same telephone in two spellings, where no plan is at hand', async (t) => {
  t.equal(phoneKey('+79035550142'), '9035550142');
  t.equal(phoneKey('89035550142'), '9035550142');
  t.equal(phoneKey('219'), '219');
  t.equal(phoneKey('anonymous'), '');
});
