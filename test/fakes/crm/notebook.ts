/** The stand-in of the example CRM in docs/writing-a-driver.md: pages in a map, `PUT` replaces. */
import { type Answer, type Asked, type StandIn, startStandIn } from './stand-in.ts';

export interface Notebook extends StandIn { readonly baseUrl: string; readonly pages: ReadonlyMap<string, Page> }
export interface Page { readonly fields: Readonly<Record<string, unknown>>; readonly sound: Buffer | null }
export interface NotebookContact { readonly id: string; readonly name: string; readonly phone: string; readonly owner: number | null; readonly extension: string | null }

const TOKEN = 'Bearer notebooktoken';
const said = (status: number, body: object = { ok: status === 200 }): Answer => ({ status, body });

/** `users`: the ids of its people. */
export async function startNotebook(contacts: readonly NotebookContact[], users: readonly number[] = [7, 8]): Promise<Notebook> {
  const pages = new Map<string, Page>();
  const standIn = await startStandIn({
    nameOf: (asked) => `${asked.verb} ${asked.url.pathname}`,
    paramsOf: (asked) => asked.body.subarray(0, 1000).toString('utf8'),
    apply: (asked) => apply(asked, pages, { contacts, users }),
  });
  return { ...standIn, baseUrl: standIn.origin, pages };
}

interface People { readonly contacts: readonly NotebookContact[]; readonly users: readonly number[] }

function apply(asked: Asked, pages: Map<string, Page>, { contacts, users }: People): Answer {
  if (asked.headers['authorization'] !== TOKEN) return said(401);
  const [, room, id = '', part] = asked.url.pathname.split('/');
  if (room === 'users') return said(200, { ok: true, users: users.map((user) => ({ id: user })) });
  if (room === 'contacts') return said(200, { contacts: contacts.filter((contact) => contact.phone === asked.url.searchParams.get('phone')) });
  if (room !== 'calls' || asked.verb !== 'PUT') return said(404);
  const page = pages.get(id);
  if (part === 'sound') return page === undefined ? said(404) : keep(pages, id, { ...page, sound: soundOf(asked.body) });
  return keep(pages, id, { fields: JSON.parse(asked.body.toString('utf8')) as Page['fields'], sound: page?.sound ?? null });
}

function keep(pages: Map<string, Page>, id: string, page: Page): Answer {
  pages.set(id, page);
  return said(200);
}

const soundOf = (body: Buffer): Buffer => body.subarray(body.indexOf('\r\n\r\n') + 4, body.lastIndexOf('\r\n--'));
