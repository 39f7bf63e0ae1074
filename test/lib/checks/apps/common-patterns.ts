import { Duration, type Stack } from 'aws-cdk-lib';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { ApplicationLoadBalancedFargateService } from 'aws-cdk-lib/aws-ecs-patterns';
import { Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { CloudWatchLogGroup, LambdaFunction, SqsQueue } from 'aws-cdk-lib/aws-events-targets';
import { Code, Function, type FunctionProps, Runtime } from 'aws-cdk-lib/aws-lambda';
import { SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription, SqsSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';

/** The load-balanced service of the CDK's patterns, made resilient and watched, but as public and verbose as it comes. */
export function webService(stack: Stack): void {
  const vpc = new Vpc(stack, 'Network', { availabilityZones: ['a', 'b', 'c'].map((zone) => `${stack.region}${zone}`) });
  const { loadBalancer, service, targetGroup } = new ApplicationLoadBalancedFargateService(stack, 'Web', {
    vpc, desiredCount: 3, circuitBreaker: { rollback: true }, minHealthyPercent: 100,
    taskImageOptions: { image: ContainerImage.fromRegistry('public.ecr.aws/docker/library/busybox:1.37') },
  });
  service.autoScaleTaskCount({ minCapacity: 3, maxCapacity: 9 }).scaleOnCpuUtilization('Processor', { targetUtilizationPercent: 60 });
  const call = new SnsAction(new Topic(stack, 'Operators'));
  const alarm = { threshold: 1, evaluationPeriods: 2 };
  targetGroup.metrics.unhealthyHostCount().createAlarm(stack, 'Unhealthy', alarm).addAlarmAction(call);
  loadBalancer.metrics.rejectedConnectionCount().createAlarm(stack, 'Rejected', alarm).addAlarmAction(call);
  service.metricCpuUtilization().createAlarm(stack, 'Busy', { ...alarm, threshold: 75 }).addAlarmAction(call);
}

/** A topic and a bus that send to a queue, and people who read along; what cannot be delivered is lost. */
export function fanOut(stack: Stack): void {
  const topic = new Topic(stack, 'Topic');
  const failed = new Queue(stack, 'Failed', { retentionPeriod: Duration.days(14) });
  const queue = new Queue(stack, 'Queue', { visibilityTimeout: Duration.minutes(6), deadLetterQueue: { queue: failed, maxReceiveCount: 10 } });
  topic.addSubscription(new SqsSubscription(queue));
  topic.addSubscription(new EmailSubscription('operators@payments.example'));
  new Rule(stack, 'Orders', {
    eventPattern: { source: ['orders'] },
    targets: [new SqsQueue(queue), new CloudWatchLogGroup(new LogGroup(stack, 'Events', { retention: RetentionDays.ONE_MONTH }))],
  });

  const worker = handler(stack, 'Worker');
  worker.addEventSource(new SqsEventSource(queue, { reportBatchItemFailures: true, maxConcurrency: 10 }));
  const call = new SnsAction(topic);
  const alarm = { threshold: 1, evaluationPeriods: 3 };
  worker.metricErrors().createAlarm(stack, 'WorkerErrors', alarm).addAlarmAction(call);
  queue.metricApproximateAgeOfOldestMessage().createAlarm(stack, 'QueueAge', { ...alarm, threshold: 600 }).addAlarmAction(call);
  failed.metricApproximateNumberOfMessagesVisible().createAlarm(stack, 'FailedMessages', alarm).addAlarmAction(call);
  new Rule(stack, 'Nightly', {
    schedule: Schedule.cron({ hour: '3', minute: '0' }),
    targets: [new LambdaFunction(handler(stack, 'CleanUp', { deadLetterQueue: failed }))],
  });
}

function handler(stack: Stack, id: string, props: Partial<FunctionProps> = {}): Function {
  return new Function(stack, id, {
    runtime: Runtime.NODEJS_LATEST, handler: 'index.handler', code: Code.fromInline('exports.handler = async () => ({ batchItemFailures: [] });'),
    memorySize: 1024, timeout: Duration.minutes(1), logGroup: new LogGroup(stack, `${id}Log`, { retention: RetentionDays.ONE_MONTH }), ...props,
  });
}
