import { AdaptiveBatchSize } from '../../../lambdas/runtime';

const batch = new AdaptiveBatchSize({ maximum: 500, initial: 100, targetMilliseconds: 200 });

// Four full batches in time, then one that took too long.
[50, 52, 49, 51].forEach((milliseconds) => batch.report(batch.size, milliseconds));
const larger = batch.size;
batch.report(larger, 250);

export const answer = [larger, batch.size]; // [125,100]
