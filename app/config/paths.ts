/** Where a value stands in the configuration: `['pbx', 0, 'ami', 'port']`, shown to people as `pbx[0].ami.port`. */
export type Path = readonly (string | number)[];

export function showPath(path: Path): string {
  return path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`)).join('');
}

/** A configuration before anybody has checked it: what YAML can say, nothing else. */
export type Raw = string | number | boolean | null | readonly Raw[] | RawSection;
export interface RawSection { readonly [key: string]: Raw }

export function isSection(value: unknown): value is RawSection {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function rawAt(tree: Raw | undefined, path: Path): Raw | undefined {
  let here: Raw | undefined = tree;
  for (const step of path) {
    if (Array.isArray(here)) here = (here as readonly Raw[])[Number(step)];
    else if (isSection(here)) here = Object.hasOwn(here, String(step)) ? here[String(step)] : undefined;
    else return undefined;
  }
  return here;
}

/** A copy of the tree with one value replaced; sections and lists that are missing on the way are made. */
export function withValue(tree: Raw | undefined, path: Path, value: Raw): Raw {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  if (typeof step === 'number') {
    const list = Array.isArray(tree) ? [...(tree as readonly Raw[])] : [];
    list[step] = withValue(list[step], rest, value);
    return list;
  }
  const section = isSection(tree) ? tree : {};
  return { ...section, [step]: withValue(section[step], rest, value) };
}
