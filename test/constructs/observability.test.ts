import * as fs from 'node:fs';
import * as path from 'node:path';
import { type App, Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import { CacheTier } from '../../constructs/cache/cache-tier';
import { StatelessTier } from '../../constructs/compute/stateless-tier';
import { TlsEdge } from '../../constructs/edge/tls-edge';
import { CANARY_METRICS, CanaryPayment } from '../../constructs/observability/canary-payment';
import type { CanaryPaymentProps } from '../../constructs/observability/canary-payment-props';
import { GoldenSignals } from '../../constructs/observability/golden-signals';
import { type GoldenSignalsProps, LatencyBaseline } from '../../constructs/observability/golden-signals-props';
import { SignalBoard } from '../../constructs/observability/signal-board';
import { SETTLE_LATENCY } from '../../constructs/observability/signal-graphs';
import { SignalSeverity } from '../../constructs/observability/signal-severity';
import { TelemetryCollector } from '../../constructs/observability/telemetry-collector';
import { NetworkFoundation } from '../../constructs/security/network-foundation';
import { KinesisEventStream } from '../../constructs/stream/kinesis-event-stream';
import { ShardedTable } from '../../constructs/table/sharded-table';
import { TableCapacity } from '../../constructs/table/table-capacity';
import { QueueWorker } from '../../constructs/worker/queue-worker';
import { StreamWorker } from '../../constructs/worker/stream-worker';
import { TableStreamWorker } from '../../constructs/worker/table-stream-worker';
import { LatencyTarget, Rate, Workload } from '../../lib/workload';
import { testApp, testStack } from '../support/app';
import { allowedActions, danglingAlarmDimensions, onlyResource, referencesIn, resourcesOf, statements, type TemplateResource } from '../support/template';

const workload = new Workload({
  peak: Rate.perSecond(3_000),
  average: Rate.perSecond(1_200),
  latencyTarget: LatencyTarget.accept(Duration.millis(80), 99).andSettle(Duration.millis(900), 99),
});
const code = lambda.Code.fromInline('exports.handler = async () => ({});');
const image = ecs.ContainerImage.fromRegistry('example.org/payment-api:1');
const certificateArn = 'arn:aws:acm:eu-west-1:111122223333:certificate/0b1c2d3e-0000-1111-2222-333344445555';
const runbookUrl = 'https://runbooks.example.org/payments';

/** Of the manifest of a stack's assets. */
interface AssetManifest {
  readonly dockerImages: { readonly [id: string]: { readonly source: object } };
}

/** Everything that can be watched, in one stack. */
function system(props: Partial<GoldenSignalsProps> = {}, stack = testStack()) {
  const network = new NetworkFoundation(stack, 'Network');
  const tier = new StatelessTier(stack, 'Api', { workload, vpc: network.vpc, taskSubnets: network.applicationSubnets, image });
  const edge = new TlsEdge(stack, 'Public', { workload, vpc: network.vpc, subnets: network.edgeSubnets, certificateArn });
  edge.serve(tier);
  const partners = new TlsEdge(stack, 'Partners', { workload, vpc: network.vpc, subnets: network.edgeSubnets, certificateArn });
  partners.serve(tier);
  const stream = new KinesisEventStream(stack, 'Events', { workload });
  const worker = new StreamWorker(stack, 'Settle', { stream, code });
  const refunds = new QueueWorker(stack, 'Refunds', { workload: workload.with({ refundShare: 0.02 }), code });
  const ledger = new ShardedTable(stack, 'Ledger', { capacity: TableCapacity.ledger(workload), changeStream: dynamodb.StreamViewType.NEW_IMAGE });
  const projector = new TableStreamWorker(stack, 'Balances', { workload, table: ledger, code });
  const cache = new CacheTier(stack, 'Cache', { workload, vpc: network.vpc });
  const signals = new GoldenSignals(stack, 'Signals', { workload, runbookUrl, ...props });
  return { stack, tier, edge, partners, stream, worker, refunds, ledger, projector, cache, signals };
}

function watchAll(it: ReturnType<typeof system>): void {
  const { cache, edge, ledger, partners, projector, refunds, signals, stream, tier, worker } = it;
  signals.watchEdge(edge);
  signals.watchEdge(partners, { critical: false });
  signals.watchTier(tier);
  signals.watchStream(stream);
  signals.watchWorker(worker, stream);
  signals.watchQueue(refunds);
  signals.watchTable(ledger);
  signals.watchProjection(projector, { critical: false });
  signals.watchCache(cache);
}

/** The one alarm whose logical id begins like that. */
function alarm(template: Template, beginning: string): TemplateResource['Properties'] {
  const found = Object.entries(resourcesOf(template, 'AWS::CloudWatch::Alarm')).filter(([id]) => id.startsWith(beginning));
  expect(found.map(([id]) => id)).toHaveLength(1);
  return found[0][1].Properties;
}

/** Widgets of a dashboard, with tokens replaced by their names. */
function widgets(template: Template, beginning = 'SignalsOverview'): { type: string; properties: { title?: string; metrics?: unknown[][]; markdown?: string } }[] {
  const [, board] = Object.entries(resourcesOf(template, 'AWS::CloudWatch::Dashboard')).find(([id]) => id.startsWith(beginning))!;
  const [, parts] = board.Properties.DashboardBody['Fn::Join'] as [string, unknown[]];
  return JSON.parse(parts.map((part) => (typeof part === 'string' ? part : 'TOKEN')).join('')).widgets;
}

/** Logical ids of the alarms in the rules of the composite alarms of a severity. */
function children(template: Template, severity: string): string[] {
  return Object.entries(resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm')).filter(([id]) => id.startsWith(`Signals${severity}Any`))
    .flatMap(([, { Properties }]) => referencesIn(Properties.AlarmRule));
}

describe('GoldenSignals', () => {
  let template: Template;

  beforeAll(() => {
    const all = system();
    watchAll(all);
    template = Template.fromStack(all.stack);
  });

  it('calls somebody at the thresholds of the guide, exactly', () => {
    // Errors: 1 % of what is critical, 5 % of what is not.
    expect(alarm(template, 'PublicAlarmsErrors').Threshold).toBe(1);
    expect(alarm(template, 'SignalsAlarmsPartnersErrorRate').Threshold).toBe(5);
    expect(alarm(template, 'SignalsAlarmsSettleErrorRate').Threshold).toBe(1);
    expect(alarm(template, 'SignalsAlarmsRefundsErrorRate').Threshold).toBe(1);
    expect(alarm(template, 'SignalsAlarmsBalancesErrorRate').Threshold).toBe(5);
    // p99 above twice its baseline: the targets of 80 ms and 900 ms.
    expect(alarm(template, 'SignalsAlarmsPublicSlow')).toMatchObject({ Threshold: 0.16, ExtendedStatistic: 'p99', ComparisonOperator: 'GreaterThanThreshold' });
    expect(alarm(template, 'SignalsAlarmsSettleSlow')).toMatchObject({ Threshold: 1_800, ExtendedStatistic: 'p99', MetricName: SETTLE_LATENCY });
    // Processors above 80 % for five minutes, memory above 85 %.
    expect(alarm(template, 'ApiAlarmsCpu')).toMatchObject({ Threshold: 80, Period: 60, EvaluationPeriods: 5, DatapointsToAlarm: 5 });
    expect(alarm(template, 'ApiAlarmsMemory').Threshold).toBe(85);
  });

  it('calls somebody when more waits than twice what is worked on in a normal minute', () => {
    const { paymentsPerRecord } = system().stream.sizing.aggregation;
    expect(alarm(template, 'SignalsAlarmsSettleDepth').Threshold).toBeCloseTo(2 * 60 * 1_200 / paymentsPerRecord);
    expect(alarm(template, 'SignalsAlarmsRefundsDepth')).toMatchObject({ MetricName: 'ApproximateNumberOfMessagesVisible' });
    // 24 refunds a second, of which some come early and some wait in vain: 0.55 attempts each.
    expect(alarm(template, 'SignalsAlarmsRefundsDepth').Threshold).toBeCloseTo(2 * 60 * 24 * 0.55);
  });

  it('looks at resources of the template alone', () => {
    expect(danglingAlarmDimensions(template)).toEqual([]);
  });

  it('says in each alarm what to do, by the section of the runbook', () => {
    const described = Object.entries(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map(([id, { Properties }]) => [id, Properties.AlarmDescription as string]);
    expect(described.filter(([, text]) => !/ Runbook: https:\/\/runbooks\.example\.org\/payments#[a-z-]+$/.test(text))).toEqual([]);
    expect(described.every(([, text]) => text.length <= 1_024)).toBe(true);
    expect(alarm(template, 'SettleAlarmsIteratorAge').AlarmDescription).toContain('#iterator-age');
    expect(alarm(template, 'SignalsAlarmsPublicSlow').AlarmDescription).toContain('2 x its baseline of 80 ms (target to accept). Runbook:');
    expect(alarm(template, 'SignalsAlarmsPublicSlow').AlarmDescription).toMatch(/#slow$/);
  });

  it('puts every alarm under one severity, and calls one topic for each', () => {
    const all = Object.keys(resourcesOf(template, 'AWS::CloudWatch::Alarm')).filter((id) => !id.startsWith('Network'));
    const inRules = ['Critical', 'High', 'Low'].flatMap((severity) => children(template, severity));
    expect([...inRules].sort()).toEqual(all.sort());
    const topics = Object.keys(resourcesOf(template, 'AWS::SNS::Topic'));
    expect(topics).toHaveLength(4);
    for (const [id, { Properties }] of Object.entries(resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm'))) {
      const severity = /^Signals(Critical|High|Low)Any/.exec(id)![1];
      expect(referencesIn(Properties.AlarmActions)).toEqual([topics.find((it) => it.startsWith(`Signals${severity}Topic`))]);
      expect(Properties.OKActions).toEqual(Properties.AlarmActions);
      expect(Properties.AlarmDescription).toContain(`${runbookUrl}#${severity.toLowerCase()}`);
    }
    // Single alarms wake nobody: that is what the composite ones are for.
    const changes = topics.find((it) => it.startsWith('SignalsChangesTopic'));
    for (const id of all) {
      expect(referencesIn(resourcesOf(template, 'AWS::CloudWatch::Alarm')[id].Properties.AlarmActions)).toEqual([changes]);
    }
  });

  it('wakes somebody for what refuses or loses payments only', () => {
    const critical = children(template, 'Critical').map((id) => id.replace(/[0-9A-F]{8}$/, ''));
    expect(critical).toEqual(expect.arrayContaining([
      'PublicAlarmsErrors', 'SettleAlarmsIteratorAge', 'SettleAlarmsDestinationDeliveryFailures', 'SignalsAlarmsSettleErrorRate', 'EventsAlarmsWriteThrottled',
    ]));
    expect(critical).not.toContain('PartnersAlarmsErrors');
    expect(children(template, 'Low').map((id) => id.replace(/[0-9A-F]{8}$/, ''))).toContain('PartnersAlarmsErrors');
    expect(children(template, 'High').map((id) => id.replace(/[0-9A-F]{8}$/, ''))).toEqual(expect.arrayContaining(['SignalsAlarmsPartnersErrorRate', 'ApiAlarmsCpu']));
  });

  it('fills no rule beyond what CloudWatch takes', () => {
    for (const { Properties } of Object.values(resourcesOf(template, 'AWS::CloudWatch::CompositeAlarm'))) {
      const [, parts] = Properties.AlarmRule['Fn::Join'] as [string, unknown[]];
      const references = parts.filter((part) => typeof part !== 'string').length;
      expect(references).toBeLessThanOrEqual(100);
      expect(parts.filter((part) => typeof part === 'string').join('').length + references * (255 + 62)).toBeLessThanOrEqual(10_240);
    }
  });

  it('lets CloudWatch of this account publish, under a customer key and over TLS alone', () => {
    const [key] = Object.keys(resourcesOf(template, 'AWS::SNS::Topic')).map((id) => referencesIn(resourcesOf(template, 'AWS::SNS::Topic')[id].Properties.KmsMasterKeyId)[0]);
    const policy = JSON.stringify(resourcesOf(template, 'AWS::KMS::Key')[key].Properties.KeyPolicy);
    expect(policy).toContain('cloudwatch.amazonaws.com');
    const policies = Object.values(resourcesOf(template, 'AWS::SNS::TopicPolicy'));
    expect(policies).toHaveLength(4);
    for (const { Properties } of policies) {
      expect(Properties.PolicyDocument.Statement).toEqual(expect.arrayContaining([
        expect.objectContaining({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
        expect.objectContaining({
          Effect: 'Allow', Action: 'sns:Publish', Principal: { Service: 'cloudwatch.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        }),
      ]));
    }
    expect(Object.values(resourcesOf(template, 'AWS::SNS::Topic')).map(({ DeletionPolicy }) => DeletionPolicy)).toEqual(['Retain', 'Retain', 'Retain', 'Retain']);
  });

  it('shows percentiles, throughput, errors by type, saturation, depth, age and cost', () => {
    const shown = widgets(template);
    const titles = shown.map(({ properties }) => properties.title);
    expect(titles).toEqual(expect.arrayContaining([
      'State', 'Charges of this month so far, USD', 'Requests a second', 'Latency, seconds', 'Errors by type', 'CPU, percent', 'Memory, percent',
      'Network, bytes a second', 'Tasks and disk', 'Records a second', 'Accepted to settled, milliseconds', 'Depth and age',
    ]));
    for (const title of ['Latency, seconds', 'Accepted to settled, milliseconds']) {
      const text = JSON.stringify(shown.find(({ properties }) => properties.title === title));
      for (const percentile of ['p50', 'p95', 'p99', 'p99.9']) {
        expect(text).toContain(`"stat":"${percentile}"`);
      }
    }
    expect(JSON.stringify(shown)).toContain('"AWS/Billing","EstimatedCharges","Currency","USD"');
  });
});

describe('GoldenSignals as it is asked for', () => {
  it('gives each cell a dashboard, and the overview what matters most of it', () => {
    const { signals, stack, stream, tier, worker } = system({ cost: false });
    signals.watchWorker(worker, stream, { cell: 'one' });
    signals.watchTier(tier, { cell: 'one' });
    expect(Object.keys(signals.cells)).toEqual(['one']);
    const template = Template.fromStack(stack);
    const titles = (beginning: string) => widgets(template, beginning).map(({ properties }) => properties.title).filter((it) => it !== undefined);
    expect(titles('SignalsCellone')).toEqual(expect.arrayContaining(['Depth and age', 'CPU, percent']));
    expect(titles('SignalsOverview')).toEqual(['State', 'Payments a second', 'Accepted to settled, milliseconds', 'Errors by type']);
  });

  it('takes what is predicted as the baseline where it is told to, or where the target is no p99', () => {
    const slow = (props: Partial<GoldenSignalsProps>): number => {
      const { signals, stack, stream, worker } = system(props);
      signals.watchWorker(worker, stream);
      const { AlarmDescription, Threshold } = alarm(Template.fromStack(stack), 'SignalsAlarmsSettleSlow');
      expect(AlarmDescription).toContain('predicted time to settle');
      return Threshold;
    };
    const predicted = slow({ baseline: LatencyBaseline.PREDICTED });
    expect(predicted).toBeGreaterThan(0);
    expect(predicted).not.toBe(1_800);
    expect(slow({ workload: workload.with({ latencyTarget: LatencyTarget.settle(Duration.millis(900), 95) }) })).not.toBe(1_800);
  });

  it('takes topics, severities, rates and switches', () => {
    const stack = testStack();
    const topic = new sns.Topic(stack, 'OnCall');
    const key = new kms.Key(stack, 'Key');
    const { signals, stream, worker } = system({
      topics: { critical: topic }, encryptionKey: key, removalPolicy: RemovalPolicy.DESTROY, runbookUrl: undefined,
      alarms: { overrides: { SettleSlow: { enabled: false } } },
    }, stack);
    signals.watchWorker(worker, stream, { normalRatePerSecond: 10, severities: { IteratorAge: SignalSeverity.LOW, Depth: SignalSeverity.CRITICAL } });
    const template = Template.fromStack(stack);
    const ids = (severity: string) => children(template, severity).map((id) => id.replace(/[0-9A-F]{8}$/, ''));
    expect(ids('Low')).toContain('SettleAlarmsIteratorAge');
    expect(ids('Critical')).toContain('SignalsAlarmsSettleDepth');
    expect(alarm(template, 'SignalsAlarmsSettleDepth')).toMatchObject({ Threshold: 1_200 });
    expect(alarm(template, 'SignalsAlarmsSettleDepth').AlarmDescription).not.toContain('Runbook');
    expect(Object.keys(resourcesOf(template, 'AWS::CloudWatch::Alarm')).some((id) => id.startsWith('SignalsAlarmsSettleSlow'))).toBe(false);
    expect(Object.keys(resourcesOf(template, 'AWS::SNS::Topic')).filter((id) => id.startsWith('Signals')).sort()).toEqual([
      expect.stringMatching(/^SignalsChangesTopic/), expect.stringMatching(/^SignalsHighTopic/), expect.stringMatching(/^SignalsLowTopic/),
    ]);
    const [own] = Object.entries(resourcesOf(template, 'AWS::SNS::Topic')).filter(([id]) => id.startsWith('Signals')).map(([, it]) => it);
    expect(own.DeletionPolicy).toBe('Delete');
    expect(referencesIn(own.Properties.KmsMasterKeyId)[0]).toMatch(/^Key/);
  });

  it('lets CloudWatch learn what is usual where it is asked for', () => {
    const { edge, signals, stack } = system({ anomalyDetection: true });
    signals.watchEdge(edge);
    const template = Template.fromStack(stack);
    expect(alarm(template, 'SignalsPublicUnusual')).toMatchObject({ ComparisonOperator: 'GreaterThanUpperThreshold' });
    expect(JSON.stringify(alarm(template, 'SignalsPublicUnusual').Metrics)).toContain('ANOMALY_DETECTION_BAND(');
    expect(children(template, 'Low').some((id) => id.startsWith('SignalsPublicUnusual'))).toBe(true);
    expect(danglingAlarmDimensions(template)).toEqual([]);
  });

  it('begins another composite alarm where one is full', () => {
    const stack = testStack();
    const signals = new GoldenSignals(stack, 'Signals', { workload });
    for (let index = 0; index < 12; index++) {
      const stream = new KinesisEventStream(stack, `Stream${index}`, { workload, encryptionKey: kms.Key.fromKeyArn(stack, `Key${index}`, `arn:aws:kms:eu-west-1:111122223333:key/${index}`) });
      signals.watch(new StreamWorker(stack, `Worker${index}`, { stream, code, logEncryptionKey: stream.encryptionKey }));
    }
    expect(signals.severities.high.composites.length).toBeGreaterThan(1);
    const template = Template.fromStack(stack);
    expect(new Set(children(template, 'High')).size).toBe(signals.severities.high.alarms.length);
  });

  it('refuses what makes no sense', () => {
    const { edge, partners, refunds, signals, stack, stream, tier, worker } = system();
    const other = new TlsEdge(stack, 'Other', { workload, vpc: tier.cluster.vpc, certificateArn });
    expect(() => signals.watchEdge(other)).toThrow('`serve` must be called before');
    signals.watchEdge(edge);
    expect(() => signals.watchEdge(edge)).toThrow('a construct must be watched once, got: stack/Public twice');
    expect(() => signals.watchEdge(partners, { name: 'a b' })).toThrow('`name` must be letters and digits, starting with a letter, got: a b');
    expect(() => signals.watchWorker(worker, stream, { normalRatePerSecond: 0 })).toThrow('`normalRatePerSecond` must be between');
    expect(() => signals.watchQueue(refunds, { severities: { Nonsense: SignalSeverity.LOW } })).toThrow('`severities` must name alarms of Refunds');
    expect(() => new GoldenSignals(stack, 'Bad', { workload, runbookUrl: 'http://x' })).toThrow('`runbookUrl` must be an https address without a fragment');
  });

  it('says at synthesis what would call nobody', () => {
    const empty = testStack();
    new GoldenSignals(empty, 'Signals', { workload });
    expect(() => Template.fromStack(empty)).toThrow('something must be watched');
    const stack = testStack();
    const signals = new GoldenSignals(stack, 'Signals', { workload });
    const stream = new KinesisEventStream(stack, 'Events', { workload });
    signals.watchStream(stream);
    stream.alarms.add('Late', { metric: stream.metricIncomingRecords(), description: 'x', threshold: 1 });
    expect(() => Template.fromStack(stack)).toThrow('stack/Events must be watched after all of its alarms are there, got later: Late');
  });

  it('keeps a dashboard within what CloudWatch shows', () => {
    const stack = testStack();
    const board = new SignalBoard(stack, 'Board');
    const metric = new KinesisEventStream(stack, 'Events', { workload }).metricIncomingRecords();
    board.addSection('Many', Array.from({ length: 500 }, () => ({ title: 'x', left: [metric] })));
    expect(() => Template.fromStack(stack)).toThrow('a dashboard must have at most 500 widgets, got: 501');
  });

  it('watches other stacks without a circle between them', () => {
    const app = testApp();
    const [below, above] = [testStack(app, 'below'), testStack(app, 'above')];
    const stream = new KinesisEventStream(below, 'Events', { workload });
    const signals = new GoldenSignals(above, 'Signals', { workload });
    signals.watchStream(stream);
    const assembly = app.synth();
    expect(assembly.getStackByName('above').dependencies.map(({ id }) => id)).toContain('below');
    expect(assembly.getStackByName('below').dependencies.map(({ id }) => id)).not.toContain('above');
  });

  it('works in a stack of no region', () => {
    const stack = new Stack(testApp(), 'anywhere');
    const signals = new GoldenSignals(stack, 'Signals', { workload });
    signals.watchStream(new KinesisEventStream(stack, 'Events', { workload }));
    expect(danglingAlarmDimensions(Template.fromStack(stack))).toEqual([]);
    Annotations.fromStack(stack).hasNoError('*', Match.anyValue());
  });
});

describe('CanaryPayment', () => {
  const canaryIn = (stack: Stack, props: Partial<CanaryPaymentProps> = {}): CanaryPayment => new CanaryPayment(stack, 'Canary', {
    workload, endpoint: 'https://pay.example.org', credentials: new secretsmanager.Secret(stack, 'Credentials'), merchantId: 'm-canary', code, ...props,
  });
  let template: Template;

  beforeAll(() => {
    const stack = testStack();
    canaryIn(stack);
    template = Template.fromStack(stack);
  });

  it('runs every minute, is told the minute, and is not started again', () => {
    const { Properties } = onlyResource(template, 'AWS::Scheduler::Schedule');
    expect(Properties).toMatchObject({
      ScheduleExpression: 'rate(1 minute)',
      Target: { Input: '{"scheduledTime":"<aws.scheduler.scheduled-time>"}', RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 } },
    });
    expect(referencesIn(Properties.Target.Arn)[0]).toMatch(/^CanaryWorkerAlias/);
    template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', { MaximumRetryAttempts: 0 });
  });

  it('tells the handler what it needs, and ends a run before the next', () => {
    const { Properties } = Object.values(resourcesOf(template, 'AWS::Lambda::Function'))[0];
    expect(Properties).toMatchObject({ Timeout: 50, MemorySize: 256, ReservedConcurrentExecutions: 1 });
    expect(Properties.VpcConfig).toBeUndefined();
    expect(Properties.Environment.Variables).toEqual({
      CANARY_ENDPOINT: 'https://pay.example.org', CANARY_SECRET_ARN: { Ref: expect.stringMatching(/^Credentials/) }, CANARY_MERCHANT: 'm-canary',
      CANARY_PAYER: 'canary', CANARY_CURRENCY: 'EUR', CANARY_AMOUNT: '1', CANARY_NAME: 'canary', CANARY_EVERY_SECONDS: '60', API_KEY_HEADER: 'x-api-key',
    });
  });

  it('may read its secret and write its log, and nothing else', () => {
    expect(allowedActions(template)).toEqual([
      'lambda:InvokeFunction', 'logs:CreateLogStream', 'logs:PutLogEvents', 'secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue',
    ]);
    expect(statements(template).every(({ resources }) => !resources.includes('*'))).toBe(true);
  });

  it('calls somebody for failures, slow ones, silence and a balance that stays', () => {
    expect(danglingAlarmDimensions(template)).toEqual([]);
    expect(alarm(template, 'CanaryAlarmsTestPaymentFailed')).toMatchObject({
      MetricName: CANARY_METRICS.success, Statistic: 'Minimum', Threshold: 1, ComparisonOperator: 'LessThanThreshold', EvaluationPeriods: 3, DatapointsToAlarm: 2,
      TreatMissingData: 'notBreaching',
    });
    expect(alarm(template, 'CanaryAlarmsTestPaymentSlow')).toMatchObject({ MetricName: CANARY_METRICS.settleTime, Threshold: 1_800 });
    expect(alarm(template, 'CanaryAlarmsTestPaymentSilent')).toMatchObject({
      Statistic: 'SampleCount', Threshold: 1, TreatMissingData: 'breaching', EvaluationPeriods: 5, DatapointsToAlarm: 5,
    });
    expect(alarm(template, 'CanaryAlarmsTestBalanceOff')).toMatchObject({ MetricName: CANARY_METRICS.balanced, Statistic: 'Maximum', EvaluationPeriods: 15 });
  });

  it('takes a network, a key, another pace and CDK\'s own options', () => {
    const stack = testStack();
    const vpc = new ec2.Vpc(stack, 'Vpc');
    const canary = canaryIn(stack, {
      vpc, logEncryptionKey: new kms.Key(stack, 'Key'), every: Duration.minutes(5), timeout: Duration.minutes(2), memory: Size.mebibytes(512),
      functionOptions: { description: 'pays' }, removalPolicy: RemovalPolicy.DESTROY, keyPrefix: 'eu', environment: { MORE: '1' },
    });
    expect(canary.connections.securityGroups).toHaveLength(1);
    const own = Template.fromStack(stack);
    own.hasResourceProperties('AWS::Lambda::Function', {
      Description: 'pays', Timeout: 120, MemorySize: 512, Environment: { Variables: Match.objectLike({ CANARY_NAME: 'eu', CANARY_EVERY_SECONDS: '300', MORE: '1' }) },
    });
    own.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: 'rate(5 minutes)' });
    expect(alarm(own, 'CanaryAlarmsTestPaymentSilent').Period).toBe(300);
    own.resourceCountIs('AWS::KMS::Key', 1);
  });

  it.each([
    [{ endpoint: 'http://pay.example.org' }, '`endpoint` must be an https address without a path'],
    [{ endpoint: 'https://pay.example.org/v1' }, '`endpoint` must be an https address without a path'],
    [{ merchantId: '' }, '`merchantId` must be 1 to 64 printable characters'],
    [{ amount: 0 }, '`amount` must be between 1 and'],
    [{ every: Duration.seconds(90) }, '`every` must be a whole number'],
    [{ every: Duration.hours(2) }, '`every` must be between 60 and 3600 seconds'],
    [{ timeout: Duration.seconds(61) }, '`timeout` must be between 1 and 60 seconds, got: 61'],
    [{ keyPrefix: 'a_b' }, '`keyPrefix` must be letters, digits and dashes'],
    [{ currency: 'eur' }, '`currency` must be a code of ISO 4217'],
  ])('refuses %j', (props, message) => {
    expect(() => canaryIn(testStack(), props)).toThrow(message);
  });

  it('publishes what its alarms look at', () => {
    const source = fs.readFileSync(path.join(__dirname, '../../lambdas/runtime/observability/metric-name.ts'), 'utf8');
    for (const name of [...Object.values(CANARY_METRICS), SETTLE_LATENCY]) {
      expect(source).toContain(`'${name}'`);
    }
  });
});

describe('TelemetryCollector', () => {
  function tierIn(stack: Stack): StatelessTier {
    const network = new NetworkFoundation(stack, 'Network');
    return new StatelessTier(stack, 'Api', { workload, vpc: network.vpc, taskSubnets: network.applicationSubnets, image });
  }
  const containers = (template: Template): Record<string, Record<string, unknown>> => Object.fromEntries(
    onlyResource(template, 'AWS::ECS::TaskDefinition').Properties.ContainerDefinitions.map((it: { Name: string }) => [it.Name, it]),
  );
  const variables = (container: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries((container.Environment as { Name: string; Value: unknown }[]).map(({ Name, Value }) => [Name, Value]));

  it('keeps what failed, what was slow and a hundredth of the rest, beside each task', () => {
    const stack = testStack();
    const tier = tierIn(stack);
    new TelemetryCollector(stack, 'Traces', { workload }).addTo(tier, 'payment-api');
    const template = Template.fromStack(stack);
    const { api, collector } = containers(template);
    expect(collector).toMatchObject({
      Essential: false, Memory: 128, User: '1000:1000', ReadonlyRootFilesystem: true, Command: ['--config=env:COLLECTOR_CONFIGURATION'],
      // A copy in the account's own registry: tasks reach no public one.
      Image: { 'Fn::Sub': expect.stringContaining('.dkr.ecr.eu-west-1.') },
    });
    const { directory } = (stack.node.root as App).synth();
    const { dockerImages } = JSON.parse(fs.readFileSync(path.join(directory, `${stack.artifactId}.assets.json`), 'utf8')) as AssetManifest;
    expect(Object.values(dockerImages).map(({ source }) => source)).toEqual([expect.objectContaining({ dockerBuildArgs: { IMAGE: expect.stringMatching(/^public\.ecr\.aws\/aws-observability\/aws-otel-collector:v\d/) } })]);
    const configuration = JSON.parse(String(variables(collector).COLLECTOR_CONFIGURATION));
    expect(configuration.processors.tail_sampling.policies).toEqual([
      { name: 'failed', type: 'status_code', status_code: { status_codes: ['ERROR'] } },
      { name: 'slow', type: 'latency', latency: { threshold_ms: 80 } },
      { name: 'share', type: 'probabilistic', probabilistic: { sampling_percentage: 1 } },
    ]);
    expect(configuration.receivers.otlp.protocols.http.endpoint).toBe('127.0.0.1:4318');
    expect(configuration.service.pipelines.traces).toEqual({ receivers: ['otlp'], processors: ['memory_limiter', 'tail_sampling', 'batch'], exporters: ['awsxray'] });
    expect(configuration.exporters).toEqual({ awsxray: { region: 'eu-west-1' } });
    expect(configuration.processors.memory_limiter.limit_mib).toBeLessThan(128);
    expect(variables(api)).toMatchObject({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', OTEL_SERVICE_NAME: 'payment-api', TRACE_ROOTS_PER_MILLION: '0',
    });
    expect(api.DependsOn).toEqual([{ Condition: 'START', ContainerName: 'collector' }]);
    const granted = statements(template).find(({ actions }) => actions.some((it) => it.startsWith('xray:')))!;
    expect([...granted.actions].sort()).toEqual(['xray:PutTelemetryRecords', 'xray:PutTraceSegments']);
  });

  it('lets a function judge by the same rule', () => {
    const stack = testStack();
    const fn = new lambda.Function(stack, 'Worker', { runtime: lambda.Runtime.NODEJS_22_X, handler: 'index.handler', code });
    new TelemetryCollector(stack, 'Traces', { workload, keepPercent: 5 }).addToFunction(fn, 'payment-worker');
    const template = Template.fromStack(stack);
    expect(onlyResource(template, 'AWS::Lambda::Function').Properties.Environment.Variables).toEqual({
      OTEL_EXPORTER_OTLP_ENDPOINT: { 'Fn::Join': ['', ['https://xray.eu-west-1.', { Ref: 'AWS::URLSuffix' }]] }, OTEL_SERVICE_NAME: 'payment-worker',
      TRACE_SLOW_MILLISECONDS: '900', TRACE_KEEP_PERCENT: '5',
    });
    expect(allowedActions(template)).toEqual(['xray:PutSpans']);
  });

  it('sends elsewhere, without a right to write here', () => {
    const stack = testStack();
    const tier = tierIn(stack);
    const traces = new TelemetryCollector(stack, 'Traces', {
      workload, endpoint: 'https://traces.example.org:4318', memory: Size.mebibytes(256), image: ecs.ContainerImage.fromRegistry('example.org/collector:1'),
      rootsPerMillion: 100,
    });
    traces.addTo(tier, 'payment-api');
    expect(() => traces.addTo(tier, 'payment-api')).toThrow('`name` must differ');
    const template = Template.fromStack(stack);
    const { api, collector } = containers(template);
    expect(collector).toMatchObject({ Image: 'example.org/collector:1', Memory: 256 });
    expect(JSON.parse(String(variables(collector).COLLECTOR_CONFIGURATION)).exporters).toEqual({ otlphttp: { endpoint: 'https://traces.example.org:4318' } });
    expect(variables(api).TRACE_ROOTS_PER_MILLION).toBe('100');
    expect(allowedActions(template).filter((it) => it.startsWith('xray:'))).toEqual([]);
  });

  it('takes a configuration of one\'s own', () => {
    const stack = testStack();
    const tier = tierIn(stack);
    new TelemetryCollector(stack, 'Traces', { workload, configuration: 'receivers: {}' }).addTo(tier, 'payment-api');
    expect(variables(containers(Template.fromStack(stack)).collector).COLLECTOR_CONFIGURATION).toBe('receivers: {}');
  });

  it.each([
    [{ keepPercent: 101 }, '`keepPercent` must be between 0 and 100, got: 101'],
    [{ rootsPerMillion: -1 }, '`rootsPerMillion` must be between 0 and 1000000, got: -1'],
    [{ endpoint: 'http://x' }, '`endpoint` must be an https address, got: http://x'],
  ])('refuses %j', (props, message) => {
    expect(() => new TelemetryCollector(testStack(), 'Traces', { workload, ...props })).toThrow(message);
  });
});
