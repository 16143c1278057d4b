import { showListen, type Config } from './config/index.ts';
import type { RecorderSettings } from './dialplan-kit.ts';

export interface FromConfig { readonly recordings: string | null; readonly agi: string | null; readonly recorder?: RecorderSettings }

/** What the kit takes over from the configuration: null, or nothing = the kit's own default stays. */
export function kitSettings(config: Config | null, pbx = config?.pbx[0]): FromConfig {
  if (config === null) return { recordings: pbx?.recordings ?? null, agi: null };
  return { recordings: pbx?.recordings ?? null, agi: agiOf(config), recorder: recorderOf(config) };
}

function recorderOf({ recording }: Config): RecorderSettings {
  return {
    policy: { rules: recording.rules, default: recording.default }, announce: recording.announce ?? null, beep: recording.beep ?? null,
    stereo: recording.channels === 'stereo',
  };
}

/** Listening everywhere is no address to call: then the PBX is taken to be this machine. Port 0 is a test's. */
function agiOf(config: Config): string | null {
  const { host, port } = config.agi.listen;
  return port === 0 ? null : showListen({ host: host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host, port });
}
