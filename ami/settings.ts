import { AmiError } from './errors.ts';

/** Certificates are always verified; `ca` (PEM) is for a PBX that signed its own, `servername` where the certificate says another name. */
export interface TlsSettings { readonly ca?: string | undefined; readonly servername?: string | undefined }

export interface LinkSettings {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly secret: string;
  readonly tls?: boolean | TlsSettings;
  /** The password and every caller's number cross the network in clear text: only where the way is protected otherwise. */
  readonly allowPlain?: boolean;
  /** Classes asked for after login. Without `reporting` RTCP reports never leave Asterisk. */
  readonly events?: string;
}

export const EVENT_CLASSES = 'system,call,user,agent,dialplan';

/** Deadlines in milliseconds, caps in characters. */
export interface LinkLimits {
  readonly connectMs: number;
  readonly greetingMs: number;
  readonly loginMs: number;
  readonly actionMs: number;
  readonly listMs: number;
  readonly pingEveryMs: number;
  readonly pingMs: number;
  /** The library scans an unfinished item again with every packet (shields M26). */
  readonly itemChars: number;
}

export const LIMITS: LinkLimits = {
  connectMs: 5_000, greetingMs: 5_000, loginMs: 5_000, actionMs: 10_000, listMs: 30_000,
  pingEveryMs: 15_000, pingMs: 10_000, itemChars: 1_048_576,
};

const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|localhost|::ffff:127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i;

/** Throws AMI_INSECURE where the password would cross a network in clear text (shields M30). */
export function refusePlainText(settings: LinkSettings): void {
  if (LOOPBACK.test(settings.host) || settings.allowPlain === true || (settings.tls ?? false) !== false) return;
  throw new AmiError('AMI_INSECURE', `${settings.host} is another machine and the connection would be plain text`,
    'set ami.tls: true (manager.conf: tlsenable = yes), or use a tunnel (stunnel, WireGuard) and allow plain text explicitly');
}
