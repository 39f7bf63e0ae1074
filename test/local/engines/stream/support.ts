import { KinesisEngine, type KinesisEngineProps, kinesisLimits, type KinesisLimits, type KinesisStream } from '../../../../local/engines/stream';

export const START = 1_800_000_000_000;

/** An engine whose time stands still until it is moved. */
export class TimedEngine extends KinesisEngine {
  private readonly time: { now: number };

  constructor(props: Omit<KinesisEngineProps, 'now'> = {}) {
    const time = { now: START };
    super({ ...props, now: () => time.now });
    this.time = time;
  }

  advance(milliseconds: number): void {
    this.time.now += milliseconds;
  }
}

/** Limits of AWS with some of them changed, so that tests need few records. */
export const limitsWith = (overrides: Partial<KinesisLimits>): KinesisLimits => ({ ...kinesisLimits(), ...overrides });

/** Puts a text; gives the record, or undefined when it was throttled. */
export function put(stream: KinesisStream, partitionKey: string, text: string): { shardId: string; sequenceNumber: string } | undefined {
  const data = Buffer.from(text);
  const result = stream.put(partitionKey, data.toString('base64'), data.length);
  return 'throttled' in result ? undefined : { shardId: result.shard.id, sequenceNumber: result.record.sequenceNumber };
}

/** Texts of the records of a shard from a counter on. */
export function texts(stream: KinesisStream, shardId: string, counter = 0): string[] {
  return stream.read(shardId, counter, 10_000).records.map((record) => Buffer.from(record.data, 'base64').toString());
}
