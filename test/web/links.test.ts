import t from 'tap';
import type { RecordingId, TenantId } from '../../core/words.ts';
import { isSigned, type Link, linkTo, readLink, sign } from '../../web/links.ts';

const [KEY, OLD] = ['key-one-key-one-key-one-key-one-', 'key-two-key-two-key-two-key-two-'];
const tenant = 'default' as TenantId;
const link: Link = { tenant, recording: 'main/2026/11/20/call-1790.17+1790.23.wav' as RecordingId, expires: 1_800_000_000 };

const read = (address: string) => {
  const [path = '', query = ''] = address.split('?');
  return readLink(decodeURIComponent(path.slice('/recordings/'.length)), new URLSearchParams(query));
};

t.test('a link says its recording as an MP3, in segments that any proxy passes on, and opens it', async (t) => {
  const address = linkTo(link, KEY);
  t.match(address, /^\/recordings\/main\/2026\/11\/20\/call-1790\.17%2B1790\.23\.mp3\?expires=1800000000&signature=[0-9A-Za-z_-]{43}$/);
  const said = read(address);
  t.same(said, { recording: link.recording, expires: link.expires, signature: sign(link, KEY) });
  t.ok(said !== null && isSigned(said, tenant, [KEY]));
});

t.test('each key opens, the first signs, a key that is gone opens nothing', async (t) => {
  const said = read(linkTo(link, OLD));
  if (said === null) throw new Error('no link');
  t.equal(isSigned(said, tenant, [KEY, OLD]), true);
  t.equal(isSigned(said, tenant, [KEY]), false);
  t.equal(isSigned(said, tenant, []), false);
});

t.test('tenant, recording and expiry are signed, and cannot run into each other', async (t) => {
  const said = { recording: link.recording, expires: link.expires, signature: sign(link, KEY) };
  t.equal(isSigned(said, 'other' as TenantId, [KEY]), false);
  t.equal(isSigned({ ...said, recording: 'main/2026/11/20/call-1790.18.wav' as RecordingId }, tenant, [KEY]), false);
  t.equal(isSigned({ ...said, expires: link.expires + 1 }, tenant, [KEY]), false);
  t.not(sign({ tenant: 'a' as TenantId, recording: 'b/c' as RecordingId, expires: 1 }, KEY), sign({ tenant: 'a/b' as TenantId, recording: 'c' as RecordingId, expires: 1 }, KEY));
  t.not(sign({ tenant, recording: 'c",1' as RecordingId, expires: 1 }, KEY), sign({ tenant, recording: 'c' as RecordingId, expires: 1 }, KEY));
  // The last letter holds two bits that decode to nothing: only one spelling counts.
  const { signature } = said;
  const twin = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'.split('').map((letter) => signature.slice(0, -1) + letter)
    .filter((each) => each !== signature && Buffer.from(each, 'base64url').equals(Buffer.from(signature, 'base64url')));
  t.equal(twin.length, 3);
  for (const each of twin) t.equal(isSigned({ ...said, signature: each }, tenant, [KEY]), false);
});

t.test('what has not the form of a link is none', async (t) => {
  const good = sign(link, KEY);
  const query = (text: string) => readLink(link.recording, new URLSearchParams(text));
  t.not(query(`expires=1800000000&signature=${good}`), null);
  t.not(query(`expires=1800000000&signature=${good}&utm_source=crm`), null, 'a CRM may add a word of its own');
  for (const expires of ['', '0', '-1', '+1800000000', '1e9', '0x6b49d200', '1800000000.0', ' 1800000000', '01800000000', 'NaN', 'Infinity', '999999999999', '١٨٠٠٠٠٠٠٠٠']) {
    t.equal(query(`expires=${encodeURIComponent(expires)}&signature=${good}`), null, expires);
  }
  for (const signature of ['', good.slice(1), `${good}A`, `${good}=`, good.replace(/^./, '+'), good.replace(/^./, '%00')]) t.equal(query(`expires=1800000000&signature=${signature}`), null, signature);
  for (const text of ['', 'expires=1800000000', `signature=${good}`, `expires=1800000000&expires=1800000000&signature=${good}`, `expires=1800000000&signature=${good}&signature=${good}`]) t.equal(query(text), null, text);
  t.equal(readLink('', new URLSearchParams(`expires=1800000000&signature=${good}`)), null);
  t.equal(readLink('x'.repeat(401), new URLSearchParams(`expires=1800000000&signature=${good}`)), null);
});
