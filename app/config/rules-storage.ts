/** The bucket gets conversations: outside this machine only over TLS. */
import type { At } from './entries.ts';
import type { Mistake } from './mistakes.ts';
import { isSection, rawAt, type Raw } from './paths.ts';

const LOOPBACK = /^(localhost|\[::1\]|127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/;

export function storageMistakes(tree: Raw, at: At): readonly Mistake[] {
  const storage = rawAt(tree, ['storage']);
  const endpoint = isSection(storage) ? storage['endpoint'] : undefined;
  if (typeof endpoint !== 'string' || !URL.canParse(endpoint)) return [];
  const { protocol, hostname } = new URL(endpoint);
  if (protocol !== 'http:' || LOOPBACK.test(hostname)) return [];
  return [{ ...at(['storage', 'endpoint']), problem: 'is not encrypted (http)', expected: 'an address that begins with https://',
    remedy: 'write https:// (plain http:// is allowed towards 127.0.0.1 alone)' }];
}
