/** What a PBX offers beyond the plain call: feature codes, parking lots, queues, follow-me, conference rooms, voicemail. */

const FEATURES = `[general]
transferdigittimeout => 5
featuredigittimeout => 1500
atxferabort = *1
pickupexten = *8
atxfernoanswertimeout = 15
[featuremap]
blindxfer => ##
atxfer => *2
parkcall => #72
disconnect => *0
automixmon => *3
`;

/** `short`: whoever is parked there comes back to the parker after 4 s. */
const PARKING = `[general]
[default]
parkext => 700
parkpos => 701-720
context => parkedcalls
parkingtime => 45
findslot => next
parkedcalltransfers = both
[short]
parkpos => 751-760
context => parkedshort
parkingtime => 4
comebacktoorigin = yes
findslot => next
`;

/** q1 rings everybody, q2 one after the other. */
const QUEUES = `[general]
persistentmembers = no
autofill = yes
[q1]
strategy = ringall
timeout = 20
retry = 1
ringinuse = no
announce-frequency = 0
member => PJSIP/219
member => PJSIP/220
[q2]
strategy = linear
timeout = 5
retry = 1
ringinuse = no
announce-frequency = 0
member => PJSIP/219
member => PJSIP/220
member => PJSIP/221
`;

/**
 * First the desk, then the mobile; whoever lifts takes the call by the key 1. Without that prompt Asterisk 16 joins the caller with the first
 * telephone while it still rings.
 */
const FOLLOW_ME = `[general]
takecall => 1
declinecall => 2
[desk-then-mobile]
context => from-internal
number => 219,4,1
number => 879167770219,20,2
`;

const VOICEMAIL = `[general]
format = wav
minsecs = 1
attach = no
[default]
219 => 1234,Ivan
`;

const CONFERENCE = `[general]
[default_user]
type = user
quiet = yes
announce_only_user = no
music_on_hold_when_empty = no
[default_bridge]
type = bridge
`;

export const serviceFiles: Readonly<Record<string, string>> = {
  'features.conf': FEATURES,
  'res_parking.conf': PARKING,
  'queues.conf': QUEUES,
  'followme.conf': FOLLOW_ME,
  'voicemail.conf': VOICEMAIL,
  'confbridge.conf': CONFERENCE,
};
