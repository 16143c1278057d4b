import { add, reindex, remove } from '../address-book/changing.ts';
import { exportFile, FORMATS, importFile } from '../address-book/files.ts';
import { calls, list, show } from '../address-book/looking.ts';
import { type Room, withBook } from '../address-book/room.ts';
import type { Args, Command, CommandIo, Option } from '../cli/command.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printJson, printLine } from '../cli/print.ts';
import { DEFAULT_LIMIT, withStore } from '../cli/stores.ts';
import type { Texts } from '../cli/texts/index.ts';

type Verb = (room: Room) => ExitCode | Promise<ExitCode>;
const run = (verb: Verb) => (args: Args, io: CommandIo): Promise<ExitCode> => withBook(args, io, verb);
/** Where there is no store yet, a list is empty. */
const looking = (verb: Verb, none: (texts: Texts) => string) => (args: Args, io: CommandIo): Promise<ExitCode> => withStore(args, io, (store) => {
  if (store !== null) return withBook(args, io, verb);
  if (args.json) printJson(io, []);
  else printLine(io, none(io.texts));
  return EXIT.fine;
});

const text = (describe: string, placeholder?: string): Option => ({ type: 'string', describe, ...(placeholder === undefined ? {} : { placeholder }) });
const flag = (describe: string): Option => ({ type: 'boolean', describe });
const limit = ({ contacts }: Texts): Option => ({ type: 'number', describe: contacts.limit, default: DEFAULT_LIMIT });

const contacts: Command = {
  command: 'contacts',
  describe: (texts) => texts.verbs.contacts,
  builder: () => ({}),
  children: [
    {
      command: 'list', describe: (texts) => texts.contacts.list,
      builder: (texts) => ({
        options: { search: text(texts.contacts.search), companies: flag(texts.contacts.companies), limit: limit(texts) },
        examples: [['callme contacts list --search orlova', texts.contacts.exampleList]],
      }),
      run: looking(list, (texts) => texts.contacts.none),
    },
    { command: 'show <id>', describe: (texts) => texts.contacts.show, builder: (texts) => ({ positionals: { id: text(texts.contacts.id) } }), run: run(show) },
    {
      command: 'add <name>', describe: (texts) => texts.contacts.add, writes: true,
      builder: ({ contacts: says }) => ({
        positionals: { name: text(says.name) },
        options: { phone: text(says.phone), company: text(says.company, 'NAME'), email: text(says.email), note: text(says.note), owner: text(says.owner), 'as-company': flag(says.asCompany) },
        examples: [['callme contacts add "Irina Orlova" --phone "mobile: +7 903 555-01-42; work: +7 495 000-01-01"', says.exampleAdd]],
      }),
      run: run(add),
    },
    { command: 'remove <id>', describe: (texts) => texts.contacts.remove, writes: true, builder: (texts) => ({ positionals: { id: text(texts.contacts.id) } }), run: run(remove) },
    {
      command: 'import <file>', describe: (texts) => texts.contacts.import, writes: true,
      builder: ({ contacts: says }) => ({
        positionals: { file: text(says.file) },
        options: { format: { ...text(says.format), choices: FORMATS }, partial: flag(says.partial) },
        examples: [['callme contacts import clients.csv --dry-run', says.exampleImport]],
      }),
      run: run(importFile),
    },
    {
      command: 'export [file]', describe: (texts) => texts.contacts.export, writes: true,
      builder: ({ contacts: says }) => ({
        positionals: { file: text(says.fileOut) },
        options: { format: { ...text(says.formatOut), choices: FORMATS }, separator: { ...text(says.separator), choices: [',', ';'], default: ',' }, force: flag(says.force) },
        examples: [['callme contacts export contacts.vcf', says.exampleExport]],
      }),
      run: run(exportFile),
    },
    {
      command: 'calls', describe: (texts) => texts.contacts.calls,
      builder: (texts) => ({ options: { number: text(texts.contacts.number), limit: limit(texts) } }),
      run: looking(calls, (texts) => texts.contacts.noCalls),
    },
    { command: 'reindex', describe: (texts) => texts.contacts.reindex, writes: true, builder: () => ({}), run: run(reindex) },
  ],
};
export default contacts;
