import t from 'tap';
import { askedRange } from '../../web/ranges.ts';
import { isUnchanged, rangeHolds, validatorsOf } from '../../web/validators.ts';

const part = (from: number, to: number) => ({ kind: 'part', range: { from, to } });
const WHOLE = { kind: 'whole' };
const NONE = { kind: 'unsatisfiable' };

t.test('what a player asks for, of 1000 bytes', async (t) => {
  const table: readonly (readonly [string | undefined, object])[] = [
    [undefined, WHOLE], ['bytes=0-', part(0, 999)], ['bytes=0-0', part(0, 0)], ['bytes=0-1', part(0, 1)], ['bytes=999-999', part(999, 999)],
    ['bytes=500-', part(500, 999)], ['bytes=500-5000', part(500, 999)], ['bytes=-1', part(999, 999)], ['bytes=-128', part(872, 999)], ['bytes=-5000', part(0, 999)],
    ['Bytes=1-2', part(1, 2)], [' bytes= 1-2 ', part(1, 2)], ['bytes=00001-00002', part(1, 2)], ['bytes=0-99999999999999999999999', part(0, 999)],
    // Behind the end, nothing, backwards, no range at all.
    ['bytes=1000-', NONE], ['bytes=1000-1001', NONE], ['bytes=-0', NONE], ['bytes=5-2', NONE], ['bytes=', NONE], ['bytes=-', NONE], ['bytes=a-b', NONE], ['bytes=1-2-3', NONE],
    ['bytes=0x1-2', NONE], ['bytes=1.5-2', NONE], ['bytes=--1', NONE], ['bytes=99999999999999999999999-', NONE],
    // Several: the whole, and never the same bytes many times. Another unit is not ours to understand.
    ['bytes=0-1,5-6', WHOLE], ['bytes=0-,0-,0-', WHOLE], ['bytes=0-1,x', NONE], ['seconds=0-1', WHOLE], ['bytes 0-1', WHOLE], ['', WHOLE],
    [`bytes=${'0-,'.repeat(5000)}0-`, NONE], [`bytes=${'9'.repeat(300)}-`, NONE],
  ];
  for (const [header, expected] of table) t.same(askedRange(header, 1000), expected, String(header).slice(0, 60));
});

t.test('whether the reader has these bytes already', async (t) => {
  const validators = validatorsOf({ sha256: 'abc', createdAt: Date.parse('2026-11-20T11:00:00.700Z') });
  const on = 'Fri, 20 Nov 2026 11:00:00 GMT';
  for (const headers of [{ 'if-none-match': '"abc"' }, { 'if-none-match': 'W/"abc"' }, { 'if-none-match': '"x", "abc"' }, { 'if-none-match': '*' }, { 'if-modified-since': on },
    { 'if-modified-since': 'Sat, 21 Nov 2026 11:00:00 GMT' }]) t.equal(isUnchanged(headers, validators), true, JSON.stringify(headers));
  for (const headers of [{}, { 'if-none-match': '"x"' }, { 'if-none-match': 'abc' }, { 'if-none-match': '"x"', 'if-modified-since': on }, { 'if-modified-since': 'Fri, 20 Nov 2026 10:59:59 GMT' },
    { 'if-modified-since': 'yesterday' }]) t.equal(isUnchanged(headers, validators), false, JSON.stringify(headers));
  for (const condition of [undefined, '"abc"', on]) t.equal(rangeHolds(condition === undefined ? {} : { 'if-range': condition }, validators), true, String(condition));
  for (const condition of ['"x"', 'W/"abc"', 'Fri, 20 Nov 2026 10:59:59 GMT', 'Sat, 21 Nov 2026 11:00:00 GMT', 'yesterday', '']) t.equal(rangeHolds({ 'if-range': condition }, validators), false, condition);
});
