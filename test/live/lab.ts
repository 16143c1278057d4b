/** Raises one lab for a test file; where that is impossible the test says why and passes by. */
import type { Test } from 'tap';
import { raiseLab, type Lab, type LabOptions } from '../../lab/lab.ts';
import { preconditions } from '../../lab/preconditions.ts';

/** Calls speak for real seconds, and the first run builds Asterisk. */
const FILE_MS = 20 * 60_000;

/** Null = the reason is printed and the test skipped. The lab closes with the test. */
export async function labFor(t: Test, options: LabOptions = {}): Promise<Lab | null> {
  t.setTimeout(FILE_MS);
  const able = await preconditions(options.version);
  if (!able.ok) {
    t.pass('needs an Asterisk', { skip: able.reason });
    return null;
  }
  const lab = await raiseLab({ progress: (line) => { t.comment(line); }, ...options });
  t.teardown(() => lab.close());
  return lab;
}
