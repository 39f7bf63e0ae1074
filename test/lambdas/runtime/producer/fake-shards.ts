import { hash } from 'node:crypto';
import { AwsConnectionError } from '../../../../lambdas/runtime/aws/errors';
import type { AwsCaller } from '../../../../lambdas/runtime/aws/json-client';
import type { Clock } from '../../../../lambdas/runtime/retry/clock';
import type { Timers } from '../../../../lambdas/runtime/retry/timers';

/** A record of a PutRecords call. */
export interface PutRecord {
  readonly Data: string;
  readonly PartitionKey: string;
  readonly ExplicitHashKey?: string;
}

/** A shard that takes so many records a second. */
interface FakeShard {
  readonly id: string;
  perSecond: number;
  readonly arrivals: number[];
  readonly stored: string[];
  refused: number;
}

/** A stream of even shards that throttle as Kinesis does, with records refused one by one. */
export class FakeShards implements AwsCaller {
  readonly shards: FakeShard[];
  readonly calls: PutRecord[][] = [];
  /** Whether refusals name the shard, as those of Kinesis do. */
  namesShards = true;
  /** Calls that are cut off, by their number from 1 on: before or after the records were stored. */
  readonly killed = new Map<number, 'before' | 'after'>();
  private sequence = 0;

  constructor(private readonly clock: Pick<Clock, 'now'>, count: number, perSecond = Infinity, private readonly latency: (call: number) => Promise<void> = async () => undefined) {
    this.shards = Array.from({ length: count }, (_, index) => (
      { id: `shardId-${String(index).padStart(12, '0')}`, perSecond, arrivals: [], stored: [], refused: 0 }
    ));
  }

  /** Everything that is in the stream, copies included. */
  get stored(): string[] {
    return this.shards.flatMap(({ stored }) => stored);
  }

  shardOf({ PartitionKey: key, ExplicitHashKey: explicit }: PutRecord): FakeShard {
    const place = explicit === undefined ? BigInt(`0x${hash('md5', key)}`) : BigInt(explicit);
    return this.shards[Number((place * BigInt(this.shards.length)) >> 128n)];
  }

  async call<Output>(_operation: string, input: object): Promise<Output> {
    const { Records: records } = input as { Records: PutRecord[] };
    this.calls.push(records);
    const number = this.calls.length;
    await this.latency(number);
    if (this.killed.get(number) === 'before') {
      throw new AwsConnectionError('PutRecords: reset');
    }
    const answers = records.map((record) => this.take(record));
    if (this.killed.get(number) === 'after') {
      throw new AwsConnectionError('PutRecords: reset');
    }
    return { Records: answers } as Output;
  }

  private take(record: PutRecord): object {
    const shard = this.shardOf(record);
    const now = this.clock.now();
    while (shard.arrivals.length > 0 && shard.arrivals[0] <= now - 1_000) {
      shard.arrivals.shift();
    }
    if (shard.arrivals.length >= shard.perSecond) {
      shard.refused++;
      return { ErrorCode: 'ProvisionedThroughputExceededException', ErrorMessage: this.namesShards ? `Rate exceeded for shard ${shard.id} in stream s under account 1.` : 'Rate exceeded' };
    }
    shard.arrivals.push(now);
    shard.stored.push(Buffer.from(record.Data, 'base64').toString('latin1'));
    return { ShardId: shard.id, SequenceNumber: String(++this.sequence) };
  }
}

/** Timers of a clock. */
export function timersOf(clock: Clock): Timers {
  return {
    after: (milliseconds, run) => {
      let off = false;
      void clock.sleep(milliseconds).then(() => {
        if (!off) {
          run();
        }
      });
      return () => { off = true; };
    },
  };
}
