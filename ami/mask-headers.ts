/**
 * What each header holds. Asterisk has some hundred names with roles before them (`DestCallerIDNum`, `TransfereeExten`), so the table is of
 * endings. A name that is not in it holds who knows what: its value is replaced as a whole. Names in lower case.
 */
import { isIdName } from './mask-ids.ts';

export type HeaderKind =
  /** A uniqueid, linkedid or bridge id: stays. */
  | 'id'
  /** A state, a count, a time, a word of Asterisk's own: stays. */
  | 'plain'
  /** A state or result that others may fill as well: stays if it is a short word. */
  | 'state'
  /** Words of the dialplan (contexts, queues): stay but for numbers and addresses in them. */
  | 'words'
  | 'number' | 'extension' | 'name' | 'callerid' | 'member' | 'channel' | 'file' | 'digit'
  /** What an application is told to do: depends on the application. */
  | 'data'
  /** `name=value`. */
  | 'assignment'
  /** CEL's JSON. */
  | 'extra'
  | 'unknown';

const one = (...names: readonly string[]): RegExp => new RegExp(`^(?:${names.join('|')})$`);
const ending = (...names: readonly string[]): RegExp => new RegExp(`(?:${names.join('|')})$`);

/** The first that fits counts. */
const TABLE: readonly (readonly [HeaderKind, RegExp])[] = [
  ['name', ending('callerid(?:num)?name', 'connectedlinename', 'callername')],
  ['number', ending('calleridnum', 'connectedlinenum', 'calleridani', 'calleriddnid', 'calleridrdnis')],
  ['number', one('dnid', 'rdnis', 'ani', 'source', 'dialled', 'callerid-?num', 'callednum')],
  ['extension', ending('exten')], ['extension', one('extension', 'destination', 'forward', 'parkingspace')],
  ['callerid', one('callerid')],
  ['member', one('membername', 'agentname')],
  ['channel', ending('channel')],
  ['channel', one('peer', 'newname', 'oldname', 'hangupsource', 'bridgedto')],
  ['words', ending('dialstring')], ['words', one('interface', 'stateinterface', 'location', 'device', 'endpoint', 'aor', 'hint', 'presence')],
  ['words', ending('context')],
  ['words', one('application', 'lastapplication', 'appname', 'queue', 'class', 'musicclass', 'parkinglot', 'feature', 'systemname', 'handler',
    'bridgename', 'bridgecreator', '(?:orig|second|to|from)bridge(?:name|creator)', 'appfile',
    'appfunction', 'actionid', 'userevent', 'message', 'destapp', 'conference', 'id')],
  ['data', one('appdata', 'applicationdata', 'lastdata', 'data')],
  ['assignment', ending('variable')],
  ['extra', one('extra')],
  ['file', one('file', 'recfile')],
  ['state', one('reason', 'response', 'result', 'status', 'statustext', 'success', 'state', 'type', 'subevent', 'mode')],
  ['digit', one('digit')],
  ['plain', ending('channelstate', 'channelstatedesc', 'language', 'priority', 'bridgetype', 'bridgetechnology', 'bridgenumchannels',
    'bridgevideosourcemode', 'dialstatus')],
  ['plain', one('event', 'privilege', 'timestamp', 'sequencenumber', 'amaflags', 'cause', 'cause-txt', 'techcause',
    'isexternal', 'desttype', 'direction', 'durationms', 'duration', 'seconds', 'callid', 'priorcallid',
    'eventname', 'eventtime', 'starttime', 'answertime', 'endtime', 'billableseconds', 'disposition', 'cid-callingpres', 'pres(?:entation)?')],
  ['plain', one('position', 'originalposition', 'count', 'holdtime', 'talktime', 'ringtime', 'wait', 'penalty', 'callstaken', 'lastcall', 'lastpause',
    'logintime', 'incall', 'paused', 'wrapuptime', 'ringinuse', 'membership', 'localoptimization', 'parkingduration', 'parkingtimeout', 'timeout')],
  ['plain', one('restart', 'shutdown', 'uptime', 'lastreload', 'recsize', 'eventlist', 'listitems', 'items', 'attempt',
    'callgroup', 'pickupgroup', 'timetohangup', 'nativeformats', 'readformat', 'writeformat', 'readtrans', 'writetrans', 'appline', 'reportcount',
    'pt', 'ssrc', 'mes', 'rtt', 'sent(?:ntp|rtp|packets|octets)', 'report\\d[a-z]+')],
];

const KNOWN = new Map<string, HeaderKind>();

export function kindOf(name: string): HeaderKind {
  const kind = KNOWN.get(name) ?? (isIdName(name) ? 'id' : TABLE.find(([, names]) => names.test(name))?.[0] ?? 'unknown');
  // Names come from outside: the memory has an end.
  if (KNOWN.size < 1_000) KNOWN.set(name, kind);
  return kind;
}

/** What Asterisk itself writes into a UserEvent before the dialplan's fields: its first value, and nothing else, may be believed. */
export const SNAPSHOT: ReadonlySet<string> = new Set([
  'event', 'privilege', 'timestamp', 'systemname', 'userevent', 'channel', 'channelstate', 'channelstatedesc',
  'calleridnum', 'calleridname', 'connectedlinenum', 'connectedlinename', 'language', 'accountcode', 'context', 'exten', 'priority', 'uniqueid', 'linkedid',
]);

/** The fields of the kit's own UserEvents (`CallMeRecStart`, `CallMeRecEnd`). */
export const OWN_FIELDS: ReadonlySet<string> = new Set(['reclinkedid', 'reclinkedidnow', 'recfile', 'recsize']);

/** A header's name is text from outside too: a dialplan makes fields of what it likes. */
export const isOrdinaryName = (name: string): boolean => /^[a-z][a-z0-9_-]{0,39}$/.test(name) && !/\d{5}/.test(name);
