/**
 * `npm run demo`: the main job before your eyes. A real Asterisk, the kit installed by `callme dialplan install`, `callme serve` with an ordinary
 * configuration, real calls with real sound, a stand-in Bitrix24 portal. Exit code 0 only if everything was checked. Where no Asterisk
 * can be raised, captured AMI streams and sound files play through the same server.
 */
import { ACTS } from './demo/acts.ts';
import { judge, refusals } from './demo/judge.ts';
import { playRecorded } from './demo/recorded.ts';
import { conclusion, ledger, report } from './demo/report.ts';
import { line, progress } from './demo/say.ts';
import { installKit, pbxOf, raiseStage, type Stage } from './demo/stage.ts';
import { raiseLab, type Lab } from './lab.ts';
import { preconditions } from './preconditions.ts';
import { play } from './scenarios.ts';

async function demo(): Promise<number> {
  const possible = process.argv.includes('--recorded') ? { ok: false, reason: '--recorded was asked for' } as const : await preconditions();
  if (!possible.ok) {
    line(`No real Asterisk here: ${possible.reason}. Captured calls are played through the same server instead.`);
    return playRecorded();
  }
  progress('raising a real Asterisk 22 (the first time its packages are installed into .lab/)');
  const lab = await raiseLab({ kit: false, progress });
  try {
    return await withLab(lab);
  } finally {
    await lab.close();
  }
}

async function withLab(lab: Lab): Promise<number> {
  progress('installing the dialplan kit: callme dialplan install');
  await installKit(lab.asterisk);
  progress('starting callme serve and a stand-in Bitrix24 portal');
  const stage = await raiseStage(pbxOf(lab.asterisk));
  try {
    return await acts(lab, stage);
  } finally {
    await stage.close();
  }
}

async function acts(lab: Lab, stage: Stage): Promise<number> {
  const complaints: string[] = [];
  const played: { readonly act: (typeof ACTS)[number]; readonly verdict: Awaited<ReturnType<typeof judge>> }[] = [];
  for (const act of ACTS) {
    progress(`calling: ${act.title}`);
    const before = stage.portal.calls.length;
    await play(lab, act.story, act.cast);
    played.push({ act, verdict: await judge(stage, act, before) });
  }
  for (const { act, verdict } of played) {
    const own = await report(stage, act, verdict);
    complaints.push(...[...verdict.complaints, ...own].map((complaint) => `${act.title}: ${complaint}`));
  }
  ledger(stage);
  return conclusion([...complaints, ...refusals(stage)]);
}

process.exitCode = await demo();
