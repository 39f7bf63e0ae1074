import { ArnFormat, Duration, RemovalPolicy, Size, type Stack } from 'aws-cdk-lib';
import { Certificate } from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sources from 'aws-cdk-lib/aws-lambda-event-sources';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';

/** Payments of a critical service, 5,000 a second, as somebody builds it who knows AWS well and none of our constructs. */
export function wellMade(stack: Stack): void {
  const key = new kms.Key(stack, 'Key', { enableKeyRotation: true });
  const call = operators(stack, key);
  const ledger = table(stack, key, call);
  const stream = payments(stack, key, call);
  worker(stack, key, stream, ledger, call);
  refunds(stack, key, ledger, call);
  const balancer = api(stack, key, stream, call);
  edge(stack, key, balancer);
}

/** What every alarm does. */
type Call = (id: string, metric: cloudwatch.IMetric, threshold: number) => void;

function operators(stack: Stack, key: kms.Key): Call {
  const topic = new sns.Topic(stack, 'Operators', { masterKey: key, enforceSSL: true });
  const caller = new iam.ServicePrincipal('cloudwatch.amazonaws.com');
  topic.grantPublish(caller);
  key.grantEncryptDecrypt(caller);
  return (id, metric, threshold) => {
    const alarm = new cloudwatch.Alarm(stack, `${id}Alarm`, {
      metric, threshold, evaluationPeriods: 3, comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(topic));
  };
}

function table(stack: Stack, key: kms.Key, call: Call): dynamodb.TableV2 {
  const warmThroughput = { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 16_000 };
  const ledger = new dynamodb.TableV2(stack, 'Ledger', {
    partitionKey: { name: 'merchantBucket', type: dynamodb.AttributeType.STRING },
    sortKey: { name: 'paymentId', type: dynamodb.AttributeType.STRING },
    billing: dynamodb.Billing.onDemand(),
    warmThroughput,
    globalSecondaryIndexes: [{
      indexName: 'byPayer', warmThroughput,
      partitionKey: { name: 'payerId', type: dynamodb.AttributeType.STRING },
    }],
    encryption: dynamodb.TableEncryptionV2.customerManagedKey(key),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    timeToLiveAttribute: 'expiresAt',
    deletionProtection: true,
    removalPolicy: RemovalPolicy.RETAIN,
  });
  call('WritesThrottled', ledger.metric('WriteThrottleEvents', { statistic: 'Sum', period: Duration.minutes(1) }), 0);
  return ledger;
}

function payments(stack: Stack, key: kms.Key, call: Call): kinesis.Stream {
  const stream = new kinesis.Stream(stack, 'Payments', {
    shardCount: 8, streamMode: kinesis.StreamMode.PROVISIONED, retentionPeriod: Duration.hours(72),
    encryption: kinesis.StreamEncryption.KMS, encryptionKey: key,
  });
  call('StreamFull', stream.metricWriteProvisionedThroughputExceeded({ statistic: 'Sum', period: Duration.minutes(1) }), 0);
  return stream;
}

function fn(stack: Stack, id: string, key: kms.Key, environment: Record<string, string>): lambda.Function {
  return new lambda.Function(stack, id, {
    runtime: lambda.Runtime.NODEJS_LATEST, handler: 'index.handler', architecture: lambda.Architecture.ARM_64,
    code: lambda.Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] });'),
    memorySize: 1769, timeout: Duration.seconds(60), environment,
    logGroup: new logs.LogGroup(stack, `${id}Log`, { retention: logs.RetentionDays.THREE_MONTHS, encryptionKey: key }),
  });
}

function alarms(id: string, worker: lambda.Function, call: Call): void {
  const perMinute = { period: Duration.minutes(1) };
  call(`${id}Errors`, worker.metricErrors(perMinute), 0);
  call(`${id}Throttles`, worker.metricThrottles(perMinute), 0);
}

