/** `callme contacts import` and `export`. */
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CliFailure } from '../cli/failure.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine } from '../cli/print.ts';
import { exported } from './export.ts';
import type { Room } from './room.ts';
import { ofFile } from './source.ts';
import { type Format, ImportFailure, type ImportReport } from './words.ts';

export const FORMATS = ['csv', 'vcard'] as const satisfies readonly Format[];
/** Bad rows that are shown; programs get all of them. */
const SHOWN = 20;

const formatIn = (word: string | undefined): Format | undefined => FORMATS.find((known) => known === word);

export async function importFile({ args, io, desk }: Room): Promise<ExitCode> {
  const file = resolve(io.cwd, args.text('file') ?? '');
  const report = await desk.takeFile(ofFile(file), { format: formatIn(args.text('format')), partial: args.flag('partial'), dryRun: args.dryRun, signal: io.signal }).catch((error: unknown) => {
    if (!(error instanceof ImportFailure)) throw error;
    throw new CliFailure({ code: error.code, exit: EXIT.problem, message: error.message, remedy: io.texts.contacts.failures[error.code] });
  });
  if (args.json) printJson(io, { ok: report.bad.length === 0, dryRun: args.dryRun, ...report });
  else tell(report, args.dryRun, io);
  return report.bad.length === 0 ? EXIT.fine : EXIT.problem;
}

function tell({ rows, added, updated, unchanged, companies, useless, bad, applied }: ImportReport, dryRun: boolean, io: Room['io']): void {
  const { contacts: says } = io.texts;
  printLine(io, says.report(rows, added, updated, unchanged));
  if (companies > 0) printLine(io, says.madeCompanies(companies));
  if (useless.length > 0) printLine(io, says.useless(useless.length));
  if (bad.length > 0) printLine(io, says.bad(bad.length));
  for (const { line, trouble, field } of bad.slice(0, SHOWN)) printLine(io, says.badRow(line, says.inField(field, says.troubles[trouble])));
  if (bad.length > SHOWN) printLine(io, says.badMore(bad.length - SHOWN));
  printLine(io, applied ? says.applied : dryRun ? says.dry : says.notApplied);
}

/** For its owner alone: names and numbers of people. Without a file it goes to whoever reads our output. */
export async function exportFile({ args, io, book }: Room): Promise<ExitCode> {
  const name = args.text('file') ?? '';
  const format = formatIn(args.text('format')) ?? (/\.vcf$/iu.test(name) ? 'vcard' : 'csv');
  const pieces = exported(book, { format, separator: args.text('separator') === ';' ? ';' : ',' }, io.signal);
  if (name === '') return await printed({ args, io }, pieces, format);
  const file = resolve(io.cwd, name);
  if (!args.dryRun) await written(file, pieces, { io, force: args.flag('force') });
  const entries = count(book);
  if (args.json) printJson(io, { ok: true, dryRun: args.dryRun, file, format, entries });
  else printLine(io, (args.dryRun ? io.texts.contacts.wouldExport : io.texts.contacts.exported)(entries, file));
  return EXIT.fine;
}

async function printed({ args, io }: Pick<Room, 'args' | 'io'>, pieces: AsyncIterable<string>, format: Format): Promise<ExitCode> {
  let content = '';
  for await (const piece of pieces) {
    if (args.json) content += piece;
    else io.stdout(piece);
  }
  if (args.json) printJson(io, { ok: true, dryRun: args.dryRun, format, content });
  return EXIT.fine;
}

async function written(file: string, pieces: AsyncIterable<string>, { io, force }: { readonly io: Room['io']; readonly force: boolean }): Promise<void> {
  const { exists, existsRemedy, cannotWrite, cannotWriteRemedy } = io.texts.contacts;
  try {
    await using handle = await open(file, force ? 'w' : 'wx', 0o600);
    for await (const piece of pieces) await handle.write(piece);
  } catch (error) {
    const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
    if (code === 'EEXIST') throw new CliFailure({ code: 'FILE_EXISTS', exit: EXIT.usage, message: exists(file), remedy: existsRemedy });
    if (code === null || !(error instanceof Error && 'syscall' in error)) throw error;
    throw new CliFailure({ code: 'CANNOT_WRITE', exit: EXIT.problem, message: cannotWrite(file, code), remedy: cannotWriteRemedy });
  }
}

const PAGE = 500;

function count(book: Room['book']): number {
  let entries = 0;
  for (let page = book.persons({ limit: PAGE }); page.length > 0; page = page.length < PAGE ? [] : book.persons({ limit: PAGE, after: page[PAGE - 1] ?? { name: '', id: '' } })) entries += page.length;
  for (let page = book.companies({ limit: PAGE }); page.length > 0; page = page.length < PAGE ? [] : book.companies({ limit: PAGE, after: page[PAGE - 1] ?? { name: '', id: '' } })) entries += page.length;
  return entries;
}
