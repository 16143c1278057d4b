import t from 'tap';
import { classifier, digits, e164, internationalDigits, isHidden, phoneKey, sameNumber } from '../../core/phone.ts';

t.test('hidden numbers', async (t) => {
  for (const text of ['', ' ', 'anonymous', 'Anonymous', 'unknown', '<unknown>', 'restricted', 'unavailable', 'Unavailable', 'anonymous@10.0.0.1', 'sip:anonymous@anonymous.invalid', '+', 's']) {
    t.ok(isHidden(text), `<${text}>`);
  }
  for (const text of ['1', '219', '+79035550142', 'sip:79035550142@10.0.0.1']) t.notOk(isHidden(text), text);
});

t.test('digits', async (t) => {
  t.equal(digits('+7 (903) 555-01-42'), '79035550142');
  t.equal(digits('sip:79035550142@10.0.0.1:5060'), '79035550142');
  t.equal(digits('tel:+79035550142;phone-context=x1'), '79035550142');
  t.equal(digits('84951234567,102'), '84951234567', 'an extension behind a comma is not part of it');
  t.equal(digits('anonymous'), '');
});

t.test('e164 by the Russian rules', async (t) => {
  const spellings = {
    '89035550142': '+79035550142', '79035550142': '+79035550142', '+79035550142': '+79035550142', '9035550142': '+79035550142',
    '8 (495) 123-45-67': '+74951234567', '810491512345678': '+491512345678', '00491512345678': '+491512345678', '+491512345678': '+491512345678',
    '8-10-380-44-1234567': '+380441234567', '88001234567': '+78001234567', '112': '+112', '+8613812345678': '+8613812345678',
  };
  for (const [text, expected] of Object.entries(spellings)) t.equal(e164(text), expected, text);
  t.equal(e164('unknown'), '');
});

t.test('other countries keep their digits', async (t) => {
  t.equal(internationalDigits('89035550142', 'DE'), '89035550142');
  t.equal(internationalDigits('0049 151 2345678', 'DE'), '491512345678');
  t.equal(internationalDigits('9035550142', 'US'), '9035550142');
});

t.test('the same telephone in two spellings', async (t) => {
  t.ok(sameNumber('89035550142', '+7 903 555-01-42'));
  t.ok(sameNumber('9035550142', '79035550142'));
  t.ok(sameNumber('219', '219'));
  t.notOk(sameNumber('219', '9035550219'));
  t.notOk(sameNumber('79035550142', '79035550143'));
  t.notOk(sameNumber('anonymous', 'anonymous'));
  t.notOk(sameNumber('', ''));
  t.equal(phoneKey('+79035550142'), '9035550142');
});

t.test('classes', async (t) => {
  const classify = classifier('^[0-9]{2,5}$');
  t.same(classify('219'), { kind: 'internal', digits: '219', e164: '' });
  t.same(classify('89035550142'), { kind: 'external', digits: '89035550142', e164: '+79035550142' });
  t.same(classify('anonymous'), { kind: 'hidden', digits: '', e164: '' });
  t.same(classify('<unknown>').kind, 'hidden');
  t.same(classifier('^[a-z]+$')('anna').kind, 'internal', 'the pattern of the config decides first');
  t.throws(() => classifier('('), SyntaxError);
});
