/** Whatever is in a file: it is imported, or refused with a reason; nothing else happens, and the book stays whole. The dice are the same each time. */
import t from 'tap';
import { ImportFailure } from '../../../app/address-book/words.ts';
import { shelf } from './shelf.ts';

const CSV = 'ФИО;Компания;Телефон;Мобильный;Примечание\r\n"Орлова ""И""";ООО;8 (495) 000-01-01, доб. 12;+79035550142;"две\nстроки"\r\nПётр;;;+79035550144;x\r\n';
const CARDS = 'BEGIN:VCARD\r\nVERSION:2.1\r\nFN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:=D0=98=\r\n=D1=80\r\nTEL;TYPE="a,b";CELL:+7903\r\n 5550142\r\nNOTE:a\\nb\\;\r\nEND:VCARD\r\nBEGIN:VCARD\r\nVERSION:4.0\r\nKIND:org\r\nORG:X;Y\r\nTEL;VALUE=uri:tel:+7-495-000-01-01;ext=1\r\nEND:VCARD\r\n';

/** Mulberry32: https://github.com/cprosche/mulberry32 (public domain). */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const SIGNS = ['"', ';', ',', '\n', '\r', '=', ':', '\\', ' ', '\t', '\ufeff', 'BEGIN:VCARD\n', 'END:VCARD\n', '"'.repeat(50), '9'.repeat(70), '(', 'я', '\u2028'].map((sign) => Buffer.from(sign));

function spoiled(text: string, roll: (below: number) => number): Buffer {
  let bytes = Buffer.from(text);
  for (let times = 1 + roll(6); times > 0; times -= 1) {
    const at = roll(bytes.length + 1);
    const cut = roll(3) === 0 ? roll(20) : 0;
    const put = roll(4) === 0 ? Buffer.from([roll(255) + 1]) : SIGNS[roll(SIGNS.length)] ?? Buffer.alloc(0);
    bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + cut)]);
  }
  return bytes;
}

t.test('spoiled files', async (t) => {
  const { take, book } = shelf(t);
  const seen = { taken: 0, refused: 0, bad: 0 };
  for (let seed = 0; seed < 400; seed += 1) {
    const file = spoiled(seed % 2 === 0 ? CSV : CARDS, dice(seed));
    try {
      const report = await take(file, { partial: true });
      seen.taken += 1;
      seen.bad += report.bad.length;
      if (report.bad.some(({ line }) => line < 1 || line > 60)) t.fail(`seed ${seed}: a line that is not there`);
    } catch (error) {
      if (!(error instanceof ImportFailure)) throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      seen.refused += 1;
    }
  }
  t.ok(seen.taken > 200 && seen.refused > 5 && seen.bad > 50, JSON.stringify(seen));
  for (const { name, numbers } of book.persons({ limit: 10_000 })) if (/[\p{Cc}]/u.test(name) || name === '' || numbers.length === 0 || numbers.some(({ key }) => key === '')) t.fail(JSON.stringify(name));
});

t.test('long cells that look like numbers are refused at once', async (t) => {
  const { take } = shelf(t);
  for (const cell of [`1${' '.repeat(60_000)}1`, `x${' '.repeat(60_000)}`, 'доб '.repeat(10_000), '+'.repeat(60_000), `1${'(,'.repeat(20_000)}`]) t.match(await take(`name;phone\nA;${cell}\n`), { bad: [{ line: 2 }] });
});
