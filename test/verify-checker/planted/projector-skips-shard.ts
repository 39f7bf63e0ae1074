import { correctProjector, type Defect } from './defect';

/** Answers for one shard of the table stream without doing anything. */
export const defect: Defect = {
  balanceProjector: (parts) => {
    const correct = correctProjector(parts);
    return async (event, context) => (event.shardId?.endsWith('1') ? { batchItemFailures: [], state: {} } : correct(event, context));
  },
};
