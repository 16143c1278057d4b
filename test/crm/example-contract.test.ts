/** The example of docs/writing-a-driver.md is a real driver: the page holds this very text, and it passes the suite. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { Extension } from '../../core/words.ts';
import { CLIENT, examine } from '../contract/driver.ts';
import notebook from '../fakes/crm/notebook-driver.ts';
import { startNotebook } from '../fakes/crm/notebook.ts';

const ROOT = join(import.meta.dirname, '../..');

t.test('the page shows the driver that is tested here', async (t) => {
  const page = await readFile(join(ROOT, 'docs/writing-a-driver.md'), 'utf8');
  const shown = /```ts\n(\/\*\* Notebook[\s\S]*?)```/.exec(page)?.[1];
  const tested = await readFile(join(ROOT, 'test/fakes/crm/notebook-driver.ts'), 'utf8');
  // On the page it lies in crm/drivers/, here among the fakes.
  t.equal(shown, tested.replaceAll("'../../../crm/", "'../").replaceAll("'../../../core/", "'../../core/"));
});

const nowhere = 'somebody who keeps telephones: Notebook does not';
examine(t, {
  kind: notebook,
  sound: 'kept',
  mistakes: {
    token: [{ name: 'another token', settings: (stage) => ({ ...stage.settings, token: 'another' }) }],
    reachable: [{ name: 'nobody there', settings: (stage) => ({ ...stage.settings, baseUrl: 'http://127.0.0.1:1' }) }],
    employees: [{ name: 'no such user', tools: { employees: [{ extension: '209' as Extension, name: 'Vera', crm: { examined: 9 } }] } }],
  },
  impossible: {
    'address': 'one address, or nobody answers as Notebook does', 'token-expiry': 'tokens do not end', 'scope': 'a token may everything', 'plan': 'it costs nothing', 'extensions': nowhere,
    'lines': nowhere, 'clock': 'no moment is compared', 'recordings': 'it keeps the sound', 'click-to-call': 'it has none', 'settings': 'there are no names in them', 'registration': 'there is none',
  },
  start: async (name) => {
    const standIn = await startNotebook([{ id: '318', name, phone: CLIENT, owner: 7, extension: '207' }]);
    return {
      standIn,
      settings: { baseUrl: standIn.baseUrl, token: 'notebooktoken' },
      told: (linkedid) => {
        const pages = [...standIn.pages.values()].filter((page) => page.fields['externalId'] === linkedid && page.fields['state'] === 'ended');
        return { ended: pages.length, record: pages[0]?.sound ?? null };
      },
    };
  },
});

t.test('the stand-in refuses what Notebook refuses', async (t) => {
  const standIn = await startNotebook([]);
  t.teardown(() => standIn.stop());
  const status = async (method: string, path: string, token = 'notebooktoken'): Promise<number> =>
    (await fetch(standIn.baseUrl + path, { method, headers: { authorization: `Bearer ${token}` }, ...(method !== 'GET' && { body: '{}' }) })).status;
  t.equal(await status('GET', '/users'), 200);
  t.equal(await status('GET', '/users', 'another'), 401);
  t.equal(await status('POST', '/calls/call-1'), 404, 'PUT alone');
  t.equal(await status('PUT', '/calls/call-1/sound'), 404, 'no sound of a call that is not there');
});
