/** The files of the project as a clone has them: without what is installed, built or raised by a run. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

/** What .gitignore keeps out, and git's own folder (a file in a linked worktree). */
const NOT_OURS: ReadonlySet<string> = new Set(['.git', 'node_modules', 'dist', '.lab', '.tap', 'coverage']);

/** Paths below the root with `/` between their steps, sorted. */
export function projectFiles(below = ''): readonly string[] {
  return readdirSync(join(ROOT, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (NOT_OURS.has(entry.name) || entry.name.endsWith('.tgz')) return [];
    return entry.isDirectory() ? projectFiles(path) : entry.isFile() ? [path] : [];
  }).toSorted();
}

export const sourceFiles = (): readonly string[] => projectFiles().filter((path) => path.endsWith('.ts'));

export const topFolders = (): readonly string[] => [...new Set(projectFiles().filter((path) => path.includes('/')).map((path) => path.split('/')[0] ?? ''))];

export const textOf = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

export interface Manifest {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

export function manifest(): Manifest {
  return { dependencies: {}, optionalDependencies: {}, devDependencies: {}, ...JSON.parse(textOf('package.json')) as Partial<Manifest> };
}
