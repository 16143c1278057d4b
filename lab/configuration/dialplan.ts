/**
 * A plain Asterisk with CallMe's kit in use, as `dialplan/README.md` teaches it. The kit itself is not here: whoever installs it puts
 * `#include callme.conf` into extensions_custom.conf.
 */
import type { Place } from '../place.ts';

/** Numbers that the trunk may call. */
const INBOUND = `
[from-trunk]
exten => _5XX,1,Gosub(callme-in,s,1)
 same => n,Goto(did,\${EXTEN},1)
[did]
; 500: CallMe decides, 219 when it does not; the responsible one gets 20 s, then the default
exten => 500,1,Gosub(callme-route,s,1(\${EXTEN}))
 same => n,GotoIf($["\${ROUTE_TARGET}" = ""]?default)
 same => n,Dial(PJSIP/\${ROUTE_TARGET},20,tTkK)
 same => n,GotoIf($["\${DIALSTATUS}" = "ANSWER"]?end)
 same => n(default),Dial(PJSIP/219,25,tTkK)
 same => n(end),Hangup()
; 501 ring group, 502 queue, 503 rings 4 s for nobody, 504 fails over, 505/506 ring groups of Local channels, 507 announcement, then a mobile outside
exten => 501,1,Dial(PJSIP/219&PJSIP/220,25,tT)
 same => n,Hangup()
exten => 502,1,Answer()
 same => n,Queue(q1,tT,,,40)
 same => n,Hangup()
exten => 503,1,Gosub(callme-route,s,1(\${EXTEN}))
 same => n,Dial(PJSIP/219,4,tT)
 same => n,Hangup()
exten => 504,1,Dial(PJSIP/219,4,tT)
 same => n,Dial(PJSIP/220,20,tT)
 same => n,Hangup()
exten => 505,1,Dial(Local/219@from-internal/n&Local/220@from-internal/n,25,tT)
 same => n,Hangup()
exten => 506,1,Dial(Local/219@from-internal&Local/220@from-internal,25,tT)
 same => n,Hangup()
exten => 507,1,Answer()
 same => n,Playtones(350)
 same => n,Wait(2)
 same => n,StopPlaytones()
 same => n,Dial(PJSIP/79990000000@trunk,25,tTU(callme-out))
 same => n,Hangup()
; 508 a telephone that is not registered, 509 follow-me, 510 desk and mobile together, 511 a conference, 512 voicemail after 4 s,
; 513 dials for whoever calls, 516 a queue that asks one after the other
exten => 508,1,Dial(PJSIP/222,20,tT)
 same => n,Hangup()
exten => 509,1,FollowMe(desk-then-mobile)
 same => n,Hangup()
exten => 510,1,Dial(PJSIP/219&Local/879167770219@from-internal,25,tT)
 same => n,Hangup()
exten => 511,1,Answer()
 same => n,ConfBridge(800)
 same => n,Hangup()
exten => 512,1,Dial(PJSIP/219,4,tT)
 same => n,VoiceMail(219@default,u)
 same => n,Hangup()
exten => 513,1,Answer()
 same => n,DISA(no-password,from-internal)
 same => n,Hangup()
exten => 516,1,Answer()
 same => n,Queue(q2,tT,,,40)
 same => n,Hangup()
`;

const INTERNAL = `
[from-internal]
include => outbound
exten => _2XX,1,Gosub(callme-id,s,1)
 same => n,Dial(PJSIP/\${EXTEN},25,tTkK)
 same => n,Hangup()
; 29XX: the same telephone for 4 s
exten => _29XX,1,Dial(PJSIP/2\${EXTEN:2},4,tTkK)
 same => n,Hangup()
exten => 700,1,Park()
exten => 750,1,Park(short)
exten => 800,1,Answer()
 same => n,ConfBridge(800)
 same => n,Hangup()
exten => *8,1,Pickup()
include => parkedcalls
[outbound]
exten => _8X.,1,Gosub(callme-id,s,1)
 same => n,Dial(PJSIP/\${EXTEN:1}@trunk,30,tTkKU(callme-out))
 same => n,Hangup()
; with 9 in front it rings for 4 s
exten => _9X.,1,Gosub(callme-id,s,1)
 same => n,Dial(PJSIP/\${EXTEN:1}@trunk,4,tTkKU(callme-out))
 same => n,Hangup()
; where click-to-call sends the employee's phone
[click]
exten => _8X.,1,Goto(from-internal,\${EXTEN},1)
`;

export function extensions(place: Place, more = ''): string {
  return `[general]
static=yes
writeprotect=no
clearglobalvars=yes
[globals]
TRANSFER_CONTEXT=from-internal
CALLME_RECDIR=${place.recordings}
CALLME_AGI=127.0.0.1:${place.agiPort}
#include extensions_custom.conf
${INBOUND}${INTERNAL}${more}`;
}

export const EMPTY_CUSTOM = '; CallMe\'s installer writes its #include here\n';
