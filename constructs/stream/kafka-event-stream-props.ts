import type { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as logs from 'aws-cdk-lib/aws-logs';
import type { Facts } from '../../lib/facts';
import type { Workload } from '../../lib/workload';
import type { AlarmOptions } from '../observability/alarm-set';
import type { KafkaClusterKind, KafkaMonitoring } from './kafka-cluster-kind';

/** What a Kafka cluster is sized by. */
export interface KafkaSizingProps {
  /** What the topic must carry; in a system of several cells, the share of one cell. */
  readonly workload: Workload;

  /**
   * Limits, latencies and measurements that the size rests on.
   *
   * @default - the shipped facts for the region of the stack
   */
  readonly facts?: Facts;

  /**
   * Kind of the cluster. It stays what it was at first: records do not move from one kind to another by themselves.
   *
   * @default - derived: the kind that takes the peak and costs least
   */
  readonly kind?: KafkaClusterKind;

  /**
   * Processes that produce, 1 or more.
   *
   * @default - derived: the tasks of the API at the peak
   */
  readonly producers?: number;

  /**
   * Groups of consumers, each of which reads everything, 1 or more.
   *
   * @default - derived: the worker and the fraud detector
   */
  readonly consumerGroups?: number;

  /**
   * Partitions of the topic, 1 or more. They are never taken away.
   *
   * @default - derived from the workload: bytes, consumers that catch up, and what one partition may hold up
   */
  readonly partitions?: number;

  /**
   * Brokers, a multiple of the zones, up to 60. Not for a serverless cluster.
   *
   * @default - derived from the workload
   */
  readonly brokers?: number;

  /**
   * Disk of each broker at first, 1 GiB to 16 TiB; for standard brokers only. It grows by itself and never shrinks.
   *
   * @default - derived from the workload: what is kept at the average rate, twice
   */
  readonly storagePerBroker?: Size;

  /**
   * How long a record can be read again, 1 hour or more.
   *
   * @default - derived from the workload's recovery tier
   */
  readonly retention?: Duration;
}

/** Properties of `KafkaEventStream`. */
export interface KafkaEventStreamProps extends KafkaSizingProps {
  /** Network of the brokers. */
  readonly vpc: ec2.IVpc;

  /**
   * Subnets of the brokers, one in each of three zones.
   *
   * @default - the private subnets, one in each zone
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * Name of the cluster, up to 64 letters, digits and dashes.
   *
   * @default - a unique name made of the construct's path
   */
  readonly clusterName?: string;

  /**
   * Name of the topic, up to 249 letters, digits, dots, underscores and dashes.
   *
   * @default - the id of the construct in lower-case letters
   */
  readonly topicName?: string;

  /**
   * Version of Kafka, at least 3.6.0: older clusters know no topics of CloudFormation.
   *
   * @default '3.9.x.kraft'
   */
  readonly kafkaVersion?: string;

  /**
   * Settings of the brokers, laid over what this construct decides. Express brokers take few of them.
   *
   * @default - none
   * @see https://docs.aws.amazon.com/msk/latest/developerguide/msk-configuration-properties.html
   */
  readonly serverProperties?: { readonly [name: string]: string };

  /**
   * Settings of the topic, laid over what this construct decides, for example `{ 'max.message.bytes': '2097152' }`.
   *
   * @default - none
   */
  readonly topicSettings?: { readonly [name: string]: string };

  /**
   * How closely the brokers are watched.
   *
   * @default KafkaMonitoring.PER_BROKER
   */
  readonly monitoring?: KafkaMonitoring;

  /**
   * Whether the brokers answer Prometheus, to whoever has the cluster's security group.
   *
   * @default false
   */
  readonly openMonitoring?: boolean;

  /**
   * Key of the records. A serverless cluster takes none.
   *
   * @default - a new customer managed key
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * Key of the brokers' log. Its policy must name `logs.amazonaws.com`, as that of `DataClass.OPERATIONS` does.
   *
   * @default - a new customer managed key
   */
  readonly logEncryptionKey?: kms.IKey;

  /**
   * How long log lines are kept.
   *
   * @default RetentionDays.ONE_YEAR
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What becomes of cluster, topic and log when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarms, by name: `UnderReplicated`, `BelowMinimumInSync`, `OfflinePartitions` and `BrokerDisk` of standard brokers,
   * `ProduceThrottled` and `FetchThrottled` of Express brokers, `BrokerCpu` and `NoController` of both. One alarm looks at ten metrics at
   * most; for more brokers there are `BrokerCpu2` and so on.
   *
   * @default - all on, calling nobody
   */
  readonly alarms?: AlarmOptions;

  /**
   * Properties of the cluster in CloudFormation's own names, laid over what this construct decides, as `addPropertyOverride` takes them:
   * `{ 'BrokerNodeGroupInfo.InstanceType': 'kafka.m7g.xlarge' }`.
   *
   * @default - none
   */
  readonly clusterProperties?: { readonly [path: string]: unknown };

  /**
   * Security groups of the brokers.
   *
   * @default - a new one, that lets nobody in but who is allowed by `connections`
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
}
