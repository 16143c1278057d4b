/** Reads as much of extensions.conf as is needed to see whether what is called is there: contexts, extensions, priorities, labels. */

/** `context,exten,priority` for each priority and each label, and `context` alone. */
export function definitions(texts: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  for (const text of texts) {
    let [context, exten, priority] = ['', '', 0];
    for (const line of linesOf(text)) {
      context = /^\[([^\]]+)\]/.exec(line)?.[1] ?? context;
      found.add(context);
      const step = /^(?:exten|same)\s*=>?\s*(.*)$/.exec(line.trim())?.[1];
      if (step === undefined) continue;
      const named = /^same/.test(line.trim()) ? null : /^([^,]+),(.*)$/.exec(step);
      exten = named?.[1] ?? exten;
      const [, at = '', label] = /^(n|\d+)(?:\(([^)]+)\))?/.exec(named?.[2] ?? step) ?? [];
      priority = at === 'n' ? priority + 1 : Number(at);
      found.add(`${context},${exten},${priority}`);
      if (label !== undefined) found.add(`${context},${exten},${label}`);
    }
  }
  return found;
}

/** What a text calls in CallMe's contexts: Gosub, Goto, `U()`, hangup handlers, includes of contexts. */
export function callsInto(text: string): readonly string[] {
  return linesOf(text).flatMap((line) => [
    ...[...line.matchAll(/\b(?:Gosub|Goto|hangup_handler_push\)=)\(?(callme-[\w-]+,[^,()]+,\w+)/g)].map(([, place]) => place ?? ''),
    ...[...line.matchAll(/U\((callme-[\w-]+)\)/g)].map(([, context]) => `${context ?? ''},s,1`),
    ...[...line.matchAll(/^\s*include\s*=>?\s*(callme-[\w-]+)/g)].map(([, context]) => context ?? ''),
  ]);
}

/**
 * What is called and not there. An extension that is a variable, as in `Goto(callme-from-pstn,${EXTEN},1)`, is whatever was dialled, and a context
 * that includes others (FreePBX's) has theirs: of those the context alone must be there.
 */
export function undefinedCalls(kit: readonly string[], text: string): readonly string[] {
  const defined = definitions(kit);
  const open = kit.flatMap(contextsThatInclude);
  const wanted = (call: string, context: string): string => (/,\$\{/.test(call) || open.includes(context) ? context : call);
  return callsInto(text).filter((call) => !defined.has(wanted(call, call.split(',')[0] ?? '')));
}

function contextsThatInclude(text: string): readonly string[] {
  return [...linesOf(text).join('\n').matchAll(/^\[([^\]]+)\]([^[]*)/gm)].flatMap(([, context = '', body = '']) => (/^\s*include\s*=>/m.test(body) ? [context] : []));
}

export const includesOf = (text: string): readonly string[] => linesOf(text).flatMap((line) => /^#include\s+(callme[\w.-]*)/.exec(line)?.[1] ?? []);

/** Without comments: a semicolon that is not escaped. */
const linesOf = (text: string): readonly string[] => text.split('\n').map((line) => line.replace(/(?<!\\);.*$/, ''));
