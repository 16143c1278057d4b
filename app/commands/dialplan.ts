/** Longer than a page because three verbs share one plan: what `diff` shows is what `install` does is what `uninstall` undoes. */
import { resolve } from 'node:path';
import { askAsterisk, hasDebianBug } from '../asterisk-cli.ts';
import type { Args, Command, CommandIo, Option } from '../cli/command.ts';
import { configFailure } from '../cli/configured.ts';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine } from '../cli/print.ts';
import { DEFAULT_FILE, loadConfig, type Config } from '../config/index.ts';
import { backupFolder, hasInclude, install, KitError, openFolder, planInstall, readIn, unifiedDiff, uninstall,
  type Plan } from '../dialplan-kit.ts';
import { kitSettings } from '../dialplan-settings.ts';
import { kitFolder } from '../package-root.ts';
import type { Texts } from '../cli/texts/index.ts';

const ETC = '/etc/asterisk';

const dialplan: Command = {
  command: 'dialplan',
  describe: (texts) => texts.verbs.dialplan,
  builder: () => ({}),
  children: [
    {
      command: 'install', describe: (texts) => texts.dialplan.install, writes: true, run: (args, io) => guarded(() => runInstall(args, io)),
      builder: (texts) => ({
        options: { ...wishes(texts), force: { type: 'boolean', describe: texts.dialplan.forceInstall },
          reload: { type: 'boolean', describe: texts.dialplan.reload } },
        examples: [['callme dialplan install --dry-run', texts.dialplan.exampleInstall],
          ['callme dialplan install --reload', texts.dialplan.exampleReload]],
      }),
    },
    {
      command: 'diff', describe: (texts) => texts.dialplan.diff, run: (args, io) => guarded(() => runDiff(args, io)),
      builder: (texts) => ({ options: wishes(texts), examples: [['callme dialplan diff --etc /etc/asterisk', texts.dialplan.exampleDiff]] }),
    },
    {
      command: 'uninstall', describe: (texts) => texts.dialplan.uninstall, writes: true, run: (args, io) => guarded(() => runUninstall(args, io)),
      builder: (texts) => ({
        options: { etc: etcOption(texts), force: { type: 'boolean', describe: texts.dialplan.forceUninstall },
          reload: { type: 'boolean', describe: texts.dialplan.reload } },
        examples: [['callme dialplan uninstall --reload', texts.dialplan.exampleUninstall]],
      }),
    },
  ],
};
export default dialplan;

function etcOption(texts: Texts): Option { return { type: 'string', describe: texts.dialplan.etc, default: ETC }; }

function wishes(texts: Texts): Readonly<Record<string, Option>> {
  return {
    etc: etcOption(texts),
    recordings: { type: 'string', describe: texts.dialplan.recordings },
    agi: { type: 'string', describe: texts.dialplan.agi },
    freepbx: { type: 'boolean', describe: texts.dialplan.freepbx },
    pbx: { type: 'string', describe: texts.dialplan.pbx },
  };
}

/** A folder or a setting that cannot be used is a usage error; edits by others are a problem that was found. */
async function guarded(work: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof KitError)) throw error;
    const usage = error.code === 'KIT_NO_FOLDER' || error.code === 'KIT_BAD_SETTING' || error.code === 'KIT_UNSAFE_FILE';
    throw new CliFailure({ code: error.code, exit: usage ? EXIT.usage : EXIT.problem, message: error.message, remedy: error.remedy });
  }
}

function planOf(args: Args, io: CommandIo, force: boolean): Plan {
  const folder = openFolder(resolve(io.cwd, args.text('etc') ?? ETC));
  const config = configOrNull(args, io);
  const pbx = args.text('pbx');
  const own = pbx === undefined ? config?.pbx[0] : config?.pbx.find(({ id }) => id === pbx);
  if (pbx !== undefined && own === undefined) throw new CliFailure({ code: 'NO_PBX', exit: EXIT.usage, message: io.texts.dialplan.noPbx(pbx) });
  const settings = kitSettings(config, own);
  return planInstall(folder, kitFolder(), {
    ...settings, recordings: args.text('recordings') ?? settings.recordings, agi: args.text('agi') ?? settings.agi,
    freepbx: args.choice('freepbx'), force,
  });
}

/** The kit's own defaults do where nobody has configured anything yet; a configuration with mistakes is never half believed. */
function configOrNull(args: Args, io: CommandIo): Config | null {
  const loaded = loadConfig({ file: args.config, env: io.env, cwd: io.cwd });
  if (loaded.ok) return loaded.config;
  const nowhere = args.config === undefined && loaded.file === DEFAULT_FILE
    && loaded.mistakes.some(({ problem }) => problem === 'there is no such file');
  if (nowhere) return null;
  throw configFailure(loaded.file, loaded.mistakes, io);
}

