import type { ExitCode } from './io.ts';

/** A verb cannot go on. `code` is for programs, `message` and `remedy` for people; `exit` is 1, 2 or 3. */
export class CliFailure extends Error {
  readonly code: string;
  readonly exit: ExitCode;
  readonly remedy: string;
  /** More for `--json`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(what: { readonly code: string; readonly exit: ExitCode; readonly message: string; readonly remedy?: string;
    readonly details?: Readonly<Record<string, unknown>> }) {
    super(what.message);
    this.name = 'CliFailure';
    this.code = what.code;
    this.exit = what.exit;
    this.remedy = what.remedy ?? '';
    this.details = what.details ?? {};
  }
}
