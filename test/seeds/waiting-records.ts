import type { DeliveryLog } from './delivery-log';
import type { StreamService } from './stream-service';

interface WaitingRecord {
  readonly sequence: string;
  /** When the stream took it, in milliseconds since 1970. */
  readonly at: number;
}

/** The record that has waited longest. */
export interface OldestRecord {
  /** The record and its shard, in words. */
  readonly record: string;
  readonly ageMilliseconds: number;
}

/** Records that a stream holds and no function has done: seen from the streams and the functions, without a word of the mappings between. */
export class WaitingRecords {
  /** By shard, in its order. */
  private readonly waiting = new Map<string, WaitingRecord[]>();
  private readonly nextCounters = new Map<string, number>();

  constructor(private readonly deliveries: DeliveryLog) {}

  /** Notes a record that is to be delivered. @param shard as the delivery log names it */
  add(shard: string, sequence: string, at: number): void {
    const records = this.waiting.get(shard) ?? [];
    records.push({ sequence, at });
    this.waiting.set(shard, records);
  }

  /** Notes what has come into the payment stream since the last look. */
  follow({ stream }: StreamService): void {
    for (const { id } of stream.listShards()) {
      const { records, next } = stream.read(id, this.nextCounters.get(id) ?? 0, Infinity, { bytes: Infinity });
      this.nextCounters.set(id, next);
      records.forEach(({ sequenceNumber, arrivalTimestamp }) => this.add(id, sequenceNumber, arrivalTimestamp));
    }
  }

  /** The record that waits longest; undefined when all are done. */
  oldest(now: number): OldestRecord | undefined {
    let oldest: OldestRecord | undefined;
    for (const [shard, records] of this.waiting) {
      const left = records.filter(({ sequence }) => !this.deliveries.isDone(shard, sequence));
      this.waiting.set(shard, left);
      for (const { sequence, at } of left) {
        if (now - at > (oldest?.ageMilliseconds ?? -1)) {
          oldest = { record: `${sequence} of ${shard}`, ageMilliseconds: now - at };
        }
      }
    }
    return oldest;
  }
}
