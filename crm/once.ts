/** Ids for what a CRM says without one: the same as long as the same is said again within a while (a browser, a proxy, an impatient hand: crm-contracts 6.10). */
import type { Clock } from '../core/ports.ts';

/** `what` is about whom or what, `word` what is said of it: another word is another event. */
export type Once = (what: string, word?: string) => string;

const SAME_MS = 30_000;
/** The oldest goes first. */
const REMEMBERED = 1_000;

export function createOnce(product: string, clock: Clock): Once {
  const last = new Map<string, { readonly word: string; readonly at: number }>();
  return (what, word = '') => {
    const now = clock.now();
    const known = last.get(what);
    const said = known?.word === word && now - known.at < SAME_MS && now >= known.at ? known : { word, at: now };
    last.delete(what);
    last.set(what, said);
    const oldest = last.keys().next().value;
    if (last.size > REMEMBERED && oldest !== undefined) last.delete(oldest);
    return `${product}/${what}/${word === '' ? '' : `${word}/`}${said.at}`;
  };
}
