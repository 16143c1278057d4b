/**
 * What the portal posts to us: events, and at an application's installation its tokens. An event is believed where it carries the application token, compared
 * in constant time; the portal's own name must fit, too, where it is known (crm-contracts 1.13). The portal does not repeat an event.
 */
import type { Heard, HeardAnswer } from '../../heard.ts';
import { eventOf, type Said, type Understanding } from './events.ts';
import { type Fields, fieldsOf } from './fields.ts';
import { type Application, consented, installed } from './install.ts';
import { sameSecret } from '../../proof.ts';

export interface Hearing extends Understanding {
  /** Null = a webhook's account, which nobody installs. */
  readonly application: Application | null;
  /** Tokens have come: whatever must be told the portal anew is told. An update of the application forgets its subscriptions. */
  installed(signal: AbortSignal): Promise<void>;
  /** `''` = not known, and then nothing is believed. */
  applicationToken(): string;
  /** Whose events are ours: host name and member id, `''` = not known. */
  identity(): { readonly host: string; readonly member: string };
}

const INSTALLED = 'ONAPPINSTALL';
const UNINSTALLED = 'ONAPPUNINSTALL';

export async function hear(hearing: Hearing, heard: Heard, signal: AbortSignal): Promise<HeardAnswer | null> {
  const { application } = hearing;
  if (heard.path === 'oauth') return application === null ? null : afterwards(hearing, await consented(application, heard, signal), signal);
  if (heard.method !== 'POST' || (heard.path !== '' && heard.path !== 'install')) return null;
  if (heard.path === 'install') return application === null ? null : afterwards(hearing, await installed(application, heard, signal), signal);
  const fields = fieldsOf(heard.body);
  if (fields === null) return null;
  // An application may have one address for everything.
  if (application !== null && fields('event').toUpperCase() === INSTALLED) return afterwards(hearing, await installed(application, heard, signal), signal);
  if (!isOurs(hearing, fields)) return null;
  return answerTo(hearing, fields, signal);
}

async function afterwards(hearing: Hearing, answer: HeardAnswer | null, signal: AbortSignal): Promise<HeardAnswer | null> {
  if (answer?.status === 200) await hearing.installed(signal);
  return answer;
}

function isOurs(hearing: Hearing, fields: Fields): boolean {
  if (!sameSecret(fields('auth[application_token]'), hearing.applicationToken())) return false;
  const { host, member } = hearing.identity();
  const [domain, memberId] = [fields('auth[domain]').toLowerCase(), fields('auth[member_id]')];
  if (member !== '' && memberId !== '') return member === memberId;
  return host === '' || domain === '' || domain === host;
}


async function answerTo(hearing: Hearing, fields: Fields, signal: AbortSignal): Promise<HeardAnswer> {
  const name = fields('event').toUpperCase();
  const known = /^[A-Z0-9_]{1,60}$/.test(name) ? name : 'an event without a name';
  if (name === UNINSTALLED) hearing.application?.keeper.forget();
  const event = await eventOf(saidBy(name, fields), hearing, signal);
  const idle = event === null && name !== UNINSTALLED;
  return { status: 200, body: 'ok', events: event === null ? [] : [event], note: idle ? `${known}: nothing to do` : known };
}

function saidBy(name: string, fields: Fields): Said {
  const ts = fields('ts');
  return { name, data: (key) => fields(`data[${key}]`), at: /^\d{1,12}$/.test(ts) ? Number(ts) : null, message: '' };
}
