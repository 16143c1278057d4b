/**
 * A bucket on a real socket that speaks S3 as far as recordings need it, and lies, fails and dies on demand. What it holds survives `kill()`
 * and `listen()`: a server that is killed in mid-upload and started again. The real server's turn is test/live/s3.test.ts.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked { readonly method: string; readonly key: string; readonly query: URLSearchParams; readonly headers: IncomingMessage['headers']; readonly body: Buffer }
/** A status = refused with it; `reset` = the connection dies; `hang` = no answer; `cut` = half a body and a reset; null = as it should be. */
export type Fault = number | 'reset' | 'hang' | 'cut' | null;
/** Every way through the server ends in one answer. */
type Sent = 'sent';
interface Stored { readonly body: Buffer; readonly sha256: string; readonly etag: string; readonly checksum: string }
interface Upload { readonly key: string; readonly sha256: string; readonly parts: Map<number, Buffer>; begun: Date }

export interface FakeS3 {
  readonly objects: Map<string, Stored>;
  readonly uploads: Map<string, Upload>;
  readonly asked: string[];
  readonly endpoint: string;
  fault: (asked: Asked) => Fault;
  /** What it keeps of what it is given. */
  keep: (body: Buffer) => Buffer;
  /** Whether HeadObject knows a SHA-256 of the server's own. */
  checksums: boolean;
  kill(): Promise<void>;
  listen(): Promise<void>;
}

const sum = (kind: 'sha256' | 'md5', body: Buffer, as: 'hex' | 'base64' = 'hex'): string => createHash(kind).update(body).digest(as);
const xml = (text: string): string => `<?xml version="1.0" encoding="UTF-8"?>\n${text}`;
const failure = (code: string): string => xml(`<Error><Code>${code}</Code><Message>the key AKIASECRET is not liked</Message><AWSAccessKeyId>AKIASECRET</AWSAccessKeyId></Error>`);

