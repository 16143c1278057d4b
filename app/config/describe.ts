/** Walks the schema by path: what is expected there, which keys are known there. */
import { z } from 'zod';
import { isSection, rawAt, type Path, type Raw } from './paths.ts';

interface Meaning { readonly expected: string; readonly example: string }

type Wrapper = z.ZodDefault | z.ZodPrefault | z.ZodOptional | z.ZodExactOptional;

function isWrapper(schema: z.ZodType): schema is z.ZodType & Wrapper {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional
    || schema instanceof z.ZodExactOptional;
}

/** Takes off defaults, optionals and transforms until something with keys, entries or values of its own is left. */
function bare(schema: z.ZodType): z.ZodType {
  if (isWrapper(schema)) return bare(schema.unwrap() as z.ZodType);
  return schema instanceof z.ZodPipe ? bare(schema.in as z.ZodType) : schema;
}

/** The sections of which one is chosen by a key of it (`cdr.source`). */
const variantsOf = (schema: z.ZodDiscriminatedUnion): readonly z.ZodType[] => schema.options as readonly z.ZodType[];

function below(schema: z.ZodType, step: string | number): z.ZodType | null {
  const inner = bare(schema);
  if (inner instanceof z.ZodObject) return (inner.shape as Readonly<Record<string, z.ZodType>>)[String(step)] ?? null;
  if (inner instanceof z.ZodArray) return inner.element as z.ZodType;
  if (inner instanceof z.ZodDiscriminatedUnion) return variantsOf(inner).map((variant) => below(variant, step)).find((found) => found !== null) ?? null;
  return inner instanceof z.ZodRecord ? (inner.valueType as z.ZodType) : null;
}

/** `tree`: what was written; with it, a section of several kinds is read as the kind that it says it is. */
export function schemaAt(schema: z.ZodType, path: Path, tree?: Raw): z.ZodType | null {
  return path.reduce<z.ZodType | null>((here, step, index) => (here === null ? null : below(chosen(here, rawAt(tree, path.slice(0, index))), step)), schema);
}

function chosen(schema: z.ZodType, written: Raw | undefined): z.ZodType {
  const inner = bare(schema);
  if (!(inner instanceof z.ZodDiscriminatedUnion) || !isSection(written)) return schema;
  const key = inner.def.discriminator;
  return variantsOf(inner).find((variant) => below(variant, key)?.safeParse(written[key]).success) ?? schema;
}

export function isList(schema: z.ZodType | null): boolean {
  return schema !== null && bare(schema) instanceof z.ZodArray;
}

export function keysOf(schema: z.ZodType | null): readonly string[] {
  const inner = schema === null ? null : bare(schema);
  if (inner instanceof z.ZodDiscriminatedUnion) return [...new Set(variantsOf(inner).flatMap(keysOf))];
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

/** What the schema says about itself: the words may hang on any layer of it. */
export function meaningOf(schema: z.ZodType | null): Meaning {
  if (schema === null) return { expected: '', example: '' };
  const meta = schema.meta();
  if (meta?.description !== undefined) return { expected: meta.description, example: typeof meta['example'] === 'string' ? meta['example'] : '' };
  if (isWrapper(schema)) return meaningOf(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodPipe) return meaningOf(schema.in as z.ZodType);
  const keys = keysOf(schema);
  return { expected: keys.length > 0 ? `a section with ${keys.join(', ')}` : '', example: '' };
}

/** Where in the whole configuration a key lives, for somebody who wrote it in the wrong section: `pbx[].ami.port`. */
export function homesOf(schema: z.ZodType, key: string, prefix = ''): readonly string[] {
  const inner = bare(schema);
  if (inner instanceof z.ZodArray) return homesOf(inner.element as z.ZodType, key, `${prefix}[]`);
  if (inner instanceof z.ZodDiscriminatedUnion) return [...new Set(variantsOf(inner).flatMap((variant) => homesOf(variant, key, prefix)))];
  if (!(inner instanceof z.ZodObject)) return [];
  const shape = inner.shape as Readonly<Record<string, z.ZodType>>;
  return Object.entries(shape).flatMap(([name, child]) => {
    const here = prefix === '' ? name : `${prefix}.${name}`;
    return [...(name === key ? [here] : []), ...homesOf(child, key, here)];
  });
}
