/**
 * On whose screen a card opens, and when. Two rules of the tenant and one of the employee: `cards.extensions` names who may see cards at
 * all (empty = everybody), `employees[].card` says when for one person, `cards.mode` for everybody else.
 */
import type { CardMode, Employee, Extension } from './words.ts';

export interface CardRules {
  readonly mode: CardMode;
  /** Who may see cards; empty = everybody. An extension need not be among the employees: a CRM may know its user by itself. */
  readonly extensions: readonly Extension[];
  readonly employees: readonly Pick<Employee, 'extension' | 'card'>[];
}

/** When a card opens on the screen of whoever has this extension. */
export type CardPolicy = (extension: Extension) => CardMode;

/** The list wins over the employee's own wish: who is not on it sees no card, whatever else is said. */
export function cardPolicy({ mode, extensions, employees }: CardRules): CardPolicy {
  const mayLook = new Set(extensions);
  const wishes = new Map(employees.map(({ extension, card }) => [extension, card]));
  return (extension) => (mayLook.size > 0 && !mayLook.has(extension) ? 'never' : wishes.get(extension) ?? mode);
}
