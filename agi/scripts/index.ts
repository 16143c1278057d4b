/** The scripts by the name that stands in the URL: `agi://host:4573/NAME`. */
import type { AgiRequest } from '../wire.ts';
import { createCalleridScript } from './callerid.ts';
import type { FindContact } from './callerid.ts';
import { createRecordScript, recordEverything } from './record.ts';
import type { RecordPolicy } from './record.ts';
import { createRouteScript } from './route.ts';
import type { RouteTools } from './route.ts';
import type { Script } from './script.ts';

export type Scripts = ReadonlyMap<string, Script>;
export type ScriptTools = RouteTools & { readonly find: FindContact; readonly record?: RecordPolicy };

export function createScripts(tools: ScriptTools): Scripts {
  return new Map([
    ['route', createRouteScript(tools)],
    ['record', createRecordScript(tools.record ?? recordEverything)],
    ['callerid', createCalleridScript(tools.find)],
  ]);
}

/** The script's name: the URL's path without slashes around it and without a query (`/route?did=1` is `route`). */
export function scriptName(request: AgiRequest): string {
  const path = request.get('agi_network_script') ?? request.get('agi_request')?.replace(/^h?agi:\/\/[^/]*/i, '') ?? '';
  return (path.split('?')[0] ?? '').replace(/^\/+|\/+$/g, '');
}

/** Tells whoever watches the Asterisk console what the dialplan asked for in vain; the call goes on. */
export const unknownScript = (known: readonly string[]): Script => async ({ session, request, log }) => {
  const name = scriptName(request).replace(/[^\w/.-]/g, '?').slice(0, 60);
  log.warn({ script: name, known }, 'the dialplan asks for a script that does not exist');
  await session.command('VERBOSE', [`CallMe has no script "${name}"; it has ${known.join(', ')}`, '1']);
};
