import { Annotations, Names } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import { Construct } from 'constructs';
import type { Facts } from '../../lib/facts';
import { type Decision, type FlinkSizing, sizeFlink } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { factsFor, LIMITS } from '../limits';
import { ALARM_PERIOD, type AlarmSet } from '../observability/alarm-set';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { KinesisEventStream } from '../stream/kinesis-event-stream';
import type { IKinesisEventStream } from '../stream/kinesis-stream-base';
import { requireDurationBetween, requireIntegerBetween } from '../validation';
import { FlinkApplication } from './flink-application';
import { FlinkCode } from './flink-code';
import type { FraudDetectionProps } from './fraud-detection-props';
import { fraudRuleProperties, resolveFraudRules, type ResolvedFraudRules } from './fraud-rules';

/**
 * Looks for fraud in a stream of decoded payments: a PyFlink application on Managed Service for Apache Flink whose rules are SQL, and a stream
 * of decisions that the fraud worker turns into holds.
 */
export class FraudDetection extends Construct implements iam.IGrantable, ec2.IConnectable {
  /** The application with its role, log and start. */
  readonly application: FlinkApplication;
  /** What it reads. */
  readonly events: IKinesisEventStream;
  /** What it writes: a decision for each payment that is to be held. */
  readonly decisions: IKinesisEventStream;
  /** Its own connection to the events, with enhanced fan-out. */
  readonly consumer?: kinesis.StreamConsumer;
  /** The rules in force. */
  readonly rules: ResolvedFraudRules;
  /** The application's role. */
  readonly grantPrincipal: iam.IPrincipal;
  /** The application's security groups; none without a VPC. */
  readonly connections: ec2.Connections;
  /** The sizes in force, with every override in its place. */
  readonly sizing: FlinkSizing;
  /** The sizes with their reasons, as they stand in the template's metadata. */
  readonly sizingDecisions: readonly Decision[];
  /** Alarms by name: those of the application, and `Behind`. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, props: FraudDetectionProps) {
    super(scope, id);
    requireIntegerBetween('parallelism', props.parallelism, 1, LIMITS.flink.subtasks);
    requireDurationBetween('checkpointInterval', props.checkpointInterval, LIMITS.flink.checkpointInterval, DEFAULTS.fraud.longestWindow);
    this.rules = resolveFraudRules(props.rules);
    this.events = props.events;
    const facts = factsFor(this, props.facts);
    const derived = this.size(facts);
    recordWorkload(this, props.events.workload);
    this.sizingDecisions = recordDecisions(this, derived.decisions, { parallelism: props.parallelism, checkpointInterval: props.checkpointInterval });
    this.sizing = {
      ...derived,
      parallelism: props.parallelism ?? derived.parallelism,
      checkpointInterval: props.checkpointInterval ?? derived.checkpointInterval,
      decisions: [...this.sizingDecisions],
    };
    if (this.sizing.parallelism < derived.parallelism) {
      Annotations.of(this).addWarningV2(
        'cdk-high-throughput:too-few-subtasks',
        `\`parallelism\` is ${this.sizing.parallelism}, but the workload needs ${derived.parallelism}: the application falls behind at the peak`,
      );
    }

    this.decisions = props.decisions ?? new KinesisEventStream(this, 'Decisions', {
      workload: props.events.workload.share(facts.number('target/fraud.decisionShare')),
      facts: props.facts,
      encryptionKey: props.encryptionKey,
      removalPolicy: props.removalPolicy,
      alarms: { actions: props.alarms?.actions },
    });
    this.consumer = props.enhancedFanOut === true ? this.registerConsumer() : undefined;
    this.application = new FlinkApplication(this, 'Application', {
      ...props,
      code: props.code ?? FlinkCode.fromPackage(),
      properties: {
        ...fraudRuleProperties(this.rules),
        'fraud.events': this.eventOptions(),
        'fraud.decisions': streamOptions(this.decisions.stream),
      },
      parallelism: this.sizing.parallelism,
      parallelismPerKpu: derived.parallelismPerKpu,
      checkpointInterval: this.sizing.checkpointInterval,
    });
    this.grantPrincipal = this.application.grantPrincipal;
    this.connections = this.application.connections;
    this.grantStreams();
    this.alarms = this.application.alarms;
    this.alarms.add('Behind', {
      metric: this.metricBehind(),
      description: 'The application is so far behind that payments are on their way to expire unjudged.',
      threshold: props.events.retention.toMilliseconds() * DEFAULTS.alarm.shareOfRecordAge,
      evaluationPeriods: 1,
    });
  }

  /** Lets the grantee read the decisions. */
  grantReadDecisions(grantee: iam.IGrantable): iam.Grant {
    return this.decisions.grantRead(grantee);
  }

