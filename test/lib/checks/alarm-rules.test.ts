import { CfnParameter, Duration, Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import { Rule as EventRule } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { IpTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { iteratorAge } from '../../../lib/checks/rules/alarm/iterator-age';
import { lateThreshold } from '../../../lib/checks/rules/alarm/late-threshold';
import { mutedTopic } from '../../../lib/checks/rules/alarm/muted-topic';
import { noAction } from '../../../lib/checks/rules/alarm/no-action';
import { silentHeartbeat } from '../../../lib/checks/rules/alarm/silent-heartbeat';
import { unreachedResource } from '../../../lib/checks/rules/alarm/unreached-resource';
import { intendedMetric } from '../../../lib/checks/views/known-metrics';
import { Rate, RecoveryTier, Workload } from '../../../lib/workload';
import { foundBy } from './found-by';
import { Parts } from './planted/parts';

const metric = new cloudwatch.Metric({ namespace: 'Payments', metricName: 'Settled' });
const options = { threshold: 1, evaluationPeriods: 1 };

describe('the topic of an alarm', () => {
  const refusals = (make: (stack: Stack) => sns.ITopic) =>
    foundBy(mutedTopic, (stack) => metric.createAlarm(stack, 'Alarm', options).addAlarmAction(new SnsAction(make(stack))));
  const cloudWatch = new iam.ServicePrincipal('cloudwatch.amazonaws.com');

  it('is reached as it comes, and when it is outside the app', () => {
    expect(refusals((stack) => new sns.Topic(stack, 'Topic'))).toEqual([]);
    expect(refusals((stack) => sns.Topic.fromTopicArn(stack, 'Topic', 'arn:aws:sns:eu-west-1:111122223333:operators'))).toEqual([]);
  });

  it('is not reached under the key of AWS', () => {
    expect(refusals((stack) => new sns.Topic(stack, 'Topic', { masterKey: kms.Alias.fromAliasName(stack, 'Key', 'alias/aws/sns') })))
      .toEqual([expect.stringMatching(/^Topic: the key .*alias\/aws\/sns is closed to cloudwatch.amazonaws.com$/)]);
  });

  it('is reached under a key of the customer only when its policy names CloudWatch, by an alias too', () => {
    const encrypted = (stack: Stack, named: boolean, byAlias: boolean) => {
      const key = new kms.Key(stack, 'Key');
      if (named) {
        key.grantEncryptDecrypt(cloudWatch);
      }
      return new sns.Topic(stack, 'Topic', { masterKey: byAlias ? key.addAlias('topics') : key });
    };
    expect(refusals((stack) => encrypted(stack, false, false))).toEqual([expect.stringMatching(/^Topic: the policy of its key Key\w* does not name cloudwatch.amazonaws.com$/)]);
    expect(refusals((stack) => encrypted(stack, false, true))).toHaveLength(1);
    expect(refusals((stack) => encrypted(stack, true, false))).toEqual([]);
    expect(refusals((stack) => encrypted(stack, true, true))).toEqual([]);
  });

  it('is no longer reached when a policy names somebody else', () => {
    const shared = (stack: Stack, named: boolean) => {
      const topic = new sns.Topic(stack, 'Topic');
      new EventRule(stack, 'Rule', { eventPattern: { source: ['orders'] }, targets: [new SnsTopic(topic)] });
      if (named) {
        topic.grantPublish(cloudWatch);
      }
      return topic;
    };
    expect(refusals((stack) => shared(stack, false))).toEqual(['Topic: the policy of the topic does not name cloudwatch.amazonaws.com']);
    expect(refusals((stack) => shared(stack, true))).toEqual([]);
  });

  it('is looked at for composite alarms as well', () => {
    expect(foundBy(mutedTopic, (stack) => {
      const alarm = metric.createAlarm(stack, 'Alarm', options);
      const composite = new cloudwatch.CompositeAlarm(stack, 'Composite', { alarmRule: cloudwatch.AlarmRule.fromAlarm(alarm, cloudwatch.AlarmState.ALARM) });
      composite.addAlarmAction(new SnsAction(new sns.Topic(stack, 'Topic', { enforceSSL: true })));
    })).toHaveLength(1);
  });
});

describe('the dimensions of an alarm', () => {
  const dangling = (make: (stack: Stack) => cloudwatch.IMetric) => foundBy(unreachedResource, (stack) => new cloudwatch.Alarm(stack, 'Alarm', { metric: make(stack), ...options }));
  const queueMetric = (QueueName: string) => new cloudwatch.Metric({ namespace: 'AWS/SQS', metricName: 'ApproximateAgeOfOldestMessage', dimensionsMap: { QueueName } });
  const withQueue = (stack: Stack, watched: cloudwatch.IMetric, queueName?: string) => {
    new sqs.Queue(stack, 'Queue', { queueName });
    return watched;
  };
  const handler = (stack: Stack) => new lambda.Function(stack, 'Worker', {
    runtime: lambda.Runtime.NODEJS_LATEST, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => undefined;'),
  });

  it('reach queues, tables, functions with an alias, load balancers and their targets', () => {
    expect(dangling((stack) => new sqs.Queue(stack, 'Queue').metricApproximateAgeOfOldestMessage())).toEqual([]);
    expect(dangling((stack) => withQueue(stack, queueMetric('orders'), 'orders'))).toEqual([]);
    expect(dangling((stack) => handler(stack).addAlias('live').metricErrors())).toEqual([]);
    expect(dangling((stack) => new dynamodb.TableV2(stack, 'Table', { partitionKey: { name: 'pk', type: dynamodb.AttributeType.STRING } })
      .metricThrottledRequestsForOperations({ operations: [dynamodb.Operation.PUT_ITEM] }))).toEqual([]);
    expect(dangling((stack) => {
      const balancer = new elbv2.ApplicationLoadBalancer(stack, 'Balancer', { vpc: new ec2.Vpc(stack, 'Network') });
      const group = balancer.addListener('Http', { port: 80 }).addTargets('Targets', { port: 80, targets: [new IpTarget('10.0.0.7')] });
      return new cloudwatch.MathExpression({
        expression: 'a + b', usingMetrics: { a: balancer.metrics.requestCount(), b: group.metrics.unhealthyHostCount() },
      });
    })).toEqual([]);
  });

  it('reach no queue of another name', () => {
    expect(dangling((stack) => withQueue(stack, queueMetric('oders')))).toEqual(['Alarm: no resource of the app is the QueueName "oders" of AWS/SQS']);
  });

  it('are not judged where the app has none of the kind, or only the deployment knows', () => {
    expect(dangling(() => queueMetric('of-somebody-else'))).toEqual([]);
    expect(dangling((stack) => withQueue(stack, queueMetric(new CfnParameter(stack, 'Name').valueAsString)))).toEqual([]);
  });
});

describe('the name of a metric', () => {
  it.each([
    ['AWS/Lambda', 'IteratorAgeMilliseconds', 'AWS/Lambda IteratorAge'],
    ['AWS/Lambda', 'Error', 'AWS/Lambda Errors'],
    ['AWS/Lambda', 'GetRecords.IteratorAgeMilliseconds', 'AWS/Kinesis GetRecords.IteratorAgeMilliseconds'],
    ['AWS/Kinesis', 'MillisBehindLatest', 'AWS/Kinesis SubscribeToShardEvent.MillisBehindLatest'],
    ['AWS/ApplicationELB', 'UnhealthyHostCount', 'AWS/ApplicationELB UnHealthyHostCount'],
    ['AWS/SQS', 'ApproximateNumberOfMessages', 'AWS/SQS ApproximateNumberOfMessagesDelayed'],
    ['AWS/ECS', 'RunningTaskCount', 'ECS/ContainerInsights RunningTaskCount'],
  ])('%s %s is taken for %s', (namespace, name, intended) => {
    expect(intendedMetric(namespace, name)).toBe(intended);
  });

  it.each([['AWS/Lambda', 'Errors'], ['AWS/Lambda', 'SomethingThatCameLater'], ['AWS/ECS', 'EBSFilesystemUtilization'], ['Payments', 'Error']])(
    '%s %s is left alone', (namespace, name) => {
      expect(intendedMetric(namespace, name)).toBeUndefined();
    });
});

describe('the threshold of an alarm', () => {
  const late = (metricOf: cloudwatch.IMetric, threshold: number, tier?: RecoveryTier, comparisonOperator?: cloudwatch.ComparisonOperator) => foundBy(
    lateThreshold,
    (stack) => new cloudwatch.Alarm(stack, 'Alarm', { metric: metricOf, evaluationPeriods: 1, threshold, comparisonOperator }),
    tier && new Workload({ peak: Rate.perSecond(100), recoveryTier: tier }),
  );
  const lambdaMetric = (metricName: string) => new cloudwatch.Metric({ namespace: 'AWS/Lambda', metricName });
  const failed = new cloudwatch.MathExpression({ expression: '100 * e / i', usingMetrics: { e: lambdaMetric('Errors'), i: lambdaMetric('Invocations') } });
  const memory = new cloudwatch.Metric({ namespace: 'AWS/ECS', metricName: 'MemoryUtilization' });

  it('is 1 % of failures for a critical service, 5 % for any other', () => {
    expect(late(failed, 3, RecoveryTier.CRITICAL)).toEqual(['Alarm: 3 % of requests failed; at most 1 % leaves time to act']);
    expect(late(failed, 3, RecoveryTier.SUPPORTING)).toEqual([]);
    expect(late(failed, 3)).toEqual([]);
    expect(late(failed, 1, RecoveryTier.CRITICAL)).toEqual([]);
    expect(late(failed, 6)).toEqual(['Alarm: 6 % of requests failed; at most 5 % leaves time to act']);
  });

  it('is 85 % of memory, and nothing for what is fewer than usual', () => {
    expect(late(memory, 90)).toEqual(['Alarm: 90 % of the memory; at most 85 % leaves time to act']);
    expect(late(memory, 85)).toEqual([]);
    expect(late(memory, 90, undefined, cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD)).toEqual([]);
  });
});

describe('an alarm without an action', () => {
  it('is part of a composite one that has', () => {
    expect(foundBy(noAction, (stack) => {
      const alarm = metric.createAlarm(stack, 'Alarm', options);
      new cloudwatch.CompositeAlarm(stack, 'Composite', { alarmRule: cloudwatch.AlarmRule.fromAlarm(alarm, cloudwatch.AlarmState.ALARM) });
    })).toEqual([]);
  });

  it('is not helped by a dashboard that shows it', () => {
    expect(foundBy(noAction, (stack) => {
      const alarm = metric.createAlarm(stack, 'Alarm', options);
      new cloudwatch.Dashboard(stack, 'Dashboard', { widgets: [[new cloudwatch.AlarmWidget({ alarm, title: 'Settled' })]] });
    })).toHaveLength(1);
  });
});

it('hears a silent heartbeat by what is done about missing data', () => {
  const quiet = new cloudwatch.Metric({ namespace: 'AWS/Lambda', metricName: 'Invocations' });
  const comparisonOperator = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD;
  const found = (changes: Partial<cloudwatch.CreateAlarmOptions>, act: (alarm: cloudwatch.Alarm, stack: Stack) => void = () => undefined) =>
    foundBy(silentHeartbeat, (stack) => act(quiet.createAlarm(stack, 'Alarm', { ...options, comparisonOperator, ...changes }), stack));
  expect(found({})).toEqual(['Alarm: too little Invocations is an alarm, none at all is missing']);
  expect(found({ treatMissingData: cloudwatch.TreatMissingData.BREACHING })).toEqual([]);
  expect(found({ comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD })).toEqual([]);
  expect(found({}, (alarm, stack) => alarm.addInsufficientDataAction(new SnsAction(new sns.Topic(stack, 'Topic'))))).toEqual([]);
});

it('takes the age that the stream itself publishes, and a query over all functions, for the age of a worker', () => {
  const watched = (add: (parts: Parts, stack: Stack, stream: string) => void) => foundBy(iteratorAge, (stack) => {
    const parts = new Parts(stack);
    const { stream } = parts.streamWorker();
    stack.node.tryRemoveChild('WorkerIteratorAgeAlarm');
    add(parts, stack, stream.ref);
  });
  expect(watched(() => undefined)).toHaveLength(1);
  expect(watched((parts, _, StreamName) => parts.alarm('Age', 'AWS/Kinesis', 'GetRecords.IteratorAgeMilliseconds', { StreamName }, 60_000))).toEqual([]);
  expect(watched((parts) => parts.alarm('Age', 'AWS/Kinesis', 'GetRecords.IteratorAgeMilliseconds', { StreamName: 'another' }, 60_000))).toHaveLength(1);
  expect(watched((_, stack) => {
    const query = new cloudwatch.MathExpression({ expression: 'SELECT MAX(IteratorAge) FROM SCHEMA("AWS/Lambda", FunctionName)', period: Duration.minutes(1) });
    new cloudwatch.Alarm(stack, 'Any', { metric: query, ...options });
  })).toEqual([]);
});
