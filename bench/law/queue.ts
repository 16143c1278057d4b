/** A client who waits in a queue that rings ten agents, round after round: the call with the most legs that an ordinary PBX knows. */
import { readFileSync } from 'node:fs';
import { CAPTURES, heardOf, mouldOf, type Story } from './stories.ts';

/** The capture: who waits, and the leg of the agent whose rounds are multiplied. */
const CLIENT = '1795168959.96';
const AGENT = '1795168959.97';
const AGENTS = 10;
/** Beyond every id of the capture. */
const FIRST_LEG = 100_000;

const events = heardOf(readFileSync(`${CAPTURES}/e7_queue_abandon.txt`, 'utf8'));
const ofAgent = events.filter((event) => event.includes(`niqueid: ${AGENT}\r\n`));
const releasedAt = ofAgent.findIndex((event) => event.startsWith('Event: DialEnd'));
const joinedAt = events.findIndex((event) => event.startsWith('Event: QueueCallerJoin'));

const asAgent = (event: string, round: number, agent: number): string => event
  .replaceAll(AGENT, `${AGENT.split('.')[0] ?? ''}.${FIRST_LEG + round * AGENTS + agent}`).replaceAll('PJSIP/219', `PJSIP/${300 + agent}`).replaceAll(/(CallerIDNum: )219/g, `$1${300 + agent}`);

const eachAgent = (moment: readonly string[], round: number): Story =>
  moment.flatMap((event) => Array.from({ length: AGENTS }, (_, agent) => mouldOf(asAgent(event, round, agent))));

/** He enters the queue. */
export const joining: Story = events.slice(0, joinedAt + 1).filter((event) => event.includes(CLIENT)).map(mouldOf);
/** Ten agents' telephones ring. */
export const ringing = (round: number): Story => eachAgent(ofAgent.slice(0, releasedAt), round);
/** None of them lifts. */
export const released = (round: number): Story => eachAgent(ofAgent.slice(releasedAt), round);
/** Rounds 0 to `rounds` - 1, all in vain. */
export const waiting = (rounds: number): Story => Array.from({ length: rounds }, (_, round) => [...ringing(round), ...released(round)]).flat();
