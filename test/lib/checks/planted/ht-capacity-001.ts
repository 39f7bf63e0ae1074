import { decide } from './decision-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-CAPACITY-001',
  plant: (stack) => decide(stack, 'kinesis/shardQuota.account', 20, 10),
  repair: (stack) => decide(stack, 'kinesis/shardQuota.account', 20, 30),
};
