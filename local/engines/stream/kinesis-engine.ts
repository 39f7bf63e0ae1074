import { KinesisError } from './errors';
import { kinesisLimits, type KinesisLimits } from './limits';
import { KinesisStream } from './kinesis-stream';
import type { StreamMode } from './stream-scaling';

export interface KinesisEngineProps {
  /** @default 'us-east-1' */
  readonly region?: string;
  /** @default '000000000000' */
  readonly account?: string;
  /** @default - the limits of AWS */
  readonly limits?: KinesisLimits;
  /**
   * Most memory of one stream's records, in bytes. When it is reached, records that every registered reader has passed are dropped
   * early; while unread ones fill it, writes are throttled.
   * @default 268435456 (256 MiB)
   */
  readonly maximumStreamBytes?: number;
  /**
   * Most memory of those records of one stream that every registered reader has passed, in bytes. Readers that are not registered
   * can read them again until they are dropped for this, or for their age.
   * @default 16777216 (16 MiB)
   */
  readonly keepPassedBytes?: number;
  /** The time in milliseconds since the epoch. @default - the wall clock */
  readonly now?: () => number;
}

export interface CreateStreamProps {
  readonly name: string;
  /** @default 'PROVISIONED' */
  readonly mode?: StreamMode;
  /**
   * Shards at the start, 1 to 10,000.
   * @default - 4 for an on-demand stream; must be given for a provisioned one
   */
  readonly shardCount?: number;
  /** @default - the shortest retention, 24 hours */
  readonly retentionHours?: number;
}

/** Kinesis data streams in memory. Streams are ready as soon as they are made, and a reshard is done when its call returns. */
export class KinesisEngine {
  readonly region: string;
  readonly limits: KinesisLimits;
  private readonly account: string;
  private readonly maximumStreamBytes: number;
  private readonly keepPassedBytes: number;
  private readonly clock: () => number;
  private readonly streams = new Map<string, KinesisStream>();

  constructor(props: KinesisEngineProps = {}) {
    this.region = props.region ?? 'us-east-1';
    this.account = props.account ?? '000000000000';
    this.limits = props.limits ?? kinesisLimits();
    this.maximumStreamBytes = props.maximumStreamBytes ?? 256 * 1024 * 1024;
    this.keepPassedBytes = props.keepPassedBytes ?? 16 * 1024 * 1024;
    const clock = props.now ?? Date.now;
    let latest = 0;
    // The wall clock may step back; arrival timestamps may not.
    this.clock = () => {
      latest = Math.max(latest, clock());
      return latest;
    };
    if (!(this.maximumStreamBytes > 0)) {
      throw new Error(`\`maximumStreamBytes\` must be above 0, got: ${this.maximumStreamBytes}`);
    }
    if (!(this.keepPassedBytes >= 0)) {
      throw new Error(`\`keepPassedBytes\` must be at least 0, got: ${this.keepPassedBytes}`);
    }
  }

  get streamNames(): string[] {
    return [...this.streams.keys()].sort();
  }

  /** The time in milliseconds since the epoch; never goes backwards. */
  now(): number {
    return this.clock();
  }

  /** @throws KinesisError ResourceInUseException, ValidationException */
  createStream({ name, mode = 'PROVISIONED', shardCount = this.defaultShardCount(mode), retentionHours }: CreateStreamProps): KinesisStream {
    if (!/^[a-zA-Z0-9_.-]{1,128}$/.test(name)) {
      throw new KinesisError('ValidationException', `\`StreamName\` must be 1 to 128 letters, digits, '_', '.' or '-', got: ${name}`);
    }
    if (!Number.isInteger(shardCount) || shardCount < 1 || shardCount > this.limits.maximumShards) {
      throw new KinesisError('ValidationException', `\`ShardCount\` must be between 1 and ${this.limits.maximumShards}, got: ${shardCount}`);
    }
    if (this.streams.has(name)) {
      throw new KinesisError('ResourceInUseException', `Stream ${name} under account ${this.account} already exists.`);
    }
    const stream = new KinesisStream({
      name,
      arn: `arn:aws:kinesis:${this.region}:${this.account}:stream/${name}`,
      mode,
      shardCount,
      retentionHours: retentionHours === undefined ? undefined : this.checkedRetention(retentionHours),
      limits: this.limits,
      maximumBytes: this.maximumStreamBytes,
      keepPassedBytes: this.keepPassedBytes,
      now: this.clock,
    });
    this.streams.set(name, stream);
    return stream;
  }

  /** @throws KinesisError ResourceNotFoundException */
  stream(name: string): KinesisStream {
    const stream = this.streams.get(name);
    if (stream === undefined) {
      throw new KinesisError('ResourceNotFoundException', `Stream ${name} under account ${this.account} not found.`);
    }
    return stream;
  }

  /** @throws KinesisError ResourceNotFoundException */
  streamByArn(arn: string): KinesisStream {
    return this.stream(arn.slice(arn.indexOf('stream/') + 'stream/'.length));
  }

  deleteStream(name: string): void {
    this.streams.delete(this.stream(name).name);
  }

  private defaultShardCount(mode: StreamMode): number {
    if (mode !== 'ON_DEMAND') {
      throw new KinesisError('ValidationException', '`ShardCount` must be given for a provisioned stream.');
    }
    return this.limits.onDemandShards;
  }

  /** @throws KinesisError InvalidArgumentException for a retention out of range */
  checkedRetention(hours: number): number {
    const { minimumRetentionHours, maximumRetentionHours } = this.limits;
    if (!Number.isInteger(hours) || hours < minimumRetentionHours || hours > maximumRetentionHours) {
      throw new KinesisError(
        'InvalidArgumentException',
        `\`RetentionPeriodHours\` must be between ${minimumRetentionHours} and ${maximumRetentionHours}, got: ${hours}`,
      );
    }
    return hours;
  }
}
