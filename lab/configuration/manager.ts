/** AMI users: CallMe's own, with no right more than `dialplan/manager-callme.conf.sample` gives, and the lab's hand. */
import { randomBytes } from 'node:crypto';
import type { Place } from '../place.ts';

export interface ManagerUser { readonly name: string; readonly secret: string; readonly read: string; readonly write: string }

export const freshSecret = (): string => randomBytes(16).toString('hex');

export function callmeUser(secret: string): ManagerUser {
  return { name: 'callme', secret, read: 'system,call,user,agent,dialplan', write: 'system,call,agent,originate,user,reporting' };
}

/** What the stories act with: AMI transfers, click-to-call, and the signals they wait for. */
export function labUser(secret: string): ManagerUser {
  return { name: 'lab', secret, read: 'system,call,user', write: 'system,call,agent,originate,user,reporting,command' };
}

/** `cel` events have the privilege `call` [asterisk cel/cel_manager.c]. Default writetimeout (100 ms) drops a reader on a loaded machine. */
export function manager(place: Place, users: readonly ManagerUser[]): string {
  const general = `[general]\nenabled=yes\nport=${place.amiPort}\nbindaddr=127.0.0.1\ndisplayconnects=no\ntimestampevents=yes\n`;
  return general + users.map((user) => `
[${user.name}]
secret=${user.secret}
deny=0.0.0.0/0.0.0.0
permit=127.0.0.0/255.0.0.0
read=${user.read}
write=${user.write}
writetimeout=5000
`).join('');
}
