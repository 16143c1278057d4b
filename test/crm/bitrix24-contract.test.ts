import t from 'tap';
import bitrix24 from '../../crm/drivers/bitrix24.ts';
import { CLIENT, examine } from '../contract/driver.ts';
import { startPortal } from '../fakes/crm/bitrix24.ts';

examine(t, {
  kind: bitrix24,
  keepsSound: true,
  start: async (name) => {
    const portal = await startPortal({
      users: [{ id: 7, name: 'Anna', extension: '207' }, { id: 8, name: 'Boris', extension: '208' }],
      contacts: [{ id: 318, name, phone: CLIENT, responsible: 7 }],
    });
    return {
      standIn: portal,
      settings: { url: portal.url },
      cardsShown: (linkedid) => [...new Set(portal.call(linkedid)?.shown.flatMap(({ what, users }) => (what === 'show' ? users : [])))],
      told: (linkedid) => ({
        ended: portal.callsOf(linkedid).filter((call) => call.finishes > 0).reduce((sum, call) => sum + call.finishes, 0),
        record: portal.call(linkedid)?.records.at(-1)?.bytes ?? null,
      }),
    };
  },
});
