/**
 * ding-dong 0.1.7 ships no types. Only its Context is used, by a deep import (the package has no `exports` map; its version is pinned),
 * and of the Context only what `agi/session.ts` needs: everything else of the package is behind the shield.
 */
declare module 'ding-dong/lib/context.js' {
  /** What `Readable.wrap()` asks of an old-style stream. Its methods must be enumerable: wrap() copies them with `for in`. */
  interface WrappableStream {
    on(event: string, listener: (data: Uint8Array) => void): unknown;
    pause(): unknown;
    resume(): unknown;
    write(text: string): unknown;
    end(): unknown;
  }
  class Context {
    constructor(stream: WrappableStream, options?: { debug?: boolean; logger?: (arrow: string, data: unknown) => void });
    /** Writes the line and calls back with the next reply; never with an error. Throws what the stream's `write` throws. */
    send(line: string, callBack: () => void): void;
    end(): Promise<void>;
  }
  export default Context;
}

/** The package's front door, for the benchmark's yardstick alone. */
declare module 'ding-dong' {
  import type { Server } from 'node:net';
  import type Context from 'ding-dong/lib/context.js';

  interface BareContext extends Context {
    on(event: 'variables', listener: (variables: Record<string, string>) => void): this;
    on(event: 'error' | 'close' | 'hangup', listener: () => void): this;
    getVariable(name: string): Promise<{ readonly value?: string }>;
    setVariable(name: string, value: string): Promise<unknown>;
  }
  interface Options { port?: number; host?: string; debug?: boolean }
  interface BareServer { start(port?: number | string, host?: string): Server }
  export default function agi(handler: (context: BareContext) => void, options?: Options): BareServer;
}
