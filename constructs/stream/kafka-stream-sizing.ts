import { Duration, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Decision, type MskClusterSizing, sizeMskCluster } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireDurationBetween, requireIntegerBetween } from '../validation';
import { KafkaClusterKind } from './kafka-cluster-kind';
import type { KafkaSizingProps } from './kafka-event-stream-props';

/** How a cluster came out, with every override in its place. */
export interface SizedKafkaCluster {
  /** Kind of the cluster. */
  readonly kind: KafkaClusterKind;
  /** The sizes in force. */
  readonly sizing: MskClusterSizing;
  /** The sizes with their reasons, as they were written into the metadata. */
  readonly decisions: readonly Decision[];
}

/** Sizes a cluster, and writes into the template's metadata what it must carry and how big it is. */
export function sizeKafkaStream(scope: Construct, props: KafkaSizingProps): SizedKafkaCluster {
  requireKafkaBounds(props);
  const facts = factsFor(scope, props.facts);
  const clients = { producers: props.producers, consumerGroups: props.consumerGroups };
  const cheapest = sizeMskCluster(props.workload, facts, clients);
  const isCheapest = props.kind === undefined || props.kind === cheapest.kind;
  const derived = isCheapest ? cheapest : sizeMskCluster(props.workload, facts, { ...clients, kind: props.kind });
  const kind = derived.kind as KafkaClusterKind;
  requireOfKind(props, kind);
  // The decision for the kind is the one that compared all of them; where it was set by hand it says what it took the place of.
  const kinds = Decision.find(cheapest.decisions, 'kind');
  recordWorkload(scope, props.workload);
  const decisions = recordDecisions(scope, derived.decisions.map((it) => (it.name === kinds.name ? kinds : it)), {
    kind: props.kind,
    partitions: props.partitions,
    brokers: props.brokers,
    storagePerBroker: props.storagePerBroker,
    retention: props.retention,
  });
  return {
    kind,
    decisions,
    sizing: {
      ...derived,
      partitions: props.partitions ?? derived.partitions,
      brokers: props.brokers ?? derived.brokers,
      storagePerBrokerGiB: props.storagePerBroker?.toGibibytes() ?? derived.storagePerBrokerGiB,
      retention: props.retention ?? derived.retention,
      decisions: [...decisions],
    },
  };
}

function requireKafkaBounds(props: KafkaSizingProps): void {
  requireIntegerBetween('partitions', props.partitions, 1, Number.MAX_SAFE_INTEGER);
  requireIntegerBetween('brokers', props.brokers, DEFAULTS.kafka.zones, LIMITS.kafka.brokers);
  requireIntegerBetween('storagePerBroker', props.storagePerBroker?.toGibibytes(), 1, LIMITS.kafka.storageGiB);
  requireDurationBetween('retention', props.retention, Duration.hours(1), Duration.seconds(Number.MAX_SAFE_INTEGER));
  const { brokers } = props;
  if (brokers !== undefined && !Token.isUnresolved(brokers) && brokers % DEFAULTS.kafka.zones !== 0) {
    throw new Error(`\`brokers\` must be a multiple of the ${DEFAULTS.kafka.zones} zones, got: ${brokers}`);
  }
}

function requireOfKind(props: KafkaSizingProps, kind: KafkaClusterKind): void {
  if (kind === KafkaClusterKind.SERVERLESS && props.brokers !== undefined) {
    throw new Error(`\`brokers\` must not be set for a serverless cluster, got: ${props.brokers}`);
  }
  if (kind !== KafkaClusterKind.STANDARD && props.storagePerBroker !== undefined) {
    throw new Error(`\`storagePerBroker\` must be set for standard brokers only, got a cluster of the kind: ${kind}`);
  }
}
