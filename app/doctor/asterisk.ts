import { AmiError } from '../../ami/errors.ts';
import { examine, type Examination } from '../../ami/examine.ts';
import { isPlainName, lackingToRead, type AmiPermissionMissing } from '../../ami/permissions.ts';
import { askAsterisk, hasDebianBug } from '../asterisk-cli.ts';
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
    return judge(patient, { id, where }, { ...found, missing: together(found.missing, await declared(ami)) });
  } catch (error) {
    if (!(error instanceof AmiError)) throw error;
    return [fail(`ami:${id}`, patient.says.amiFails(id, where, error.message), error.remedy === '' ? patient.says.amiRemedy : error.remedy)];
  }
}

/**
 * A manager user who does not read class call hears no call at all, and nothing on the link shows it until there is one. Asterisk's own
 * console on this machine knows; where there is none (another machine, another user), nothing is said.
 */
async function declared({ username }: Config['pbx'][number]['ami']): Promise<readonly AmiPermissionMissing[]> {
  const answer = isPlainName(username) ? await askAsterisk(`manager show user ${username}`) : { ok: false } as const;
  return answer.ok ? lackingToRead(answer.text.split('\n'), username) : [];
}

function together(proved: readonly AmiPermissionMissing[], more: readonly AmiPermissionMissing[]): readonly AmiPermissionMissing[] {
  return [...proved, ...more.filter((each) => !proved.some((known) => known.right === each.right && known.class === each.class))];
}

function judge({ says }: Patient, { id, where }: { readonly id: string; readonly where: string }, found: Examination): readonly Finding[] {
  return [
    ok(`ami:${id}`, says.ami(id, where, found.version, found.channels)),
    ...found.missing.map((lack) => fail(`ami-right:${id}:${lack.right}:${lack.class}`,
      says.right(id, lack.right, lack.class, lack.seen), lack.repair)),
    ...(hasDebianBug(found.version) ? [warn(`asterisk-build:${id}`, says.debianBug(id, found.version), says.debianBugRemedy)] : []),
  ];
}
