/**
 * What a verb is. Commands describe their options as data: yargs stays behind its door (`yargs-door.ts`), and the help, the tests and
 * the documentation read the same description.
 */
import type { ExitCode, Io } from './io.ts';
import type { Texts } from './texts/index.ts';

export interface Option {
  readonly type: 'string' | 'boolean' | 'number';
  readonly describe: string;
  readonly default?: string | boolean | number;
  readonly choices?: readonly string[];
  /** Shown in the help as `--etc DIR`. */
  readonly placeholder?: string;
}

/** What `builder` tells about a verb. */
export interface Shape {
  readonly options?: Readonly<Record<string, Option>>;
  /** Positional arguments that `command` names (`show <id>`). */
  readonly positionals?: Readonly<Record<string, Option>>;
  /** Command line and what it does. */
  readonly examples?: readonly (readonly [string, string])[];
}

export interface Command {
  /** As yargs reads it: `dialplan`, `show <id>`. */
  readonly command: string;
  readonly describe: (texts: Texts) => string;
  readonly builder: (texts: Texts) => Shape;
  /** The verb writes something: it gets `--dry-run`. */
  readonly writes?: boolean;
  /** Sub-verbs; a command that has them has no `run`. */
  readonly children?: readonly Command[];
  readonly run?: (args: Args, io: CommandIo) => Promise<ExitCode>;
}

/** `Io` and the language that was chosen. */
export interface CommandIo extends Io { readonly texts: Texts }

/** Parsed arguments: unknown until asked for by kind. */
export class Args {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>) { this.#values = values; }

  text(name: string): string | undefined {
    const value = this.#values[name];
    const last: unknown = Array.isArray(value) ? value.at(-1) : value;
    return typeof last === 'string' ? last : typeof last === 'number' ? String(last) : undefined;
  }

  flag(name: string): boolean { return this.#values[name] === true; }

  /** `--name`, `--no-name`, or neither. */
  choice(name: string): boolean | null {
    const value = this.#values[name];
    return typeof value === 'boolean' ? value : null;
  }

  /** Undefined unless it is a whole number. */
  whole(name: string): number | undefined {
    const value = this.#values[name];
    return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
  }

  /** `--json`: machines read this output. */
  get json(): boolean { return this.flag('json'); }
  get dryRun(): boolean { return this.flag('dry-run'); }
  get config(): string | undefined { return this.text('config'); }
}
