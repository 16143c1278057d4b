import t from 'tap';
import { createZone } from '../../cdr/zone.ts';

const utc = (text: string): number => Date.parse(text);

t.test('stamps of the books are instants', (t) => {
  const moscow = createZone('Europe/Moscow');
  t.equal(moscow.instant('2026-11-20 10:32:06'), utc('2026-11-20T07:32:06Z'));
  t.equal(moscow.instant('2026-11-20 10:32:06.123456'), utc('2026-11-20T07:32:06.123Z'), 'with its fraction');
  t.equal(moscow.instant('1795170726.500000'), 1_795_170_726_500, 'epoch seconds, as cel_custom writes them without a dateformat');
  t.equal(moscow.instant('2026-11-20T10:32:06Z'), utc('2026-11-20T10:32:06Z'), 'an offset of its own counts');
  t.equal(moscow.instant('2026-11-20 10:32:06-0330'), utc('2026-11-20T14:02:06Z'));
  t.equal(moscow.stamp(utc('2026-11-20T07:32:06.900Z')), '2026-11-20 10:32:06');
  t.end();
});

t.test('what is no time is null', (t) => {
  const berlin = createZone('Europe/Berlin');
  for (const text of ['', '0000-00-00 00:00:00', '2026-02-30 10:00:00', '2025-02-29 10:00:00', '2026-13-01 10:00:00', '2026-11-20 24:00:00', '2026-11-20 10:60:00', '2026-11-20', 'yesterday', '20.11.2026 10:00:00', '17951707261234']) {
    t.equal(berlin.instant(text), null, text);
  }
  t.equal(berlin.instant('2028-02-29 10:00:00'), utc('2028-02-29T09:00:00Z'), 'a leap day');
  t.end();
});

t.test('an hour that comes twice, and one that never comes', (t) => {
  const berlin = createZone('Europe/Berlin');
  t.equal(berlin.instant('2026-10-25 02:30:00'), utc('2026-10-25T00:30:00Z'), 'the first of the two');
  t.equal(berlin.instant('2026-10-25 02:30:00', utc('2026-10-25T01:10:00Z')), utc('2026-10-25T01:30:00Z'), 'the second, where the channel was made after the first');
  t.equal(berlin.instant('2026-10-25 03:00:00'), utc('2026-10-25T02:00:00Z'));
  t.equal(berlin.instant('2026-03-29 02:30:00'), utc('2026-03-29T01:30:00Z'), 'with the offset before the gap');
  t.equal(createZone('Australia/Lord_Howe').instant('2026-04-05 01:45:00'), utc('2026-04-04T14:45:00Z'), 'half an hour');
  for (const zone of ['Asia/Kathmandu', 'America/St_Johns', 'Pacific/Kiritimati', 'UTC']) {
    const clock = createZone(zone);
    for (let at = utc('2026-01-01T00:00:00Z'); at < utc('2027-01-01T00:00:00Z'); at += 47 * 3_600_000 + 61_000) t.equal(clock.instant(clock.stamp(at), at), at, `${zone} ${at}`);
  }
  t.end();
});