/** From the stream into the table, behind an alias so that a release can go back. */
function worker(stack: Stack, key: kms.Key, stream: kinesis.Stream, ledger: dynamodb.TableV2, call: Call): void {
  const settle = fn(stack, 'Settle', key, { LEDGER: ledger.tableName, LEDGER_TTL_DAYS: '30' });
  const failures = new s3.Bucket(stack, 'Failures', {
    encryption: s3.BucketEncryption.KMS, encryptionKey: key, bucketKeyEnabled: true, enforceSSL: true, versioned: true,
    blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
  });
  const consumer = new kinesis.StreamConsumer(stack, 'Consumer', { stream, streamConsumerName: 'settle' });
  settle.addAlias('live').addEventSource(new sources.KinesisConsumerEventSource(consumer, {
    startingPosition: lambda.StartingPosition.TRIM_HORIZON, batchSize: 500, parallelizationFactor: 2, reportBatchItemFailures: true,
    bisectBatchOnError: true, maxRecordAge: Duration.hours(48), onFailure: new sources.S3OnFailureDestination(failures),
  }));
  ledger.grantWriteData(settle);
  alarms('Settle', settle, call);
  const perMinute = { statistic: 'Maximum', period: Duration.minutes(1) };
  call('SettleAge', settle.metric('IteratorAge', perMinute), Duration.minutes(1).toMilliseconds());
  call('SettleLost', settle.metric('DestinationDeliveryFailures', { ...perMinute, statistic: 'Sum' }), 0);
}

/** Refunds wait in a queue; what cannot be refunded is kept for people. */
function refunds(stack: Stack, key: kms.Key, ledger: dynamodb.TableV2, call: Call): void {
  const common: sqs.QueueProps = {
    encryption: sqs.QueueEncryption.KMS, encryptionMasterKey: key, enforceSSL: true, retentionPeriod: Duration.days(14),
  };
  const refused = new sqs.Queue(stack, 'RefusedRefunds', common);
  const queue = new sqs.Queue(stack, 'Refunds', {
    ...common, retentionPeriod: Duration.days(4), visibilityTimeout: Duration.minutes(7), deadLetterQueue: { queue: refused, maxReceiveCount: 10 },
  });
  const refund = fn(stack, 'Refund', key, { LEDGER: ledger.tableName });
  refund.addEventSource(new sources.SqsEventSource(queue, { reportBatchItemFailures: true, maxConcurrency: 20 }));
  ledger.grantReadWriteData(refund);
  alarms('Refund', refund, call);
  call('RefundAge', queue.metricApproximateAgeOfOldestMessage({ period: Duration.minutes(1) }), 600);
  call('RefundRefused', refused.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1) }), 0);
}

