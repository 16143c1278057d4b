/** The door of the dialplan installer: what commands use. */
export { unifiedDiff } from './dialplan-kit/diff.ts';
export { KitError, type KitCode } from './dialplan-kit/errors.ts';
export { openFolder, readIn } from './dialplan-kit/folder.ts';
export { hasInclude } from './dialplan-kit/include.ts';
export { backupFolder, install } from './dialplan-kit/install.ts';
export { MAIN, type RecorderSettings } from './dialplan-kit/kit.ts';
export { asteriskPattern } from './dialplan-kit/pattern.ts';
export { isFreepbx, planInstall, type Plan, type Wish } from './dialplan-kit/plan.ts';
export { uninstall, type Fate, type Restore } from './dialplan-kit/uninstall.ts';
