import { Duration, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as events from 'aws-cdk-lib/aws-events';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { DataClass } from '../../constructs/security/data-class';
import { DataKeys } from '../../constructs/security/data-keys';
import { EventBusFanout } from '../../constructs/stream/event-bus-fanout';
import type { EventBusFanoutProps, FanoutSelection } from '../../constructs/stream/event-bus-fanout-props';
import { QueueWorker } from '../../constructs/worker/queue-worker';
import { Facts } from '../../lib/facts';
import { type Decision, sizeEventBus, SIZING_METADATA_KEY } from '../../lib/sizing';
import { Rate, Workload } from '../../lib/workload';
import { testApp, testStack } from '../support/app';
import { danglingAlarmDimensions, onlyResource, referencesIn, resourcesOf, statements, type TemplateResource } from '../support/template';

const payments = new Workload({ peak: Rate.perSecond(20_000) });
const workload = payments.share(0.001);
const code = lambda.Code.fromInline('exports.handler = async () => undefined;');
const detailTypes = ['PayoutSettled', 'PayoutFailed'];

/** Statements of a policy for EventBridge. */
function forEvents(resource: TemplateResource, property: string): { Action: string | string[]; Condition?: Record<string, unknown> }[] {
  return resource.Properties[property].Statement.filter((it: { Principal: { Service?: unknown } }) => [it.Principal.Service].flat().includes('events.amazonaws.com'));
}

describe('EventBusFanout', () => {
  let template: Template;
  let fanout: EventBusFanout;
  let readers: Template;

  beforeAll(() => {
    const app = testApp();
    const stack = testStack(app);
    const other = testStack(app, 'readers');
    const notifications = new QueueWorker(other, 'Notifications', { workload, code });
    fanout = new EventBusFanout(stack, 'Events', { workload });
    fanout.addQueue('Notifications', notifications.queue, { detailTypes, sources: ['payments'], maximumEventAge: Duration.hours(1), maximumRetries: 10 });
    fanout.addLog('Everything', { detailTypes, logEncryptionKey: new DataKeys(stack, 'LogKeys', { dataClasses: [DataClass.OPERATIONS] }).key(DataClass.OPERATIONS) });
    fanout.addBus('Others', events.EventBus.fromEventBusArn(stack, 'Other', 'arn:aws:events:eu-west-1:111122223333:event-bus/others'), {
      detailTypes: ['PayoutSettled'], detail: { amount: [{ numeric: ['>', 1000] }] },
    });
    fanout.grantPutEvents(new iam.Role(stack, 'Sender', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }));
    template = Template.fromStack(stack);
    readers = Template.fromStack(other);
  });

  it('is under a customer key, whose policy lets EventBridge use it for this bus and its rules only', () => {
    const { KmsKeyIdentifier, Name } = onlyResource(template, 'AWS::Events::EventBus').Properties;
    const key = resourcesOf(template, 'AWS::KMS::Key')[referencesIn(KmsKeyIdentifier)[0]];
    const conditions = forEvents(key, 'KeyPolicy').map((it) => JSON.stringify(it.Condition ?? {}));
    expect(conditions.some((it) => it.includes(`:event-bus/${Name}`) && it.includes('kms:EncryptionContext:aws:events:event-bus:arn'))).toBe(true);
    expect(conditions.some((it) => it.includes(`:rule/${Name}/*`))).toBe(true);
    // A reference from the key to the bus would be a circle: the bus needs the key.
    expect(referencesIn(key.Properties.KeyPolicy).filter((it) => it.startsWith('Events'))).toEqual([]);
  });

  it('keeps what it cannot decrypt in a queue that is not under that key', () => {
    const { DeadLetterConfig } = onlyResource(template, 'AWS::Events::EventBus').Properties;
    const [id] = referencesIn(DeadLetterConfig);
    expect(resourcesOf(template, 'AWS::SQS::Queue')[id].Properties).toMatchObject({ SqsManagedSseEnabled: true });
    const policy = Object.values(resourcesOf(template, 'AWS::SQS::QueuePolicy')).find((it) => referencesIn(it.Properties.Queues).includes(id))!;
    expect(forEvents(policy, 'PolicyDocument')).toHaveLength(1);
  });

  it('takes events of this account only', () => {
    const { Statement } = onlyResource(template, 'AWS::Events::EventBusPolicy').Properties;
    expect(Statement).toMatchObject({ Effect: 'Allow', Action: 'events:PutEvents' });
    expect(JSON.stringify(Statement.Principal)).toContain(':root');
    const [bus] = Object.keys(resourcesOf(template, 'AWS::Events::EventBus'));
    const putting = statements(template).filter((it) => it.actions.includes('events:PutEvents'));
    expect(putting.map((it) => it.resources)).toEqual(expect.arrayContaining([[{ 'Fn::GetAtt': [bus, 'Arn'] }]]));
  });

  it('keeps events for a month, under the same key, to be replayed', () => {
    const [bus] = Object.keys(resourcesOf(template, 'AWS::Events::EventBus'));
    template.hasResource('AWS::Events::Archive', {
      DeletionPolicy: 'Retain',
      Properties: {
        SourceArn: { 'Fn::GetAtt': [bus, 'Arn'] }, RetentionDays: 30, KmsKeyIdentifier: Match.anyValue(), EventPattern: { account: [{ Ref: 'AWS::AccountId' }] },
      },
    });
    template.resourceCountIs('AWS::EventSchemas::Discoverer', 0);
  });

  it('gives each reader a rule, retries and a dead-letter queue of its own', () => {
    const rules = Object.values(resourcesOf(template, 'AWS::Events::Rule')).map((it) => it.Properties);
    expect(rules.map((it) => it.Name)).toEqual(['Notifications', 'Everything', 'Others']);
    expect(rules[0].EventPattern).toEqual({ 'detail-type': detailTypes, 'source': ['payments'] });
    expect(rules[2].EventPattern).toEqual({ 'detail-type': ['PayoutSettled'], 'detail': { amount: [{ numeric: ['>', 1000] }] } });
    expect(rules[0].Targets[0].RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 });
    expect(rules[1].Targets[0].RetryPolicy).toEqual({ MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 });
    const deadLetters = rules.map((it) => referencesIn(it.Targets[0].DeadLetterConfig)[0]);
    expect(new Set(deadLetters).size).toBe(3);
    for (const id of deadLetters) {
      const policy = Object.values(resourcesOf(template, 'AWS::SQS::QueuePolicy')).find((it) => referencesIn(it.Properties.Queues).includes(id))!;
      expect(JSON.stringify(forEvents(policy, 'PolicyDocument')[0].Condition)).toContain(':rule/');
      expect(resourcesOf(template, 'AWS::SQS::Queue')[id].Properties).toMatchObject({ KmsMasterKeyId: expect.anything(), MessageRetentionPeriod: 1_209_600 });
    }
  });

  it('opens the queue of a worker in another stack, and its key, without a circle', () => {
    const { Name } = onlyResource(template, 'AWS::Events::EventBus').Properties;
    const key = Object.values(resourcesOf(readers, 'AWS::KMS::Key')).find((it) => JSON.stringify(it).includes(`:rule/${Name}/*`))!;
    expect(forEvents(key, 'KeyPolicy').some((it) => JSON.stringify(it.Action).includes('kms:GenerateDataKey'))).toBe(true);
    const opened = Object.values(resourcesOf(readers, 'AWS::SQS::QueuePolicy')).flatMap((it) => forEvents(it, 'PolicyDocument'));
    expect(opened).toHaveLength(1);
    expect(JSON.stringify(opened[0].Condition)).toContain(`:rule/${Name}/*`);
    expect(JSON.stringify(readers.toJSON())).not.toContain('Fn::ImportValue');
  });

  it('writes to a log below the name that EventBridge may write to', () => {
    const log = Object.entries(resourcesOf(template, 'AWS::Logs::LogGroup')).find(([, it]) => String(it.Properties.LogGroupName).startsWith('/aws/events/'))!;
    expect(log[1].Properties).toMatchObject({ RetentionInDays: 365, KmsKeyId: expect.anything() });
    expect(JSON.stringify(onlyResource(template, 'AWS::Logs::ResourcePolicy').Properties.PolicyDocument)).toContain('events.amazonaws.com');
  });

  it('may put events on another bus by a role for that alone', () => {
    const [, , others] = Object.values(resourcesOf(template, 'AWS::Events::Rule')).map((it) => it.Properties);
    const role = referencesIn(others.Targets[0].RoleArn)[0];
    const policy = Object.values(resourcesOf(template, 'AWS::IAM::Policy')).find((it) => referencesIn(it.Properties.Roles).includes(role))!;
    expect(policy.Properties.PolicyDocument.Statement).toEqual([
      expect.objectContaining({ Action: 'events:PutEvents', Resource: 'arn:aws:events:eu-west-1:111122223333:event-bus/others' }),
    ]);
  });

  it('watches deliveries and dead letters of each reader, by bus and rule', () => {
    expect(Object.keys(fanout.alarms.alarms)).toEqual([
      'Undecryptable',
      'NotificationsFailed', 'NotificationsDeadLetters', 'NotificationsUndelivered',
      'EverythingFailed', 'EverythingDeadLetters', 'EverythingUndelivered',
      'OthersFailed', 'OthersDeadLetters', 'OthersUndelivered',
    ]);
    const [bus] = Object.keys(resourcesOf(template, 'AWS::Events::EventBus'));
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Namespace: 'AWS/Events', MetricName: 'FailedInvocations',
      Dimensions: [{ Name: 'EventBusName', Value: { Ref: bus } }, { Name: 'RuleName', Value: 'Notifications' }],
    });
    expect(danglingAlarmDimensions(template)).toEqual([]);
  });

  it('tells what it uses of the quota of the account, and what a month costs', () => {
    const decisions: Decision[] = template.toJSON().Metadata[SIZING_METADATA_KEY].decisions.filter((it: Decision) => it.path === 'stack/Events');
    expect(decisions.map((it) => it.name)).toEqual(['putEventsPerSecond', 'monthlyUsd']);
    expect(decisions[0]).toMatchObject({ value: 20, quota: { id: 'eventbridge/putEvents.tps', used: 20, value: 10_000, shared: true } });
    // A million events are a dollar: 8 a second over a month are 21 millions.
    expect(decisions[1].value).toBeCloseTo(8 * 730 * 3600 / 1e6, 1);
  });

  it('says that payments do not belong here', () => {
    const sizing = sizeEventBus(payments, Facts.DEFAULT.forRegion('eu-west-1'));
    expect(sizing.putEventsPerSecond).toBe(20_000);
    expect(sizing.decisions[0].binding).toContain('use a stream');
  });

  it('has no archive where none is wanted, and takes key, name and bus of yours', () => {
    const stack = testStack();
    const encryptionKey = new kms.Key(stack, 'Key');
    new EventBusFanout(stack, 'Events', {
      workload, encryptionKey, archived: false, eventBusName: 'payouts', eventBusProps: { description: 'mine' },
    });
    const own = Template.fromStack(stack);
    own.resourceCountIs('AWS::Events::Archive', 0);
    own.resourceCountIs('AWS::KMS::Key', 1);
    own.hasResourceProperties('AWS::Events::EventBus', { Name: 'payouts', Description: 'mine' });
  });

  it('sends to a queue that was there before', () => {
    const stack = new Stack(testApp(), 'anywhere');
    const own = new EventBusFanout(stack, 'Events', { workload });
    own.addQueue('Reports', sqs.Queue.fromQueueArn(stack, 'Queue', 'arn:aws:sqs:eu-west-1:111122223333:reports'), { detailTypes });
    Template.fromStack(stack).hasResourceProperties('AWS::Events::Rule', { Targets: [Match.objectLike({ Arn: 'arn:aws:sqs:eu-west-1:111122223333:reports' })] });
  });

  it.each<[Partial<EventBusFanoutProps>, string]>([
    [{ archiveRetention: Duration.hours(1) }, '`archiveRetention` must be between 86400'],
    [{ eventBusName: 'default' }, '`eventBusName` must be up to 256 letters, digits, dots, dashes and underscores, and not `default`, got: default'],
  ])('refuses %j', (props, message) => {
    expect(() => new EventBusFanout(testStack(), 'Events', { workload, ...props })).toThrow(message);
  });

  it.each<[string, Partial<FanoutSelection>, string]>([
    ['1st', {}, '`name` must be up to 64 letters and digits, starting with a letter, got: 1st'],
    ['Reports', { detailTypes: [] }, '`detailTypes` must name at least one type of event, got: none'],
    ['Reports', { maximumRetries: 186 }, '`maximumRetries` must be between 0 and 185, got: 186'],
    ['Reports', { maximumEventAge: Duration.seconds(59) }, '`maximumEventAge` must be between 60 and 86400 seconds, got: 59'],
  ])('refuses the target %s with %j', (name, selection, message) => {
    const stack = testStack();
    const own = new EventBusFanout(stack, 'Events', { workload });
    expect(() => own.addQueue(name, new sqs.Queue(stack, 'Queue'), { detailTypes, ...selection })).toThrow(message);
  });
});
