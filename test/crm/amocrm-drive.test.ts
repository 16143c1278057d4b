/** Recordings as files of the drive: in parts, from where it broke off, attached once, and nowhere else. */
import t from 'tap';
import { bench, type Bench, type BenchOptions, ended, never } from '../fakes/crm/amocrm-bench.ts';
import type { Lie } from '../fakes/crm/stand-in.ts';

const drive: BenchOptions = { settings: { recordings: 'drive' } };
const PARTS = 3; // 9000 bytes in parts of 4096
const asked = (one: Bench, part: string): number => one.peer.ledger.filter(({ method }) => method.includes(part)).length;
const attached = (one: Bench): readonly (Buffer | undefined)[] => [...one.peer.amo.cards.values()].flatMap((card) => one.peer.filesAt(card));

async function told(one: Bench): Promise<ReturnType<typeof ended>> {
  const call = ended('1790.17', {}, one.sound);
  t.match(await one.insist(call.end), { kind: 'delivered' });
  one.peer.forgetLedger();
  return call;
}

t.test('a recording is a file of the contact, and the call has no link', async (t) => {
  const one = await bench(t, drive);
  const { ready } = await told(one);
  t.notOk('link' in (one.peer.callsOf('1790.17')[0]?.params ?? {}));
  t.match(await one.insist(ready), { kind: 'delivered', note: /^contacts \d+: file$/ });
  t.same(attached(one), [one.bytes]);
  t.equal(asked(one, '/upload/'), PARTS);
  t.match([...one.peer.amo.sessions.values()], [{ name: 'call-1790.17.mp3', size: 9000 }]);
  t.match(await one.insist(ready), { kind: 'delivered' });
  t.equal(attached(one).length, 1, 'told twice it hangs there once');
});

t.test('an upload that broke off goes on where it was, after a restart too', async (t) => {
  const one = await bench(t, drive);
  const { ready } = await told(one);
  one.peer.misbehave({ lie: { kind: 'reset-before' }, at: '/upload/', after: 1 });
  t.match(await one.deliver(ready), { kind: 'try-later' });
  one.peer.forgetLedger();
  t.match(await one.deliver(ready), { kind: 'delivered' });
  t.equal(asked(one, '/upload/'), PARTS - 1, 'the first part is not sent again');
  t.equal(asked(one, '/sessions'), 0);
  t.same(attached(one), [one.bytes]);
});

t.test('whatever is lost, at whichever request, and however the service takes a part twice: the whole sound, once', async (t) => {
  const lies: readonly Lie[] = [{ kind: 'reset-before' }, { kind: 'reset-after' }, { kind: 'half-body' }, { kind: 'answer', status: 500, body: {} }, { kind: 'answer', status: 429, body: {} }];
  for (const partsAgain of ['same', 'refused', 'appended'] as const) {
    for (const lie of lies) {
      for (const after of [0, 1, 2, 3, 4, 5]) {
        const one = await bench(t, { ...drive, partsAgain });
        const { ready } = await told(one);
        one.peer.misbehave({ lie, after });
        t.match(await one.insist(ready), { kind: 'delivered' }, `${partsAgain}, ${lie.kind} at ${after}`);
        one.peer.behave();
        t.same(attached(one), [one.bytes], `${partsAgain}, ${lie.kind} at ${after}`);
      }
    }
  }
});

t.test('a session that is gone (a day later) begins anew', async (t) => {
  const one = await bench(t, drive);
  const { ready } = await told(one);
  one.peer.misbehave({ lie: { kind: 'reset-before' }, at: '/upload/', after: 2 });
  await one.deliver(ready);
  one.peer.amo.sessions.clear();
  t.match(await one.insist(ready), { kind: 'delivered' });
  t.same(attached(one), [one.bytes]);
});