  /** A metric of the application, by its CloudWatch name. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.application.metric(metricName, options);
  }

  /** Age of the oldest record that the application had not read. Milliseconds. */
  metricBehind(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    const { stream } = this.events;
    if (this.consumer === undefined) {
      return stream.metricGetRecordsIteratorAgeMilliseconds({ statistic: 'Maximum', period: ALARM_PERIOD, ...options });
    }
    return new cloudwatch.Metric({
      namespace: 'AWS/Kinesis',
      metricName: 'SubscribeToShardEvent.MillisBehindLatest',
      dimensionsMap: { StreamName: stream.streamName, ConsumerName: this.consumer.streamConsumerName },
      statistic: 'Maximum',
      period: ALARM_PERIOD,
      ...options,
    });
  }

  /** Payments that came later than the rules wait for them, counted since the application was started. */
  metricLatePayments(options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.application.metricLateRecords(options);
  }

  /** The windows keep a row of each payment, the history one of each payer. */
  private size(facts: Facts): FlinkSizing {
    const { events } = this;
    const seconds = Math.max(this.rules.geoWindow.toSeconds(), this.rules.velocityWindow.toSeconds()) + this.rules.lateness.toSeconds();
    return sizeFlink(events.workload, facts, {
      sourceShards: events.mostShards,
      keys: Math.max(1, events.workload.peak.perSecond * seconds),
      windows: facts.number('target/fraud.rowWindows'),
    });
  }

  private registerConsumer(): kinesis.StreamConsumer {
    return new kinesis.StreamConsumer(this, 'Consumer', {
      stream: this.events.stream,
      streamConsumerName: Names.uniqueResourceName(this, { separator: '-', maxLength: LIMITS.stream.consumerNameLength }),
    });
  }

  /** Options of the table of events: those of the connector `kinesis` of flink-sql-connector-aws-kinesis-streams 6, and of the format. */
  private eventOptions(): { readonly [name: string]: string } {
    return {
      ...streamOptions(this.events.stream),
      'source.init.position': 'TRIM_HORIZON',
      ...(this.consumer === undefined
        ? { 'source.reader.type': 'POLLING', 'source.shard.get-records.max-record-count': String(DEFAULTS.flink.fetchRecords) }
        // The consumer is a resource of this stack, so that the role needs no right to register one.
        : { 'source.reader.type': 'EFO', 'source.efo.lifecycle': 'SELF_MANAGED', 'source.efo.consumer.name': this.consumer.streamConsumerName }),
      // A record that is no JSON would otherwise end the job, again and again.
      'json.ignore-parse-errors': 'true',
    };
  }

  /** Exactly the calls that the connector makes. */
  private grantStreams(): void {
    const allow = (actions: string[], ...resources: string[]): void => {
      this.grantPrincipal.addToPrincipalPolicy(new iam.PolicyStatement({ actions, resources }));
    };
    const { stream } = this.events;
    allow(['kinesis:DescribeStreamSummary', 'kinesis:GetRecords', 'kinesis:GetShardIterator', 'kinesis:ListShards'], stream.streamArn);
    if (this.consumer !== undefined) {
      allow(['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard'], stream.streamArn, this.consumer.streamConsumerArn);
    }
    allow(['kinesis:PutRecords'], this.decisions.stream.streamArn);
    (this.events.encryptionKey ?? stream.encryptionKey)?.grantDecrypt(this);
    (this.decisions.encryptionKey ?? this.decisions.stream.encryptionKey)?.grant(this, 'kms:GenerateDataKey');
  }
}

function streamOptions(stream: kinesis.IStream): { readonly [name: string]: string } {
  return { 'connector': 'kinesis', 'stream.arn': stream.streamArn, 'aws.region': stream.env.region, 'format': 'json' };
}
