/** One caller asked about at all accounts: who is asked, and how long is waited for whom. */
import type { AccountId, Contact, Extension } from '../../core/words.ts';
import type { Heard } from './conclude.ts';
import type { Counter } from './counters.ts';
import type { Pending, Question, Told } from './desk.ts';
import { lateness } from './patience.ts';

type Asked<Value> = Told<Value> | Pending<Value>;
export interface Questions { readonly account: AccountId; readonly contact: Asked<Contact>; readonly route: Asked<Extension> | null }

/**
 * All are asked at once: an account that hangs must not use up the patience meant for the next. Behind one whose cache knows the number only those
 * are asked that decide otherwise: the one whose names win, and those that route.
 */
export function askAll(counters: readonly Counter[], question: Question, { fresh, namesFrom }: { readonly fresh: boolean; readonly namesFrom: AccountId | null }): readonly Questions[] {
  const asked: Questions[] = [];
  let known = false;
  for (const { id, contacts, routes } of counters) {
    const route = routes === null || question.line === '' ? null : routes.ask({ ...question, key: `${question.key}|${question.line}` }, fresh);
    if (known && id !== namesFrom && route === null) continue;
    const contact: Asked<Contact> = known && id !== namesFrom ? { kind: 'known', value: null, source: 'cache' } : contacts.ask(question, fresh);
    asked.push({ account: id, contact, route });
    known ||= !('promise' in contact) && knows(contact);
  }
  return asked;
}

const knows = <Value>(told: Told<Value> | null): boolean => told?.kind === 'known' && told.value !== null;

/** Waits for contacts in order, up to the first that knows, for the one whose names win, and for all routes. Null = no answer when patience ended. */
export async function patiently(questions: readonly Questions[], signal: AbortSignal, namesFrom: AccountId | null): Promise<readonly Heard[]> {
  const late = lateness(signal);
  const heard: Heard[] = [];
  let known = false;
  for (const { account, contact, route } of questions) {
    const wanted: boolean = !known || account === namesFrom;
    const told: Told<Contact> | null = wanted ? await answered(contact, late.promise) : null;
    known ||= knows(told);
    heard.push({ account, contact: told, unasked: !wanted, route: route === null ? null : await answered(route, late.promise) });
  }
  late.forget();
  return heard;
}

async function answered<Value>(asked: Asked<Value>, late: Promise<null>): Promise<Told<Value> | null> {
  return 'promise' in asked ? await Promise.race([asked.promise, late]) ?? asked.meanwhile : asked;
}
