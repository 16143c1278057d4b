import { join } from 'node:path';
import { ownFolder, readIn, writeIn, type Ownership } from './folder.ts';
import { BACKUP, MANIFEST, sha256, writeableManifest, type Entry } from './manifest.ts';
import type { Change, Plan } from './plan.ts';

const PRIVATE = { mode: 0o600 };

/**
 * Carries out a plan. Backups and their list are durable before the first change, so that `uninstall` can restore from any point at
 * which this may be killed; running it again finishes it.
 */
export function install(plan: Plan): void {
  if (plan.changes.length === 0) return;
  const backup = ownFolder(plan.folder, BACKUP);
  const owner = ownershipOf(plan);
  for (const change of plan.changes) keepOriginal(backup, change, plan.manifest, owner);
  writeIn(backup, MANIFEST, writeableManifest(nextManifest(plan)), owner);
  for (const change of plan.changes) {
    keepEdited(plan, change);
    writeIn(plan.folder, change.name, change.after, change.ownership);
  }
}

/** Backups belong to whoever installs: root's stay root's. */
function ownershipOf(plan: Plan): Ownership {
  const first = plan.changes[0]?.ownership;
  return { uid: process.getuid?.() ?? first?.uid ?? 0, gid: process.getgid?.() ?? first?.gid ?? 0, ...PRIVATE };
}

/** Is this file as we left it? Then the original in the backup is still the original. */
function isOurs(change: Change, manifest: readonly Entry[]): Entry | undefined {
  return manifest.find((entry) => entry.name === change.name && (change.name.startsWith('callme')
    || (change.before !== null && sha256(change.before) === entry.installed)));
}

function keepOriginal(backup: string, change: Change, manifest: readonly Entry[], owner: Ownership): void {
  if (change.before !== null && isOurs(change, manifest) === undefined) writeIn(backup, change.name, change.before, owner);
}

/** A kit file with somebody's changes: `--force` writes over it, but not without a copy. */
function keepEdited(plan: Plan, change: Change): void {
  const entry = plan.manifest.find(({ name }) => name === change.name);
  const now = readIn(plan.folder, change.name);
  if (entry === undefined || now === null || !change.name.startsWith('callme')) return;
  const hash = sha256(now.content);
  if (hash !== entry.installed && hash !== entry.original) writeIn(plan.folder, `${change.name}.edited`, now.content, now.ownership);
}

function nextManifest(plan: Plan): readonly Entry[] {
  const changed = plan.changes.map((change): Entry => ({
    name: change.name,
    original: (isOurs(change, plan.manifest) ?? { original: change.before === null ? null : sha256(change.before) }).original,
    installed: sha256(change.after),
  }));
  return [...plan.manifest.filter((entry) => !changed.some(({ name }) => name === entry.name)), ...changed];
}

export function backupFolder(plan: Pick<Plan, 'folder'>): string { return join(plan.folder, BACKUP); }
