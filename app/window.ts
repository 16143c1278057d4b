/** The window (`web/`) with everything that it looks out on: recordings behind signed links, the API behind tokens, health for everybody. */
import type { Clock, Log, Store } from '../core/ports.ts';
import { DEFAULT_TENANT } from '../core/words.ts';
import { recordingOpener } from '../recordings/storage/open-recording.ts';
import type { Storage } from '../recordings/storage/storage.ts';
import type { RecorderPort } from '../web/api/recorder.ts';
import { admission } from '../web/admission.ts';
import type { ContactTools } from '../web/api/contacts.ts';
import { debugRoutes } from '../web/contacts/debug.ts';
import type { Directory } from '../web/contacts/directory.ts';
import { directoryRoutes } from '../web/contacts/routes.ts';
import { type Detail, DETAIL_MINUTES, SUBSYSTEMS } from './detail.ts';
import { apiRoutes } from '../web/api/routes.ts';
import { crmDoors, type CrmPort } from '../web/crm-doors.ts';
import { recordingRoute } from '../web/recordings.ts';
import { type Readiness, WebServer } from '../web/server.ts';
import type { Config } from './config/index.ts';
import { surroundings } from './keeping.ts';
import type { RecordingLinks } from './recording-links.ts';

export interface WindowTools {
  readonly config: Config;
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly version: string;
  readonly readiness: () => Readiness;
  readonly recorder: RecorderPort;
  /** Where recordings are: this machine, or a bucket too (`keeping.ts`). */
  readonly storage: Storage;
  readonly links: RecordingLinks;
  /** Takes what CRMs tell us. */
  readonly crm: CrmPort;
  /** Contacts, employees and lines. */
  readonly directory: Directory;
  readonly detail: Detail;
  readonly contacts: ContactTools;
}

const MINUTES_A_DAY = 1_440;

/** Built, not started. */
export function openWindow({ config, store, clock, log, version, readiness, recorder, storage, links, crm, contacts, directory, detail }: WindowTools): WebServer {
  const { listen, publicUrl, tokens, trustProxy, linkDays } = config.web;
  const recordings = recordingRoute({ tenant: DEFAULT_TENANT, keys: links.keys, store: store.recordings, open: recordingOpener(storage), clock, log });
  const shown = tokens.map((token) => token.reveal());
  const admit = admission({ tokens: shown, clock, log });
  const api = apiRoutes({
    tokens: shown, admit, recorder, contacts, version, clock, log, store: store.recordings, toldTo: surroundings(config, store).toldTo,
    link: links.forPerson, maxMinutes: linkDays * MINUTES_A_DAY,
  });
  const basePath = publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '');
  return new WebServer({ ...listen, version, readiness, trustProxy, basePath, log, routes: [
    recordings, ...api, ...crmDoors({ port: crm, clock, log }), ...directoryRoutes({ directory, tokens: shown, admit, clock, log }),
    ...debugRoutes({ debug: { subsystems: SUBSYSTEMS, minutes: DETAIL_MINUTES, shown: () => detail.shown(), set: (levels, minutes) => detail.set(levels, minutes, log) }, tokens: shown, admit, clock, log }),
  ] });
}
