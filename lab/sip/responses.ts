/** What the PBX answers to our requests. Only INVITE changes a dialog. */
import type { Dialog } from './dialog.ts';
import { cseqOf, header, statusOf, uriOf, type SipMessage } from './message.ts';

function progress(dialog: Dialog, message: SipMessage, status: number): void {
  dialog.learnRemoteTag(header(message, 'to'));
  if (status === 183) dialog.applyMedia(message.body);
  if (status >= 180) dialog.noteRinging();
}

function accepted(dialog: Dialog, message: SipMessage, cseq: number): void {
  dialog.learnRemoteTag(header(message, 'to'));
  dialog.target = uriOf(header(message, 'contact')) || dialog.target;
  dialog.acknowledge(cseq);
  dialog.applyMedia(message.body);
  dialog.finalStatus = 200;
  dialog.noteUp();
}

function refused(dialog: Dialog, message: SipMessage, status: number): void {
  const established = dialog.state === 'up';
  if (!established) dialog.learnRemoteTag(header(message, 'to'));
  // The ACK of a refusal belongs to the INVITE's own transaction: same branch [RFC 3261 17.1.1.3].
  dialog.acknowledge(dialog.invite.cseq, dialog.invite.branch);
  if (established) return;
  dialog.finalStatus = status;
  dialog.finish(`refused with ${status}`);
}

export function receiveResponse(dialog: Dialog, message: SipMessage): void {
  const { number, method } = cseqOf(message);
  const status = statusOf(message);
  if (method !== 'INVITE' || number !== dialog.invite.cseq) return;
  if (status < 200) progress(dialog, message, status);
  else if (status < 300) accepted(dialog, message, number);
  else refused(dialog, message, status);
}
