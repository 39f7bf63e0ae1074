import type { EventSourceConfiguration } from './configuration';
import type { MutableCounters } from './counters';
import type { RandomSource } from './random';

/** What a shard shares with the other shards of its mapping. */
export interface ShardContext {
  readonly configuration: EventSourceConfiguration;
  readonly random: RandomSource;
  readonly counters: MutableCounters;
  /** The event that filters look at. */
  readonly filterView: (content: unknown) => unknown;
  nextReadId(shardId: string): number;
  nextInvocationId(shardId: string): string;
  nextDiscardId(shardId: string): string;
}
