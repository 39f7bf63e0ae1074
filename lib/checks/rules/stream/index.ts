import type { Rule } from '../../rule';
import { consumerLimit } from './consumer-limit';
import { onDemandStart } from './on-demand-start';
import { oversizedRecords } from './oversized-records';
import { pollingTooSlow } from './polling-too-slow';
import { shardsBelowNeed } from './shards-below-need';
import { streamSharedReaders } from './shared-readers';
import { shortRetention } from './short-retention';
import { singleShard } from './single-shard';

export const STREAM_RULES: readonly Rule[] = [
  shardsBelowNeed, singleShard, streamSharedReaders, pollingTooSlow, shortRetention, onDemandStart, oversizedRecords, consumerLimit,
];
