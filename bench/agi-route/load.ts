/**
 * The load generator: a process of its own that plays Asterisk, `parallel` sessions at a time, over real sockets. It does as little as
 * possible per session (prepared bytes, no strings, no streams), so that the server under test is the slower of the two.
 * In: `{ port, sessions, parallel }`. Out: `{ milliseconds, commands, cpuMs }`.
 */
import { connect } from 'node:net';
import type { Socket } from 'node:net';

interface Round { readonly port: number; readonly sessions: number; readonly parallel: number }

const REQUEST = Buffer.from([
  'agi_network: yes', 'agi_network_script: route', 'agi_request: agi://127.0.0.1:4573/route', 'agi_channel: PJSIP/trunk-00000001',
  'agi_language: en', 'agi_type: PJSIP', 'agi_uniqueid: 1790000000.17', 'agi_version: 22.10.1', 'agi_callerid: +79035550142',
  'agi_calleridname: unknown', 'agi_callingpres: 0', 'agi_callingani2: 0', 'agi_callington: 0', 'agi_callingtns: 0', 'agi_dnid: 74951234567',
  'agi_rdnis: unknown', 'agi_context: callme-route', 'agi_extension: s', 'agi_priority: 2', 'agi_enhanced: 0.0', 'agi_accountcode: ',
  'agi_threadid: 139872', 'agi_arg_1: 74951234567', '', '',
].join('\n'));
const SET_DONE = Buffer.from('200 result=1\n');
const VARIABLE = Buffer.from('200 result=1 (1790000000.17)\n');
const LETTER_G = 71;
const buffers: Buffer[] = [];

function session(port: number, onCommand: () => void, onClose: () => void): void {
  const buffer = buffers.pop() ?? Buffer.allocUnsafe(4096);
  const socket: Socket = connect({
    host: '127.0.0.1', port, noDelay: true,
    onread: {
      buffer,
      callback: (_bytes, held) => {
        onCommand();
        socket.write(held[0] === LETTER_G ? VARIABLE : SET_DONE);
        return true;
      },
    },
  }, () => { socket.write(REQUEST); });
  socket.on('close', () => {
    buffers.push(buffer);
    onClose();
  });
  socket.on('error', (error) => { throw error; });
}

function run({ port, sessions, parallel }: Round): void {
  const began = performance.now();
  const cpu = process.cpuUsage();
  let started = 0;
  let ended = 0;
  let commands = 0;
  const next = (): void => {
    started += 1;
    session(port, () => { commands += 1; }, () => {
      ended += 1;
      if (started < sessions) next();
      else if (ended === sessions) report();
    });
  };
  const report = (): void => {
    const { user, system } = process.cpuUsage(cpu);
    process.send?.({ milliseconds: performance.now() - began, commands, cpuMs: (user + system) / 1000 });
  };
  for (let place = 0; place < Math.min(parallel, sessions); place += 1) next();
}

process.on('message', (round) => { run(round as Round); });
process.on('disconnect', () => process.exit(0));
