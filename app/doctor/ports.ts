import { createServer } from 'node:net';
import { showListen, type Listen } from '../config/index.ts';
import { askServer } from '../server-health.ts';
import { fail, ok, type Finding, type Patient } from './finding.ts';

/** A port that is taken is fine when it is taken by our own server. */
export async function examinePorts(patient: Patient): Promise<readonly Finding[]> {
  const { agi, web } = patient.config;
  const ours = await askServer(web.listen, patient.timeoutMs);
  return Promise.all([port(patient, { what: 'agi.listen', listen: agi.listen }, ours !== null),
    port(patient, { what: 'web.listen', listen: web.listen }, ours !== null)]);
}

async function port({ says }: Patient, { what, listen }: { readonly what: string; readonly listen: Listen }, ours: boolean): Promise<Finding> {
  const where = showListen(listen);
  const id = what.replace('.', '-');
  const code = await tryListen(listen);
  if (code === null) return ok(id, says.portFree(what, where));
  if (code !== 'EADDRINUSE') return fail(id, says.portNo(what, where, code), says.portNoRemedy);
  return ours ? ok(id, says.portOurs(what, where)) : fail(id, says.portTaken(what, where), says.portTakenRemedy(what));
}

function tryListen({ host, port: number }: Listen): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host, port: number, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
