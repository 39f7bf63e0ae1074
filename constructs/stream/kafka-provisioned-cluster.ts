import { RemovalPolicy } from 'aws-cdk-lib';
import * as autoscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as msk from 'aws-cdk-lib/aws-msk';
import { Construct } from 'constructs';
import type { MskClusterSizing } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import { OperationsLog } from '../observability/operations-log';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { KafkaClusterKind, KafkaMonitoring } from './kafka-cluster-kind';
import type { KafkaEventStreamProps } from './kafka-event-stream-props';

/** What a cluster of brokers is made of. */
export interface KafkaProvisionedClusterProps extends KafkaEventStreamProps {
  /** Standard or Express. */
  readonly kind: KafkaClusterKind;
  /** The sizes in force. */
  readonly sizing: MskClusterSizing;
  /** Name of the cluster. */
  readonly clusterName: string;
  /** Name of the topic. */
  readonly topicName: string;
  /** Key of the records. */
  readonly encryptionKey: kms.IKey;
  /** One subnet in each zone. */
  readonly subnetIds: string[];
  /** Security groups of the brokers, by id. */
  readonly securityGroupIds: string[];
}

/** An MSK cluster of brokers with its settings, its log, its topic and, where it has disks, their growth. */
export class KafkaProvisionedCluster extends Construct {
  /** The cluster. */
  readonly cluster: msk.CfnCluster;
  /** Settings of the brokers. */
  readonly configuration: msk.CfnConfiguration;
  /** The topic. */
  readonly topic: msk.CfnTopic;
  /** What the brokers have to say. */
  readonly logGroup: OperationsLog;
  /** Makes disks larger that fill up; for standard brokers. */
  readonly storageScaling?: autoscaling.CfnScalingPolicy;

  constructor(scope: Construct, id: string, private readonly props: KafkaProvisionedClusterProps) {
    super(scope, id);
    this.logGroup = new OperationsLog(this, 'Log', {
      encryptionKey: customerKey(this, 'LogKeys', DataClass.OPERATIONS, props.logEncryptionKey, props.removalPolicy),
      retention: props.logRetention,
      removalPolicy: props.removalPolicy,
    });
    this.configuration = new msk.CfnConfiguration(this, 'Configuration', {
      name: props.clusterName,
      serverProperties: lines(this.serverProperties()),
    });
    this.cluster = this.createCluster();
    this.topic = new msk.CfnTopic(this, 'Topic', {
      clusterArn: this.cluster.attrArn,
      topicName: props.topicName,
      partitionCount: props.sizing.partitions,
      replicationFactor: props.sizing.replicationFactor,
      configs: Buffer.from(lines(this.topicSettings())).toString('base64'),
    });
    for (const resource of [this.configuration, this.cluster, this.topic]) {
      resource.applyRemovalPolicy(props.removalPolicy ?? RemovalPolicy.RETAIN);
    }
    this.storageScaling = props.kind === KafkaClusterKind.STANDARD ? this.scaleStorage() : undefined;
  }

  private createCluster(): msk.CfnCluster {
    const { clusterName, encryptionKey, kafkaVersion, monitoring, openMonitoring, sizing, subnetIds, securityGroupIds } = this.props;
    const exporter = { enabledInBroker: true };
    const cluster = new msk.CfnCluster(this, 'Cluster', {
      clusterName,
      kafkaVersion: kafkaVersion ?? '3.9.x.kraft',
      numberOfBrokerNodes: sizing.brokers,
      brokerNodeGroupInfo: {
        instanceType: sizing.brokerType,
        clientSubnets: subnetIds,
        securityGroups: securityGroupIds,
        storageInfo: sizing.storagePerBrokerGiB > 0 ? { ebsStorageInfo: this.disk() } : undefined,
      },
      configurationInfo: { arn: this.configuration.attrArn, revision: this.configuration.attrLatestRevisionRevision },
      clientAuthentication: {
        sasl: { iam: { enabled: true }, scram: { enabled: false } },
        tls: { enabled: false },
        unauthenticated: { enabled: false },
      },
      encryptionInfo: {
        encryptionAtRest: { dataVolumeKmsKeyId: encryptionKey.keyArn },
        encryptionInTransit: { clientBroker: 'TLS', inCluster: true },
      },
      enhancedMonitoring: monitoring ?? KafkaMonitoring.PER_BROKER,
      openMonitoring: openMonitoring === true ? { prometheus: { jmxExporter: exporter, nodeExporter: exporter } } : undefined,
      loggingInfo: { brokerLogs: { cloudWatchLogs: { enabled: true, logGroup: this.logGroup.logGroupName } } },
    });
    for (const [path, value] of Object.entries(this.props.clusterProperties ?? {})) {
      cluster.addPropertyOverride(path, value);
    }
    return cluster;
  }

