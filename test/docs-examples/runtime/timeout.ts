import { setTimeout as sleep } from 'node:timers/promises';
import { CallTimeoutError, withTimeout } from '../../../lambdas/runtime';

const slow = withTimeout((signal) => sleep(60_000, 'too late', { signal }), { milliseconds: 20 });

export const answer = slow.catch((error: unknown) => error instanceof CallTimeoutError && error.message); // "no answer within 20 ms"
