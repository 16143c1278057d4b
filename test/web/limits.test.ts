import t from 'tap';
import { instant } from '../../core/words.ts';
import { asker, inNetworks, plainAddress } from '../../web/addresses.ts';
import { Failures } from '../../web/failures.ts';

t.test('addresses: one name for one asker', async (t) => {
  for (const [said, plain] of [['127.0.0.1', '127.0.0.1'], ['::ffff:10.1.2.3', '10.1.2.3'], ['::FFFF:10.1.2.3', '10.1.2.3'], ['::1', '::1'], ['2001:db8::1', '2001:db8::1'], [undefined, ''], ['unknown', ''], ['10.1.2.3:80', ''], ['', '']] as const) t.equal(plainAddress(said), plain);
  for (const [address, key] of [['10.1.2.3', '10.1.2.3'], ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'], ['2001:db8:1:2::9', '2001:db8:1:2'], ['2001:0db8:0001:0002::', '2001:db8:1:2'], ['::1', '0:0:0:0'], ['2001:db8::5:6', '2001:db8:0:0'], ['', '']] as const) t.equal(asker(address), key, address);
});

t.test('networks', async (t) => {
  const within = inNetworks(['127.0.0.1', '10.0.0.0/8', '2001:db8::/32', '::1']);
  for (const address of ['127.0.0.1', '10.255.0.1', '2001:db8:9::1', '::1']) t.equal(within(address), true, address);
  for (const address of ['127.0.0.2', '11.0.0.1', '2001:db9::1', '', 'x']) t.equal(within(address), false, address);
  t.equal(inNetworks([])('127.0.0.1'), false);
});

t.test('failures: so many at once, then one by one; each asker for itself; a flood of askers is no memory', async (t) => {
  const clock = { at: 1_000_000 };
  const failures = new Failures({ burst: 3, forgiveMs: 1_000 }, { now: () => instant(clock.at) });
  for (let each = 0; each < 3; each += 1) { t.equal(failures.waits('a'), 0); failures.failed('a'); }
  t.equal(failures.waits('a'), 1_000);
  t.equal(failures.waits('b'), 0);
  for (let each = 0; each < 50; each += 1) failures.failed('a');
  clock.at += 999;
  t.equal(failures.waits('a'), 1);
  clock.at += 1;
  t.equal(failures.waits('a'), 0);
  failures.failed('a');
  t.equal(failures.waits('a'), 1_000);
  clock.at -= 500_000;
  t.equal(failures.waits('a'), 1_000, 'a clock that was set back locks nobody out for longer');
  for (let each = 0; each < 3; each += 1) failures.failed('2001:db8:1:2::1');
  t.equal(failures.waits('2001:db8:1:2:ffff::9'), 1_000, 'one network');
  for (let each = 0; each < 10_000; each += 1) failures.failed(`10.${each >> 8}.${each & 255}.1`);
  t.equal(failures.waits('a'), 0, 'the oldest was forgotten');
});
