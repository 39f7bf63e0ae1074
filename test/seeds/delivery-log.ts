import type { InvocationResult } from '../../local/event-sources';

/** A record as a function was handed it. */
export interface DeliveredRecord {
  readonly shard: string;
  readonly sequence: string;
  /** Records of one lane are handed over in order, the first time. */
  readonly lane: string;
}

/** What is known of one shard. */
interface ShardDeliveries {
  /** Times that each record was handed over. */
  readonly counts: Map<string, number>;
  readonly done: Set<string>;
  /** Latest record of each lane that was handed over for the first time. */
  readonly latest: Map<string, string>;
}

/** The first record of a shard was handed over when so much of each other shard was done. */
export interface ShardBeginning {
  readonly shard: string;
  readonly done: ReadonlyMap<string, number>;
}

/** What the mappings handed to the functions, seen from the functions' side. */
export class DeliveryLog {
  readonly shards = new Map<string, ShardDeliveries>();
  readonly beginnings: ShardBeginning[] = [];
  /** Records of a lane that came for the first time after a later one. */
  readonly disorders: string[] = [];

  /** Notes a batch. @returns notes what became of it */
  delivered(records: readonly DeliveredRecord[]): (result: InvocationResult) => void {
    for (const { shard, sequence, lane } of records) {
      const { counts, latest } = this.shardOf(shard);
      const before = counts.get(sequence) ?? 0;
      counts.set(sequence, before + 1);
      if (before === 0) {
        const last = latest.get(lane);
        if (last !== undefined && isLower(sequence, last)) {
          this.disorders.push(`record ${sequence} of ${shard} was first delivered after ${last}`);
        }
        latest.set(lane, sequence);
      }
    }
    return (result) => this.answered(records, result);
  }

  /** Whether a function has done with a record. */
  isDone(shard: string, sequence: string): boolean {
    return this.shards.get(shard)?.done.has(sequence) === true;
  }

  /** The most that one record was handed over. */
  get mostDeliveries(): { readonly record: string; readonly times: number } {
    let most = { record: '', times: 0 };
    for (const [shard, { counts }] of this.shards) {
      for (const [sequence, times] of counts) {
        most = times > most.times ? { record: `${sequence} of ${shard}`, times } : most;
      }
    }
    return most;
  }

  private answered(records: readonly DeliveredRecord[], result: InvocationResult): void {
    if (result.status !== 'success') {
      return;
    }
    const failure = (result.payload as { batchItemFailures?: { itemIdentifier: string }[] }).batchItemFailures?.[0]?.itemIdentifier;
    const end = failure === undefined ? records.length : records.findIndex(({ sequence }) => sequence === failure);
    for (const { shard, sequence } of records.slice(0, end)) {
      this.shardOf(shard).done.add(sequence);
    }
  }

  private shardOf(shard: string): ShardDeliveries {
    let deliveries = this.shards.get(shard);
    if (deliveries === undefined) {
      this.beginnings.push({ shard, done: new Map([...this.shards].map(([id, { done }]) => [id, done.size])) });
      deliveries = { counts: new Map(), done: new Set(), latest: new Map() };
      this.shards.set(shard, deliveries);
    }
    return deliveries;
  }
}

/** Sequence numbers of one shard are of one length, or the longer is the higher. */
function isLower(a: string, b: string): boolean {
  return a.length === b.length ? a < b : a.length < b.length;
}
