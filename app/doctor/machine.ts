/** What this machine knows by itself: Node.js, folders, space, lame. */
import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { freeMb as exactFreeMb } from '../../recordings/disk.ts';
import { findProgram, HOW_TO_INSTALL, realTimers } from '../../recordings/lame.ts';
import { whyLameFails } from '../../recordings/lame-watch.ts';
import type { Config } from '../config/index.ts';
import { fail, ok, warn, type Finding, type Patient } from './finding.ts';

export async function examineMachine(patient: Patient): Promise<readonly Finding[]> {
  const parts = await Promise.all([configFile(patient), dataDir(patient), lame(patient),
    ...patient.config.pbx.map((pbx) => recordings(patient, pbx))]);
  return [...node(patient), ...parts.flat()];
}

async function configFile({ file, says }: Patient): Promise<readonly Finding[]> {
  const { mode } = await stat(file);
  return [(mode & 0o004) === 0 ? ok('config', says.config(file)) : warn('config', says.configOpen(file), says.configOpenRemedy(file))];
}

function node({ says }: Patient): readonly Finding[] {
  const version = process.versions.node;
  return [Number(version.split('.')[0]) >= 24 ? ok('node', says.node(version)) : fail('node', says.node(version), says.nodeRemedy)];
}

async function dataDir({ config, says }: Patient): Promise<readonly Finding[]> {
  const folder = config.dataDir;
  if (!await isFolder(folder)) return [fail('data-dir', says.noDataDir(folder), says.noDataDirRemedy(folder))];
  if (!await may(folder, constants.W_OK | constants.R_OK | constants.X_OK)) return [fail('data-dir', says.dataDirClosed(folder),
    says.dataDirClosedRemedy(folder))];
  const free = await freeMb(folder);
  const low = free !== null && free < config.recording.minFreeMb;
  return [low ? warn('data-dir', says.diskLow(folder, free, config.recording.minFreeMb), says.diskLowRemedy)
    : ok('data-dir', says.dataDir(folder, free))];
}

async function lame({ says, signal }: Patient): Promise<readonly Finding[]> {
  const program = await findProgram('lame');
  if (program === null) return [fail('lame', says.noLame, HOW_TO_INSTALL)];
  const answer = await firstLine(program, '--version');
  if (!answer.ok) return [fail('lame', says.badLame(answer.line), HOW_TO_INSTALL)];
  // Its exit code proves nothing: a second of a tone is encoded and looked at.
  const why = await whyLameFails('lame', { signal, timers: realTimers });
  return [why === '' ? ok('lame', says.lame(answer.line)) : fail('lame', says.badLame(why), HOW_TO_INSTALL)];
}

function firstLine(program: string, argument: string): Promise<{ readonly ok: boolean; readonly line: string }> {
  return new Promise((resolve) => {
    execFile(program, [argument], { timeout: 5_000 }, (error, stdout) => resolve(error === null
      ? { ok: true, line: stdout.split('\n')[0] ?? '' } : { ok: false, line: error.message.split('\n')[0] ?? '' }));
  });
}

async function recordings({ config, says }: Patient, { id, recordings: folder }: Config['pbx'][number]): Promise<readonly Finding[]> {
  const name = `recordings:${id}`;
  if (!await isFolder(folder)) return [fail(name, says.noRecordings(id, folder), says.noRecordingsRemedy(folder))];
  if (!await may(folder, constants.R_OK | constants.X_OK)) return [fail(name, says.recordingsUnread(id, folder), says.recordingsUnreadRemedy)];
  if (!await may(folder, constants.W_OK)) return [warn(name, says.recordingsReadOnly(id, folder), says.recordingsUnreadRemedy)];
  const free = await freeMb(folder);
  const low = free !== null && free < config.recording.minFreeMb;
  return [low ? warn(name, says.diskLow(folder, free, config.recording.minFreeMb), says.diskLowRemedy) : ok(name, says.recordings(id, folder))];
}

function isFolder(path: string): Promise<boolean> { return stat(path).then((found) => found.isDirectory(), () => false); }

function may(path: string, mode: number): Promise<boolean> { return access(path, mode).then(() => true, () => false); }

async function freeMb(folder: string): Promise<number | null> {
  const free = await exactFreeMb(folder);
  return free === null ? null : Math.floor(free);
}
