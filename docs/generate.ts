/**
 * Writes the parts of the docs that are made of code, between `<!-- generated: NAME -->` and `<!-- end: NAME -->`: run `node docs/generate.ts`
 * after a change of core/outcome.ts, core/routing.ts, core/schedule.ts or the breaker. test/docs.test.ts fails while a part is not current.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PERISHABLE, PERISH_MS } from '../core/facts.ts';
import { type OutcomeMark, type OutcomeRow, OUTCOMES } from '../core/outcome.ts';
import { REASONS } from '../core/routing.ts';
import { DURABLE_RETRY, PERISHABLE_RETRY, scheduleTable } from '../core/schedule.ts';
import { LANES } from '../outbox/breaker.ts';

export interface Part { readonly file: string; readonly name: string; readonly text: () => string }

export const PARTS: readonly Part[] = [
  { file: 'docs/outcomes.md', name: 'outcomes', text: outcomes },
  { file: 'docs/outcomes.md', name: 'route-reasons', text: routeReasons },
  { file: 'docs/failures.md', name: 'retry-schedule', text: retrySchedule },
];

function outcomes(): string {
  const rows = OUTCOMES.map((row) => `| \`${row.rule}\` | ${conditions(row)} | **${row.outcome}** | ${cell(row.why)} | ${cell(row.source)} |`);
  return ['| Rule | When | Outcome | Because | In Asterisk |', '|---|---|---|---|---|', ...rows].join('\n');
}

const MARKS: Readonly<Record<OutcomeMark, string>> = { talked: 'client and employee talked', voicemail: 'a voicemail box was entered', originated: 'a click-to-call', conferred: 'a conference was entered' };

function conditions(row: OutcomeRow): string {
  const said = [row.mark === undefined ? '' : MARKS[row.mark], row.direction === 'any' ? '' : row.direction, row.dialStatus === 'any' ? '' : `last dial status ${row.dialStatus === '' ? 'none' : `\`${row.dialStatus}\``}`,
    row.causes === undefined ? '' : `cause ${row.causes.join(', ')}`];
  const given = said.filter((text) => text !== '').join(', ');
  return given === '' ? 'everything else' : given;
}

function routeReasons(): string {
  return ['| `ROUTE_REASON` | Means |', '|---|---|', ...Object.entries(REASONS).map(([reason, text]) => `| \`${reason}\` | ${cell(text)} |`)].join('\n');
}

function retrySchedule(): string {
  const perishable = [...PERISHABLE].map((kind) => `\`${kind}\``).join(', ');
  return `${scheduleTable()}

Pop-ups (${perishable}) live ${PERISH_MS / 1000} s in all and are tried with waits of ${PERISHABLE_RETRY.leastMs / 1000} to ${PERISHABLE_RETRY.capMs / 1000} s.
A \`Retry-After\` of the CRM is honoured up to ${DURABLE_RETRY.longestRetryAfterMs / 3_600_000} h. The breaker opens after ${LANES} calls in a row that could not be told.`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** The document with this part as it should be. Throws when its two marks are not there. */
export function withPart(document: string, { file, name, text }: Part): string {
  const [begin, end] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${file} lacks the marks ${begin} and ${end}`);
  return `${document.slice(0, from)}${begin}\n${text()}\n${document.slice(to)}`;
}

function generate(root: string): void {
  for (const part of PARTS) {
    const path = join(root, part.file);
    writeFileSync(path, withPart(readFileSync(path, 'utf8'), part));
  }
}

if (import.meta.main) generate(join(import.meta.dirname, '..'));