/** Tasks in three zones behind a load balancer. */
function api(stack: Stack, key: kms.Key, stream: kinesis.Stream, call: Call): elbv2.ApplicationLoadBalancer {
  const vpc = new ec2.Vpc(stack, 'Network', {
    availabilityZones: ['a', 'b', 'c'].map((zone) => `${stack.region}${zone}`), natGateways: 3,
  });
  const cluster = new ecs.Cluster(stack, 'Cluster', { vpc, containerInsightsV2: ecs.ContainerInsights.ENHANCED });
  const task = new ecs.FargateTaskDefinition(stack, 'Task', { cpu: 1024, memoryLimitMiB: 2048 });
  task.addContainer('api', {
    image: ecs.ContainerImage.fromRegistry('public.ecr.aws/docker/library/busybox:1.37'), portMappings: [{ containerPort: 8080 }],
    logging: ecs.LogDrivers.awsLogs({
      streamPrefix: 'api', maxBufferSize: Size.mebibytes(4), mode: ecs.AwsLogDriverMode.NON_BLOCKING,
      logGroup: new logs.LogGroup(stack, 'ApiLog', { retention: logs.RetentionDays.THREE_MONTHS, encryptionKey: key }),
    }),
  });
  stream.grantWrite(task.taskRole);
  const service = new ecs.FargateService(stack, 'Service', {
    cluster, taskDefinition: task, circuitBreaker: { rollback: true }, minHealthyPercent: 100, healthCheckGracePeriod: Duration.minutes(1),
  });
  const balancer = new elbv2.ApplicationLoadBalancer(stack, 'Balancer', {
    vpc, internetFacing: true, deletionProtection: true, dropInvalidHeaderFields: true,
  });
  const certificateArn = stack.formatArn({ service: 'acm', resource: 'certificate', resourceName: 'payments', arnFormat: ArnFormat.SLASH_RESOURCE_NAME });
  const listener = balancer.addListener('Https', {
    port: 443, sslPolicy: elbv2.SslPolicy.TLS13_12_RES_PQ, certificates: [Certificate.fromCertificateArn(stack, 'Certificate', certificateArn)],
  });
  balancer.addRedirect();
  const targets = listener.addTargets('Targets', {
    port: 8080, targets: [service], deregistrationDelay: Duration.seconds(30), healthCheck: { path: '/readyz', interval: Duration.seconds(10) },
  });
  const scaling = service.autoScaleTaskCount({ minCapacity: 6, maxCapacity: 60 });
  scaling.scaleOnCpuUtilization('Processor', { targetUtilizationPercent: 60 });
  const perMinute = { period: Duration.minutes(1) };
  call('Failed', new cloudwatch.MathExpression({
    expression: '100 * failed / requests', ...perMinute,
    usingMetrics: {
      failed: targets.metrics.httpCodeTarget(elbv2.HttpCodeTarget.TARGET_5XX_COUNT, { ...perMinute, statistic: 'Sum' }),
      requests: targets.metrics.requestCount({ ...perMinute, statistic: 'Sum' }),
    },
  }), 1);
  call('Busy', service.metricCpuUtilization(perMinute), 80);
  return balancer;
}

/** A web ACL that lets batches pass: the rule on body sizes only counts. */
function edge(stack: Stack, key: kms.Key, balancer: elbv2.ApplicationLoadBalancer): void {
  const visibility = (metricName: string) => ({ cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName });
  const webAcl = new wafv2.CfnWebACL(stack, 'WebAcl', {
    scope: 'REGIONAL', defaultAction: { allow: {} }, visibilityConfig: visibility('all'),
    rules: [
      {
        name: 'core', priority: 0, overrideAction: { none: {} }, visibilityConfig: visibility('core'),
        statement: {
          managedRuleGroupStatement: {
            vendorName: 'AWS', name: 'AWSManagedRulesCommonRuleSet', ruleActionOverrides: [{ name: 'SizeRestrictions_BODY', actionToUse: { count: {} } }],
          },
        },
      },
      {
        name: 'rate', priority: 1, action: { block: {} }, visibilityConfig: visibility('rate'),
        statement: { rateBasedStatement: { aggregateKeyType: 'IP', limit: 100_000, evaluationWindowSec: 60 } },
      },
    ],
  });
  new wafv2.CfnWebACLAssociation(stack, 'Guard', { resourceArn: balancer.loadBalancerArn, webAclArn: webAcl.attrArn });
  const log = new logs.LogGroup(stack, 'WebAclLog', {
    logGroupName: 'aws-waf-logs-payments', retention: logs.RetentionDays.THREE_MONTHS, encryptionKey: key,
  });
  new wafv2.CfnLoggingConfiguration(stack, 'WebAclLogging', {
    resourceArn: webAcl.attrArn, redactedFields: [{ singleHeader: { Name: 'authorization' } }],
    logDestinationConfigs: [stack.formatArn({ service: 'logs', resource: 'log-group', resourceName: log.logGroupName, arnFormat: ArnFormat.COLON_RESOURCE_NAME })],
  });
}
