import { HedgedCalls, scatterGather, systemClock } from '../../../lambdas/runtime';

const shards = Array.from({ length: 100 }, (_, index) => `shard-${index}`);
const count = async (shard: string): Promise<number> => {
  if (shard === 'shard-42') {
    throw new Error('away');
  }
  return 10;
};
const hedge = new HedgedCalls({ share: 0.02 }, systemClock);

export const answer = scatterGather(shards, count, { partial: 'bestEffort', concurrency: 20, hedge }).then(({ answers, missing }) => (
  [answers.reduce((sum, it) => sum + it.answer, 0), missing.map(({ shard, error }) => `${shard}: ${error.message}`)])); // [990,["shard-42: away"]]
