/**
 * A persistent map: `with` and `without` give a new map and leave the old one as it was, so that a step can be cut, replayed and compared.
 * Two levels of 64 slots with small buckets: a change copies two arrays of 64 and one bucket, whether ten calls are open or ten thousand
 * (a copied `Map` would make each event cost more the more calls are open).
 */
type Bucket<K, V> = readonly (readonly [K, V])[];
type Page<K, V> = readonly (Bucket<K, V> | undefined)[];

export interface Atlas<K extends string, V> {
  readonly size: number;
  get(key: K): V | undefined;
  with(key: K, value: V): Atlas<K, V>;
  without(key: K): Atlas<K, V>;
  values(): readonly V[];
}

/** FNV-1a, 32 bit: keys differ in their last digits, where it spreads well. */
function hash(key: string): number {
  let sum = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) sum = Math.imul(sum ^ key.charCodeAt(index), 0x01000193);
  return sum ^ (sum >>> 15);
}

class Pages<K extends string, V> implements Atlas<K, V> {
  readonly size: number;
  readonly #pages: readonly (Page<K, V> | undefined)[];

  constructor(pages: readonly (Page<K, V> | undefined)[], size: number) {
    this.#pages = pages;
    this.size = size;
  }

  get(key: K): V | undefined {
    const bucket = this.#bucket(hash(key));
    if (bucket !== undefined) for (const entry of bucket) if (entry[0] === key) return entry[1];
    return undefined;
  }

  with(key: K, value: V): Atlas<K, V> {
    const code = hash(key);
    const others = this.#bucket(code)?.filter((entry) => entry[0] !== key) ?? [];
    const grown = others.length === (this.#bucket(code)?.length ?? 0);
    return this.#replace(code, [...others, [key, value]], this.size + (grown ? 1 : 0));
  }

  without(key: K): Atlas<K, V> {
    const code = hash(key);
    const bucket = this.#bucket(code);
    const rest = bucket?.filter((entry) => entry[0] !== key);
    if (bucket === undefined || rest === undefined || rest.length === bucket.length) return this;
    return this.#replace(code, rest.length === 0 ? undefined : rest, this.size - 1);
  }

  values(): readonly V[] {
    return this.#pages.flatMap((page) => (page ?? []).flatMap((bucket) => (bucket ?? []).map((entry) => entry[1])));
  }

  #bucket(code: number): Bucket<K, V> | undefined {
    return this.#pages[code & 63]?.[(code >>> 6) & 63];
  }

  #replace(code: number, bucket: Bucket<K, V> | undefined, size: number): Atlas<K, V> {
    const page = [...(this.#pages[code & 63] ?? new Array<undefined>(64).fill(undefined))];
    page[(code >>> 6) & 63] = bucket;
    const pages = [...this.#pages];
    pages[code & 63] = page;
    return new Pages(pages, size);
  }
}

const nothing = new Pages<string, never>(new Array<undefined>(64).fill(undefined), 0);
// One empty map serves every key and value type: it holds none.
export const emptyAtlas = nothing as Atlas<never, never> as Atlas<string, never>;
