/**
 * What the portal tells us, pushed or polled, as events of our own (crm-contracts 1.13). What is no number, id or line by its form is left out: it travels on
 * to a PBX.
 */
import type { Numbers } from '../../../core/numbers.ts';
import type { Extension } from '../../../core/words.ts';
import type { CrmEvent } from '../../heard.ts';
import { phoneOf } from './desk.ts';
import { fingerprint } from './proof.ts';

/** One event, wherever it came from. */
export interface Said {
  /** Upper case. */
  readonly name: string;
  /** A value of its `data`, `''` where there is none. */
  readonly data: (key: string) => string;
  /** Seconds by the portal's clock; null = not said. */
  readonly at: number | null;
  /** Names this telling; `''` = it has no name. */
  readonly message: string;
}
export interface Understanding { readonly numbers: Numbers; readonly extensionOf: (portalUser: number, signal: AbortSignal) => Promise<Extension | null> }

export const CLICK = 'ONEXTERNALCALLSTART';
export const CALL_BACK = 'ONEXTERNALCALLBACKSTART';
export const CHANGES = ['CONTACT', 'COMPANY', 'LEAD'].flatMap((what) => ['ADD', 'UPDATE', 'DELETE'].map((change) => `ONCRM${what}${change}`));

/** The same request of a client, told twice, comes within half a minute (asterlink). */
const BUCKET_SECONDS = 30;
const CALL_ID = /^[\w.:-]{1,200}$/;
const LINE = /^[\w+.:-]{1,50}$/;
const USER_ID = /^[1-9]\d{0,14}$/;
const TEXT_LENGTH = 500;

/** Null: nothing for us, or unusable. */
export async function eventOf(said: Said, understanding: Understanding, signal: AbortSignal): Promise<CrmEvent | null> {
  if (said.name === CLICK) return clicked(said, understanding, signal);
  if (said.name === CALL_BACK) return callBack(said, understanding);
  return CHANGES.includes(said.name) ? { kind: 'contacts-changed', id: `contacts:${said.name}:${idOf(said)}`, numbers: 'all' } : null;
}

const fitting = (text: string, form: RegExp): string => (form.test(text) ? text : '');

async function clicked({ data }: Said, { numbers, extensionOf }: Understanding, signal: AbortSignal): Promise<CrmEvent | null> {
  const [callId, crmUser] = [fitting(data('CALL_ID'), CALL_ID), fitting(data('USER_ID'), USER_ID)];
  const number = numberIn(data, numbers);
  // Without its name the call could never be finished at the portal, and the same click told twice would ring twice.
  if (callId === '' || number === '') return null;
  const extension = crmUser === '' ? null : await extensionOf(Number(crmUser), signal).catch(() => null);
  return { kind: 'dial', id: `start:${callId}`, number, callId, line: fitting(data('LINE_NUMBER'), LINE), crmUser: crmUser === '' ? null : crmUser, extension };
}

function callBack(said: Said, { numbers }: Understanding): CrmEvent | null {
  const number = numberIn(said.data, numbers);
  if (number === '') return null;
  const line = fitting(said.data('LINE_NUMBER'), LINE);
  const moment = said.at === null ? said.message : String(Math.floor(said.at / BUCKET_SECONDS));
  const text = said.data('TEXT').replace(/\p{Cc}+/gu, ' ').trim().slice(0, TEXT_LENGTH);
  return { kind: 'call-back', id: `call-back:${fingerprint(numbers.key(number) || number)}:${moment}`, number, line, text };
}

/** `PHONE_NUMBER_INTERNATIONAL` is the one to dial; PHONE_NUMBER is as somebody wrote it. */
const numberIn = (data: Said['data'], numbers: Numbers): string =>
  phoneOf(numbers, data('PHONE_NUMBER_INTERNATIONAL')) || phoneOf(numbers, data('PHONE_NUMBER'));
const idOf = ({ data, at, message }: Said): string => fingerprint([data('FIELDS][ID') || data('ID'), at ?? '', message].join('|'));
