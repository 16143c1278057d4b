/** What the PBX asks of a party. */
import type { Party } from './agent.ts';
import type { Dialog } from './dialog.ts';
import { cseqOf, formatMessage, header, methodOf, tagOf, type SipMessage } from './message.ts';
import type { Policy } from './policy.ts';
import { answerDirection } from './sdp.ts';

interface Reply { readonly status: number; readonly reason: string; readonly body?: string; readonly contact?: string | null }

function reply(party: Party, dialog: Dialog | null, request: SipMessage, answer: Reply): void {
  const to = header(request, 'to');
  const tagged = dialog && answer.status > 100 && tagOf(to) === '' ? `${to};tag=${dialog.localTag}` : to;
  const { user, address } = party.options;
  const body = answer.body ?? '';
  party.send(formatMessage(`SIP/2.0 ${answer.status} ${answer.reason}`, [
    ...request.headers.filter(([name]) => name === 'via').map(([, value]) => `Via: ${value}`),
    `From: ${header(request, 'from')}`, `To: ${tagged}`, `Call-ID: ${header(request, 'call-id')}`, `CSeq: ${header(request, 'cseq')}`,
    // Exactly one Contact: with two, a 302 loops until Max-Forwards.
    `Contact: ${answer.contact ?? `<sip:${user}@${address}:5060>`}`,
    ...body === '' ? [] : ['Content-Type: application/sdp'],
  ], body));
}

const OK = { status: 200, reason: 'OK' } as const;
const GONE = { status: 481, reason: 'Call/Transaction Does Not Exist' } as const;

/** Follows the party's policy: ring, then answer, refuse or keep ringing. */
async function ring(party: Party, invite: SipMessage): Promise<void> {
  const { policy } = party;
  const dialog = await party.ring(invite);
  dialog.remoteInvite = cseqOf(invite).number;
  if (dialog.state !== 'ringing') return;
  if (policy.kind === 'never' || policy.afterSeconds > 0) reply(party, dialog, invite, { status: 180, reason: 'Ringing' });
  if (policy.kind === 'never') return;
  if (policy.kind === 'answer' && policy.early) {
    reply(party, dialog, invite, { status: 183, reason: 'Session Progress', body: dialog.media('sendrecv') });
    dialog.rtp.sounding = true;
  }
  setTimeout(() => { decide(party, dialog, invite, policy); }, policy.afterSeconds * 1000);
}

function decide(party: Party, dialog: Dialog, invite: SipMessage, policy: Policy): void {
  if (dialog.state !== 'ringing') return;
  if (policy.kind === 'reject') {
    reply(party, dialog, invite, { status: policy.status, reason: policy.reason, contact: policy.contact });
    dialog.finish(`refused with ${policy.status}`);
  } else if (policy.kind === 'answer') {
    reply(party, dialog, invite, { ...OK, body: dialog.media('sendrecv') });
    dialog.noteUp();
  }
}

function reinvited(party: Party, dialog: Dialog, request: SipMessage): void {
  const { number } = cseqOf(request);
  if (number <= dialog.remoteInvite) return;
  dialog.remoteInvite = number;
  dialog.applyMedia(request.body);
  reply(party, dialog, request, { ...OK, body: dialog.media(answerDirection(request.body)) });
}

function cancelled(party: Party, dialog: Dialog, request: SipMessage): void {
  reply(party, dialog, request, OK);
  if (dialog.state !== 'ringing' || !dialog.incoming) return;
  reply(party, dialog, dialog.incoming, { status: 487, reason: 'Request Terminated' });
  dialog.finish('cancelled by the caller');
}

function notified(dialog: Dialog, request: SipMessage): void {
  if (header(request, 'subscription-state').includes('terminated')) dialog.noteReferred();
}

function inDialog(party: Party, dialog: Dialog, request: SipMessage): void {
  const method = methodOf(request);
  if (method === 'INVITE' && dialog.state === 'ended') { reply(party, null, request, GONE); return; }
  if (method === 'INVITE') { reinvited(party, dialog, request); return; }
  if (method === 'CANCEL') { cancelled(party, dialog, request); return; }
  reply(party, dialog, request, ['BYE', 'NOTIFY', 'UPDATE', 'INFO', 'MESSAGE'].includes(method) ? OK : { status: 405, reason: 'Method Not Allowed' });
  if (method === 'BYE') dialog.finish('the other side hung up');
  if (method === 'NOTIFY') notified(dialog, request);
}

export function receiveRequest(party: Party, dialog: Dialog | null, request: SipMessage): void {
  const method = methodOf(request);
  if (method === 'ACK') return;
  if (method === 'OPTIONS') { reply(party, dialog, request, OK); return; }
  if (dialog) { inDialog(party, dialog, request); return; }
  if (method === 'INVITE') { ring(party, request).catch((error: unknown) => { party.note(String(error)); }); return; }
  reply(party, null, request, GONE);
}
