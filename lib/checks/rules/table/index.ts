import type { Rule } from '../../rule';
import { hotPartitionKey } from './hot-partition-key';
import { indexCapacity } from './index-capacity';
import { lostUpdates } from './lost-updates';
import { pointInTimeRecovery } from './point-in-time-recovery';
import { streamReaders } from './stream-readers';
import { timeToLiveEnabled } from './time-to-live-enabled';
import { timeToLiveWindow } from './time-to-live-window';
import { warmThroughput } from './warm-throughput';
import { writeCapacity } from './write-capacity';
import { writeScaling } from './write-scaling';

export const TABLE_RULES: readonly Rule[] = [
  pointInTimeRecovery, writeScaling, writeCapacity, warmThroughput, hotPartitionKey, indexCapacity, timeToLiveWindow, timeToLiveEnabled,
  streamReaders, lostUpdates,
];
