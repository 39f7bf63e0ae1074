import { decide } from './decision-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-CAPACITY-003',
  plant: (stack) => decide(stack, 'kinesis/shardQuota.account', 30_000),
  repair: (stack) => decide(stack, 'kinesis/shardQuota.account', 10_000),
};
