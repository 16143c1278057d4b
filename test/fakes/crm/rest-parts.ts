/** multipart/form-data (RFC 7578), as far as one file and its fields need it. */
import type { Asked } from './stand-in.ts';

export interface Parts { readonly fields: Readonly<Record<string, string>>; readonly file: Buffer | null; readonly fileField: string }

export function partsOf({ headers, body }: Asked): Parts | null {
  const boundary = /boundary=(\S+)/.exec(String(headers['content-type']))?.[1];
  if (boundary === undefined) return null;
  const fields: Record<string, string> = {};
  let [file, fileField, from]: [Buffer | null, string, number] = [null, '', body.indexOf(`--${boundary}`)];
  for (let next = body.indexOf(`\r\n--${boundary}`, from); next >= 0; from = next + 2, next = body.indexOf(`\r\n--${boundary}`, from)) {
    const begin = body.indexOf('\r\n\r\n', from);
    const head = body.subarray(from, begin).toString('utf8');
    const name = /name="([^"]*)"/.exec(head)?.[1] ?? '';
    const content = body.subarray(begin + 4, next);
    if (head.includes('filename=')) [file, fileField] = [content, name];
    else fields[name] = content.toString('utf8');
  }
  return { fields, file, fileField };
}
