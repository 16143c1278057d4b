/** What the tests of Bitrix24 share: a portal, a driver as a webhook or as an application, and what both remember. */
import type { Test } from 'tap';
import { createHttp } from '../../app/http.ts';
import type { Http } from '../../core/ports.ts';
import type { AccountId, Employee, Extension } from '../../core/words.ts';
import type { Driver, DriverTools, Keep } from '../../crm/driver.ts';
import type { HeardAnswer } from '../../crm/heard.ts';
import bitrix24 from '../../crm/drivers/bitrix24.ts';
import { CLIENT } from '../contract/driver.ts';
import { type Portal, type PortalOptions, startPortal } from '../fakes/crm/bitrix24.ts';
import { keepIn, toolsFor } from '../fakes/crm/tools.ts';

export const ext = (text: string): Extension => text as Extension;
export const anna: Employee = { extension: ext('207'), name: 'Anna', crm: { b24: 7 } };
export const USERS = [{ id: 1, name: 'Admin' }, { id: 7, name: 'Anna', lastName: 'Petrova', extension: '207' }, { id: 8, extension: '208' }, { id: 9, extension: '209', active: false }];
export const CONTACT = { id: 318, name: 'Irina', phone: CLIENT, responsible: 8 };

export interface Setting {
  readonly portal?: PortalOptions;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly tools?: Partial<DriverTools>;
  /** An application that has its tokens, one that has none, or a webhook. */
  readonly as?: 'webhook' | 'application' | 'stranger';
}
export interface Scene {
  readonly portal: Portal;
  readonly driver: Driver;
  readonly http: Http;
  readonly keep: Keep;
  readonly signal: AbortSignal;
  readonly rests: (readonly [string | null, number])[];
  /** Another process over the same memory. */
  readonly again: (more?: Setting) => Driver;
  readonly hear: (path: string, body: string, query?: Readonly<Record<string, string>>) => Promise<HeardAnswer | null>;
  readonly asked: (method: string) => readonly unknown[];
}

export async function scene(t: Test, { portal: options, settings, tools, as = 'webhook' }: Setting = {}): Promise<Scene> {
  const portal = await startPortal({ users: USERS, contacts: [CONTACT], ...options });
  t.teardown(() => portal.stop());
  const http = createHttp({ version: '0.0.0' });
  t.teardown(() => http.close());
  const keep = keepIn();
  const rests: [string | null, number][] = [];
  const { signal } = new AbortController();
  const base = as === 'webhook' ? { url: portal.url, applicationToken: portal.app.options.applicationToken } : portal.appSettings;
  const again = (more: Setting = {}): Driver => bitrix24.create(bitrix24.settings.parse({ ...base, ...settings, ...more.settings }), toolsFor(http, {
    account: 'b24' as AccountId, employees: [anna], keep, rest: (operation, milliseconds) => { rests.push([operation, milliseconds]); }, ...tools, ...more.tools,
  }));
  const driver = again();
  const hear: Scene['hear'] = async (path, body, query = {}) =>
    await driver.hear?.({ method: path === 'oauth' ? 'GET' : 'POST', path, query: new URLSearchParams(query), headers: {}, body }, signal) ?? null;
  const made: Scene = {
    portal, driver, http, keep, signal, rests, again, hear,
    asked: (method) => portal.ledger.filter((entry) => entry.method.includes(method)).map((entry) => entry.params),
  };
  if (as === 'application') {
    const answer = await hear('install', portal.installBody());
    if (answer?.status !== 200) throw new Error('the application is not installed');
    portal.forgetLedger();
  }
  return made;
}

/** Every access token of the portal is over. */
export function expire({ app }: Portal): void {
  for (const token of app.access.keys()) app.access.set(token, 0);
}
