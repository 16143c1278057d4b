/**
 * What single rooms say in detail and would not say otherwise: each event of Asterisk, each question of the dialplan, each step of a recording. Everything
 * passes the mask; while a room is not switched on nothing is made of it.
 */
import type { Scripts } from '../../agi/scripts/index.ts';
import type { Script } from '../../agi/scripts/script.ts';
import type { AgiRequest } from '../../agi/wire.ts';
import type { CaptureEntry } from '../../ami/capture.ts';
import type { Clock, Log, RecordingStore } from '../../core/ports.ts';
import { createMask } from './mask.ts';

interface Switch { readonly isOn: (subsystem: string) => boolean }

const mask = createMask([]);
const pairs = (headers: Iterable<readonly [string, string]>): unknown => mask.value(Object.fromEntries(headers));

/** Every event as it was heard: the tee of the ears. */
export function detailedEvents({ log, detail }: { readonly log: Log; readonly detail: Switch }): (entry: CaptureEntry) => void {
  const room = log.child({ room: 'ami' });
  return (entry) => {
    if (!detail.isOn('ami')) return;
    const { pbx } = entry;
    if (entry.kind === 'headers') room.debug({ pbx, event: pairs(entry.headers) }, 'heard');
    else room.debug({ pbx, ...(entry.kind === 'resync' && { alive: entry.alive.map(pairs) }) }, entry.kind === 'resync' ? 'heard who lives' : 'heard no more');
  };
}

/** What the dialplan asked, and how long the answer took. */
export function detailedScripts(scripts: Scripts, { detail, clock }: { readonly detail: Switch; readonly clock: Clock }): Scripts {
  return new Map([...scripts].map(([name, script]) => [name, detailedScript(name, script, { detail, clock })]));
}

const ASKED = ['agi_callerid', 'agi_calleridname', 'agi_dnid', 'agi_extension', 'agi_context', 'agi_channel', 'agi_uniqueid', 'agi_callingpres', 'agi_arg_1', 'agi_arg_2', 'agi_arg_3', 'agi_arg_4'];

function detailedScript(name: string, script: Script, { detail, clock }: { readonly detail: Switch; readonly clock: Clock }): Script {
  return async (conversation) => {
    if (!detail.isOn('agi')) { await script(conversation); return; }
    const began = clock.now();
    conversation.log.debug({ script: name, asked: askedOf(conversation.request), leftMs: Math.round(conversation.leftMs) }, 'the dialplan asks');
    try {
      await script(conversation);
    } finally {
      conversation.log.debug({ script: name, ms: clock.now() - began }, 'the dialplan has its answer');
    }
  };
}

const askedOf = (request: AgiRequest): unknown => pairs(ASKED.flatMap((name) => {
  const value = request.get(name);
  return value === undefined || value === '' ? [] : [[name, value] as const];
}));

/** Each step of a recording, as it is written down. */
export function detailedRecordings<Recordings extends RecordingStore>(store: Recordings, { log, detail }: { readonly log: Log; readonly detail: Switch }): Recordings {
  const room = log.child({ room: 'recordings' });
  const noted = (recording: string, change: object): void => {
    if (detail.isOn('recordings')) room.debug({ recording: mask.text(recording), change: mask.value(change) }, 'a recording goes on');
  };
  const heard: Pick<RecordingStore, 'patch' | 'ready'> = {
    patch: (id, change, now) => { noted(id, change); store.patch(id, change, now); },
    ready: (id, change, fact, deliveries, now) => { noted(id, { ...change, told: deliveries.map(({ account }) => account) }); store.ready(id, change, fact, deliveries, now); },
  };
  return new Proxy(store, { get: (target, name) => {
    const own: unknown = Object.hasOwn(heard, name) ? Reflect.get(heard, name) : Reflect.get(target, name, target);
    return typeof own === 'function' && !Object.hasOwn(heard, name) ? (own as (...said: unknown[]) => unknown).bind(target) : own;
  } });
}
