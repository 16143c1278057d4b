/** Stands between CallMe and the AMI, and can cut the line: what a switch, a firewall or a tunnel does to a link. */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

export class AmiProxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #target: number;
  #broken = false;
  #held: Socket[] = [];
  #passed = 0;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((socket) => { this.#join(socket); });
  }

  static async start(target: number): Promise<AmiProxy> {
    const proxy = new AmiProxy(target);
    await new Promise<void>((resolve) => { proxy.#server.listen(0, '127.0.0.1', resolve); });
    return proxy;
  }

  get port(): number { return (this.#server.address() as AddressInfo).port; }
  /** Links that went through so far. */
  get passed(): number { return this.#passed; }

  /**
   * Resets what is open and lets nobody through until `mend`. Who comes meanwhile is held, as by a firewall that swallows packets, and goes
   * through at `mend`: refusals would only drive up the back-off, and with it the chance whether the test still hears the call.
   */
  cut(): void {
    this.#broken = true;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  mend(): void {
    this.#broken = false;
    for (const near of this.#held.splice(0)) if (!near.destroyed) this.#join(near);
  }

  async close(): Promise<void> {
    this.cut();
    for (const near of this.#held) near.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => { resolve(); }));
  }

  #join(near: Socket): void {
    if (this.#broken) { this.#held.push(near.on('error', () => undefined).pause()); return; }
    this.#passed += 1;
    const far = connect(this.#target, '127.0.0.1');
    for (const [one, other] of [[near, far], [far, near]] as const) {
      this.#sockets.add(one);
      one.on('error', () => undefined).on('close', () => { this.#sockets.delete(one); other.destroy(); });
      one.pipe(other);
    }
  }
}
