/**
 * Connections are capped, so that somebody who opens thousands and says nothing shuts nobody out: of those that have not asked anything yet the
 * oldest goes, and one address gets no more than its share. Deadlines for headers and requests are the server's own (`server.ts`).
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { asker, type InNetworks, plainAddress } from './addresses.ts';

export interface ConnectionLimits {
  /** All together; at that number those go that rest between two requests. */
  readonly total: number;
  /** That have not asked anything yet. */
  readonly silent: number;
  readonly perAddress: number;
  /** Milliseconds that a connection may rest between two requests. */
  readonly restMs: number;
}

export const CONNECTION_LIMITS: ConnectionLimits = { total: 500, silent: 100, perAddress: 60, restMs: 10_000 };

/** `exempt`: proxies, behind which many people sit. */
export function guardConnections(server: Server, limits: ConnectionLimits, exempt: InNetworks): void {
  const silent = new Set<Socket>();
  const perAddress = new Map<string, number>();
  let total = 0;
  const count = (key: string, by: number): number => {
    const now = (perAddress.get(key) ?? 0) + by;
    if (now > 0) perAddress.set(key, now);
    else perAddress.delete(key);
    total += by;
    return now;
  };
  server.on('connection', (socket: Socket) => {
    const address = plainAddress(socket.remoteAddress);
    const key = asker(address);
    const mine = count(key, 1);
    socket.once('close', () => { count(key, -1); silent.delete(socket); });
    if (total >= limits.total) server.closeIdleConnections();
    if (total > limits.total || (mine > limits.perAddress && !exempt(address))) { socket.destroy(); return; }
    silent.add(socket);
    const [oldest] = silent;
    if (silent.size > limits.silent) oldest?.destroy();
  });
  server.on('request', ({ socket }) => { silent.delete(socket); });
}
