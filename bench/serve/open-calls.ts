/** Calls in mid talk: the first half of a real one, often. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FILTERS } from '../../ami/filters.ts';

const CAPTURE = join(import.meta.dirname, '../../test/captures/22.10.1/a_inbound_answered.txt');

export function openCalls(count: number): string {
  const items = readFileSync(CAPTURE, 'utf8').split(/(?<=\r\n\r\n)/);
  const wanted = items.filter((item) => item.startsWith('Event: ') && !item.startsWith('Event: FullyBooted') && FILTERS.some((filter) => new RegExp(filter).test(item)));
  const talk = wanted.slice(0, wanted.findLastIndex((item) => item.startsWith('Event: BridgeEnter')) + 1).join('');
  return Array.from({ length: count }, (_, call) => talk.replaceAll(/\b(179516\d{4}\.\d+)\b/g, `$1${call}`).replaceAll(/(BridgeUniqueid: \S+)/g, `$1-${call}`)).join('');
}
