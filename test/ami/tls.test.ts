import { connect } from 'node:net';
import t from 'tap';
import { openLink } from '../../ami/link.ts';
import { FakeAmi } from '../fakes/ami.ts';
import { selfSigned } from '../fakes/certificate.ts';
import { failsWith, fakePbx, Heard, stage } from './stage.ts';
import { openTunnel } from '../../ami/tunnel.ts';

const certificate = selfSigned();

t.test('TLS: actions and events through it, and its end is the end of the link', async (t) => {
  const pbx = await fakePbx(t, { tls: certificate });
  const heard = new Heard();
  const link = await openLink({ ...pbx.settings, tls: { ca: certificate.cert } }, { onEvent: (headers) => heard.add(headers) });
  t.equal(link.greeting, 'Asterisk Call Manager/11.0.0');
  t.equal((await link.action({ Action: 'Ping' })).text('Ping'), 'Pong');
  await pbx.event([['Event', 'Hangup'], ['Value', 'x'.repeat(300_000)]]);
  t.equal((await heard.first('Hangup')).text('Value').length, 300_000);
  pbx.hangUp();
  t.equal((await link.closed).code, 'AMI_DOWN');
});

t.test('TLS: a certificate that nobody vouches for is refused, and no password is sent', async (t) => {
  const pbx = await fakePbx(t, { tls: certificate });
  await failsWith(t, openLink({ ...pbx.settings, tls: true }, { onEvent: () => undefined }), 'AMI_INSECURE', /no trusted TLS/);
  await failsWith(t, openLink({ ...pbx.settings, tls: { ca: selfSigned().cert } }, { onEvent: () => undefined }), 'AMI_INSECURE');
  t.same(pbx.actions, []);
});

t.test('TLS: towards a plain port, and towards no port', async (t) => {
  const { pbx } = await stage(t);
  await failsWith(t, openLink({ ...pbx.settings, tls: true }, { onEvent: () => undefined }), 'AMI_INSECURE');
  const gone = await FakeAmi.start();
  const { settings } = gone;
  await gone.close();
  await failsWith(t, openLink({ ...settings, tls: true }, { onEvent: () => undefined }), 'AMI_REFUSED');
});

t.test('TLS: a stranger on the loopback door is dropped', async (t) => {
  const pbx = await fakePbx(t, { tls: certificate });
  const kill = new AbortController();
  t.teardown(() => kill.abort());
  const tunnel = await openTunnel({ ...pbx.settings, tls: { ca: certificate.cert } }, kill.signal);
  const stranger = connect(tunnel.port, '127.0.0.1');
  stranger.on('data', () => t.fail('a stranger was let in'));
  const ours = connect(tunnel.port, '127.0.0.1');
  await new Promise((resolve) => ours.once('connect', resolve));
  const dropped = new Promise((resolve) => stranger.once('close', resolve));
  const greeted = new Promise((resolve) => ours.once('data', (chunk) => resolve(String(chunk))));
  tunnel.admit(ours.localPort ?? 0);
  t.equal(await greeted, 'Asterisk Call Manager/11.0.0\r\n');
  await dropped;
  ours.destroy();
});
