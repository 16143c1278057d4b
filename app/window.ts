/** The window (`web/`) with everything that it looks out on: recordings behind signed links, the API behind tokens, health for everybody. */
import type { Clock, Log, Store } from '../core/ports.ts';
import { DEFAULT_TENANT } from '../core/words.ts';
import { recordingOpener } from '../recordings/storage/open-recording.ts';
import type { Storage } from '../recordings/storage/storage.ts';
import type { RecorderPort } from '../web/api/recorder.ts';
import { apiRoutes } from '../web/api/routes.ts';
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
}

const MINUTES_A_DAY = 1_440;

/** Built, not started. */
export function openWindow({ config, store, clock, log, version, readiness, recorder, storage, links }: WindowTools): WebServer {
  const { listen, publicUrl, tokens, trustProxy, linkDays } = config.web;
  const recordings = recordingRoute({ tenant: DEFAULT_TENANT, keys: links.keys, store: store.recordings, open: recordingOpener(storage), clock, log });
  const api = apiRoutes({
    tokens: tokens.map((token) => token.reveal()), recorder, version, clock, log, store: store.recordings, toldTo: surroundings(config, store).toldTo,
    link: links.forPerson, maxMinutes: linkDays * MINUTES_A_DAY,
  });
  const basePath = publicUrl === undefined ? '' : new URL(publicUrl).pathname.replace(/\/+$/, '');
  return new WebServer({ ...listen, version, readiness, trustProxy, basePath, log, routes: [recordings, ...api] });
}
