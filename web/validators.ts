/** Whether a reader has these bytes already (RFC 9110, section 13). The tag is the SHA-256 of the sound: the same tag is the same bytes. */
import type { IncomingHttpHeaders } from 'node:http';

export interface Validators {
  readonly etag: string;
  /** Whole seconds count: HTTP knows no others. */
  readonly modified: Date;
}

export const validatorsOf = ({ sha256, createdAt }: { readonly sha256: string; readonly createdAt: number }): Validators => ({
  etag: `"${sha256}"`, modified: new Date(Math.floor(createdAt / 1000) * 1000),
});

/** True: answer 304. If-None-Match decides alone where it is there. */
export function isUnchanged(headers: IncomingHttpHeaders, { etag, modified }: Validators): boolean {
  const tags = headers['if-none-match'];
  if (tags !== undefined) return tags.split(',').some((tag) => ['*', etag, `W/${etag}`].includes(tag.trim()));
  const since = Date.parse(headers['if-modified-since'] ?? '');
  return !Number.isNaN(since) && modified.getTime() <= since;
}

/** True: a range is of the bytes that the reader has a part of already. Where it is not, mixed bytes would be the worse failure: the whole is sent. */
export function rangeHolds(headers: IncomingHttpHeaders, { etag, modified }: Validators): boolean {
  const condition = headers['if-range'];
  if (typeof condition !== 'string') return true;
  return condition.includes('"') ? condition.trim() === etag : Date.parse(condition) === modified.getTime();
}
