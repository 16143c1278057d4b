/**
 * U-ON.Travel by its API of HTTPS and JSON (crm-contracts 4.3). What is told when, and what the product cannot do: docs/crm/uon.md. The rules of telling once
 * stand in uon/telling.ts.
 */
import type { Driver, DriverKind, DriverTools } from '../driver.ts';
import { check } from './uon/check.ts';
import { lookup, users } from './uon/clients.ts';
import type { Desk } from './uon/desk.ts';
import { hear } from './uon/hearing.ts';
import { settings, type Settings } from './uon/settings.ts';
import { deliver } from './uon/telling.ts';

const uon: DriverKind<Settings> = {
  name: 'uon',
  settings,
  // No limit is published (crm-contracts 4.3: unconfirmed): what a person with a browser would do.
  pace: { perSecond: 2, burst: 10, parallel: 2 },
  create,
};
export default uon;

function create(chosen: Settings, tools: DriverTools): Driver {
  const desk: Desk = { settings: chosen, tools };
  return {
    lookup: (number, signal) => lookup(desk, number, signal),
    deliver: (fact, signal) => deliver(desk, fact, signal),
    check: (signal) => check(desk, signal),
    users: (signal) => users(desk, signal),
    hear: (heard) => Promise.resolve(hear(desk, heard)),
  };
}
