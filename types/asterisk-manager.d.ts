/** asterisk-manager 0.2.0 has no types. Only what `ami/link.ts` uses is declared: the rest is not to be used (see its comments). */
declare module 'asterisk-manager' {
  interface Manager {
    /** The password stands here in clear text for as long as the object lives. */
    readonly options: { username: string; password: string };
    /** The options object goes as it is to `net.createConnection`. */
    connect(target: { host: string; port: number; signal: AbortSignal }): void;
    login(done: (failure?: unknown) => void): void;
    /** Writes the action, deletes `actionid` from the given object, and keeps a listener under that id for ever. */
    action(action: object, done: () => void): string;
    on(event: 'rawevent', listener: (item: object) => void): void;
    emit(event: string, failure: unknown, item: object): boolean;
    removeAllListeners(event: string): void;
  }
  /** Without a port it does not connect. */
  const Manager: new (port: undefined, host: undefined, username: string, password: string, events: boolean) => Manager;
  export default Manager;
}
