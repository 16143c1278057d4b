/**
 * TLS for a library that knows only `net.createConnection`: our TLS connection to Asterisk, and one loopback connection through which
 * the library talks into it. Only the socket that we name is let in. It costs one more copy per packet, with TLS only.
 */
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { pipeline } from 'node:stream';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { AmiError, socketFailure } from './errors.ts';
import type { LinkSettings } from './settings.ts';

export interface Tunnel {
  readonly port: number;
  /** Joins the loopback connection that comes from this port; all others are dropped. */
  admit(localPort: number): void;
}

/** Rejects with AMI_REFUSED, AMI_DOWN, or AMI_INSECURE when the certificate is not to be trusted. The signal ends it at any time. */
export async function openTunnel(settings: LinkSettings, signal: AbortSignal): Promise<Tunnel> {
  const secure = await secureConnection(settings, signal);
  const server = createServer({ pauseOnConnect: true });
  const gate = new Gate(server, secure);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  signal.addEventListener('abort', () => server.close());
  return { port: (server.address() as AddressInfo).port, admit: (port) => gate.admit(port) };
}

function secureConnection(settings: LinkSettings, signal: AbortSignal): Promise<TLSSocket> {
  const { host, port } = settings;
  const tls = typeof settings.tls === 'object' ? settings.tls : {};
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, ...tls });
    signal.addEventListener('abort', () => socket.destroy());
    socket.once('secureConnect', () => resolve(socket));
    let reached = false;
    socket.once('connect', () => (reached = true));
    socket.on('error', (cause: Error) => reject(reached ? notTrusted(`${host}:${port}`, cause) : socketFailure(`${host}:${port}`, cause)));
    socket.once('close', () => reject(notTrusted(`${host}:${port}`, new Error('closed during the handshake'))));
  });
}

/** Somebody answered there, and TLS came to nothing. */
function notTrusted(where: string, cause: Error): AmiError {
  return new AmiError('AMI_INSECURE', `no trusted TLS connection to ${where}: ${cause.message}`,
    'check tlsenable and tlscertfile in manager.conf; for a certificate of your own give it as ami.tls.ca', { cause });
}

/** The loopback connection may be accepted before or after we know its port. */
class Gate {
  readonly #server: Server;
  readonly #secure: TLSSocket;
  readonly #arrived: Socket[] = [];
  #port: number | null = null;

  constructor(server: Server, secure: TLSSocket) {
    this.#server = server;
    this.#secure = secure;
    server.on('connection', (socket) => this.#arrive(socket));
    secure.once('close', () => this.#shut());
  }

  admit(localPort: number): void {
    this.#port = localPort;
    for (const socket of this.#arrived.splice(0)) this.#arrive(socket);
  }

  #arrive(socket: Socket): void {
    socket.on('error', () => socket.destroy());
    if (this.#port === null) this.#arrived.push(socket);
    else if (socket.remotePort === this.#port) this.#join(socket);
    else socket.destroy();
  }

  #join(socket: Socket): void {
    this.#server.close();
    pipeline(socket, this.#secure, socket, () => {
      socket.destroy();
      this.#secure.destroy();
    });
  }

  #shut(): void {
    this.#server.close();
    for (const socket of this.#arrived.splice(0)) socket.destroy();
  }
}
