import { policyTest } from './recording-policy.ts';

await policyTest('22');
