/** Every CRM that has a stand-in, as the outbox meets it: the real driver, a strict peer, one client, two employees. */
import type { DriverKind } from '../../crm/driver.ts';
import bitrix24 from '../../crm/drivers/bitrix24.ts';
import moysklad from '../../crm/drivers/moysklad.ts';
import rest from '../../crm/drivers/rest.ts';
import retailcrm from '../../crm/drivers/retailcrm.ts';
import uon from '../../crm/drivers/uon.ts';
import { anna, CLIENT, LINES, linkTo, type Stage } from '../contract/driver-stage.ts';
import { startPortal } from '../fakes/crm/bitrix24.ts';
import { startSklad } from '../fakes/crm/moysklad.ts';
import { startRest } from '../fakes/crm/rest.ts';
import { startRetail } from '../fakes/crm/retailcrm.ts';
import { startUon } from '../fakes/crm/uon.ts';

export interface World { readonly name: string; readonly kind: DriverKind; readonly sound: 'kept' | 'linked'; start(): Promise<Stage> }

export const BITRIX24: World = {
  name: 'bitrix24', kind: bitrix24, sound: 'kept',
  start: async () => {
    const portal = await startPortal({ users: [{ id: 7, name: 'Anna', extension: '207' }, { id: 8, name: 'Boris', extension: '208' }], contacts: [{ id: 318, name: 'Irina', phone: CLIENT, responsible: 7 }], lines: LINES });
    return {
      standIn: portal, settings: { url: portal.url, defaultUser: 7 },
      told: (linkedid) => ({ ended: portal.callsOf(linkedid).reduce((sum, call) => sum + call.finishes, 0), record: portal.call(linkedid)?.records.at(-1)?.bytes ?? null }),
    };
  },
};

const RETAILCRM: World = {
  name: 'retailcrm', kind: retailcrm, sound: 'linked',
  start: async () => {
    const retail = await startRetail({ users: [{ id: 7, firstName: 'Anna', code: '207' }, { id: 8, firstName: 'Boris', code: '208' }], customers: [{ id: 55, firstName: 'Irina', phone: CLIENT, manager: 7 }] });
    return {
      standIn: retail, settings: { url: retail.url, apiKey: 'retailkey0001', clientId: 'clicks-secret', site: 'shop' },
      told: (linkedid) => ({ ended: retail.callsOf(linkedid).length, record: textOf(retail.callsOf(linkedid).at(-1)?.['recordUrl']) }),
    };
  },
};

const MOYSKLAD: World = {
  name: 'moysklad', kind: moysklad, sound: 'linked',
  start: async () => {
    const sklad = await startSklad({ employees: [{ id: '7', extension: '207' }, { id: '8', extension: '208' }], clients: [{ id: 'c55', name: 'Irina', phone: CLIENT, owner: '7' }] });
    return {
      standIn: sklad, settings: { baseUrl: sklad.baseUrl, token: 'skladtoken0001' },
      told: (linkedid) => ({ ended: sklad.callsOf(linkedid).filter(({ ends }) => ends > 0).length, record: sklad.callsOf(linkedid).flatMap(({ links }) => links).at(-1) ?? null }),
    };
  },
};

const REST: World = {
  name: 'rest', kind: rest, sound: 'kept',
  start: async () => {
    const crm = await startRest({ contacts: [{ phone: CLIENT, id: 318, name: 'Irina', responsible: { id: '7', extension: anna } }], users: [{ id: '7', name: 'Anna', extension: '207', active: true }] });
    return {
      standIn: crm, settings: { url: crm.url, secret: crm.secret, users: {}, recording: 'upload', knownPhone: CLIENT, route: {} },
      told: (linkedid) => ({
        ended: [...crm.events.values()].filter((one) => one['event'] === 'call.finished' && one['call_id'] === linkedid).length,
        record: [...crm.recordings.values()].filter(({ callId }) => callId === linkedid).at(-1)?.file ?? null,
      }),
    };
  },
};

const UON: World = {
  name: 'uon', kind: uon, sound: 'linked',
  start: async () => {
    const manager = (id: string) => ({ u_id: id, u_name: 'Anna', u_surname: 'Petrova', active: 1 as const });
    const crm = await startUon({ managers: [manager('7'), manager('8')], clients: [{ u_id: '318', u_name: 'Irina', u_phone: CLIENT.slice(1), manager_id: '7' }] });
    return {
      standIn: crm, settings: { baseUrl: crm.baseUrl, apiKey: crm.apiKey, webhookSecret: 'a-secret-of-the-path', createLead: true, defaultManager: 8 },
      // U-ON has no id of ours: the calls of this story are told apart by their links.
      told: (linkedid) => ({ ended: crm.calls.filter((call) => call['record_link'] === linkTo(linkedid)).length, record: textOf(crm.calls.find((call) => call['record_link'] === linkTo(linkedid))?.['record_link']) }),
    };
  },
};

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null);

export const WORLDS: readonly World[] = [BITRIX24, RETAILCRM, MOYSKLAD, REST, UON];
