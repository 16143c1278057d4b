/**
 * A place for one run: a number N of its own on this machine, and with it addresses (127.0.N.*), ports and a folder. All of
 * 127.0.0.0/8 is the loopback interface on Linux, so two labs never meet although all their phones sit on port 5060.
 */
import { createSocket } from 'node:dgram';
import { createServer, type Server } from 'node:net';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { LAB_FOLDER } from './build.ts';
import { LabError } from './errors.ts';

export interface Place {
  readonly number: number;
  /** `.lab/run-N`: configuration, spool, log of this run, under the same absolute path inside and outside of the chroot. */
  readonly folder: string;
  /** The recordings folder; the path is the same for Asterisk and for the host. */
  readonly recordings: string;
  /** Asterisk's own SIP and RTP address. */
  readonly address: string;
  readonly sipPort: number;
  readonly rtpPorts: readonly [number, number];
  /** 127.0.0.1 with ports of this run. */
  readonly amiPort: number;
  /** Nobody listens here until CallMe does. */
  readonly agiPort: number;
  readonly release: () => Promise<void>;
}

const SIP_PORT = 5060;
const FIRST = 1;
const LAST = 250;
/** Held open as long as the run lives: the kernel frees it however we die, so there is no stale lock. */
const RESERVATION_PORT = 5059;

async function listen(host: string, port: number): Promise<Server | null> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => { resolve(null); });
    server.listen({ host, port, exclusive: true }, () => { server.unref(); resolve(server); });
  });
}

async function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => { resolve(); }));
}

async function isFree(host: string, port: number): Promise<boolean> {
  const server = await listen(host, port);
  if (server) await close(server);
  return server !== null;
}

/** A SIP server of the host that listens on every address would sit on ours, too. */
async function isSipFree(host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => { resolve(false); });
    socket.bind({ address: host, port: SIP_PORT, exclusive: true }, () => socket.close(() => { resolve(true); }));
  });
}

function describe(number: number, held: Server): Place {
  const folder = join(LAB_FOLDER, `run-${number}`);
  return {
    number, folder, recordings: join(folder, 'spool', 'continuous'),
    address: `127.0.${number}.1`, sipPort: SIP_PORT, rtpPorts: [10_000, 10_998],
    // Below the ephemeral range (32768 and up), so that no outgoing connection sits on them by chance.
    amiPort: 21_000 + number, agiPort: 22_000 + number,
    release: () => close(held),
  };
}

/** Takes the first free number. The folder starts empty. Rejects with LabError `no-place`. */
export async function takePlace(): Promise<Place> {
  for (let number = FIRST; number <= LAST; number += 1) {
    const held = await listen(`127.0.${number}.1`, RESERVATION_PORT);
    if (!held) continue;
    const place = describe(number, held);
    if (await isSipFree(place.address) && await isFree('127.0.0.1', place.amiPort) && await isFree('127.0.0.1', place.agiPort)) {
      await rm(place.folder, { recursive: true, force: true });
      await mkdir(place.recordings, { recursive: true });
      return place;
    }
    await close(held);
  }
  throw new LabError('no-place', `no free lab number between ${FIRST} and ${LAST} (does a SIP server of this machine listen on 0.0.0.0:${SIP_PORT}?)`);
}
