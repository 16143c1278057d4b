/** The conversation with one portal: one method call, several in one request, one file upload. */
import type { Http, HttpRequest } from '../../../core/ports.ts';
import type { Access, Pass } from './access.ts';
import { envelope } from './answers.ts';
import { batchParams, type Command, type Replies, repliesOf } from './batch.ts';
import type { Budget } from './budget.ts';
import { failed, read, type Reply, tidy } from './replies.ts';
import { isMethodUnknown, type Refusal } from './verdicts.ts';

export type Params = Readonly<Record<string, unknown>>;
export interface Wait { readonly signal: AbortSignal; readonly timeoutMs?: number }
/** `chief`: the command whose method a whole batch is paced by. */
export interface BatchWait extends Wait { readonly chief: string }

/** Registering may create a lead and run the portal's automation; cloud requests may run 60 s (crm-contracts 1.3). */
const ASK_MS = 30_000;

export interface Portal {
  readonly kind: Access['kind'];
  /** Calls a REST method, its name in lower case. Refusals and network failures alike are values. */
  ask(method: string, params: Params, wait: Wait): Promise<Reply>;
  /** Several at once, in their order; what the portal does not take in a batch is asked alone. A broken request is the reply to each. */
  batch<Name extends string>(commands: readonly Command<Name>[], wait: BatchWait): Promise<Replies<Name>>;
  /** Sends a file to an address that the portal gave; it must lead back to the portal itself. */
  upload(address: string, file: NonNullable<HttpRequest['file']>, wait: Wait): Promise<Reply>;
}

export interface PortalTools {
  readonly http: Http;
  readonly budget: Budget;
  /** The portal blocks this method for so long. */
  readonly rest: (operation: string, milliseconds: number) => void;
}

export function openPortal(access: Access, tools: PortalTools): Portal {
  const ask: Portal['ask'] = (method, params, wait) => passed(access, wait, (pass) => post(tools, pass, { method, params, operation: method }, wait));
  return {
    kind: access.kind,
    ask,
    batch: async (commands, wait) => {
      const asked: Asked = { method: 'batch', params: batchParams(commands), operation: wait.chief };
      const whole = await passed(access, wait, (pass) => post(tools, pass, asked, wait));
      const replies = repliesOf(commands, whole, { spent: tools.budget, tidy: (text) => tidy(text, secretsOf(access)) });
      return alone(ask, { commands, replies }, wait);
    },
    upload: (address, file, wait) => passed(access, wait, (pass) => {
      const url = homeward(pass.base, address);
      return url === null ? Promise.resolve(strayUpload()) : send(tools, pass, { method: 'POST', url, file, operation: 'upload' }, wait);
    }),
  };
}

/** With the pass that is there; once more with a new one where the portal says that it has expired, and has therefore done nothing. */
async function passed(access: Access, { signal }: Wait, go: (pass: Pass) => Promise<Reply>): Promise<Reply> {
  const pass = access.pass();
  if (isRefusal(pass)) return pass;
  const reply = await go(pass);
  if (reply.ok || reply.code !== 'EXPIRED_TOKEN' || reply.status !== 401 || pass.pair === null) return reply;
  const fresh = await access.renewed(pass.pair, signal);
  return isRefusal(fresh) ? fresh : go(fresh);
}

const isRefusal = (value: Pass | Refusal): value is Refusal => 'ok' in value;
function secretsOf(access: Access): readonly string[] {
  const pass = access.pass();
  return isRefusal(pass) ? [] : pass.secrets;
}

interface Batched<Name extends string> { readonly commands: readonly Command<Name>[]; readonly replies: Replies<Name> }

/** What needs nothing of the others is asked alone where the portal knows no batch, or not of this method. */
async function alone<Name extends string>(ask: Portal['ask'], { commands, replies }: Batched<Name>, wait: Wait): Promise<Replies<Name>> {
  const all: Record<Name, Reply> = { ...replies };
  for (const { name, method, params } of commands) {
    const reply = all[name];
    const refers = JSON.stringify(params).includes('$result[');
    if (!reply.ok && isMethodUnknown(reply) && !refers) all[name] = await ask(method, params, wait);
  }
  return all;
}

interface Asked { readonly method: string; readonly params: Params; readonly operation: string }

/** A batch's own time is the sum of its commands: each of them is counted by itself (`repliesOf`). */
async function post(tools: PortalTools, pass: Pass, { method, params, operation }: Asked, wait: Wait): Promise<Reply> {
  const counting = method === 'batch' ? { ...tools, budget: () => undefined } : tools;
  return send(counting, pass, { method: 'POST', url: pass.base + method, json: { ...params, ...pass.auth }, operation }, wait);
}

type Sending = Omit<HttpRequest, 'timeoutMs'> & { readonly operation: string };

async function send(tools: PortalTools, { secrets }: Pass, request: Sending, wait: Wait): Promise<Reply> {
  try {
    const answer = await tools.http.request({ ...request, signal: wait.signal, timeoutMs: wait.timeoutMs ?? ASK_MS });
    const said = envelope.safeParse(answer.body).data ?? null;
    tools.budget(request.operation, said?.time);
    const reply = read(answer, said, secrets);
    if (!reply.ok && reply.code === 'OPERATION_TIME_LIMIT' && reply.retryAfterMs !== null) tools.rest(request.operation, reply.retryAfterMs);
    return reply;
  } catch (error) {
    return failed(error);
  }
}

/**
 * An upload address comes from outside: without this check a hostile answer could make us post a recording, or any text, to another
 * machine or to a port of this one. Scheme and port are the configured ones, because portals behind a proxy name their inner ones.
 */
function homeward(home: string, address: string): string | null {
  const base = new URL(home);
  const target = URL.parse(address, home);
  return target?.hostname === base.hostname ? base.origin + target.pathname + target.search : null;
}

function strayUpload(): Refusal {
  const description = 'the portal named another host for the upload';
  return { ok: false, sent: false, status: 400, code: 'STRAY_UPLOAD_URL', description, retryAfterMs: null };
}
