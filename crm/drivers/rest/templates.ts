/**
 * Templates of paths and bodies: `{phone}` is put in as a value, and nothing else is understood. No expressions: a configuration is no program. A
 * string that is one placeholder keeps the value's type (`"{duration}"` becomes 42); inside a longer string it becomes text. In a path it is percent-encoded.
 */
export type Value = string | number | boolean | null;
export type Values = Readonly<Record<string, Value>>;
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const PLACEHOLDER = /\{([a-z_0-9]+)\}/g;
const ALONE = /^\{([a-z_0-9]+)\}$/;

export const placeholdersIn = (text: string): readonly string[] => [...text.matchAll(PLACEHOLDER)].map(([, name = '']) => name);

/** Every string of a tree. */
export function stringsIn(tree: unknown): readonly string[] {
  if (typeof tree === 'string') return [tree];
  return typeof tree === 'object' && tree !== null ? Object.values(tree).flatMap(stringsIn) : [];
}

const valueOf = (values: Values, name: string): Value => (Object.hasOwn(values, name) ? values[name] ?? null : null);
const inText = (text: string, values: Values, encode: (value: string) => string): string =>
  text.replace(PLACEHOLDER, (_all, name: string) => encode(String(valueOf(values, name) ?? '')));

export function fillJson(template: Json, values: Values): Json {
  if (typeof template === 'string') {
    const [, name] = ALONE.exec(template) ?? [];
    return name === undefined ? inText(template, values, (value) => value) : valueOf(values, name);
  }
  if (Array.isArray(template)) return (template as readonly Json[]).map((member) => fillJson(member, values));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, member]) => [key, fillJson(member, values)]));
}

/** A field whose placeholder has no value is left out: a form cannot say null. */
export function fillForm(template: Readonly<Record<string, string>>, values: Values): Record<string, string> {
  const fields = Object.entries(template).filter(([, text]) => !isEmpty(text, values));
  return Object.fromEntries(fields.map(([key, text]) => [key, inText(text, values, (value) => value)]));
}

/** A parameter of the query whose placeholder has no value is left out; a step of the path stays, empty. */
export function fillPath(template: string, values: Values): string {
  const [path = '', ...rest] = template.split('?');
  const query = rest.join('?').split('&').filter((pair) => pair !== '' && !isEmpty(pair.slice(pair.indexOf('=') + 1), values));
  const filled = [path, query.join('&')].map((text) => inText(text, values, encoded));
  return filled[1] === '' ? filled[0] ?? '' : filled.join('?');
}

const isEmpty = (text: string, values: Values): boolean => {
  const [, name] = ALONE.exec(text) ?? [];
  return name !== undefined && valueOf(values, name) === null;
};

/** Lone halves of a surrogate pair, which a linkedid may hold, cannot be encoded. `.` and `..` as whole steps would climb. */
function encoded(value: string): string {
  const text = encodeURIComponent(value.toWellFormed());
  return /^\.{1,2}$/.test(text) ? text.replaceAll('.', '%2E') : text;
}
