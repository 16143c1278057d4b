/**
 * What a TypeScript file imports. A regular expression is enough here: every import of this project begins a line or is a call with a
 * literal, types included (knowing a room's types is knowing the room). A dynamic import of a computed path cannot be read like this and is
 * reported as such, so that it cannot become a hole in the house.
 */
import { posix } from 'node:path';

/** `import … from 'x'` and `export … from 'x'`, over several lines too, and `import 'x'`. */
const STATEMENT = /^[ \t]*(?:import|export)\b(?:[^'"`;]*?\bfrom)?\s*['"]([^'"\n]+)['"]/gm;
/** `import('x')`, as a value or as a type, and `require('x')`; an argument that is no literal counts as COMPUTED. */
const CALL = /(?<![\w.$'"])(?:import|require)\s*\(\s*(?:['"]([^'"\n]+)['"])?/g;
export const COMPUTED = '<computed>';

export function importsOf(source: string): readonly string[] {
  const text = withoutComments(source);
  const statements = [...text.matchAll(STATEMENT)].map((found) => found[1] ?? COMPUTED);
  return [...statements, ...[...text.matchAll(CALL)].map((found) => found[1] ?? COMPUTED)];
}

/** Comments speak of imports and clocks, too. A `//` behind a colon or a quote is an address, not a comment. */
export function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/(?<![:'"`\\/])\/\/.*$/gm, ' ');
}

/** A relative import as a path below the root; null for a package or a module of Node.js. */
export function inProject(file: string, specifier: string): string | null {
  return /^\.{1,2}\//.test(specifier) ? posix.normalize(posix.join(posix.dirname(file), specifier)) : null;
}

/** `ding-dong/lib/context.js` → `ding-dong`, `@types/node` stays; null for `node:fs` and for what is in the project. */
export function packageOf(specifier: string): string | null {
  if (/^(?:\.{1,2}\/|node:)/.test(specifier) || specifier === COMPUTED) return null;
  return specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
