/** What must agree about people: whose mobile number it is, who may see cards, whose number stands for an internal call in debug mode. */
import { phoneKey } from '../../core/phone.ts';
import { asText, entries, isYes, type At } from './entries.ts';
import type { Mistake } from './mistakes.ts';
import { rawAt, showPath, type Path, type Raw, type RawSection } from './paths.ts';

export function peopleMistakes(tree: Raw, at: At): readonly Mistake[] {
  return [...sharedMobiles(tree, at), ...hiddenCards(tree, at), ...rehearsalWithoutNumber(tree, at)];
}

interface Mobile { readonly path: Path; readonly employee: number; readonly key: string }

/** A call from it must be one employee's: which one is nothing that CallMe could guess. */
function sharedMobiles(tree: Raw, at: At): readonly Mistake[] {
  const first = new Map<string, Mobile>();
  return entries(tree, 'employees').flatMap(mobilesOf).flatMap((mobile) => {
    const before = first.get(mobile.key);
    first.set(mobile.key, before ?? mobile);
    if (before === undefined || before.employee === mobile.employee) return [];
    return [{ ...at(mobile.path), problem: `is the number of two employees (${showPath(before.path)} too)`, expected: 'each mobile number once',
      remedy: 'leave it with the one whose telephone it is' }];
  });
}

/** Spellings of one telephone (`8916…`, `+7916…`) meet in their key. */
function mobilesOf(employee: RawSection, index: number): readonly Mobile[] {
  const list = employee['mobile'];
  if (!Array.isArray(list)) return [];
  return (list as readonly Raw[]).flatMap((number, place) => {
    const key = phoneKey(asText(number) ?? '');
    return key === '' ? [] : [{ path: ['employees', index, 'mobile', place], employee: index, key }];
  });
}

/** `cards.extensions` wins: a wish of somebody who is not on it would be silently ignored. */
function hiddenCards(tree: Raw, at: At): readonly Mistake[] {
  const listed = rawAt(tree, ['cards', 'extensions']);
  if (!Array.isArray(listed) || listed.length === 0) return [];
  const mayLook = new Set((listed as readonly Raw[]).map(asText));
  return entries(tree, 'employees').flatMap(({ extension, card }, index) => {
    if (card === undefined || card === 'never' || mayLook.has(asText(extension))) return [];
    return [{ ...at(['employees', index, 'card']), problem: `has no effect: cards.extensions does not name ${asText(extension) ?? 'this extension'}`,
      expected: 'an extension that may see cards', remedy: 'add the extension to cards.extensions, or remove this line' }];
  });
}

function rehearsalWithoutNumber(tree: Raw, at: At): readonly Mistake[] {
  if (!isYes(rawAt(tree, ['debug', 'processInternalCalls'])) || rawAt(tree, ['debug', 'testPhone']) !== undefined) return [];
  return [{ ...at(['debug', 'processInternalCalls']), problem: 'needs debug.testPhone: an internal call has no number that a CRM could know',
    expected: 'debug.testPhone beside it', remedy: 'write for example: testPhone: "79991234567", the number of a contact of your CRM; or switch it off' }];
}
