/** What `callme spool check` can find, in words: what is wrong and what helps. A kind is stable: programs and translations rely on it. */

/** [what is wrong, given the detail; what helps]. */
const WORDS = {
  'lame-missing': [(): string => 'lame is not there: WAVs wait', 'install the package "lame" (Debian, Ubuntu: apt-get install lame; RHEL family: dnf install lame from EPEL or RPM Fusion)'],
  'lame-broken': [(detail: string): string => `lame encodes nothing, WAVs wait: ${detail}`, 'install the package "lame" anew; "callme doctor" and this check try it on a tone'],
  'folder-missing': [(): string => 'the recordings folder is not there', 'mount it, or correct pbx[].recordings'],
  'disk-low': [(detail: string): string => detail, 'free some space; "callme spool purge --dry-run" shows what may go'],
  'broken': [(detail: string): string => `broken ${detail}`, 'remove the cause, then "callme spool retry"'],
  'path-refused': [(): string => 'not a path that CallMe follows', 'move the file by hand; its row cannot be worked off'],
  'wav-missing': [(detail: string): string => detail, 'look for the file; "callme spool retry" once it is back'],
  'wav-unknown': [(detail: string): string => detail, '"callme serve" takes it over within the hour by itself, or at its next start'],
  'wav-open': [(detail: string): string => detail, '"callme serve" repairs it and takes it over by itself, in an hour in which no call is going on'],
  'wav-kept': [(detail: string): string => detail, 'see the log: CallMe may not remove it, or another recording took its name'],
  'mp3-unnamed': [(): string => 'the row names no MP3', '"callme spool repair" makes it anew while its WAV exists'],
  'mp3-missing': [(detail: string): string => detail, '"callme spool repair" brings it back from the bucket, from where it was moved, or from its WAV; else restore it from a backup'],
  'mp3-other': [(detail: string): string => detail, '"callme spool repair" brings the verified one back from the bucket or from its WAV; else restore it from a backup'],
  'copy-missing': [(): string => 'the bucket does not have it', '"callme spool repair" copies it again while the MP3 is here'],
  'copy-other': [(): string => 'the bucket holds another file under its name', '"callme spool repair" copies it again while the MP3 is here'],
  'copy-unknown': [(detail: string): string => `the bucket cannot be asked: ${detail}`, 'correct storage: in the configuration, or wait for the bucket, and check again'],
  'copy-never': [(): string => 'it was never copied into the bucket', '"callme spool repair" copies it'],
  'crm-dead': [(detail: string): string => `a CRM does not have it: ${detail}`, 'see "callme outbox list --state dead", remove the cause, then "callme outbox retry ID"'],
  'crm-held': [(detail: string): string => `a CRM that is locked out does not have it: ${detail}`, 'see "callme crm check"; what is held goes on by itself then'],
  'crm-late': [(detail: string): string => `a CRM does not have it after a day: ${detail}`, 'see "callme status": the server does not run, or this CRM is down'],
  'crm-never': [(detail: string): string => `nobody ever planned to tell it: ${detail}`, '"callme spool repair" plans it'],
  'state-behind': [(): string => 'every CRM has it, its state does not say so', '"callme spool repair" corrects the state'],
  'part-stale': [(): string => 'what a killed encoder left', '"callme spool repair" removes it'],
  'purge-open': [(): string => 'it is purged, and a file of it is still there', '"callme serve" removes it within a day, "callme spool purge" at once'],
} as const satisfies Readonly<Record<string, readonly [(detail: string) => string, string]>>;

export type SpoolProblemKind = keyof typeof WORDS;
export const SPOOL_PROBLEMS = Object.keys(WORDS) as readonly SpoolProblemKind[];

export interface SpoolProblem {
  readonly kind: SpoolProblemKind;
  /** The recording's id, `''` when it is about the machine. */
  readonly recording: string;
  readonly path: string;
  /** What differs this time, `''` where the kind says everything. */
  readonly detail: string;
  readonly problem: string;
  readonly remedy: string;
}

export function problem(kind: SpoolProblemKind, at: { readonly recording?: string; readonly path: string; readonly detail?: string }): SpoolProblem {
  const [words, remedy] = WORDS[kind];
  const { recording = '', path, detail = '' } = at;
  return { kind, recording, path, detail, problem: words(detail), remedy };
}
