import { AmiError } from './errors.ts';
import type { Collector } from './pending.ts';
import { refusal } from './wire.ts';
import type { Headers } from './wire.ts';

/** A list is told whole, or not at all: half a list of channels would end calls that live on. */
export type ListAnswer =
  | { readonly kind: 'list'; readonly items: readonly Headers[] }
  | { readonly kind: 'refused'; readonly message: string };

/** More channels than one Asterisk carries; a list beyond it is an error of the peer. */
export const LIST_CAP = 20_000;

/**
 * Collects `Response` (`EventList: start`), the items, and the `…Complete` event: all carry the ActionID, and other events may come
 * in between [asterisk-facts 5]. Throws AMI_OVERFLOW beyond the cap.
 */
export function listCollector(cap = LIST_CAP): Collector<ListAnswer> {
  const items: Headers[] = [];
  return {
    take(item) {
      if (!item.has('event')) return begun(item);
      if (completes(item)) return { result: { kind: 'list', items } };
      if (items.push(item) > cap) throw new AmiError('AMI_OVERFLOW', `Asterisk sent a list of more than ${cap} items`);
      return 'more';
    },
  };
}

function begun(response: Headers): 'more' | { readonly result: ListAnswer } {
  const message = refusal(response);
  return message === null ? 'more' : { result: { kind: 'refused', message } };
}

/** `EventList: Complete`, or by name where an older Asterisk leaves that header out (StatusComplete had only `Items`). */
const completes = (item: Headers): boolean => item.text('eventlist').toLowerCase() === 'complete' || item.event.endsWith('Complete');
