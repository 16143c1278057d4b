/** The example of docs/writing-a-driver.md is a real driver: the page holds this very text, and it passes the suite. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
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

examine(t, {
  kind: notebook,
  keepsSound: true,
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
