/** The CRM of the outage, as a process of its own: the strict stand-in of Bitrix24, with a watch that writes down when each request came. */
import { startPortal } from '../../test/fakes/crm/bitrix24.ts';

export interface Opening { readonly port: number; readonly perSecond: number; readonly burst: number }
export interface Report {
  /** When each request came, milliseconds since 1970, ascending; `refused` of them were above the limit. */
  readonly arrivals: readonly number[];
  readonly refused: number;
  /** Finished calls by EXTERNAL_CALL_ID: how many CALL_IDs of it were finished. */
  readonly finished: Readonly<Record<string, number>>;
  /** When the card of a call was opened first. */
  readonly shown: Readonly<Record<string, number>>;
  readonly methods: Readonly<Record<string, number>>;
}

/** The users and the one client of every call. */
export const SECRET = 'outagesecret0001';
const USERS = [{ id: 7, name: 'Anna', extension: '219' }, { id: 8, name: 'Olga', extension: '220' }];
const CLIENT = { id: 318, name: 'Irina', phone: '+79161234567', responsible: 7 };

async function open({ port, perSecond, burst }: Opening): Promise<() => Report> {
  const portal = await startPortal({ port, secret: SECRET, users: USERS, contacts: [CLIENT], bucket: { perSecond, burst } });
  const arrivals: number[] = [];
  const shown: Record<string, number> = {};
  const methods: Record<string, number> = {};
  const ledger = portal.ledger as unknown as { push: (...entries: { readonly method: string; readonly params: unknown }[]) => number };
  const push = ledger.push.bind(ledger);
  ledger.push = (...entries) => {
    const now = performance.timeOrigin + performance.now();
    for (const { method, params } of entries) {
      arrivals.push(now);
      methods[method] = (methods[method] ?? 0) + 1;
      const callId = method === 'telephony.externalcall.show' ? (params as Readonly<Record<string, unknown>>)['CALL_ID'] : undefined;
      const call = callId === undefined ? undefined : portal.calls.findLast((one) => one.callId === callId);
      if (call !== undefined) shown[call.externalCallId] ??= now;
    }
    return push(...entries);
  };
  return () => {
    const finished: Record<string, number> = {};
    for (const call of portal.calls) if (call.finish !== null) finished[call.externalCallId] = (finished[call.externalCallId] ?? 0) + 1;
    return { arrivals, refused: portal.ledger.filter(({ status }) => status === 503).length, finished, shown, methods };
  };
}

let report: (() => Report) | null = null;
process.on('message', (message: Opening | 'report') => {
  if (message === 'report') process.send?.(report?.());
  else void open(message).then((opened) => { report = opened; process.send?.('open'); });
});
process.on('disconnect', () => { process.exit(0); });
