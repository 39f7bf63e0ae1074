import { Annotations } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { type Decision, type KinesisCapacityMode, type KinesisStreamSizing, sizeKinesisCapacityMode, sizeKinesisStream } from '../../lib/sizing';
import { factsFor, LIMITS } from '../limits';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireDurationBetween, requireIntegerBetween } from '../validation';
import type { KinesisStreamSizingProps } from './kinesis-event-stream-props';
import { StreamCapacityMode } from './stream-capacity-mode';

const ON_DEMAND = 'on-demand-standard';

/** How a Kinesis stream came out, with every override in its place. */
export interface SizedKinesisStream {
  /** The sizes in force. */
  readonly sizing: KinesisStreamSizing;
  /** The sizes with their reasons, as they were written into the metadata. */
  readonly decisions: readonly Decision[];
  /** Shards that may be open at once. */
  readonly mostShards: number;
  /** Whether the service opens shards as it finds them needed. */
  readonly onDemand: boolean;
}

/** Sizes a stream, and writes into the template's metadata what it must carry and how big it is. */
export function sizeStream(scope: Construct, props: KinesisStreamSizingProps, capacityMode?: StreamCapacityMode): SizedKinesisStream {
  requireIntegerBetween('shards', props.shards, LIMITS.stream.shards.minimum, LIMITS.stream.shards.maximum);
  requireDurationBetween('retention', props.retention, LIMITS.stream.retention.minimum, LIMITS.stream.retention.maximum);
  if (capacityMode === StreamCapacityMode.ON_DEMAND && props.shards !== undefined) {
    throw new Error(`\`shards\` must not be set for a stream on demand, which opens them by itself, got: ${props.shards}`);
  }
  const facts = factsFor(scope, props.facts);
  const derived = sizeKinesisStream(props.workload, facts);
  // The mode stands in the metadata only where somebody asked for one.
  const modes = capacityMode === undefined ? undefined : sizeKinesisCapacityMode(props.workload, facts, { stream: derived });
  const mode = modeInForce(props, capacityMode, modes?.mode);
  recordWorkload(scope, props.workload);
  const decisions = recordDecisions(scope, [...derived.decisions, ...(modes?.decisions ?? [])], {
    shards: props.shards,
    retention: props.retention,
    capacityMode: mode === modes?.mode ? undefined : mode,
  });
  const sizing = {
    ...derived,
    shards: props.shards ?? derived.shards,
    retention: props.retention ?? derived.retention,
    decisions: [...decisions],
  };
  if (sizing.shards < derived.shards) {
    Annotations.of(scope).addWarningV2(
      'cdk-high-throughput:too-few-shards',
      `\`shards\` is ${sizing.shards}, but the workload needs ${derived.shards}: writes will be throttled at the peak`,
    );
  }
  const onDemand = mode === ON_DEMAND;
  return { sizing, decisions, onDemand, mostShards: onDemand ? mostShardsOnDemand(sizing.shards) : sizing.shards };
}

/** A stream without a stated mode has none in its metadata. On-demand Advantage is a choice of the whole account, which no template makes. */
function modeInForce(props: KinesisStreamSizingProps, asked?: StreamCapacityMode, cheapest?: KinesisCapacityMode): KinesisCapacityMode | undefined {
  switch (asked) {
    case undefined: return undefined;
    case StreamCapacityMode.ON_DEMAND: return ON_DEMAND;
    case StreamCapacityMode.PROVISIONED: return 'provisioned';
    case StreamCapacityMode.LEAST_COST: return props.shards === undefined && cheapest === ON_DEMAND ? ON_DEMAND : 'provisioned';
  }
}

/** The service keeps room above the peak that it saw, and begins with a few. */
function mostShardsOnDemand(shards: number): number {
  return Math.max(LIMITS.stream.initialWriteBytes / LIMITS.stream.shardWriteBytes, LIMITS.stream.onDemandHeadroom * shards);
}
