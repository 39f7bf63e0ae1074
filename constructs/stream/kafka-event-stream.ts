import { Annotations, Duration, Names, RemovalPolicy } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as msk from 'aws-cdk-lib/aws-msk';
import { Construct } from 'constructs';
import type { Facts } from '../../lib/facts';
import { type Decision, type MskClusterSizing, recordAgeDecision, sizeKafkaMapping } from '../../lib/sizing';
import type { Workload } from '../../lib/workload';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { ALARM_PERIOD, AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { grantNetworkInterfaces, grantNetworkReads } from '../security/network-interfaces';
import { requirePattern } from '../validation';
import type { EventSourceBinding, EventSourceOptions, EventSourceSettings, EventSourceSizing, IEventStream, IEventStreamWorker } from './event-stream';
import { addKafkaAlarms } from './kafka-alarms';
import { KafkaArns } from './kafka-arns';
import { KafkaClusterKind, KafkaMonitoring } from './kafka-cluster-kind';
import type { KafkaEventStreamProps } from './kafka-event-stream-props';
import { KafkaMetrics } from './kafka-metrics';
import { KafkaProvisionedCluster } from './kafka-provisioned-cluster';
import { sizeKafkaStream } from './kafka-stream-sizing';
import { validateRecordAge } from './validate-record-age';

/**
 * A topic of Kafka in a cluster of its own on Amazon MSK, with as many partitions and brokers as its workload needs. Clients prove
 * themselves by IAM and speak TLS; nobody is let in otherwise.
 */
export class KafkaEventStream extends Construct implements IEventStream, ec2.IConnectable {
  /** Kind of the cluster. */
  readonly kind: KafkaClusterKind;
  /** The cluster with its brokers, topic, settings and log; undefined for a serverless one. */
  readonly provisioned?: KafkaProvisionedCluster;
  /** The cluster; undefined for one with brokers. */
  readonly serverless?: msk.CfnServerlessCluster;
  /** ARN of the cluster. Clients ask with it for the addresses of the brokers (`kafka:GetBootstrapBrokers`) when they start. */
  readonly clusterArn: string;
  /** Name of the topic. */
  readonly topicName: string;
  /** ARN of the topic, as policies name it. */
  readonly topicArn: string;
  /** Key of the records; undefined for a serverless cluster, which takes none. */
  readonly encryptionKey?: kms.IKey;
  /** What the cluster was sized for. */
  readonly workload: Workload;
  /** The sizes in force, with every override in its place. */
  readonly sizing: MskClusterSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Who may reach the brokers, on the port for IAM. */
  readonly connections: ec2.Connections;
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  private readonly arns: KafkaArns;
  private readonly metrics: KafkaMetrics;

  constructor(scope: Construct, id: string, props: KafkaEventStreamProps) {
    super(scope, id);
    requireNames(props);
    const { decisions, kind, sizing } = sizeKafkaStream(this, props);
    this.kind = kind;
    this.workload = props.workload;
    this.sizing = sizing;
    this.decisions = decisions;
    this.topicName = props.topicName ?? id.toLowerCase().replace(/[^a-z0-9._-]/g, '-');
    this.connections = this.createConnections(props);
    const clusterName = props.clusterName ?? Names.uniqueResourceName(this, { separator: '-', maxLength: LIMITS.kafka.clusterNameLength });
    const subnetIds = this.subnetsOf(props);
    const securityGroupIds = this.connections.securityGroups.map((it) => it.securityGroupId);
    if (kind === KafkaClusterKind.SERVERLESS) {
      this.serverless = this.createServerlessCluster(props, clusterName, subnetIds, securityGroupIds);
      this.clusterArn = this.serverless.attrArn;
    } else {
      this.encryptionKey = customerKey(this, 'Keys', DataClass.EVENTS, props.encryptionKey, props.removalPolicy);
      this.provisioned = new KafkaProvisionedCluster(this, 'Provisioned', {
        ...props, kind, sizing, clusterName, topicName: this.topicName, encryptionKey: this.encryptionKey, subnetIds, securityGroupIds,
      });
      this.clusterArn = this.provisioned.cluster.attrArn;
    }
    this.arns = new KafkaArns(this.clusterArn);
    this.topicArn = this.arns.topic(this.topicName);
    this.metrics = new KafkaMetrics(this.arns, this.topicName);
    this.alarms = new AlarmSet(this, 'Alarms', props.alarms);
    addKafkaAlarms(this.alarms, this.metrics, { kind, brokers: sizing.brokers, monitoring: props.monitoring ?? KafkaMonitoring.PER_BROKER });
  }

  /** How long a record can be read again. */
  get retention(): Duration {
    return this.sizing.retention;
  }

  /** Lets the grantee write records to the topic, each once however often it is sent, and find the brokers. */
  grantWrite(grantee: iam.IGrantable): iam.Grant {
    return this.grantConnect(grantee, ['kafka-cluster:WriteDataIdempotently'])
      .combine(allow(grantee, ['kafka-cluster:DescribeTopic', 'kafka-cluster:WriteData'], this.topicArn));
  }

  /**
   * Lets the grantee read records of the topic, and find the brokers.
   *
   * @param consumerGroup name under which the reader's offsets are kept; any when left out.
   */
  grantRead(grantee: iam.IGrantable, consumerGroup: string = '*'): iam.Grant {
    return this.grantConnect(grantee, [])
      .combine(allow(grantee, ['kafka-cluster:DescribeTopic', 'kafka-cluster:ReadData'], this.topicArn))
      .combine(allow(grantee, ['kafka-cluster:AlterGroup', 'kafka-cluster:DescribeGroup'], this.arns.group(consumerGroup)));
  }

  /** Lets the grantee see how far a consumer group is behind, but read no record: for what scales its readers. */
  grantLag(grantee: iam.IGrantable, consumerGroup: string): iam.Grant {
    return this.grantConnect(grantee, [])
      .combine(allow(grantee, ['kafka-cluster:DescribeTopic'], this.topicArn))
      .combine(allow(grantee, ['kafka-cluster:DescribeGroup'], this.arns.group(consumerGroup)));
  }

  /** Lets the grantee make and change the topic: for a serverless cluster, whose topics CloudFormation does not make. */
  grantCreateTopic(grantee: iam.IGrantable): iam.Grant {
    const actions = ['AlterTopic', 'AlterTopicDynamicConfiguration', 'CreateTopic', 'DescribeTopic', 'DescribeTopicDynamicConfiguration'];
    return this.grantConnect(grantee, []).combine(allow(grantee, actions.map((it) => `kafka-cluster:${it}`), this.topicArn));
  }

  /** A metric of the whole cluster, by its CloudWatch name. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.ofCluster(metricName, 'Average', options);
  }

  /** A metric of one broker, by its CloudWatch name. Brokers are numbered from 1. */
  metricBroker(broker: number, metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.ofBroker(String(broker), metricName, 'Average', options);
  }

  /** Records of the topic that a consumer group has not read. */
  metricConsumerLag(consumerGroup: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.ofGroup(consumerGroup, 'SumOffsetLag', 'Maximum', options);
  }

  /** How far a consumer group is behind in the partition where it is worst, as MSK estimates it. Seconds. */
  metricConsumerAge(consumerGroup: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.metrics.ofGroup(consumerGroup, 'EstimatedMaxTimeLag', 'Maximum', options);
  }

  /**
   * Watches a reader that is no `StreamWorker`: adds an alarm `ConsumerLag` with the name of the group behind it.
   *
   * @param consumerGroup name under which the reader's offsets are kept.
   * @param lateAfter how far it may be behind; a quarter of the retention when left out.
   */
  alarmOnLag(consumerGroup: string, lateAfter?: Duration): cloudwatch.Alarm | undefined {
    return this.alarms.add(`ConsumerLag${consumerGroup.replace(/[^A-Za-z0-9]/g, '')}`, {
      metric: this.metricConsumerAge(consumerGroup),
      description: `The consumer group ${consumerGroup} is so far behind that records are on their way to expire unread.`,
      threshold: lateAfter?.toSeconds() ?? this.retention.toSeconds() * DEFAULTS.alarm.shareOfRecordAge,
      evaluationPeriods: 1,
    });
  }

  sizeWorker(facts: Facts): EventSourceSizing {
    const mapping = sizeKafkaMapping(this.workload, this.sizing, facts);
    const age = recordAgeDecision('kafkaMapping', this.retention, facts);
    const { batchSize, batchingWindow, maximumPollers, memory, minimumPollers, reservedConcurrency, timeout } = mapping;
    return {
      batchSize, batchingWindow, maximumPollers, memory, minimumPollers, reservedConcurrency, timeout,
      parallelizationFactor: 1,
      maximumRecordAge: Duration.seconds(age.value as number),
      decisions: [...mapping.decisions, age],
    };
  }

  bindWorker(scope: Construct, worker: IEventStreamWorker, options: EventSourceOptions): EventSourceBinding {
    if (options.enhancedFanOut !== undefined) {
      throw new Error(`\`enhancedFanOut\` must not be set for a topic, which has none, got: ${options.enhancedFanOut}`);
    }
    const consumerGroup = options.consumerGroup
      ?? Names.uniqueResourceName(scope, { separator: '-', maxLength: LIMITS.kafka.consumerGroupNameLength });
    this.grantRead(worker, consumerGroup);
    allow(worker, ['kafka-cluster:DescribeClusterDynamicConfiguration'], this.clusterArn);
    // The pollers are in the network of the brokers, in the role of the function and in the security group of the cluster.
    grantNetworkInterfaces(worker);
    grantNetworkReads(worker);
    this.connections.allowInternally(IAM_PORT, 'Pollers of Lambda, which take the security group of the cluster');
    const { minimumPollers, maximumPollers } = options.sizing;
    return {
      mappingOptions: {
        eventSourceArn: this.clusterArn,
        kafkaTopic: this.topicName,
        kafkaConsumerGroupId: consumerGroup,
        provisionedPollerConfig: { minimumPollers, maximumPollers },
      },
      age: new cloudwatch.MathExpression({
        expression: '1000 * seconds',
        usingMetrics: { seconds: this.metricConsumerAge(consumerGroup) },
        period: ALARM_PERIOD,
        label: 'age of the oldest unread record',
      }),
      depth: this.metricConsumerLag(consumerGroup),
      consumerGroup,
      dependencies: this.provisioned === undefined ? [] : [this.provisioned.topic],
    };
  }

  validateWorker(settings: EventSourceSettings): string[] {
    const errors = validateRecordAge(settings.maximumRecordAge, this.retention);
    const longest = LIMITS.kafka.functionTimeout.toSeconds();
    if (settings.timeout.toSeconds() > longest) {
      errors.push(`\`timeout\` must be at most ${longest} seconds behind a topic, got: ${settings.timeout.toSeconds()}`);
    }
    if (settings.parallelizationFactor > 1) {
      errors.push(`\`parallelizationFactor\` must be 1 for a topic, whose partitions are read by one invocation each, got: ${settings.parallelizationFactor}`);
    }
    return errors;
  }

  private grantConnect(grantee: iam.IGrantable, more: readonly string[]): iam.Grant {
    return allow(grantee, ['kafka-cluster:Connect', ...more, 'kafka:DescribeClusterV2', 'kafka:GetBootstrapBrokers'], this.clusterArn);
  }

  private createConnections(props: KafkaEventStreamProps): ec2.Connections {
    const securityGroups = props.securityGroups ?? [this.createSecurityGroup(props.vpc)];
    const connections = new ec2.Connections({ securityGroups, defaultPort: IAM_PORT });
    if (props.openMonitoring === true) {
      for (const port of [LIMITS.kafka.ports.jmxExporter, LIMITS.kafka.ports.nodeExporter]) {
        connections.allowInternally(ec2.Port.tcp(port), 'Prometheus');
      }
    }
    return connections;
  }

  private createSecurityGroup(vpc: ec2.IVpc): ec2.SecurityGroup {
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', { vpc, description: `Brokers of the topic ${this.topicName}`, allowAllOutbound: false });
    // Brokers call nobody; pollers of Lambda, which take the group as well, call AWS.
    group.addEgressRule(ec2.Peer.anyIpv4(), ec2.Port.HTTPS, 'AWS services');
    return group;
  }

  private createServerlessCluster(
    props: KafkaEventStreamProps, clusterName: string, subnetIds: string[], securityGroups: string[],
  ): msk.CfnServerlessCluster {
    const cluster = new msk.CfnServerlessCluster(this, 'Serverless', {
      clusterName,
      clientAuthentication: { sasl: { iam: { enabled: true } } },
      vpcConfigs: [{ subnetIds, securityGroups }],
    });
    cluster.applyRemovalPolicy(props.removalPolicy ?? RemovalPolicy.RETAIN);
    for (const [path, value] of Object.entries(props.clusterProperties ?? {})) {
      cluster.addPropertyOverride(path, value);
    }
    Annotations.of(this).addInfo(
      'A serverless cluster is encrypted by a key of AWS, and CloudFormation makes it no topic: let a client make it that has `grantCreateTopic`.',
    );
    return cluster;
  }

  private subnetsOf({ vpc, vpcSubnets }: KafkaEventStreamProps): string[] {
    const { subnetIds } = vpc.selectSubnets(vpcSubnets ?? { onePerAz: true });
    if (subnetIds.length !== DEFAULTS.kafka.zones) {
      throw new Error(`\`vpcSubnets\` must select one subnet in each of ${DEFAULTS.kafka.zones} zones, got: ${subnetIds.length} subnets`);
    }
    return subnetIds;
  }
}

const IAM_PORT = ec2.Port.tcp(LIMITS.kafka.ports.iam);

function allow(grantee: iam.IGrantable, actions: string[], resourceArn: string): iam.Grant {
  return iam.Grant.addToPrincipal({ grantee, actions, resourceArns: [resourceArn] });
}

function requireNames(props: KafkaEventStreamProps): void {
  const { clusterNameLength, topicNameLength } = LIMITS.kafka;
  requirePattern('clusterName', props.clusterName, new RegExp(`^[a-zA-Z][a-zA-Z0-9-]{0,${clusterNameLength - 1}}$`), `up to ${clusterNameLength} letters, digits and dashes`);
  requirePattern('topicName', props.topicName, new RegExp(`^[a-zA-Z0-9._-]{1,${topicNameLength}}$`), `up to ${topicNameLength} letters, digits, dots, underscores and dashes`);
}
