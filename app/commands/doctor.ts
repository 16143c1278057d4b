import { resolve } from 'node:path';
import { withAccounts } from '../cli/accounts.ts';
import type { Args, Command, CommandIo } from '../cli/command.ts';
import { configuredAccounts } from '../cli/configured.ts';
import { EXIT, type ExitCode } from '../cli/io.ts';
import { printable, printJson, printLine } from '../cli/print.ts';
import { examineAccounts } from '../doctor/accounts.ts';
import { examineAsterisk, isUnreachable } from '../doctor/asterisk.ts';
import { examineBooks } from '../doctor/books.ts';
import { examineCel } from '../doctor/cel.ts';
import { examineDialplan } from '../doctor/dialplan.ts';
import type { Finding, Patient } from '../doctor/finding.ts';
import { examineOutbox } from '../doctor/outbox.ts';
import { examineMachine } from '../doctor/machine.ts';
import { examinePorts } from '../doctor/ports.ts';
import { examineRehearsal } from '../doctor/rehearsal.ts';
import { examineStorage } from '../doctor/storage.ts';

const doctor: Command = {
  command: 'doctor',
  describe: (texts) => texts.verbs.doctor,
  builder: (texts) => ({
    options: {
      etc: { type: 'string', describe: texts.doctor.etc, default: '/etc/asterisk' },
      offline: { type: 'boolean', describe: texts.doctor.offline },
      timeout: { type: 'number', describe: texts.doctor.timeout, default: 5 },
    },
    examples: [['callme doctor', texts.doctor.example], ['callme doctor --offline --json', texts.doctor.exampleOffline]],
  }),
  run,
};
export default doctor;

async function run(args: Args, io: CommandIo): Promise<ExitCode> {
  const { loaded, config, accounts } = await configuredAccounts(args, io);
  const patient: Patient = {
    config, file: loaded.file, etc: resolve(io.cwd, args.text('etc') ?? '/etc/asterisk'), says: io.texts.findings,
    timeoutMs: Math.max(args.whole('timeout') ?? 5, 1) * 1_000, signal: io.signal,
  };
  const findings = [
    ...await examineMachine(patient), ...examineDialplan(patient), ...await examinePorts(patient), ...examineRehearsal(patient), ...examineOutbox(patient, io),
    ...(args.flag('offline') ? [] : [...await examineAsterisk(patient), ...await examineCel(patient), ...await examineBooks(patient), ...await examineStorage(patient),
      ...await withAccounts(config, accounts, io, (opened) => examineAccounts(patient, opened))]),
  ];
  if (args.json) printJson(io, { ok: findings.every(({ state }) => state !== 'fail'), findings });
  else report(io, findings);
  return exitOf(findings);
}

function exitOf(findings: readonly Finding[]): ExitCode {
  if (findings.some(isUnreachable)) return EXIT.unreachable;
  return findings.some(({ state }) => state === 'fail') ? EXIT.problem : EXIT.fine;
}

function report(io: CommandIo, findings: readonly Finding[]): void {
  const { doctor: texts, remedy } = io.texts;
  for (const finding of findings) {
    printLine(io, `${texts.states[finding.state]}  ${printable(finding.what)}`);
    if (finding.remedy !== '') printLine(io, `${' '.repeat(texts.states.ok.length + 2)}${remedy}: ${finding.remedy}`);
  }
  const count = (state: Finding['state']): number => findings.filter((finding) => finding.state === state).length;
  printLine(io, `\n${texts.summary(count('fail'), count('warn'))}`);
}
