import { Construct } from 'constructs';
import type { Decision, PodTierSizing } from '../../lib/sizing';
import { requireIntegerBetween } from '../validation';
import type { ScaledObject, ScaleTrigger, TriggerAuthentication } from './api/keda';
import type { ApiObject } from './cdk8s';
import { customObject } from './custom-object';
import { KUBERNETES } from './defaults';
import { type PodsProps, PodTier } from './pod-tier';
import { scalingRules } from './scaling-rules';

const MILLISECONDS = 1000;

/** What workers read, and how KEDA learns of their lag. */
export class WorkerSource {
  /**
   * A topic of Kafka (MSK with IAM over TLS): the lag of the group.
   *
   * @param options brokers, topic, group and region.
   * @throws Error for fewer than one partition.
   */
  static kafka(options: KafkaSourceOptions): WorkerSource {
    requireIntegerBetween('partitions', options.partitions, 1, Infinity);
    return new WorkerSource(options.partitions, (lagThreshold): SourceScaling => ({
      triggers: [{
        type: 'kafka',
        name: 'lag',
        metadata: {
          bootstrapServers: options.bootstrapServers,
          topic: options.topic,
          consumerGroup: options.consumerGroup,
          lagThreshold: String(lagThreshold),
          // Partitions are shared out evenly, so that no pod has twice the work of another.
          ensureEvenDistributionOfPartitions: 'true',
          offsetResetPolicy: 'earliest',
          tls: 'enable',
          sasl: 'oauthbearer',
          saslTokenProvider: 'aws_msk_iam',
          awsRegion: options.region,
        },
      }],
    }));
  }

  /**
   * A Kinesis stream. The trigger of its own knows shards, not lag (https://keda.sh/docs/latest/scalers/aws-kinesis/); so the age of its oldest
   * record, from CloudWatch, asks for more: the pods are those of the shards, and in proportion more while records are older than they may.
   *
   * @param options stream, shards, region, and the age that is allowed.
   * @throws Error for fewer than one shard.
   */
  static kinesis(options: KinesisSourceOptions): WorkerSource {
    requireIntegerBetween('shards', options.shards, 1, Infinity);
    const allowed = options.allowedAgeSeconds * MILLISECONDS;
    return new WorkerSource(options.shards, (): SourceScaling => ({
      triggers: [
        {
          type: 'aws-kinesis-stream',
          name: 'shards',
          metadata: { streamName: options.streamName, shardCount: '1', awsRegion: options.region },
        },
        {
          type: 'aws-cloudwatch',
          name: 'age',
          metadata: {
            namespace: 'AWS/Kinesis',
            metricName: 'GetRecords.IteratorAgeMilliseconds',
            dimensionName: 'StreamName',
            dimensionValue: options.streamName,
            targetMetricValue: String(allowed),
            minMetricValue: '0',
            metricStat: 'Maximum',
            awsRegion: options.region,
          },
        },
      ],
      scalingModifiers: { formula: `age > ${allowed} ? shards * age / ${allowed} : shards`, target: '1' },
    }));
  }

  /**
   * @param parts partitions or shards: more workers than that read nothing.
   * @param scaling triggers for a lag of each worker.
   */
  private constructor(readonly parts: number, readonly scaling: (lagThreshold: number) => SourceScaling) {
  }
}

/** How KEDA follows a source. */
export interface SourceScaling {
  readonly triggers: readonly ScaleTrigger[];
  readonly scalingModifiers?: { readonly formula: string; readonly target: string };
}

/** A topic and the group that reads it. */
export interface KafkaSourceOptions {
  /** Brokers, as `host:port` with commas between. */
  readonly bootstrapServers: string;
  readonly topic: string;
  readonly consumerGroup: string;
  /** Partitions of the topic. */
  readonly partitions: number;
  /** AWS region of the cluster. */
  readonly region: string;
}

/** A stream and how late its readers may be. */
export interface KinesisSourceOptions {
  readonly streamName: string;
  /** Open shards. */
  readonly shards: number;
  /** Age of the oldest unread record above which more pods come, in seconds. */
  readonly allowedAgeSeconds: number;
  /** AWS region of the stream. */
  readonly region: string;
}

/** What workers of a stream are made with. */
export interface StreamWorkerPodsProps extends PodsProps {
  /** What they read. */
  readonly source: WorkerSource;
  /**
   * Port of the probes.
   *
   * @default 8081
   */
  readonly healthPort?: number;
}

/**
 * Pods that read a stream, scaled by what they have not read yet. The threshold is what a pod works off within its share of the settle target;
 * never more pods than partitions, and as many as the average needs while the lag is not known.
 */
export class StreamWorkerPods extends Construct {
  /** Labels of the pods. */
  readonly labels: { readonly [name: string]: string };
  /** Deployment, account and disruption budget. */
  readonly tier: PodTier;
  /** What scales the deployment. KEDA makes an autoscaler of it: there must be no other. */
  readonly autoscaler: ApiObject;
  /** How KEDA reads the lag: with its own role, of EKS Pod Identity. */
  readonly authentication: ApiObject;
  /** The sizes in force, with every override in its place. */
  readonly sizing: PodTierSizing;
  /** The sizes with their reasons. */
  readonly decisions: readonly Decision[];

  /** @throws Error for a size out of bounds, more pods than partitions, or an image without a digest. */
  constructor(scope: Construct, id: string, props: StreamWorkerPodsProps) {
    super(scope, id);
    requireIntegerBetween('maximumReplicas', props.maximumReplicas, 1, props.source.parts);
    const port = props.healthPort ?? KUBERNETES.healthPort;
    this.tier = new PodTier(this, 'Tier', props, {
      sizing: { role: 'worker', partitions: props.source.parts },
      port,
      probes: { port, readinessPath: '/readyz', livenessPath: '/livez' },
    });
    this.sizing = this.tier.sizing;
    this.decisions = this.sizing.decisions;
    this.labels = this.tier.labels;
    const metadata = { name: props.name, labels: this.labels };
    this.authentication = customObject<TriggerAuthentication>(this, 'Authentication', {
      apiVersion: 'keda.sh/v1alpha1', kind: 'TriggerAuthentication', metadata, spec: { podIdentity: { provider: 'aws', identityOwner: 'keda' } },
    });
    const { triggers, scalingModifiers } = props.source.scaling(this.sizing.lagThreshold);
    this.autoscaler = customObject<ScaledObject>(this, 'Scaling', {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      // Nothing else in a manifest says how many readers there can be.
      metadata: { ...metadata, annotations: { 'cdk-high-throughput.dev/partitions': String(props.source.parts) } },
      spec: {
        scaleTargetRef: { name: props.name, kind: 'Deployment' },
        pollingInterval: KUBERNETES.lag.polling.toSeconds(),
        cooldownPeriod: KUBERNETES.lag.cooldown.toSeconds(),
        minReplicaCount: this.sizing.minimumReplicas,
        maxReplicaCount: this.sizing.maximumReplicas,
        fallback: { failureThreshold: KUBERNETES.lag.fallbackFailures, replicas: Math.min(this.sizing.peakReplicas, this.sizing.maximumReplicas) },
        advanced: { horizontalPodAutoscalerConfig: { behavior: scalingRules() }, ...(scalingModifiers !== undefined && { scalingModifiers }) },
        triggers: triggers.map((trigger) => ({ ...trigger, authenticationRef: { name: props.name } })),
      },
    });
  }
}
