import t from 'tap';
import { linkedidIn, mp3Places, relativeTail, safeRelative, wavIn } from '../../recordings/paths.ts';

t.test('the kit\'s names are accepted', (t) => {
  for (const file of ['2026/11/20/call-1795168752.21.wav', '2026/11/20/call-a+1790.23.wav', '2026/01/31/x.wav']) t.equal(safeRelative(file), file);
  t.end();
});

t.test('nothing else becomes a path', (t) => {
  const evil = [
    '../2026/11/20/call-1.wav', '2026/../../etc/passwd', '2026/11/20/../../../../etc/shadow.wav', '/2026/11/20/call-1.wav', '2026/11/20/.hidden.wav',
    '2026/11/20/-rf.wav', '2026/11/20/a b.wav', '2026/11/20/a;b.wav', '2026/11/20/a\u0000.wav', '2026/11/20/a.mp3', '2026/11/20/a.wav.mp3', '2026/13/20/a.wav',
    '2026/11/32/a.wav', '2026/11/20/a/b.wav', '2026/11/20/..wav', '2026\\11\\20\\a.wav', '2026/11/20/a.wav\n', '', 'a.wav', '2026/11/20/.wav', '2026/11/20/$(x).wav',
    `2026/11/20/${'a'.repeat(300)}.wav`, '2026/11/20/call-1.WAV', '２０２６/11/20/a.wav',
  ];
  for (const file of evil) {
    t.equal(safeRelative(file), null, JSON.stringify(file));
    t.equal(wavIn('/spool', file), null);
  }
  t.end();
});

t.test('the tail of what the PBX said', (t) => {
  t.equal(relativeTail('/var/spool/asterisk/lab/2026/11/20/call-1795168752.21.wav'), '2026/11/20/call-1795168752.21.wav');
  t.equal(relativeTail('2026/11/20/call-1.wav'), '2026/11/20/call-1.wav');
  t.equal(relativeTail('/var/spool/2026/11/20/../call-1.wav'), null);
  t.equal(relativeTail('/var/spool/call-1.wav'), null);
  t.equal(relativeTail('(null)'), null);
  t.end();
});

t.test('the linkedid in a name, and where the MP3 goes', (t) => {
  t.equal(linkedidIn('2026/11/20/call-1790.17.wav'), '1790.17');
  t.equal(linkedidIn('2026/11/20/call-1790.17+1790.23.wav'), '1790.17');
  t.equal(linkedidIn('2026/11/20/other.wav'), '');
  const places = mp3Places('/spool/2026/11/20/call-1.wav', '/data/recordings', 'ma/../in', '2026/11/20/call-1.wav');
  t.equal(places.beside, '/spool/2026/11/20/call-1.mp3');
  t.equal(places.fallback, '/data/recordings/ma____in/2026/11/20/call-1.mp3');
  t.end();
});
