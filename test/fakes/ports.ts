import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

/** A port for a program of its own that has to be told one. Somebody else may take it in between; a port 0 of our own is better where it is possible. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await new Promise((resolve) => { probe.close(resolve); });
  return port;
}
