/** Which bridge a row speaks of: its extra data says it. A table without that column (FreePBX before 15) says only who was in it already. */
import type { CelRow } from './rows.ts';

/** Keeps what it has seen: ask with every BRIDGE_ENTER and BRIDGE_EXIT, in their order. */
export function bridgesWithoutIds(): (row: CelRow) => string {
  const inside = new Map<string, string>();
  let made = 0;
  return (row) => {
    const told = row.extra?.['bridge_id'];
    if (told !== undefined) return told;
    const now = inside.get(row.channel);
    if (row.type === 'BRIDGE_EXIT') {
      inside.delete(row.channel);
      return now ?? '';
    }
    const peers = row.peer.split(',').map((peer) => inside.get(peer)).find((bridge) => bridge !== undefined);
    // Who enters alone opens a bridge: the next one names him as its peer.
    const bridge = peers ?? `of ${row.leg} ${made += 1}`;
    inside.set(row.channel, bridge);
    return bridge;
  };
}
