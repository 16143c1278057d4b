/**
 * Who calls? The Phone API has no question for it: MoySklad finds the client by itself when it is told of a call, and its answer names him and his employee
 * (`counterparty`, `counterpartyowner`). So we know a number from its second call on, as long as this process lives.
 */
import type { Contact, Employee } from '../../../core/words.ts';
import { call, idOf } from './answers.ts';

export interface Clients {
  /** `key`: as `Numbers.key` makes it. */
  find(key: string): Contact | null;
  heard(key: string, answer: unknown): void;
}

/** Numbers; the one that was heard of longest ago goes first. */
const REMEMBERED = 5_000;

export function createClients(account: string, employees: readonly Employee[]): Clients {
  const known = new Map<string, Contact>();
  return {
    find: (key) => known.get(key) ?? null,
    heard: (key, answer) => {
      const contact = contactOf(answer, (id) => employees.find(({ crm }) => String(crm[account] ?? '') === id)?.extension ?? null);
      if (contact === null || key === '') return;
      known.delete(key);
      known.set(key, contact);
      const oldest = known.keys().next().value;
      if (known.size > REMEMBERED && oldest !== undefined) known.delete(oldest);
    },
  };
}

function contactOf(answer: unknown, extensionOf: (id: string) => Employee['extension'] | null): Contact | null {
  const read = call.safeParse(answer);
  const client = read.success ? read.data.counterparty ?? null : null;
  if (!read.success || client === null || client.id === '') return null;
  const { counterpartyowner: owner } = read.data;
  const crmUser = owner?.meta === undefined ? null : idOf(owner.meta.href);
  const extension = (crmUser === null ? null : extensionOf(crmUser)) ?? owner?.extention ?? null;
  return { id: client.id, type: 'client', name: client.name, owner: crmUser === null && extension === null ? null : { crmUser, extension } };
}
