/** Keys as telephone-events [RFC 4733]: 100 ms tone, its end told three times, then a pause. */
const KEYS = '0123456789*#ABCD';
const TONE_PACKETS = 5;
const END_PACKETS = 3;
const PAUSE_PACKETS = 4;
const VOLUME = 10;
const END_BIT = 0x80;

/** One 20 ms slot; no payload = silence. */
export interface DigitPacket { readonly first: boolean; readonly payload: Buffer | null }

function event(key: number, end: boolean, duration: number): Buffer {
  const payload = Buffer.alloc(4);
  payload.writeUInt8(key, 0);
  payload.writeUInt8((end ? END_BIT : 0) | VOLUME, 1);
  payload.writeUInt16BE(duration, 2);
  return payload;
}

export function digitPackets(digit: string): DigitPacket[] {
  const key = KEYS.indexOf(digit);
  if (key < 0 || digit.length !== 1) throw new RangeError(`not a key of a telephone: ${digit}`);
  const packets: DigitPacket[] = [];
  for (let index = 1; index <= TONE_PACKETS; index += 1) packets.push({ first: index === 1, payload: event(key, false, index * 160) });
  for (let index = 0; index < END_PACKETS; index += 1) packets.push({ first: false, payload: event(key, true, (TONE_PACKETS + 1) * 160) });
  for (let index = 0; index < PAUSE_PACKETS; index += 1) packets.push({ first: false, payload: null });
  return packets;
}