  /** Brokers whose size was chosen for more than a disk does by itself must ask for it. */
  private disk(): msk.CfnCluster.EBSStorageInfoProperty {
    const { brokerType, storagePerBrokerGiB } = this.props.sizing;
    const throughput = Math.floor(factsFor(this, this.props.facts).number(`msk/${brokerType}.storageMiBps`));
    return {
      volumeSize: storagePerBrokerGiB,
      provisionedThroughput: throughput > LIMITS.kafka.includedMiBps ? { enabled: true, volumeThroughput: throughput } : undefined,
    };
  }

  private serverProperties(): { readonly [name: string]: string } {
    const { kind, serverProperties, sizing } = this.props;
    const durable = {
      'default.replication.factor': String(sizing.replicationFactor),
      'min.insync.replicas': String(sizing.minimumInSyncReplicas),
      // A copy that lags would take over and lose what was acknowledged.
      'unclean.leader.election.enable': 'false',
      // Consumers read from the copy in their own zone.
      'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector',
    };
    return {
      // A topic that a typing error makes has one partition and the wrong retention.
      'auto.create.topics.enable': 'false',
      // Express brokers have these as they should be, and refuse to be told.
      ...(kind === KafkaClusterKind.STANDARD ? durable : {}),
      ...serverProperties,
    };
  }

  private topicSettings(): { readonly [name: string]: string } {
    const { kind, sizing, topicSettings } = this.props;
    return {
      'cleanup.policy': 'delete',
      'retention.ms': String(sizing.retention.toMilliseconds()),
      // Records stay as compressed as the producer made them.
      'compression.type': 'producer',
      ...(kind === KafkaClusterKind.STANDARD ? { 'min.insync.replicas': String(sizing.minimumInSyncReplicas) } : {}),
      ...topicSettings,
    };
  }

  /** Without a role of ours: Application Auto Scaling has one for Kafka that is linked to the service. */
  private scaleStorage(): autoscaling.CfnScalingPolicy {
    const target = new autoscaling.CfnScalableTarget(this, 'Storage', {
      serviceNamespace: autoscaling.ServiceNamespace.KAFKA,
      scalableDimension: 'kafka:broker-storage:VolumeSize',
      resourceId: this.cluster.attrArn,
      minCapacity: 1,
      maxCapacity: LIMITS.kafka.storageGiB,
    });
    return new autoscaling.CfnScalingPolicy(this, 'StorageScaling', {
      policyName: `${this.props.clusterName}-storage`,
      policyType: 'TargetTrackingScaling',
      scalingTargetId: target.ref,
      targetTrackingScalingPolicyConfiguration: {
        // A disk never gets smaller.
        disableScaleIn: true,
        predefinedMetricSpecification: { predefinedMetricType: 'KafkaBrokerStorageUtilization' },
        targetValue: DEFAULTS.kafka.storageScalingPercent,
      },
    });
  }
}

/** Settings as a file of Java properties has them, in the same order in every synthesis. */
function lines(settings: { readonly [name: string]: string }): string {
  return Object.entries(settings).map(([name, value]) => `${name}=${value}`).join('\n');
}
