/** `node lab/up.ts [22|16]`: raises a lab with the kit in it and keeps it until Ctrl-C. */
import { preconditions } from './preconditions.ts';
import { raiseLab } from './lab.ts';
import type { AsteriskVersion } from './build.ts';

const say = (line: string): void => { process.stdout.write(`${line}\n`); };

function asked(argument: string | undefined): AsteriskVersion | null {
  if (argument === undefined || argument === '22') return '22';
  return argument === '16' ? '16' : null;
}

/** Resolves at Ctrl-C or SIGTERM. */
async function untilStopped(): Promise<void> {
  const alive = setInterval(() => undefined, 60_000);
  await new Promise<void>((resolve) => { process.once('SIGINT', resolve).once('SIGTERM', resolve); });
  clearInterval(alive);
}

async function up(version: AsteriskVersion): Promise<number> {
  const able = await preconditions(version);
  if (!able.ok) { say(able.reason); return 1; }
  const lab = await raiseLab({ version, progress: say, secret: process.env['CALLME_AMI_SECRET'] ?? 's3cret' });
  const { asterisk } = lab;
  const { address, folder } = asterisk.place;
  say(`Asterisk ${version} is up
  AMI         ${asterisk.ami.host}:${asterisk.ami.port}, user ${asterisk.ami.username}, secret ${asterisk.ami.secret}
  FastAGI     ${asterisk.agi.host}:${asterisk.agi.port}   (where CallMe has to listen)
  recordings  ${asterisk.recordings}
  dialplan    ${asterisk.etc}
  SIP         ${address}:5060; trunk 127.0.${asterisk.place.number}.10, phones 127.0.${asterisk.place.number}.219 .220 .221 (they answer after 1 s)
  log         ${folder}/log/full
Ctrl-C ends it.`);
  await untilStopped();
  await lab.close();
  return 0;
}

const version = asked(process.argv[2]);
if (version === null) say('usage: node lab/up.ts [22|16]');
process.exitCode = version === null ? 2 : await up(version);
