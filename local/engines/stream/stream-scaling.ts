import { KinesisError } from './errors';
import type { KinesisLimits } from './limits';
import { OnDemandScaling } from './on-demand-scaling';
import { RandomResharding, type RandomNumbers, scaleUniformly } from './resharding';
import type { Shard } from './shard';
import type { ShardMap } from './shard-map';

/** Who takes care of the number of shards: the user, or the stream itself. */
export type StreamMode = 'PROVISIONED' | 'ON_DEMAND';

const DAY = 24 * 3_600_000;

export interface StreamScalingProps {
  readonly streamName: string;
  readonly mode: StreamMode;
  readonly shards: ShardMap;
  readonly limits: KinesisLimits;
  /** The time in milliseconds since the epoch. */
  readonly now: () => number;
}

/** How the number of a stream's shards changes: by its mode, by a call, or by a fault. Every change is done when its call returns. */
export class StreamScaling {
  private currentMode: StreamMode;
  private onDemand: OnDemandScaling;
  private readonly random: RandomResharding;
  private shardCountUpdates: number[] = [];
  private modeUpdates: number[] = [];

  constructor(private readonly props: StreamScalingProps) {
    this.currentMode = props.mode;
    this.onDemand = new OnDemandScaling(props.shards, props.limits);
    this.random = new RandomResharding(props.shards);
  }

  get mode(): StreamMode {
    return this.currentMode;
  }

  /** Takes note of a record that came for a shard, taken or not. */
  arrived(shard: Shard, bytes: number): void {
    if (this.currentMode === 'ON_DEMAND') {
      this.onDemand.arrived(shard, bytes, this.props.now());
    }
  }

  /**
   * Splits and merges until the stream has this many shards of the same size.
   *
   * @returns the number of open shards before
   * @throws KinesisError ValidationException for an on-demand stream, InvalidArgumentException for a count that is out of range,
   *   LimitExceededException for too many calls in 24 hours
   */
  updateShardCount(target: number): number {
    const { limits, shards, streamName } = this.props;
    const current = shards.open.length;
    if (this.currentMode === 'ON_DEMAND') {
      throw new KinesisError('ValidationException', `Stream ${streamName} is in the capacity mode ON_DEMAND, which takes care of its shards itself.`);
    }
    const least = Math.ceil(current / limits.updateShardCountFactor);
    const most = Math.min(current * limits.updateShardCountFactor, limits.maximumShards);
    if (!Number.isInteger(target) || target < least || target > most) {
      throw new KinesisError(
        'InvalidArgumentException',
        `\`TargetShardCount\` must be between ${least} and ${most} for a stream of ${current} open shards, got: ${target}`,
      );
    }
    this.shardCountUpdates = this.countCall('UpdateShardCount', this.shardCountUpdates, limits.updateShardCountsPerDay);
    scaleUniformly(shards, target);
    return current;
  }

  /**
   * Changes the mode; the shards stay as they are.
   *
   * @throws KinesisError LimitExceededException for too many changes in 24 hours
   */
  updateMode(mode: StreamMode): void {
    if (mode === this.currentMode) {
      return;
    }
    const { limits, shards } = this.props;
    this.modeUpdates = this.countCall('UpdateStreamMode', this.modeUpdates, limits.modeUpdatesPerDay);
    this.currentMode = mode;
    this.onDemand = new OnDemandScaling(shards, limits);
  }

  /** Splits a random shard, or merges two random neighbours, in turn. */
  reshardRandomly(random: RandomNumbers): 'split' | 'merge' | undefined {
    return this.random.reshard(random);
  }

  private countCall(operation: string, earlier: readonly number[], most: number): number[] {
    const now = this.props.now();
    const recent = earlier.filter((time) => time > now - DAY);
    if (recent.length >= most) {
      throw new KinesisError('LimitExceededException', `${operation} may be called ${most} times in 24 hours for stream ${this.props.streamName}.`);
    }
    return [...recent, now];
  }
}
