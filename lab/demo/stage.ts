/** The whole scene of the main job: a PBX with the kit installed by `callme dialplan install`, a Bitrix24 portal, and `callme serve`. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startPortal, type Portal, type PortalUser } from '../../test/fakes/crm/bitrix24.ts';
import { freePort } from '../../test/fakes/ports.ts';
import type { Asterisk } from '../asterisk.ts';
import { MOBILE_OF_219 } from '../scenarios/story.ts';
import { callme, Server, type ServerFiles } from './server.ts';

/** The employees, as users of the portal, and the clients that it knows. */
export const USERS = [
  { id: 7, name: 'Иван', extension: '219', mobile: MOBILE_OF_219 }, { id: 8, name: 'Ольга', extension: '220' }, { id: 9, name: 'Пётр', extension: '221' },
] as const;
export const KNOWN = { id: 318, name: 'Ирина Орлова', phone: '+79161234567', responsible: 8 } as const;
export const UNKNOWN_NUMBER = '79261112233';

export interface Stage {
  readonly portal: Portal;
  readonly files: ServerFiles;
  /** The server that runs now; `restart` replaces it. */
  server(): Server;
  restart(): Promise<Server>;
  /** One verb with this stage's configuration. */
  verb(...words: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

/** Just enough of a PBX for the configuration: a real one, or the stand-in that plays captures. */
export interface Pbx { readonly ami: Asterisk['ami']; readonly agiPort: number; readonly recordings: string; readonly folder: string }

export const pbxOf = (asterisk: Asterisk): Pbx => ({ ami: asterisk.ami, agiPort: asterisk.agi.port, recordings: asterisk.recordings, folder: join(asterisk.place.folder, 'callme') });

/** As a user does it: look, install, tell Asterisk. */
export async function installKit(asterisk: Asterisk): Promise<string> {
  const where = ['--etc', asterisk.etc, '--recordings', asterisk.recordings, '--agi', `127.0.0.1:${asterisk.agi.port}`, '--no-freepbx'];
  const said = await callme(['dialplan', 'install', ...where]);
  await asterisk.reloadDialplan();
  return said;
}

export interface StageOptions {
  /** Further sections of the configuration, as YAML. */
  readonly more?: string;
  /** Further keys of the account, `, key: value`. */
  readonly account?: string;
  /** Further lines of the PBX. */
  readonly pbx?: string;
  /** Users of the portal that the configuration does not know. */
  readonly users?: readonly PortalUser[];
}

export async function raiseStage(pbx: Pbx, options: StageOptions = {}): Promise<Stage> {
  const portal = await startPortal({ users: [...USERS, ...options.users ?? []], contacts: [KNOWN] });
  const web = `127.0.0.1:${await freePort()}`;
  await mkdir(pbx.folder, { recursive: true });
  const files = { config: join(pbx.folder, 'callme.yaml'), log: join(pbx.folder, 'callme.log'), web };
  await writeFile(files.config, configuration(pbx, portal, { ...options, web }), { mode: 0o600 });
  let server = await Server.start(files).catch(async (error: unknown) => { await portal.stop(); throw error; });
  return {
    portal, files,
    server: () => server,
    restart: async () => (server = await Server.start(files)),
    verb: (...words) => callme([...words, '--config', files.config], [0, 1]),
    close: async () => { await server.stop(); await portal.stop(); },
  };
}

/** An ordinary configuration, nothing that a user would not write. */
function configuration({ ami, agiPort, recordings, folder }: Pbx, portal: Portal, { web, more = '', account = '', pbx = '' }: StageOptions & { readonly web: string }): string {
  const people = USERS.map((user) => `  - { extension: "${user.extension}", name: "${user.name}", crm: { b24: ${user.id} }${'mobile' in user ? `, mobile: ["${user.mobile}"]` : ''} }`);
  return `# written by the demo
dataDir: ${join(folder, 'data')}
store: { url: "sqlite:callme.db" }
phones: { country: RU, internal: "^[0-9]{2,5}$" }
pbx:
  - id: main
    ami: { host: ${ami.host}, port: ${ami.port}, username: ${ami.username}, secret: "${ami.secret}" }
    recordings: ${recordings}
    external: ["^PJSIP/trunk"]
${pbx}agi: { listen: "127.0.0.1:${agiPort}" }
web: { listen: "${web}" }
crm:
  - { id: b24, driver: bitrix24, url: "${portal.url}", defaultUser: 7${account} }
employees:
${people.join('\n')}
${more}`;
}
