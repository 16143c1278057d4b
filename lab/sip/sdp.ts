/** One audio stream, PCMU and telephone-event [RFC 4566, RFC 3264]. */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';
export interface MediaAddress { readonly address: string; readonly port: number }

export const TELEPHONE_EVENT = 101;

export function describeMedia(local: MediaAddress, version: number, direction: MediaDirection): string {
  return [
    'v=0', `o=- 1 ${version} IN IP4 ${local.address}`, 's=-', `c=IN IP4 ${local.address}`, 't=0 0',
    `m=audio ${local.port} RTP/AVP 0 ${TELEPHONE_EVENT}`, 'a=rtpmap:0 PCMU/8000',
    `a=rtpmap:${TELEPHONE_EVENT} telephone-event/8000`, `a=fmtp:${TELEPHONE_EVENT} 0-16`, 'a=ptime:20', `a=${direction}`, '',
  ].join('\r\n');
}

/** Null when the body names no stream or a switched-off one (port 0). */
export function remoteMedia(body: string): MediaAddress | null {
  const address = /c=IN IP4 (\S+)/.exec(body)?.[1];
  const port = Number(/m=audio (\d+)/.exec(body)?.[1] ?? 0);
  return address !== undefined && port > 0 ? { address, port } : null;
}

/** What we answer to their direction: who is put on hold listens. */
export function answerDirection(body: string): MediaDirection {
  const theirs = /a=(sendrecv|sendonly|recvonly|inactive)/.exec(body)?.[1];
  if (theirs === 'sendonly') return 'recvonly';
  if (theirs === 'recvonly') return 'sendonly';
  return theirs === 'inactive' ? 'inactive' : 'sendrecv';
}
