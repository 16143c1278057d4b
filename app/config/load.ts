/** The configuration from file and environment, checked as a whole: either everything is right, or every mistake is named. */
import type { AccountId } from '../../core/words.ts';
import { override } from './environment.ts';
import { locateConfig, type Where } from './locate.ts';
import { sortMistakes, type Mistake } from './mistakes.ts';
import { parseWith, type Provenance } from './parse.ts';
import { isSection, showPath, type Path, type Raw, type RawSection } from './paths.ts';
import { ruleMistakes } from './rules.ts';
import { configSchema, type Checked } from './schema.ts';
import { Secret } from './secret.ts';
import { readSource, type Source } from './source.ts';

/** One configured connection. The driver's own keys stay sealed: almost all of them are secrets. */
export interface AccountConfig {
  readonly id: AccountId; readonly driver: string;
  /** Other than the product's public limits: a portal of one's own has none. */
  readonly pace?: { readonly perSecond: number; readonly burst?: number; readonly parallel?: number };
  readonly settings: Secret<RawSection>;
}
export type Config = Readonly<Omit<Checked, 'crm'>> & { readonly crm: readonly AccountConfig[] };

export type Loaded =
  | { readonly ok: true; readonly file: string; readonly config: Config; readonly tree: Raw; readonly from: Provenance }
  | { readonly ok: false; readonly file: string; readonly mistakes: readonly Mistake[] };

export function loadConfig(where: Where): Loaded {
  const file = locateConfig(where);
  return checkSource(readSource(file, where.env), where.env);
}

export function checkSource(source: Source, env: Where['env']): Loaded {
  // After a syntax error the tree is a guess: reporting what is "missing" from it would hide the one line to repair.
  const fatal = source.mistakes.filter((mistake) => mistake.path === '' && mistake.remedy !== 'keep one of the two');
  if (fatal.length > 0) return { ok: false, file: source.file, mistakes: sortMistakes(source.mistakes) };
  const overridden = override(source.tree, configSchema, env);
  const from = provenance(source, overridden);
  const parsed = parseWith(configSchema, overridden.tree, from);
  const pending = source.mistakes.filter((mistake) => !from.overrides.has(mistake.path));
  // A reference that could not be resolved is one mistake, not also a "wrong value" in its place.
  const unresolved = new Set(pending.map((mistake) => mistake.path).filter((path) => path !== ''));
  const judged = [...(parsed.ok ? [] : parsed.mistakes), ...ruleMistakes(parsed.tree, from)].filter((mistake) => !unresolved.has(mistake.path));
  const mistakes = [...pending, ...overridden.mistakes, ...judged];
  if (!parsed.ok || mistakes.length > 0) return { ok: false, file: source.file, mistakes: sortMistakes(mistakes) };
  return { ok: true, file: source.file, config: sealAccounts(parsed.value), tree: parsed.tree, from };
}

function provenance(source: Source, overridden: ReturnType<typeof override>): Provenance {
  return {
    file: source.file, lines: source.lines, references: source.references, overrides: overridden.overrides,
    alternatives: new Map([...source.alternatives, ...overridden.alternatives]),
  };
}

function sealAccounts(checked: Checked): Config {
  return { ...checked, crm: checked.crm.map(({ id, driver, pace, ...settings }) => ({ id, driver, ...(pace && { pace }), settings: new Secret(settings as RawSection) })) };
}

/** Every secret of the configuration in clear text, so that the log can blot it out wherever it turns up. */
export function secretsOf(loaded: Extract<Loaded, { ok: true }>): readonly string[] {
  const { config } = loaded;
  const accounts = config.crm.flatMap(({ settings }, index) => secretLeaves(settings.reveal(), ['crm', index], loaded.from)).flatMap(secretParts);
  return [...config.pbx.map(({ ami }) => ami.secret.reveal()), ...[...config.web.tokens, ...config.web.linkSecrets, ...keysOf(config)].map((each) => each.reveal()),
    ...passwordOf(config.store.url.reveal()), ...config.pbx.flatMap(({ cdr }) => (cdr === undefined || cdr.source === 'csv' ? [] : passwordOf(cdr.url.reveal()))),
    ...accounts];
}

const keysOf = ({ storage }: Config): readonly Secret[] => (storage.kind === 's3' ? [storage.accessKeyId, storage.secretAccessKey] : []);

const SECRET_KEY = /secret|token|pass|key|authorization|headers/i;

/** Sections of a driver's keys hold words (`call.finished`), and blotting them out would blind the log; a secret among them came by reference, or its key says so. */
function secretLeaves(value: unknown, path: Path, from: Provenance): readonly string[] {
  const isSecret = path.length <= 3 || from.references.has(showPath(path)) || path.some((step) => typeof step === 'string' && SECRET_KEY.test(step));
  if (typeof value === 'string') return isSecret ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((one, index) => secretLeaves(one, [...path, index], from));
  return isSection(value) ? Object.entries(value).flatMap(([key, one]) => secretLeaves(one, [...path, key], from)) : [];
}

/** As it stands in the address, and as a database driver would show it. */
function passwordOf(url: string): readonly string[] {
  const password = URL.canParse(url) ? new URL(url).password : '';
  return password === '' ? [] : [...new Set([password, decoded(password)])];
}

/** A lone `%` is no escape: such a password stays as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * A bare public address (`https://portal.example.org`) is no secret, and blotting it out would blind the log; a path may be one, also
 * where it turns up without its host.
 */
function secretParts(text: string): readonly string[] {
  if (!URL.canParse(text)) return text.length >= 8 ? [text] : [];
  const { pathname } = new URL(text);
  return pathname.length > 1 ? [text, pathname] : [];
}
