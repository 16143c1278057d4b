import { AmiError } from '../../ami/errors.ts';
import { examine, type Examination } from '../../ami/examine.ts';
import { hasDebianBug } from '../asterisk-cli.ts';
import type { Config } from '../config/index.ts';
import { fail, ok, warn, type Finding, type Patient } from './finding.ts';

/** One link to each PBX: does it let us in, may the user do what CallMe needs, is this a build with a known fault? */
export async function examineAsterisk(patient: Patient): Promise<readonly Finding[]> {
  const parts = await Promise.all(patient.config.pbx.map((pbx) => examineOne(patient, pbx)));
  return parts.flat();
}

/** Findings of this kind mean exit code 3. */
export function isUnreachable(finding: Finding): boolean { return finding.state === 'fail' && finding.id.startsWith('ami:'); }

async function examineOne(patient: Patient, { id, ami }: Config['pbx'][number]): Promise<readonly Finding[]> {
  const where = `${ami.host}:${ami.port}`;
  const { timeoutMs } = patient;
  try {
    const found = await examine(
      { host: ami.host, port: ami.port, username: ami.username, secret: ami.secret.reveal(), tls: ami.tls, allowPlain: ami.allowPlain },
      { signal: patient.signal, limits: { connectMs: timeoutMs, greetingMs: timeoutMs, loginMs: timeoutMs, actionMs: timeoutMs } },
    );
    return judge(patient, { id, where }, found);
  } catch (error) {
    if (!(error instanceof AmiError)) throw error;
    return [fail(`ami:${id}`, patient.says.amiFails(id, where, error.message), error.remedy === '' ? patient.says.amiRemedy : error.remedy)];
  }
}

function judge({ says }: Patient, { id, where }: { readonly id: string; readonly where: string }, found: Examination): readonly Finding[] {
  return [
    ok(`ami:${id}`, says.ami(id, where, found.version, found.channels)),
    ...found.missing.map((lack) => fail(`ami-right:${id}:${lack.right}:${lack.class}`,
      says.right(id, lack.right, lack.class, lack.seen), lack.repair)),
    ...(hasDebianBug(found.version) ? [warn(`asterisk-build:${id}`, says.debianBug(id, found.version), says.debianBugRemedy)] : []),
  ];
}
