/**
 * How many `route` sessions a second, with a warm cache, against ding-dong without any shield doing the same six commands? Both run
 * in processes of their own, driven in turn by the same load generator; the medians of the rounds are compared.
 * Prints one JSON line; what each process spent goes to stderr.
 */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const TARGET = 0.9;
const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 15);
const SESSIONS = Number(process.env['BENCH_SESSIONS'] ?? 1_000);
const PARALLEL = 16;
const COMMANDS = 6;

interface Told { readonly port: number; readonly milliseconds: number; readonly commands: number; readonly cpuMs: number }
interface Measured { readonly perSecond: number; readonly serverCpuMs: number; readonly loadCpuMs: number; readonly milliseconds: number }

const start = (file: string, ...args: string[]): ChildProcess => fork(new URL(`./agi-route/${file}`, import.meta.url), args);
const told = async (child: ChildProcess): Promise<Told> => (await once(child, 'message') as [Told])[0];

async function ask(child: ChildProcess, message: object): Promise<Told> {
  const answer = told(child);
  child.send(message);
  return answer;
}

async function round(load: ChildProcess, server: ChildProcess, port: number, sessions: number): Promise<Measured> {
  const before = await ask(server, {});
  const { milliseconds, commands, cpuMs } = await ask(load, { port, sessions, parallel: PARALLEL });
  const after = await ask(server, {});
  if (commands !== sessions * COMMANDS) throw new Error(`a session gave ${String(commands / sessions)} commands, not ${String(COMMANDS)}`);
  return { perSecond: sessions / milliseconds * 1000, serverCpuMs: after.cpuMs - before.cpuMs, loadCpuMs: cpuMs, milliseconds };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

const share = (rounds: readonly Measured[], of: 'serverCpuMs' | 'loadCpuMs'): string =>
  `${String(Math.round(100 * median(rounds.map((one) => one[of] / one.milliseconds))))} %`;

const load = start('load.ts');
const servers = [start('server.ts', 'ours'), start('server.ts', 'bare')] as const;
const [ours, bare] = servers;
const ports = await Promise.all([told(ours), told(bare)]);
const results: readonly [Measured[], Measured[]] = [[], []];
for (const server of [0, 1] as const) await round(load, servers[server], ports[server].port, SESSIONS * 2);
for (let turn = 0; turn < ROUNDS; turn += 1) {
  const order = turn % 2 === 0 ? [0, 1] as const : [1, 0] as const;
  for (const server of order) results[server].push(await round(load, servers[server], ports[server].port, SESSIONS));
}
for (const child of [load, ...servers]) child.disconnect();

const value = median(results[0].map((one) => one.perSecond));
const yardstick = median(results[1].map((one) => one.perSecond));
const ratio = value / yardstick;
for (const [name, rounds] of [['ours', results[0]], ['bare', results[1]]] as const) {
  const perSession = Math.round(median(rounds.map((one) => one.serverCpuMs)) * 1000 / SESSIONS);
  process.stderr.write(`${name}: CPU of the server ${share(rounds, 'serverCpuMs')} (${String(perSession)} µs a session), `
    + `of the load generator ${share(rounds, 'loadCpuMs')}\n`);
}
process.stdout.write(`${JSON.stringify({
  name: 'agi_route_sessions_per_s', value: Math.round(value), yardstick: Math.round(yardstick), ratio: Number(ratio.toFixed(3)), target: TARGET,
  met: ratio >= TARGET, unit: 'sessions/s',
})}\n`);