export async function fakeS3(): Promise<FakeS3> {
  let server: Server | null = null;
  let port = 0;
  let uploads = 0;
  const fake: FakeS3 = {
    objects: new Map(), uploads: new Map(), asked: [], fault: () => null, keep: (body) => body, checksums: true,
    get endpoint() { return `http://127.0.0.1:${port}`; },
    async kill() {
      if (server === null) return;
      server.closeAllConnections();
      const gone = once(server, 'close');
      server.close();
      server = null;
      await gone;
    },
    async listen() {
      server = createServer((request, response) => { void serve(request, response).catch(() => { response.destroy(); }); });
      server.listen(port, '127.0.0.1');
      await once(server, 'listening');
      port = (server.address() as AddressInfo).port;
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://s3');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const asked: Asked = { method: request.method ?? '', key: decodeURIComponent(url.pathname.split('/').slice(2).join('/')), query: url.searchParams, headers: request.headers, body: Buffer.concat(chunks) };
    fake.asked.push(nameOf(asked));
    const fault = fake.fault(asked);
    if (fault === 'hang') return;
    if (fault === 'reset') { request.socket.resetAndDestroy(); return; }
    if (typeof fault === 'number') { send(response, fault, failure(fault === 403 ? 'InvalidAccessKeyId' : 'InternalError')); return; }
    answer(asked, response, fault === 'cut');
  }

  function answer({ method, key, query, headers, body }: Asked, response: ServerResponse, cut: boolean): Sent {
    const uploadId = query.get('uploadId');
    const upload = uploadId === null ? undefined : fake.uploads.get(uploadId);
    const wrong = headers['x-amz-checksum-sha256'] !== undefined && headers['x-amz-checksum-sha256'] !== sum('sha256', body, 'base64');
    if (wrong) return send(response, 400, failure('BadDigest'));
    if (uploadId !== null && upload === undefined) return send(response, 404, failure('NoSuchUpload'));
    const sha256 = String(headers['x-amz-meta-sha256'] ?? '');
    if (method === 'PUT' && upload !== undefined) {
      upload.parts.set(Number(query.get('partNumber')), body);
      return send(response, 200, '', { etag: `"${sum('md5', body)}"` });
    }
    if (method === 'PUT') return put(key, fake.keep(body), { sha256, etag: `"${sum('md5', body)}"`, checksum: sum('sha256', body, 'base64') }, response);
    if (method === 'POST' && query.has('uploads')) {
      const id = `upload-${uploads += 1}`;
      fake.uploads.set(id, { key, sha256, parts: new Map(), begun: new Date() });
      return send(response, 200, xml(`<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`));
    }
    if (method === 'POST' && upload !== undefined && uploadId !== null) return complete(upload, uploadId, response);
    if (method === 'GET' && upload !== undefined) return send(response, 200, xml(`<ListPartsResult>${[...upload.parts].map(([number, part]) =>
      `<Part><PartNumber>${number}</PartNumber><ETag>"${sum('md5', part)}"</ETag><Size>${part.length}</Size></Part>`).join('')}<IsTruncated>false</IsTruncated></ListPartsResult>`));
    if (method === 'GET' && query.has('uploads')) return send(response, 200, xml(`<ListMultipartUploadsResult>${[...fake.uploads].map(([id, each]) =>
      `<Upload><Key>${each.key}</Key><UploadId>${id}</UploadId><Initiated>${each.begun.toISOString()}</Initiated></Upload>`).join('')}<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>`));
    if (method === 'DELETE') {
      if (uploadId !== null) fake.uploads.delete(uploadId); else fake.objects.delete(key);
      return send(response, 204, '');
    }
    return read(fake.objects.get(key), headers.range, method, response, cut);
  }

  function complete({ key, sha256, parts }: Upload, uploadId: string, response: ServerResponse): Sent {
    const bodies = [...parts].sort(([one], [other]) => one - other).map(([, body]) => body);
    const etag = `"${sum('md5', Buffer.concat(bodies.map((body) => createHash('md5').update(body).digest())))}-${bodies.length}"`;
    fake.uploads.delete(uploadId);
    fake.objects.set(key, { body: fake.keep(Buffer.concat(bodies)), sha256, etag, checksum: `${sum('sha256', Buffer.concat(bodies.map((body) => createHash('sha256').update(body).digest())), 'base64')}-${bodies.length}` });
    return send(response, 200, xml(`<CompleteMultipartUploadResult><ETag>${etag.replaceAll('"', '&quot;')}</ETag></CompleteMultipartUploadResult>`));
  }

  function put(key: string, body: Buffer, about: Omit<Stored, 'body'>, response: ServerResponse): Sent {
    fake.objects.set(key, { body, ...about });
    return send(response, 200, '', { etag: about.etag });
  }

  function read(stored: Stored | undefined, range: string | undefined, method: string, response: ServerResponse, cut: boolean): Sent {
    if (stored === undefined) return send(response, 404, method === 'HEAD' ? '' : failure('NoSuchKey'));
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range ?? '') ?? [];
    const body = from === undefined ? stored.body : stored.body.subarray(Number(from), Number(to) + 1);
    const headers = { etag: stored.etag, 'x-amz-meta-sha256': stored.sha256, 'content-type': 'audio/mpeg', 'content-length': String(body.length),
      ...(fake.checksums ? { 'x-amz-checksum-sha256': stored.checksum } : {}), ...(from === undefined ? {} : { 'content-range': `bytes ${from}-${to ?? ''}/${stored.body.length}` }) };
    response.writeHead(from === undefined ? 200 : 206, headers);
    if (cut && method !== 'HEAD') response.write(body.subarray(0, body.length / 2), () => { response.socket?.resetAndDestroy(); });
    else response.end(method === 'HEAD' ? '' : body);
    return 'sent';
  }

  await fake.listen();
  return fake;
}

function send(response: ServerResponse, status: number, body: string, headers: Readonly<Record<string, string>> = {}): Sent {
  response.writeHead(status, { 'content-type': 'application/xml', 'content-length': String(Buffer.byteLength(body)), ...headers });
  response.end(body);
  return 'sent';
}

/** `put`, `begin`, `part 2`, `parts`, `finish`, `abandon`, `uploads`, `look`, `read`, `remove`. */
export function nameOf({ method, query }: Pick<Asked, 'method' | 'query'>): string {
  if (query.has('uploads')) return method === 'POST' ? 'begin' : 'uploads';
  if (query.has('uploadId')) return { PUT: `part ${query.get('partNumber') ?? ''}`, POST: 'finish', GET: 'parts', DELETE: 'abandon' }[method] ?? method;
  return { PUT: 'put', HEAD: 'look', GET: 'read', DELETE: 'remove' }[method] ?? method;
}
