import { showListen, type Config } from './config/index.ts';

/** What the kit takes over from the configuration: null = the kit's own default stays. */
export function kitSettings(config: Config | null, pbx = config?.pbx[0]): { readonly recordings: string | null; readonly agi: string | null } {
  return { recordings: pbx?.recordings ?? null, agi: config === null ? null : agiOf(config) };
}

/** Listening everywhere is no address to call: then the PBX is taken to be this machine. Port 0 is a test's. */
function agiOf(config: Config): string | null {
  const { host, port } = config.agi.listen;
  return port === 0 ? null : showListen({ host: host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host, port });
}
