/** Pause and resume on a real Asterisk, 22 and 16: by `callme record` and by the keys of the kit. The file keeps its time: silence where it was paused, as its fact says. */
import { appendFile } from 'node:fs/promises';
import t, { type Test } from 'tap';
import type { Fact, PausedSpan } from '../../core/facts.ts';
import { UNKNOWN_NUMBER } from '../../lab/demo/stage.ts';
import type { Dialog } from '../../lab/sip/dialog.ts';
import { CAST } from '../../lab/scenarios.ts';
import { answeredCall, talk } from '../../lab/scenarios/story.ts';
import { analyse, readRecording, show } from '../../lab/tones.ts';
import { keptStage, type Scene } from './healing.ts';
import { until } from './until.ts';

interface Told { readonly id: string; readonly facts: readonly Fact[] }
const TALK_SECONDS = 2;
/** A verb takes a moment to start; the windows of the ear are 100 ms. */
const ABOUT_MS = 250;

/** The pauses that the fact of the call's one file tells. */
async function pausesTold({ stage }: Scene, linkedid: string): Promise<readonly PausedSpan[]> {
  let told: Told | null = null;
  const closed = (): readonly Fact[] => told?.facts.filter(({ kind }) => kind === 'recording-closed') ?? [];
  await until(async () => {
    told = JSON.parse(await stage.verb('calls', 'show', linkedid, '--json')) as Told;
    return closed().length === 1;
  });
  const [fact] = closed();
  return fact?.kind === 'recording-closed' ? fact.pauses : [];
}

/** Talks, pauses, talks on; the file must be silent exactly where the fact says that it was paused. */
async function pausedCall(t: Test, scene: Scene, how: { readonly pause: (who: Dialog, linkedid: string) => Promise<unknown>; readonly resume: (who: Dialog, linkedid: string) => Promise<unknown> }): Promise<void> {
  const { lab } = scene;
  const mark = lab.control.mark();
  const { client, employee } = await answeredCall(lab, { ...CAST, client: UNKNOWN_NUMBER });
  const muted = (state: string, since: number): Promise<unknown> => lab.control.event({ Event: 'MixMonitorMute', State: state }, since);
  const linkedid = (await lab.control.event({ Event: 'UserEvent', UserEvent: 'CallMeRecStart' }, mark))['RecLinkedid'] ?? '';
  await talk(TALK_SECONDS);
  await how.pause(employee, linkedid);
  await muted('1', mark);
  await talk(TALK_SECONDS);
  const before = lab.control.mark();
  await how.resume(employee, linkedid);
  await muted('0', before);
  await talk(TALK_SECONDS);
  client.hangUp();
  await lab.quiet();
  const runs = analyse(await readRecording((await lab.closedRecording(mark)).file));
  const silent = runs.filter(({ speakers, from, to }) => speakers.length === 0 && to - from > 1);
  const told = await pausesTold(scene, linkedid);
  t.equal(silent.length, 1, show(runs));
  t.equal(told.length, 1, 'one pause is told');
  const [heard, said] = [silent[0] ?? { from: 0, to: 0 }, told[0] ?? { fromMs: 0, toMs: 0 }];
  t.ok(Math.abs(heard.from * 1000 - said.fromMs) < ABOUT_MS, `it begins at ${String(said.fromMs)} ms: ${show(runs)}`);
  t.ok(Math.abs(heard.to * 1000 - said.toMs) < ABOUT_MS, `it ends at ${String(said.toMs)} ms: ${show(runs)}`);
  const spoken = runs.filter(({ speakers }) => speakers.includes('T') && speakers.includes('219'));
  t.ok(spoken[0] !== undefined && spoken[0].from < 0.3 && spoken.some(({ from }) => from >= heard.to - 0.1), `both are heard before and after: ${show(runs)}`);
}

for (const version of ['22', '16'] as const) {
  await t.test(`Asterisk ${version}`, async (t) => {
    const scene = await keptStage(t, { version });
    if (scene === null) return;
    const { lab: { asterisk }, stage } = scene;
    await appendFile(`${asterisk.etc}/features.conf`, '\n[applicationmap]\ncallme-pause => *61,self/both,Gosub(callme-pause,s,1)\ncallme-resume => *62,self/both,Gosub(callme-resume,s,1)\n');
    await asterisk.cli('module reload features');
    await asterisk.cli('dialplan set global CALLME_PAUSE_KEYS yes');

    await t.test('by callme record', async (t) => pausedCall(t, scene, {
      pause: (_who, linkedid) => stage.verb('record', 'pause', linkedid),
      resume: (_who, linkedid) => stage.verb('record', 'resume', linkedid),
    }));
    await t.test('by keys', async (t) => pausedCall(t, scene, { pause: (who) => who.press('*61'), resume: (who) => who.press('*62') }));
  });
}
