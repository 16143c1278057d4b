/** Texts that must not leave a developer's machine: its paths, and secrets written down instead of referred to. */

/** Somebody's home folder, root's too (`.lab/root22` is none), a workspace, a folder of Windows. */
const MACHINE_PATH = /(?<![\w.~}-])(?:\/(?:home|Users)\/[a-z][\w.-]*|\/root\/[\w.]+|\/work\/[\w.-]+|[A-Z]:\\(?:Users|Documents)\b)/g;

/** On a line that speaks of a secret: a long run of hexadecimal digits, or of base64 that has capitals, small letters and digits. */
const SPEAKS = /secret|token|passw|api[-_]?key|credential|webhook/i;
const LONG = /(?<![\w./+-])(?:[0-9a-f]{24,}|[0-9A-F]{24,}|(?=[\w+/-]*[a-z])(?=[\w+/-]*[A-Z])(?=[\w+/-]*[0-9])[\w+/-]{32,}={0,2})(?![\w./+-])/g;
/** The address of an incoming webhook is a secret as a whole; docs and examples write `secret` in its place. */
const WEBHOOK = /\/rest\/\d+\/(?!secret\b)[a-z0-9]{12,}/gi;

export function leaksIn(file: string, text: string): readonly string[] {
  return text.split('\n').flatMap((line, index) => {
    const where = `${file}:${index + 1}`;
    const paths = [...line.matchAll(MACHINE_PATH)].map(([found]) => `${where} names ${found}: a path of somebody's machine`);
    const secrets = mayHoldSamples(file) ? [] : secretsIn(line);
    return [...paths, ...secrets.map((found) => `${where} holds ${found.slice(0, 6)}…: it looks like a secret, refer to one instead`)];
  });
}

/** Tests need secrets that lead nowhere, and the checksums of the lock file are none. */
const mayHoldSamples = (file: string): boolean => file.startsWith('test/') || file === 'package-lock.json';

function secretsIn(line: string): readonly string[] {
  const long = SPEAKS.test(line) ? [...line.matchAll(LONG)] : [];
  return [...long, ...line.matchAll(WEBHOOK)].map(([found]) => found);
}