t.test('a service that loses every session does not keep us for ever', async (t) => {
  const one = await bench(t, drive);
  const { ready } = await told(one);
  one.peer.misbehave({ lie: { kind: 'answer', status: 404, body: { title: 'Not Found' } }, at: '/upload/', times: Infinity });
  for (let tries = 1; tries <= 3; tries++) t.match(await one.deliver(ready), { kind: 'try-later', reason: /anew/ });
  t.equal(asked(one, '/sessions'), 3);
});

t.test('our token goes nowhere else: addresses of the service are looked at', async (t) => {
  for (const each of ['https://evil.example/', 'http://127.0.0.1:1/', 'http://user@127.0.0.1/', 'file:///etc/passwd', '//evil.example/x', 'https://evil-amocrm.ru/', 'ours, with a name']) {
    const one = await bench(t, drive);
    const { ready } = await told(one);
    const address = each === 'ours, with a name' ? one.peer.origin.replace('//', '//user:secret@') : each;
    one.peer.misbehave({ lie: { kind: 'answer', status: 200, body: { session_id: 1, upload_url: address, max_file_size: 1e9, max_part_size: 4096 } }, at: '/sessions' });
    t.match(await one.deliver(ready), { kind: 'refused', reason: /another host/ }, address);
    t.equal(asked(one, '/upload'), 0);
    one.peer.behave();
    one.peer.misbehave({ lie: { kind: 'answer', status: 200, body: { id: 30_000_001, drive_url: address } }, at: '/account' });
    t.match(await one.deliver(ready), { kind: 'refused', reason: /another host/ }, address);
  }
});

t.test('hosts of the same vendor are', async (t) => {
  const one = await bench(t, drive);
  const { sameVendor } = await import('../../crm/drivers/amocrm/api.ts');
  for (const host of ['drive-b.amocrm.ru', 'amocrm.ru', 'acme.amocrm.ru']) t.ok(sameVendor(host, 'acme.amocrm.ru'), host);
  for (const host of ['evil-amocrm.ru', 'amocrm.ru.evil.example', 'drive-c.kommo.com', '', '127.0.0.1']) t.notOk(sameVendor(host, 'acme.amocrm.ru'), host);
  t.notOk(sameVendor('evil.example', 'crm.example'), 'whoever is no vendor has no relatives');
  t.ok(one.peer.port > 0);
});

t.test('no right to files, no files service, a file that is too large, a card that is gone', async (t) => {
  const one = await bench(t, drive);
  const { ready } = await told(one);
  one.peer.amo.switches.files = false;
  t.match(await one.deliver(ready), { kind: 'locked-out', reason: /access to files/ });
  one.peer.amo.switches.files = true;
  one.peer.amo.switches.drive = false;
  t.match(await one.deliver(ready), { kind: 'locked-out', reason: /recordings: link/ });
  one.peer.amo.switches.drive = true;
  one.peer.misbehave({ lie: { kind: 'answer', status: 200, body: { session_id: 1, upload_url: '/x', max_file_size: 10, max_part_size: 4096 } }, at: '/sessions' });
  t.match(await one.deliver(ready), { kind: 'refused', reason: /larger/ });
  one.peer.amo.cards.clear();
  t.match(await one.deliver(ready), { kind: 'skipped', reason: /deleted/ });
});

t.test('a stop in the middle of an upload is heard', async (t) => {
  const one = await bench(t, drive);
  const { ready } = await told(one);
  const stop = new AbortController();
  one.peer.misbehave({ lie: { kind: 'silence-before' }, at: '/upload/', after: 1 });
  void one.peer.until((entry) => entry.lie === 'silence-before').then(() => stop.abort());
  t.match(await one.deliver(ready, stop.signal), { kind: 'try-later' });
  t.match(await one.deliver(ready, never()), { kind: 'delivered' });
  t.same(attached(one), [one.bytes]);
});

t.test('an unsorted caller has the recording at the contact that waits there', async (t) => {
  const one = await bench(t, { ...drive, stranger: true });
  const { ready } = await told(one);
  t.match(await one.insist(ready), { kind: 'delivered' });
  t.same(attached(one), [one.bytes]);
});
