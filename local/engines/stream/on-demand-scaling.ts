import type { KinesisLimits } from './limits';
import { splitEvenly } from './resharding';
import type { Shard } from './shard';
import type { ShardMap } from './shard-map';

const MINUTE = 60_000;

/** What came for a shard in the minute that is running, and since when it has been too much. */
interface Traffic {
  minute: number;
  bytes: number;
  records: number;
  hotSince: number | undefined;
}

/**
 * Splits the shards of an on-demand stream as their traffic grows: a shard for which more than half of its capacity came in the mean
 * of a minute is split into halves when the time has passed within which AWS promises it. So the capacity follows twice the
 * highest traffic so far, doubles at most once in that time, and what comes beyond is throttled. Shards are never merged:
 * the highest traffic counts for 30 days.
 */
export class OnDemandScaling {
  private readonly traffic = new Map<string, Traffic>();

  constructor(private readonly shards: ShardMap, private readonly limits: KinesisLimits) {}

  /** Counts a record that came for an open shard, taken or not, and splits the shard when that is due. */
  arrived(shard: Shard, bytes: number, now: number): void {
    const traffic = this.trafficOf(shard, now);
    const minute = Math.floor(now / MINUTE);
    if (minute !== traffic.minute) {
      this.endMinute(traffic, minute);
    }
    traffic.bytes += bytes;
    traffic.records += 1;
    if (traffic.hotSince !== undefined && now >= traffic.hotSince + this.limits.onDemandScalingMilliseconds) {
      this.traffic.delete(shard.id);
      splitEvenly(this.shards, shard);
    }
  }

  private trafficOf(shard: Shard, now: number): Traffic {
    let traffic = this.traffic.get(shard.id);
    if (traffic === undefined) {
      traffic = { minute: Math.floor(now / MINUTE), bytes: 0, records: 0, hotSince: undefined };
      this.traffic.set(shard.id, traffic);
    }
    return traffic;
  }

  private endMinute(traffic: Traffic, minute: number): void {
    const { onDemandSplitBytesPerSecond, shardWriteRecordsPerSecond } = this.limits;
    if (traffic.bytes > 60 * onDemandSplitBytesPerSecond || traffic.records > 30 * shardWriteRecordsPerSecond) {
      traffic.hotSince ??= traffic.minute * MINUTE;
    }
    Object.assign(traffic, { minute, bytes: 0, records: 0 });
  }
}
