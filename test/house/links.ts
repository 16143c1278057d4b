/** Links and paths in Markdown, as far as they lead to files of this project. */
import { posix } from 'node:path';

export interface Link { readonly path: string; readonly anchor: string }

const LINK = /\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g;
/** Code samples hold brackets that are no links. */
const FENCE = /^(```|~~~)[\s\S]*?^\1/gm;

/** Relative links of a document, resolved against its own folder; `path` of a link within the document is the document. */
export function relativeLinks(file: string, markdown: string): readonly Link[] {
  return [...markdown.replace(FENCE, '').replace(/`[^`\n]*`/g, '').matchAll(LINK)].flatMap(([, target = '']) => {
    if (/^[a-z][a-z0-9+.-]*:/i.test(target)) return [];
    const [path = '', anchor = ''] = target.split('#');
    return [{ path: path === '' ? file : posix.normalize(posix.join(posix.dirname(file), decodeURIComponent(path))), anchor }];
  });
}

/** The anchors of its headings, as GitHub makes them. */
export function anchorsOf(markdown: string): ReadonlySet<string> {
  const headings = [...markdown.replace(FENCE, '').matchAll(/^#{1,6}\s+(.*?)\s*#*$/gm)].map(([, text = '']) => text);
  return new Set(headings.map((text) => text.toLowerCase().replace(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-')));
}

/** Files and folders that a document names in backticks: `core/step.ts`, `recordings/`, `docs/failures.md`. */
export function namedPaths(markdown: string, tops: readonly string[]): readonly string[] {
  return [...markdown.matchAll(/`([\w.-]+\/[\w./-]*)`/g)].map(([, path = '']) => path).filter((path) => tops.includes(path.split('/')[0] ?? ''));
}
