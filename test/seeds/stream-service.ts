import { AwsServiceError } from '../../lambdas/runtime/aws/errors';
import { KinesisEngine, KinesisError, kinesisLimits, type KinesisStream, type ReadFaults } from '../../local/engines/stream';
import { runOperation } from '../../local/engines/stream/operations';
import { KinesisRequest } from '../../local/engines/stream/request';
import type { SeededRandom } from '../../local/random/seeded-random';
import { ConnectionLost } from './simulated-process';
import type { Strike, StrikeName } from './strikes';
import type { VirtualTime } from './virtual-time';

export const STREAM_NAME = 'payments';

export interface StreamServiceProps {
  readonly time: VirtualTime;
  readonly random: SeededRandom;
  readonly strike: Strike;
  readonly shards: number;
  /** Records that a shard takes in a second. */
  readonly recordsPerSecond: number;
}

/** The real Kinesis engine behind a network that fails. */
export class StreamService {
  readonly engine: KinesisEngine;
  readonly stream: KinesisStream;
  unavailable = false;
  lostAnswers = 0;
  /** Probability that a polled read is told that its iterator has expired. */
  expiredIterators = 0;
  private readonly random: SeededRandom;
  private readonly strike: Strike;

  constructor({ time, random, strike, shards, recordsPerSecond }: StreamServiceProps) {
    this.random = random;
    this.strike = strike;
    this.engine = new KinesisEngine({ now: () => time.now(), limits: { ...kinesisLimits(), shardWriteRecordsPerSecond: recordsPerSecond } });
    this.stream = this.engine.createStream({ name: STREAM_NAME, shardCount: shards });
  }

  /** @throws AwsServiceError, ConnectionLost */
  async serve(operation: string, input: object): Promise<object> {
    if (this.unavailable) {
      this.strike('stream-unavailable (writes)');
      throw new AwsServiceError('InternalFailure', 500, '');
    }
    let output: object;
    try {
      output = runOperation(this.engine, operation, KinesisRequest.of(JSON.parse(JSON.stringify(input))));
    } catch (error) {
      throw error instanceof KinesisError ? new AwsServiceError(error.code, error.statusCode, error.message) : error;
    }
    if (this.random.next() < this.lostAnswers) {
      this.strike('lost-answers (stream)');
      throw new ConnectionLost();
    }
    return output;
  }

  /** What the same faults do to a mapping that reads. @param random draws only while a fault is on, so that it changes nothing else */
  readFaults(random: SeededRandom): ReadFaults {
    return {
      refusesRead: () => this.struck('stream-unavailable (reads)', this.unavailable),
      expiresIterator: () => this.struck('expire-iterators (stream)', this.expiredIterators > 0 && random.next() < this.expiredIterators),
    };
  }

  /** Splits the open shard that the choice falls on in its middle; a shard too narrow is left. */
  split(choice: number): void {
    const open = this.openShards();
    const { id, props: { range: { start, end } } } = open[choice % open.length];
    if (open.length < MOST_SHARDS) {
      this.strike('split');
      this.stream.split(id, String((BigInt(`0x${start}`) + BigInt(`0x${end}`)) / 2n + 1n));
    }
  }

  /** Merges two neighbours. */
  merge(choice: number): void {
    const open = this.openShards().sort((a, b) => (a.props.range.start < b.props.range.start ? -1 : 1));
    if (open.length > 1) {
      this.strike('merge');
      const first = choice % (open.length - 1);
      this.stream.merge(open[first].id, open[first + 1].id);
    }
  }

  /** Puts a record of bytes that are no payment. @returns whether the stream took it */
  putUnreadable(base64: string, partitionKey: string): boolean {
    return 'record' in this.stream.put(partitionKey, base64, Buffer.byteLength(base64, 'base64'));
  }

  private struck(name: StrikeName, strikes: boolean): boolean {
    if (strikes) {
      this.strike(name);
    }
    return strikes;
  }

  private openShards() {
    return this.stream.listShards().filter(({ open }) => open);
  }
}

const MOST_SHARDS = 6;
