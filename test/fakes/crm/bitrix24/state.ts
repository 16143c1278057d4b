/** What the stand-in portal holds. Section numbers are those of the contract notes in docs/crm/bitrix24.md's source list. */
export interface PortalUser { readonly id: number; readonly name?: string; readonly lastName?: string; readonly extension?: string | null; readonly active?: boolean }
export interface PortalContact {
  readonly id: number; readonly type?: 'CONTACT' | 'COMPANY' | 'LEAD'; readonly name: string; readonly phone: string;
  /** Portal user; null = nobody. */
  readonly responsible?: number | null;
}
export interface PortalLine { readonly number: string; readonly name?: string; readonly autoCreate?: boolean }

/** One CALL_ID. `finishes` counts those that were applied: more than one is impossible, and that is the point. */
export interface PortalCall {
  readonly callId: string; readonly externalCallId: string; readonly phone: string; readonly type: number; readonly userId: number; readonly line: string;
  readonly startDate: string; readonly startedAt: number; readonly crmCreate: boolean; readonly addToChat: boolean; readonly internal: boolean;
  entity: { readonly type: string; readonly id: number } | null;
  /** How often register named this CALL_ID. */
  registers: number;
  finishes: number;
  finish: PortalFinish | null;
  /** Who has the card open now, and everything that was shown or hidden. */
  readonly cards: Set<number>;
  readonly shown: { readonly what: 'show' | 'hide'; readonly users: readonly number[] }[];
  /** Every upload, in order; the last one is the record. */
  readonly records: { readonly fileId: number; readonly name: string; readonly bytes: Buffer }[];
}
export interface PortalFinish {
  readonly userId: number; readonly duration: number; readonly statusCode: string; readonly failedReason: string; readonly addToChat: boolean | null; readonly activityId: number;
}

export interface PortalState {
  readonly users: PortalUser[];
  /** [1.1] `user_brief`: user.get hides extensions. */
  brief: boolean;
  readonly contacts: Required<PortalContact>[];
  readonly lines: PortalLine[];
  readonly calls: PortalCall[];
  /** One-time places of mode B. */
  readonly uploads: Map<string, { readonly call: PortalCall; readonly name: string }>;
  readonly now: () => number;
  readonly nextId: () => number;
  readonly origin: () => string;
}

/** The portal compares numbers in one spelling [1.8]: here, by the last ten digits. */
export const phoneKey = (phone: string): string => phone.replace(/\D/g, '').slice(-10);
