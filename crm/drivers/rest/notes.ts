/** What is remembered of one call: which events were told, their order, and what its end said. */
import { z } from 'zod';
import type { Memory } from '../../driver.ts';
import type { Values } from './templates.ts';

export interface Notes {
  /** 1, 2, 3 …: the same for the same event, however often it is told. */
  seq(eventId: string): number;
  isTold(event: string): boolean;
  told(event: string): void;
  /** Why the CRM does not hear of this call; `''` = it does. */
  readonly skipped: string;
  skip(why: string): void;
  keep(values: Values): void;
  kept(): Values;
}

const values = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));
const order = z.array(z.string());

export function notesIn(memory: Memory): Notes {
  const list = (key: string): readonly string[] => order.catch([]).parse(parsed(memory.get(key)));
  const add = (key: string, one: string): readonly string[] => {
    const all = [...list(key), one];
    memory.set(key, JSON.stringify(all));
    return all;
  };
  return {
    seq: (eventId) => (list('order').indexOf(eventId) + 1) || add('order', eventId).length,
    isTold: (event) => list('told').includes(event),
    told: (event) => { if (!list('told').includes(event)) add('told', event); },
    get skipped() { return memory.get('skipped') ?? ''; },
    skip: (why) => memory.set('skipped', why),
    keep: (what) => memory.set('call', JSON.stringify(what)),
    kept: () => values.catch({}).parse(parsed(memory.get('call'))),
  };
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}
