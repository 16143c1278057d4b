/** Who is in the lab: tones, addresses, and their PJSIP endpoints. */
import type { Place } from '../place.ts';

/** What each one sounds, in hertz. `T` is the outside party, `T2` a second one behind the same trunk (numbers with 7999000). */
export const TONES = { T: 400, T2: 600, 219: 800, 220: 1200, 221: 1600, MOH: 2000 } as const;
export const SECOND_OUTSIDE = '7999000';

export const EXTENSIONS = ['219', '220', '221'] as const;
export type LabExtension = (typeof EXTENSIONS)[number];
const NAMES: Readonly<Record<LabExtension, string>> = { 219: 'Ivan', 220: 'Olga', 221: 'Petr' };

export const trunkAddress = (place: Place): string => `127.0.${place.number}.10`;
export const extensionAddress = (place: Place, extension: LabExtension): string => `127.0.${place.number}.${extension}`;

/** No registration, no password: an endpoint is who sends from its address. */
function endpoint(name: string, address: string, context: string, more: string): string {
  return `
[${name}]
type=endpoint
context=${context}
disallow=all
allow=ulaw
direct_media=no
aors=${name}
rtp_symmetric=no
dtmf_mode=rfc4733
${more}
[${name}]
type=aor
contact=sip:${name}@${address}:5060
[${name}]
type=identify
endpoint=${name}
match=${address}
`;
}

function extension(place: Place, number: LabExtension): string {
  const more = `callerid=${NAMES[number]} <${number}>\ncall_group=1\npickup_group=1\ndevice_state_busy_at=4\nset_var=TRANSFER_CONTEXT=from-internal\n`;
  return endpoint(number, extensionAddress(place, number), 'from-internal', `from_domain=${place.address}\n${more}`);
}

/** A telephone that is not registered: its address of record has no contact. */
const UNREGISTERED = '\n[222]\ntype=endpoint\ncontext=from-internal\ndisallow=all\nallow=ulaw\naors=222\n[222]\ntype=aor\nmax_contacts=1\n';

export function pjsip(place: Place): string {
  const transport = `[global]\ntype=global\nuser_agent=callme-lab\n[transport-udp]\ntype=transport\nprotocol=udp\nbind=${place.address}:${place.sipPort}\n`;
  const trunk = endpoint('trunk', trunkAddress(place), 'from-trunk', `from_domain=${place.address}\nset_var=TRANSFER_CONTEXT=from-internal\n`);
  return transport + trunk + EXTENSIONS.map((number) => extension(place, number)).join('') + UNREGISTERED;
}
