/** Short stories told by hand, for cases that no capture shows yet. */
import type { Event } from '../../core/events.ts';
import { type Extension, instant, type LegId, type Linkedid, type Party, type PbxId } from '../../core/words.ts';

const PBX = 'main' as PbxId;
const BEGIN = Date.UTC(2026, 10, 20, 9);

export const client = (number: string): Party => ({ kind: 'external', number, name: '' });
export const employee = (extension: string): Party => ({ kind: 'employee', extension: extension as Extension, name: '' });

type On = { readonly pbx: PbxId; readonly leg: LegId; readonly linked: Linkedid };
const on = (leg: string, linked: string): On => ({ pbx: PBX, leg: leg as LegId, linked: linked as Linkedid });
type Without<One> = One extends Event ? Omit<One, 'at'> : never;
export type Untimed = Without<Event>;

export const opened = (leg: string, linked: string, party: Party, incoming: boolean): Untimed =>
  ({ ...on(leg, linked), kind: 'leg-opened', name: `PJSIP/${leg}-0001`, party, dialled: incoming ? '500' : '', context: '', incoming, line: 'trunk' });
export const dialled = (leg: string, linked: string, number: string): Untimed => ({ ...on(leg, linked), kind: 'dial-began', by: null, number, employee: null });
/** An outside line dials an employee's own telephone. */
export const dialledMobile = (leg: string, linked: string, number: string, extension: string): Untimed => ({ ...on(leg, linked), kind: 'dial-began', by: null, number, employee: extension as Extension });
export const variable = (leg: string, linked: string, name: string, value: string): Untimed => ({ ...on(leg, linked), kind: 'variable-set', variable: name, value });
export const conferred = (leg: string, linked: string, room: string): Untimed => ({ ...on(leg, linked), kind: 'bridge-entered', bridge: room, bridgeKind: 'conference' });
export const unconferred = (leg: string, linked: string, room: string): Untimed => ({ ...on(leg, linked), kind: 'bridge-left', bridge: room, bridgeKind: 'conference' });
export const voicemail = (leg: string, linked: string): Untimed => ({ ...on(leg, linked), kind: 'application-entered', application: 'VoiceMail' });
export const sealed = (linked: string): Untimed => ({ pbx: PBX, kind: 'linked-sealed', linked: linked as Linkedid });
export const alive = (): Untimed => ({ pbx: PBX, kind: 'link-alive' });
export const dialEnded = (leg: string, linked: string, status: 'ANSWER' | 'BUSY' | 'NOANSWER' | 'CANCEL' | 'CONGESTION'): Untimed => ({ ...on(leg, linked), kind: 'dial-ended', by: null, status, forward: '' });
export const ringing = (leg: string, linked: string): Untimed => ({ ...on(leg, linked), kind: 'leg-ringing' });
export const up = (leg: string, linked: string): Untimed => ({ ...on(leg, linked), kind: 'leg-up' });
export const parked = (leg: string, linked: string, bridge: string): Untimed => ({ ...on(leg, linked), kind: 'bridge-entered', bridge, bridgeKind: 'holding' });
/** One half of a Local channel. */
export const half = (leg: string, linked: string, name: string): Untimed =>
  ({ ...on(leg, linked), kind: 'leg-opened', name, party: { kind: 'helper' }, dialled: '', context: '', incoming: name.endsWith(';2'), line: '' });
export const held = (leg: string, linked: string): Untimed => ({ ...on(leg, linked), kind: 'held' });
export const unheld = (leg: string, linked: string): Untimed => ({ ...on(leg, linked), kind: 'unheld' });
export const entered = (leg: string, linked: string, bridge: string): Untimed => ({ ...on(leg, linked), kind: 'bridge-entered', bridge, bridgeKind: 'basic' });
export const left = (leg: string, linked: string, bridge: string): Untimed => ({ ...on(leg, linked), kind: 'bridge-left', bridge, bridgeKind: 'basic' });
export const closed = (leg: string, linked: string, cause = 16): Untimed => ({ ...on(leg, linked), kind: 'leg-closed', cause });
export const recording = (leg: string, linked: string, named: string): Untimed => ({ ...on(leg, linked), kind: 'recording-started', named: named as Linkedid, file: `2026/11/20/call-${named}.wav` });
export const recorded = (leg: string, linked: string, named: string): Untimed => ({ ...on(leg, linked), kind: 'recording-ended', named: named as Linkedid, file: `2026/11/20/call-${named}.wav`, bytes: 16_044 });
export const transferred = (leg: string, linked: string, ...linkeds: readonly string[]): Untimed => ({ ...on(leg, linked), kind: 'attended-transferred', linkeds: linkeds as readonly Linkedid[] });

/** Each event a second after the one before. */
export const story = (...events: readonly Untimed[]): readonly Event[] => events.map((event, second) => ({ ...event, at: instant(BEGIN + second * 1000) }));
