import { decide } from './decision-parts';
import type { Planted } from './planted';

export const planted: Planted = {
  id: 'HT-CAPACITY-002',
  plant: (stack) => decide(stack, 'kinesis/efo.maxConsumersPerStream', 30),
  repair: (stack) => decide(stack, 'kinesis/efo.maxConsumersPerStream', 20),
};