async function runInstall(args: Args, io: CommandIo): Promise<ExitCode> {
  const plan = planOf(args, io, args.flag('force'));
  if (!args.dryRun) install(plan);
  const reload = args.flag('reload') && !args.dryRun ? await reloadAsterisk() : null;
  if (args.json) printJson(io, { ok: reload?.ok !== false, ...described(plan), dryRun: args.dryRun, backup: backupFolder(plan), reload });
  else reportInstall(args, io, plan, reload);
  return reload?.ok === false ? EXIT.unreachable : EXIT.fine;
}

function described(plan: Plan): Readonly<Record<string, unknown>> {
  const files = plan.changes.map(({ name, before }) => ({ id: name, state: before === null ? 'created' : 'changed' }));
  return { folder: plan.folder, target: plan.target, freepbx: plan.freepbx, changed: plan.changes.length > 0,
    files: [...files, ...plan.unchanged.map((name) => ({ id: name, state: 'unchanged' }))], warnings: plan.warnings };
}

function reportInstall(args: Args, io: CommandIo, plan: Plan, reload: Reload | null): void {
  const texts = io.texts.dialplan;
  const [created, changed] = args.dryRun ? [texts.wouldCreate, texts.wouldChange] : [texts.created, texts.changed];
  if (plan.changes.length === 0) printLine(io, texts.nothing(plan.folder));
  for (const { name, before } of plan.changes) printLine(io, before === null ? created(name) : changed(name));
  for (const { text } of plan.warnings) io.stderr(`${text}\n`);
  if (!args.dryRun && plan.changes.length > 0) printLine(io, texts.backup(backupFolder(plan)));
  if (!args.dryRun) reportReload(io, reload, plan.changes.length > 0);
}

function reportReload(io: CommandIo, reload: Reload | null, changed: boolean): void {
  const texts = io.texts.dialplan;
  if (reload === null) { if (changed) printLine(io, texts.next); return; }
  if (reload.ok) printLine(io, texts.reloaded);
  else io.stderr(`${texts.reloadFailed(reload.why)}\n${io.texts.remedy}: ${texts.reloadRemedy}\n`);
  if (reload.debianBug) io.stderr(`${texts.debianBug}\n`);
}

interface Reload { readonly ok: boolean; readonly why: string; readonly debianBug: boolean }

async function reloadAsterisk(): Promise<Reload> {
  const answer = await askAsterisk('dialplan reload');
  if (!answer.ok) return { ok: false, why: answer.why, debianBug: false };
  const version = await askAsterisk('core show version');
  return { ok: true, why: '', debianBug: version.ok && hasDebianBug(version.text) };
}

function runDiff(args: Args, io: CommandIo): Promise<ExitCode> {
  const plan = planOf(args, io, true);
  const diffs = plan.changes.map(({ name, before, after }) => ({ id: name, state: before === null ? 'created' : 'changed',
    diff: unifiedDiff(name, before, after) }));
  if (args.json) printJson(io, { ...described(plan), diffs });
  else if (diffs.length === 0) printLine(io, io.texts.dialplan.nothing(plan.folder));
  else io.stdout(diffs.map(({ diff }) => diff).join(''));
  return Promise.resolve(diffs.length === 0 ? EXIT.fine : EXIT.problem);
}

async function runUninstall(args: Args, io: CommandIo): Promise<ExitCode> {
  const texts = io.texts.dialplan;
  const folder = openFolder(resolve(io.cwd, args.text('etc') ?? ETC));
  const restored = uninstall(folder, { force: args.flag('force'), dryRun: args.dryRun });
  if (restored === null) return notInstalled(args, io, folder);
  const reload = args.flag('reload') && !args.dryRun ? await reloadAsterisk() : null;
  if (args.json) printJson(io, { ok: reload?.ok !== false, folder, dryRun: args.dryRun,
    files: restored.map(({ name, fate }) => ({ id: name, state: fate })), reload });
  else {
    for (const { name, fate } of restored) printLine(io, `${name}: ${texts.fates[fate]}`);
    if (!args.dryRun) reportReload(io, reload, true);
  }
  return reload?.ok === false ? EXIT.unreachable : EXIT.fine;
}

function notInstalled(args: Args, io: CommandIo, folder: string): ExitCode {
  const texts = io.texts.dialplan;
  const byHand = ['extensions_custom.conf', 'extensions.conf'].find((name) => hasInclude(readIn(folder, name)?.content ?? Buffer.alloc(0)));
  if (byHand !== undefined) throw new CliFailure({ code: 'BY_HAND', exit: EXIT.problem, message: texts.byHand(byHand),
    remedy: texts.byHandRemedy });
  if (args.json) printJson(io, { ok: true, folder, files: [] });
  else printLine(io, texts.notInstalled(folder));
  return EXIT.fine;
}
