import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Annotations, CfnParameter, Duration, RemovalPolicy, Size, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as codedeploy from 'aws-cdk-lib/aws-codedeploy';
import * as dynamodb from 'aws-cdk-lib/aws-dynamodb';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kinesis from 'aws-cdk-lib/aws-kinesis';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { SIZING_METADATA_KEY } from '../../lib/sizing';
import { KinesisEventStream } from '../../constructs/stream/kinesis-event-stream';
import type { ImportedKinesisEventStreamProps, KinesisEventStreamProps } from '../../constructs/stream/kinesis-event-stream-props';
import type { IKinesisEventStream } from '../../constructs/stream/kinesis-stream-base';
import { ShardedTable } from '../../constructs/table/sharded-table';
import { TableCapacity } from '../../constructs/table/table-capacity';
import { QueueWorker } from '../../constructs/worker/queue-worker';
import type { QueueWorkerProps } from '../../constructs/worker/queue-worker-props';
import { StreamWorker, type StreamWorkerProps } from '../../constructs/worker/stream-worker';
import { TableStreamWorker, type TableStreamWorkerProps } from '../../constructs/worker/table-stream-worker';
import { StreamCapacityMode } from '../../constructs/stream/stream-capacity-mode';
import { EmbeddedMetrics } from '../../lambdas/runtime/observability/metrics';
import { Facts } from '../../lib/facts';
import { type Decision, sizeKinesisCapacityMode, sizeKinesisStream, sizeLedger, sizeProjector, sizeQueueWorker, sizeStreamWorker } from '../../lib/sizing';
import { Topology } from '../../lib/topology';
import { Rate, Workload } from '../../lib/workload';
import { checkCoverage } from '../../local/plan/coverage';
import { testApp, testStack } from '../support/app';
import { allowedActions, danglingAlarmDimensions, onlyResource, referencesIn, resourcesOf, statements, type TemplateResource } from '../support/template';

const workload = new Workload({ peak: Rate.perSecond(20_000) });
const facts = Facts.DEFAULT.forRegion('eu-west-1');
const code = lambda.Code.fromInline('exports.handler = async () => undefined;');

/** A folder that a test removes again. */
function temporaryFolder(): string {
  return fs.mkdtempSync(path.join(os.tmpdir(), 'workers-'));
}

/** Decisions in the metadata of a template. */
function decisionsOf(template: Template): Decision[] {
  return template.toJSON().Metadata[SIZING_METADATA_KEY].decisions;
}

describe('KinesisEventStream', () => {
  const sizing = sizeKinesisStream(workload, facts);
  let stack: Stack;
  let stream: KinesisEventStream;
  let template: Template;

  beforeAll(() => {
    stack = testStack();
    stream = new KinesisEventStream(stack, 'Payments', { workload });
    const role = new iam.Role(stack, 'Writer', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
    stream.grantWrite(role);
    template = Template.fromStack(stack);
  });

  it('has the shards and the retention that follow from the workload', () => {
    expect(sizing.shards).toBeGreaterThan(1);
    template.hasResource('AWS::Kinesis::Stream', {
      DeletionPolicy: 'Retain',
      Properties: {
        ShardCount: sizing.shards,
        RetentionPeriodHours: sizing.retention.toHours(),
        StreamModeDetails: { StreamMode: 'PROVISIONED' },
        StreamEncryption: { EncryptionType: 'KMS', KeyId: Match.anyValue() },
      },
    });
  });

  it('is encrypted with a customer key that rotates', () => {
    template.hasResourceProperties('AWS::KMS::Key', { EnableKeyRotation: true });
  });

  it('writes every decision into the metadata, under its own path', () => {
    const decisions = decisionsOf(template);
    expect(decisions.map((it) => it.name)).toEqual(sizing.decisions.map((it) => it.name));
    expect(new Set(decisions.map((it) => it.path))).toEqual(new Set(['stack/Payments']));
    expect(decisions.find((it) => it.name === 'shards')).toMatchObject({ value: sizing.shards, origin: 'derived' });
  });

  it('warns of throttling and of readers that fall behind, each alarm on this stream', () => {
    const alarms = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map((alarm) => alarm.Properties);
    expect(alarms.map((it) => it.MetricName).sort()).toEqual([
      'GetRecords.IteratorAgeMilliseconds', 'ReadProvisionedThroughputExceeded', 'WriteProvisionedThroughputExceeded',
    ]);
    expect(alarms.find((it) => it.MetricName.startsWith('GetRecords'))!.Threshold).toBe(sizing.retention.toMilliseconds() / 4);
    expect(danglingAlarmDimensions(template)).toEqual([]);
  });

  it('lets a writer write and not read', () => {
    const actions = allowedActions(template).filter((it) => it.startsWith('kinesis:'));
    expect(actions).toEqual(['kinesis:ListShards', 'kinesis:PutRecord', 'kinesis:PutRecords']);
    expect(statements(template).flatMap((it) => it.resources)).not.toContain('*');
  });

  it('records what is set by hand, and keeps the derived value', () => {
    const own = testStack();
    const large = new KinesisEventStream(own, 'Payments', { workload, shards: 100, retention: Duration.hours(30) });
    expect(large.sizing.shards).toBe(100);
    const written = decisionsOf(Template.fromStack(own));
    expect(written.find((it) => it.name === 'shards')).toMatchObject({ value: 100, derived: sizing.shards, origin: 'override' });
    expect(written.find((it) => it.name === 'retention')).toMatchObject({ value: 30, origin: 'override' });
  });

  it('warns of fewer shards than the workload needs, until somebody has acknowledged it', () => {
    const own = testStack();
    const small = new KinesisEventStream(own, 'Payments', { workload, shards: 1 });
    expect(() => Template.fromStack(own)).toThrow(`\`shards\` is 1, but the workload needs ${sizing.shards}: writes will be throttled at the peak`);
    Annotations.of(small).acknowledgeWarning('cdk-high-throughput:too-few-shards', 'a drill');
    expect(() => Template.fromStack(own)).not.toThrow();
  });

  it('is sized by facts of your own', () => {
    const own = new KinesisEventStream(testStack(), 'Payments', { workload, facts: facts.withOverrides({ 'target/kinesis.shardUtilization': 0.35 }) });
    expect(own.sizing.shards).toBeGreaterThan(sizing.shards);
  });

  it('takes CDK properties over its own', () => {
    const own = testStack();
    new KinesisEventStream(own, 'Payments', { workload, removalPolicy: RemovalPolicy.DESTROY, streamProps: { streamName: 'payments' } });
    Template.fromStack(own).hasResource('AWS::Kinesis::Stream', { DeletionPolicy: 'Delete', Properties: { Name: 'payments' } });
  });

  it('changes or switches off an alarm by name, and refuses a name that is none', () => {
    const own = testStack();
    const changed = new KinesisEventStream(own, 'Payments', {
      workload,
      alarms: { overrides: { WriteThrottled: { threshold: 100, evaluationPeriods: 1, datapointsToAlarm: 1 }, ReadThrottled: { enabled: false } } },
    });
    expect(Object.keys(changed.alarms.alarms)).toEqual(['WriteThrottled', 'ReadersBehind']);
    Template.fromStack(own).hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'WriteProvisionedThroughputExceeded', Threshold: 100, EvaluationPeriods: 1, DatapointsToAlarm: 1,
    });

    const wrong = testStack();
    new KinesisEventStream(wrong, 'Payments', { workload, alarms: { overrides: { WritesThrottled: { threshold: 1 } } } });
    expect(() => Template.fromStack(wrong)).toThrow(
      '`alarms.overrides` must name one of WriteThrottled, ReadThrottled, ReadersBehind, got: WritesThrottled',
    );
  });

  it.each<[Partial<KinesisEventStreamProps>, string]>([
    [{ shards: 0 }, '`shards` must be between 1 and 10000, got: 0'],
    [{ shards: Number.NaN }, '`shards` must be between 1 and 10000, got: NaN'],
    [{ shards: 1.5 }, '`shards` must be a whole number, got: 1.5'],
    [{ retention: Duration.hours(23) }, '`retention` must be between 86400 and 31536000 seconds, got: 82800'],
    [{ retention: Duration.days(366) }, '`retention` must be between 86400 and 31536000 seconds, got: 31622400'],
    [{ alarms: { overrides: { ReadThrottled: { evaluationPeriods: 0 } } } }, '`alarms.overrides.ReadThrottled.evaluationPeriods` must be between 1 and 1440, got: 0'],
    [{ alarms: { overrides: { ReadThrottled: { datapointsToAlarm: 9 } } } }, '`alarms.overrides.ReadThrottled.datapointsToAlarm` must be between 1 and 5, got: 9'],
  ])('refuses %j', (props, message) => {
    expect(() => new KinesisEventStream(testStack(), 'Payments', { workload, ...props })).toThrow(message);
  });
});

describe('KinesisEventStream on demand', () => {
  const small = workload.share(0.01);
  const stackWith = (props: Partial<KinesisEventStreamProps>): { stream: KinesisEventStream; worker: StreamWorker; template: Template } => {
    const stack = testStack();
    const stream = new KinesisEventStream(stack, 'Payments', { workload: small, ...props });
    const worker = new StreamWorker(stack, 'Worker', { stream, code });
    return { stream, worker, template: Template.fromStack(stack) };
  };

  it('leaves the shards to the service, and keeps invocations free for as many as it may open', () => {
    const { stream, worker, template } = stackWith({ capacityMode: StreamCapacityMode.ON_DEMAND });
    const { Properties } = onlyResource(template, 'AWS::Kinesis::Stream');
    expect(Properties.StreamModeDetails).toEqual({ StreamMode: 'ON_DEMAND' });
    expect(Properties.ShardCount).toBeUndefined();
    // Four at first, and room for twice the peak that the service saw.
    expect(stream.mostShards).toBe(Math.max(4, 2 * stream.sizing.shards));
    expect(worker.sizing.reservedConcurrency).toBe(stream.mostShards);
    expect(decisionsOf(template).find((it) => it.name === 'capacityMode')).toMatchObject({ value: 'on-demand-standard', path: 'stack/Payments' });
    expect(decisionsOf(template).find((it) => it.name === 'reservedConcurrency')).toMatchObject({ value: stream.mostShards, origin: 'derived' });
  });

  it('takes the cheaper mode where it is asked to, and says what it compared', () => {
    const few = stackWith({ capacityMode: StreamCapacityMode.LEAST_COST });
    expect(onlyResource(few.template, 'AWS::Kinesis::Stream').Properties.StreamModeDetails.StreamMode).toBe(
      sizeKinesisCapacityMode(small, facts, {}).mode === 'on-demand-standard' ? 'ON_DEMAND' : 'PROVISIONED',
    );
    const many = stackWith({ workload, capacityMode: StreamCapacityMode.LEAST_COST });
    expect(onlyResource(many.template, 'AWS::Kinesis::Stream').Properties.StreamModeDetails.StreamMode).toBe('PROVISIONED');
    expect(decisionsOf(many.template).find((it) => it.name === 'capacityMode')).toMatchObject({ value: 'provisioned', origin: 'derived' });
  });

  it('records a mode that was set by hand beside the cheaper one', () => {
    const { template } = stackWith({ workload, capacityMode: StreamCapacityMode.ON_DEMAND });
    expect(decisionsOf(template).find((it) => it.name === 'capacityMode')).toMatchObject({ value: 'on-demand-standard', derived: 'provisioned', origin: 'override' });
  });

  it('has no shards to state', () => {
    expect(() => stackWith({ capacityMode: StreamCapacityMode.ON_DEMAND, shards: 4 })).toThrow('`shards` must not be set for a stream on demand, which opens them by itself, got: 4');
  });

  it('is smaller for a share of the payments', () => {
    expect(stackWith({}).stream.sizing.shards).toBeLessThan(stackWith({ workload }).stream.sizing.shards);
  });
});

describe('an imported Kinesis stream', () => {
  const streamArn = 'arn:aws:kinesis:eu-west-1:111122223333:stream/there-before';
  const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/there-before';

  function imported(props: Partial<ImportedKinesisEventStreamProps> = {}): { stream: IKinesisEventStream; template: Template } {
    const stack = testStack();
    const stream = KinesisEventStream.fromStream(stack, 'Payments', {
      stream: kinesis.Stream.fromStreamArn(stack, 'There', streamArn), workload, ...props,
    });
    new StreamWorker(stack, 'Worker', { stream, code });
    return { stream, template: Template.fromStack(stack) };
  }

  it('is read like one of this app, sized by the shards that it has', () => {
    const { template } = imported({ shards: 60, retention: Duration.hours(48) });
    template.resourceCountIs('AWS::Kinesis::Stream', 0);
    template.hasResourceProperties('AWS::Kinesis::StreamConsumer', { StreamARN: streamArn });
    template.hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: 60 });
  });

  it('lets workers use its key, where somebody says which', () => {
    const stack = testStack();
    const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', keyArn);
    const stream = KinesisEventStream.fromStream(stack, 'Payments', {
      stream: kinesis.Stream.fromStreamArn(stack, 'There', streamArn), workload, encryptionKey,
    });
    new StreamWorker(stack, 'Worker', { stream, code, enhancedFanOut: false });
    const decrypting = statements(Template.fromStack(stack)).filter((it) => it.actions.includes('kms:Decrypt'));
    expect(decrypting.flatMap((it) => it.resources)).toContain(keyArn);
  });

  it('puts what is given up under a key of the worker where its own is not known', () => {
    const { template } = imported();
    const bucket = onlyResource(template, 'AWS::S3::Bucket').Properties.BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault;
    expect(Object.keys(resourcesOf(template, 'AWS::KMS::Key'))).toContain(referencesIn(bucket.KMSMasterKeyID)[0]);
  });

  it('registers its reader under a name of yours', () => {
    imported({ consumerName: 'payments' }).template.hasResourceProperties('AWS::Kinesis::StreamConsumer', { ConsumerName: 'payments' });
  });

  it('is watched by whoever made it, unless alarms are asked for', () => {
    expect(Object.keys(imported().stream.alarms.alarms)).toEqual([]);
    expect(Object.keys(imported({ alarms: {} }).stream.alarms.alarms)).toEqual(['WriteThrottled', 'ReadThrottled', 'ReadersBehind']);
  });
});

describe('the rollout of a worker', () => {
  const stackOf = (props: Partial<StreamWorkerProps> = {}): { worker: StreamWorker; template: Template; stack: Stack } => {
    const stack = testStack();
    const worker = new StreamWorker(stack, 'Worker', { stream: new KinesisEventStream(stack, 'Payments', { workload }), code, ...props });
    return { worker, stack, template: Template.fromStack(stack) };
  };
  let template: Template;

  beforeAll(() => {
    template = stackOf().template;
  });

  it('moves a tenth of the invocations each minute, and goes back when an alarm of the worker goes off', () => {
    const { Properties } = onlyResource(template, 'AWS::CodeDeploy::DeploymentGroup');
    expect(Properties).toMatchObject({
      DeploymentConfigName: 'CodeDeployDefault.LambdaLinear10PercentEvery1Minute',
      DeploymentStyle: { DeploymentOption: 'WITH_TRAFFIC_CONTROL', DeploymentType: 'BLUE_GREEN' },
      AutoRollbackConfiguration: { Enabled: true, Events: ['DEPLOYMENT_FAILURE', 'DEPLOYMENT_STOP_ON_REQUEST', 'DEPLOYMENT_STOP_ON_ALARM'] },
    });
    const guards = referencesIn(Properties.AlarmConfiguration.Alarms);
    const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm');
    expect(guards.map((id) => alarms[id].Properties.MetricName ?? 'RecordsParked')).toEqual(['Errors', 'IteratorAge', 'RecordsParked', 'DestinationDeliveryFailures']);
  });

  it('changes how the alias is updated and nothing else of it, so that an alias that was there before stays', () => {
    const before = onlyResource(stackOf({ rollout: { enabled: false } }).template, 'AWS::Lambda::Alias') as TemplateResource & { UpdatePolicy?: object };
    const after = onlyResource(template, 'AWS::Lambda::Alias') as TemplateResource & { UpdatePolicy?: object };
    const group = Object.keys(resourcesOf(template, 'AWS::CodeDeploy::DeploymentGroup'))[0];
    expect(after.UpdatePolicy).toMatchObject({ CodeDeployLambdaAliasUpdate: { DeploymentGroupName: { Ref: group } } });
    expect(before.UpdatePolicy).toBeUndefined();
    expect(after.Properties).toEqual(before.Properties);
    expect(Object.keys(resourcesOf(template, 'AWS::Lambda::Alias'))).toEqual(Object.keys(resourcesOf(stackOf({ rollout: { enabled: false } }).template, 'AWS::Lambda::Alias')));
  });

  it('may move this alias alone, and is there before the alias changes', () => {
    const [id, group] = Object.entries(resourcesOf(template, 'AWS::CodeDeploy::DeploymentGroup'))[0];
    expect(id).toBeDefined();
    const moving = statements(template).filter((it) => it.actions.includes('lambda:UpdateAlias'));
    const [fn] = Object.keys(resourcesOf(template, 'AWS::Lambda::Function'));
    expect(moving).toHaveLength(1);
    expect(moving[0].actions).toEqual(['lambda:GetAlias', 'lambda:GetProvisionedConcurrencyConfig', 'lambda:UpdateAlias']);
    expect(new Set(referencesIn(moving[0].resources))).toEqual(new Set([fn]));
    expect([group.DependsOn].flat().some((it) => String(it).includes('RolloutRoleDefaultPolicy'))).toBe(true);
  });

  it('is switched off, for a repair that cannot wait', () => {
    const off = stackOf({ rollout: { enabled: false } });
    expect(off.worker.rollout).toBeUndefined();
    off.template.resourceCountIs('AWS::CodeDeploy::DeploymentGroup', 0);
    off.template.resourceCountIs('AWS::CodeDeploy::Application', 0);
  });

  it('takes other steps and further alarms, and leaves out what is switched off', () => {
    const stack = testStack();
    const own = new cloudwatch.Alarm(stack, 'Balances', {
      metric: new cloudwatch.Metric({ namespace: 'Own', metricName: 'Wrong' }), threshold: 0, evaluationPeriods: 1,
    });
    new StreamWorker(stack, 'Worker', {
      stream: new KinesisEventStream(stack, 'Payments', { workload }),
      code,
      alarms: { overrides: { IteratorAge: { enabled: false } } },
      rollout: { deploymentConfig: codedeploy.LambdaDeploymentConfig.CANARY_10PERCENT_5MINUTES, alarms: [own] },
    });
    const from = Template.fromStack(stack);
    const { Properties } = onlyResource(from, 'AWS::CodeDeploy::DeploymentGroup');
    expect(Properties.DeploymentConfigName).toBe('CodeDeployDefault.LambdaCanary10Percent5Minutes');
    const names = referencesIn(Properties.AlarmConfiguration.Alarms).map((id) => resourcesOf(from, 'AWS::CloudWatch::Alarm')[id].Properties.MetricName);
    expect(names).toContain('Wrong');
    expect(names).not.toContain('IteratorAge');
  });

  it('has no effect in a local run, and is known to it', () => {
    const app = testApp({ outdir: temporaryFolder() });
    const stack = testStack(app);
    new StreamWorker(stack, 'Worker', { stream: new KinesisEventStream(stack, 'Payments', { workload }), code, provisionedConcurrency: 2 });
    app.synth();
    const { details, properties } = checkCoverage(Topology.read(app.outdir));
    expect(properties.get('AWS::Lambda::Alias.ProvisionedConcurrencyConfig')).toBe('inert');
    expect(details.join(' ')).toContain('CodeDeploy');
    fs.rmSync(app.outdir, { recursive: true });
  });

  it('belongs to queue and table workers, too', () => {
    const stack = testStack();
    const table = new ShardedTable(stack, 'Ledger', { capacity: TableCapacity.of({ tables: 12 }), changeStream: dynamodb.StreamViewType.NEW_IMAGE });
    const projector = new TableStreamWorker(stack, 'Projector', { workload, table, code });
    const refunds = new QueueWorker(stack, 'Refunds', { workload, code });
    const from = Template.fromStack(stack);
    from.resourceCountIs('AWS::CodeDeploy::DeploymentGroup', 2);
    expect(projector.rollout).toBeDefined();
    expect(refunds.rollout).toBeDefined();
    // Twelve mappings are more than one alarm can look at.
    expect(Object.keys(projector.alarms.alarms)).toEqual(['IteratorAge', 'Errors', 'Throttles', 'DestinationDeliveryFailures', 'GivenUp', 'GivenUp2']);
    expect(danglingAlarmDimensions(from)).toEqual([]);
  });
});

describe('a worker with more than its size', () => {
  const network = (stack: Stack): ec2.Vpc => new ec2.Vpc(stack, 'Vpc', {
    natGateways: 0, restrictDefaultSecurityGroup: false, subnetConfiguration: [{ name: 'inner', subnetType: ec2.SubnetType.PRIVATE_ISOLATED }],
  });

  it('runs in a network of yours, reaches HTTPS and whom it is allowed to, and may make its interfaces', () => {
    const stack = testStack();
    const vpc = network(stack);
    const cache = new ec2.SecurityGroup(stack, 'Cache', { vpc, allowAllOutbound: false });
    const worker = new QueueWorker(stack, 'Refunds', { workload, code, vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } });
    worker.connections.allowTo(cache, ec2.Port.tcp(6380));
    const template = Template.fromStack(stack);
    const { SubnetIds, SecurityGroupIds } = onlyResource(template, 'AWS::Lambda::Function').Properties.VpcConfig;
    expect(SubnetIds).toHaveLength(vpc.isolatedSubnets.length);
    expect(resourcesOf(template, 'AWS::EC2::SecurityGroup')[referencesIn(SecurityGroupIds)[0]].Properties.SecurityGroupEgress).toEqual([
      expect.objectContaining({ FromPort: 443, ToPort: 443, IpProtocol: 'tcp' }),
    ]);
    template.hasResourceProperties('AWS::EC2::SecurityGroupEgress', { FromPort: 6380 });
    const interfaces = statements(template).find((it) => it.actions.includes('ec2:CreateNetworkInterface'))!;
    expect(interfaces.actions.every((it) => it.startsWith('ec2:'))).toBe(true);
  });

  it('takes security groups of yours', () => {
    const stack = testStack();
    const vpc = network(stack);
    const group = new ec2.SecurityGroup(stack, 'Own', { vpc });
    new QueueWorker(stack, 'Refunds', { workload, code, vpc, vpcSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, securityGroups: [group] });
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::EC2::SecurityGroup', 1);
  });

  it('keeps environments ready, as many as it may use at most', () => {
    const stack = testStack();
    new QueueWorker(stack, 'Refunds', { workload, code, provisionedConcurrency: 2, reservedConcurrency: 1000 });
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Alias', { ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 2 } });
    Template.fromStack(stack).hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: 1000 });
  });

  it.each<[Partial<QueueWorkerProps>, string]>([
    [{ provisionedConcurrency: 5, reservedConcurrency: 2, maximumConcurrency: 2 }, '`provisionedConcurrency` must be at most the reserved concurrency of 2, got: 5'],
    [{ reservedConcurrency: 2, maximumConcurrency: 3 }, '`reservedConcurrency` must be at least the 3 invocations that the mapping may start, got: 2'],
  ])('refuses %j', (props, message) => {
    const stack = testStack();
    new QueueWorker(stack, 'Refunds', { workload, code, ...props });
    expect(() => Template.fromStack(stack)).toThrow(message);
  });

  it.each<[Partial<QueueWorkerProps>, string]>([
    [{ provisionedConcurrency: 0 }, '`provisionedConcurrency` must be between 1'],
    [{ vpcSubnets: {} }, '`vpc` must be set where `vpcSubnets` is, got: none'],
    [{ securityGroups: [] }, '`vpc` must be set where `securityGroups` is, got: none'],
  ])('refuses %j at once', (props, message) => {
    expect(() => new QueueWorker(testStack(), 'Refunds', { workload, code, ...props })).toThrow(message);
  });

  it.each<[Partial<StreamWorkerProps>, string]>([
    [{ minimumPollers: 2 }, '`minimumPollers` must be set for a topic only, got: 2'],
    [{ consumerGroup: 'payments' }, '`consumerGroup` must not be set for a Kinesis stream, which has none, got: payments'],
  ])('refuses %j for a Kinesis stream', (props, message) => {
    const stack = testStack();
    const stream = new KinesisEventStream(stack, 'Payments', { workload });
    expect(() => new StreamWorker(stack, 'Worker', { stream, code, ...props })).toThrow(message);
  });
});

describe('StreamWorker', () => {
  let stack: Stack;
  let stream: KinesisEventStream;
  let worker: StreamWorker;
  let template: Template;

  beforeAll(() => {
    stack = testStack();
    stream = new KinesisEventStream(stack, 'Payments', { workload });
    worker = new StreamWorker(stack, 'Worker', { stream, code, environment: { COLOUR: 'blue' } });
    template = Template.fromStack(stack);
  });

  /** A worker on a stream of its own. */
  function workerWith(props: Partial<StreamWorkerProps>, streamProps: Partial<KinesisEventStreamProps> = {}): Stack {
    const own = testStack();
    new StreamWorker(own, 'Worker', { stream: new KinesisEventStream(own, 'Payments', { workload, ...streamProps }), code, ...props });
    return own;
  }

  it('runs on arm64 and Node.js 24, sized by the workload, with concurrency of its own', () => {
    const sizing = sizeStreamWorker(workload, stream.sizing, facts);
    template.hasResourceProperties('AWS::Lambda::Function', {
      Architectures: ['arm64'],
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      MemorySize: sizing.memory.toMebibytes(),
      Timeout: sizing.timeout.toSeconds(),
      ReservedConcurrentExecutions: sizing.reservedConcurrency,
      Environment: { Variables: { COLOUR: 'blue' } },
      LoggingConfig: { LogGroup: Match.anyValue(), LogFormat: 'JSON', SystemLogLevel: 'WARN' },
    });
  });

  it('reads through a consumer of its own, on the alias, from the beginning, and reports single failures', () => {
    const { Properties: mapping } = onlyResource(template, 'AWS::Lambda::EventSourceMapping');
    const [consumer] = Object.keys(resourcesOf(template, 'AWS::Kinesis::StreamConsumer'));
    const [alias] = Object.keys(resourcesOf(template, 'AWS::Lambda::Alias'));
    expect(mapping.EventSourceArn).toEqual({ 'Fn::GetAtt': [consumer, 'ConsumerARN'] });
    expect(referencesIn(mapping.FunctionName)).toEqual([alias]);
    expect(mapping).toMatchObject({
      StartingPosition: 'TRIM_HORIZON',
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: -1,
      ParallelizationFactor: 1,
      BatchSize: worker.sizing.batchSize,
      MaximumRecordAgeInSeconds: worker.sizing.maximumRecordAge.toSeconds(),
    });
  });

  it('gives a record up before the stream forgets it, and keeps it in a bucket of its own', () => {
    const { Properties: mapping } = onlyResource(template, 'AWS::Lambda::EventSourceMapping');
    const [bucket] = Object.keys(resourcesOf(template, 'AWS::S3::Bucket'));
    expect(mapping.MaximumRecordAgeInSeconds).toBeLessThan(stream.sizing.retention.toSeconds());
    expect(mapping.DestinationConfig.OnFailure.Destination).toEqual({ 'Fn::GetAtt': [bucket, 'Arn'] });
    const { Properties: properties, DeletionPolicy } = onlyResource(template, 'AWS::S3::Bucket');
    expect(DeletionPolicy).toBe('Retain');
    expect(properties.BucketEncryption.ServerSideEncryptionConfiguration[0].ServerSideEncryptionByDefault.SSEAlgorithm).toBe('aws:kms');
    expect(properties.PublicAccessBlockConfiguration).toMatchObject({ BlockPublicAcls: true, RestrictPublicBuckets: true });
    expect(properties.LifecycleConfiguration.Rules[0]).toMatchObject({ ExpirationInDays: 90, Status: 'Enabled' });
  });

  it('waits with the mapping until the role may read', () => {
    const { DependsOn } = onlyResource(template, 'AWS::Lambda::EventSourceMapping');
    expect(DependsOn).toContain(Object.keys(resourcesOf(template, 'AWS::IAM::Policy'))[0]);
  });

  it('may read the stream, write failures and its log, and nothing else', () => {
    const actions = allowedActions(template);
    expect(actions.filter((it) => it.startsWith('s3:'))).toEqual(['s3:ListBucket', 's3:PutObject']);
    expect(actions.filter((it) => it.startsWith('logs:'))).toEqual(['logs:CreateLogStream', 'logs:PutLogEvents']);
    expect(actions.filter((it) => it.startsWith('kinesis:Put'))).toEqual([]);
    // The last two are those of its rollout.
    expect(new Set(actions.map((it) => it.split(':')[0]))).toEqual(new Set(['kinesis', 'kms', 'logs', 's3', 'cloudwatch', 'lambda']));
    expect(statements(template).flatMap((it) => it.resources)).not.toContain('*');
    for (const role of Object.values(resourcesOf(template, 'AWS::IAM::Role'))) {
      expect(role.Properties.ManagedPolicyArns).toBeUndefined();
    }
  });

  it('keeps its log for a year under a customer key', () => {
    template.hasResource('AWS::Logs::LogGroup', { DeletionPolicy: 'Retain', Properties: { RetentionInDays: 365, KmsKeyId: Match.anyValue() } });
  });

  it('watches age, errors, throttles and lost failures of the alias', () => {
    const alarms = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm'))
      .map((alarm) => alarm.Properties)
      .filter((it) => it.Namespace === 'AWS/Lambda');
    expect(alarms.map((it) => it.MetricName).sort()).toEqual([
      'DestinationDeliveryFailures', 'Errors', 'IteratorAge', 'IteratorAge', 'OnFailureDestinationDeliveredEventCount', 'Throttles',
    ]);
    // Half of the minute that the critical tier may lose, and a quarter of the time after which a record is given up.
    expect(alarms.filter((it) => it.MetricName === 'IteratorAge').map((it) => it.Threshold).sort((a, b) => a - b)[0]).toBe(30_000);
    const [mapping] = Object.keys(resourcesOf(template, 'AWS::Lambda::EventSourceMapping'));
    for (const alarm of alarms.filter((it) => it.MetricName !== 'OnFailureDestinationDeliveredEventCount')) {
      expect(alarm.Dimensions.map((it: { Name: string }) => it.Name)).toEqual(['FunctionName', 'Resource']);
    }
    expect(alarms.find((it) => it.MetricName.startsWith('OnFailure'))!.Dimensions).toEqual([{ Name: 'EventSourceMappingUUID', Value: { Ref: mapping } }]);
    expect(onlyResource(template, 'AWS::Lambda::EventSourceMapping').Properties.MetricsConfig).toEqual({ Metrics: ['EventCount'] });
    expect(alarms.find((it) => it.MetricName === 'IteratorAge')!.Threshold).toBe(worker.sizing.maximumRecordAge.toMilliseconds() / 4);
    expect(danglingAlarmDimensions(template)).toEqual([]);
  });

  it('watches the share of what it can only put aside, as its handler publishes it', () => {
    const alarm = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map((it) => it.Properties)
      .find((it) => it.AlarmDescription.includes('puts more records aside'))!;
    const [fn] = Object.keys(resourcesOf(template, 'AWS::Lambda::Function'));
    const watched = alarm.Metrics.flatMap((it: { MetricStat?: { Metric: object } }) => it.MetricStat?.Metric ?? []);
    const lines: string[] = [];
    const published = new EmbeddedMetrics({ functionName: 'worker', write: (line) => lines.push(line) });
    (['RecordsParked', 'PaymentsApplied', 'PaymentsDuplicate'] as const).forEach((name) => published.count(name));
    published.flush();
    const [{ Namespace, Dimensions, Metrics }] = JSON.parse(lines[0])._aws.CloudWatchMetrics;
    expect(watched).toEqual(Metrics.map(({ Name }: { Name: string }) => ({
      Namespace, MetricName: Name, Dimensions: Dimensions[0].map((dimension: string) => ({ Name: dimension, Value: { Ref: fn } })),
    })));
    expect(alarm.Metrics[0].Expression).toBe('100 * parked / (parked + FILL(applied, 0) + FILL(duplicate, 0))');
    expect(alarm.Threshold).toBe(0.1);
  });

  it('tells its age and depth, with options of your own', () => {
    const metrics = stack.resolve([
      worker.metricIteratorAge({ statistic: 'p99' }).toMetricConfig().metricStat?.statistic,
      worker.metricDepth({ label: 'waiting' }).toMetricConfig().renderingProperties?.label,
      worker.metricGivenUp().metricName,
    ]);
    expect(metrics).toEqual(['p99', 'waiting', 'OnFailureDestinationDeliveredEventCount']);
    expect(worker.metricParkedRate().toMetricConfig().mathExpression?.expression).toContain('parked');
  });

  it('shares the reads of a stream when it is told to, and says so', () => {
    const own = Template.fromStack(workerWith({ enhancedFanOut: false }));
    own.resourceCountIs('AWS::Kinesis::StreamConsumer', 0);
    const [id] = Object.keys(resourcesOf(own, 'AWS::Kinesis::Stream'));
    own.hasResourceProperties('AWS::Lambda::EventSourceMapping', { EventSourceArn: { 'Fn::GetAtt': [id, 'Arn'] } });
    const decision = decisionsOf(own).find((it) => it.name === 'enhancedFanOut' && it.path === 'stack/Worker');
    expect(decision).toMatchObject({ value: false, derived: true, origin: 'override' });
  });

  it('records what is set by hand in the unit of the decision', () => {
    const own = Template.fromStack(
      workerWith({
        memory: Size.gibibytes(1),
        timeout: Duration.minutes(2),
        batchSize: 7,
        batchingWindow: Duration.seconds(3),
        maximumRecordAge: Duration.hours(2),
      }),
    );
    own.hasResourceProperties('AWS::Lambda::Function', { MemorySize: 1024, Timeout: 120 });
    own.hasResourceProperties('AWS::Lambda::EventSourceMapping', { BatchSize: 7, MaximumBatchingWindowInSeconds: 3, MaximumRecordAgeInSeconds: 7200 });
    const overridden = decisionsOf(own).filter((it) => it.origin === 'override');
    expect(Object.fromEntries(overridden.map((it) => [it.name, it.value]))).toEqual({
      memory: 1024, timeout: 120, batchSize: 7, batchingWindow: 3, maximumRecordAge: 7200,
    });
  });

  it('takes CDK options over its own', () => {
    const own = Template.fromStack(workerWith({ functionOptions: { description: 'mine' }, mappingOptions: { enabled: false } }));
    own.hasResourceProperties('AWS::Lambda::Function', { Description: 'mine' });
    own.hasResourceProperties('AWS::Lambda::EventSourceMapping', { Enabled: false });
  });

  it('refuses a size that only the deployment knows, because other sizes follow from it', () => {
    const own = testStack();
    const window = Duration.seconds(new CfnParameter(own, 'Window', { type: 'Number' }).valueAsNumber);
    const payments = new KinesisEventStream(own, 'Payments', { workload });
    expect(() => new StreamWorker(own, 'Worker', { stream: payments, code, batchingWindow: window })).toThrow(
      '`batchingWindow` must be known at synthesis, got: an unresolved token',
    );
  });

  it.each<[Partial<StreamWorkerProps>, string]>([
    [{ batchSize: 0 }, '`batchSize` must be between 1 and 10000, got: 0'],
    [{ batchSize: 10_001 }, '`batchSize` must be between 1 and 10000, got: 10001'],
    [{ batchingWindow: Duration.seconds(301) }, '`batchingWindow` must be between 0 and 300 seconds, got: 301'],
    [{ parallelizationFactor: 11 }, '`parallelizationFactor` must be between 1 and 10, got: 11'],
    [{ maximumRecordAge: Duration.seconds(59) }, '`maximumRecordAge` must be between 60 and 604800 seconds, got: 59'],
    [{ memory: Size.mebibytes(64) }, '`memory` must be between 128 and 10240, got: 64'],
    [{ timeout: Duration.minutes(16) }, '`timeout` must be between 1 and 900 seconds, got: 960'],
    [{ reservedConcurrency: 0 }, '`reservedConcurrency` must be between 1'],
  ])('refuses %j at once', (props, message) => {
    expect(() => workerWith(props)).toThrow(message);
  });

  it.each<[Partial<StreamWorkerProps>, string]>([
    [{ maximumRecordAge: Duration.hours(24) }, "`maximumRecordAge` must be less than the stream's retention of 86400 seconds, got: 86400"],
    [{ mappingOptions: { maxRecordAge: Duration.days(2) } }, "`maximumRecordAge` must be less than the stream's retention of 86400 seconds, got: 172800"],
    [{ reservedConcurrency: 1 }, '`reservedConcurrency` must be at least shards x parallelization factor ='],
    [{ mappingOptions: { parallelizationFactor: 4 } }, '`parallelizationFactor` must be 1 for a stream of aggregated records, got: 4'],
  ])('refuses %j beside its stream', (props, message) => {
    const own = workerWith(props, { retention: Duration.hours(24) });
    expect(() => Template.fromStack(own)).toThrow(message);
  });
});

describe('TableStreamWorker', () => {
  const sizing = sizeProjector(workload, sizeLedger(workload, facts), facts);
  let template: Template;
  let worker: TableStreamWorker;

  /** A worker on two tables of its own. */
  function workerWith(props: Partial<TableStreamWorkerProps> = {}): { readonly stack: Stack; readonly worker: TableStreamWorker } {
    const stack = testStack();
    const table = new ShardedTable(stack, 'Ledger', { capacity: TableCapacity.of({ tables: 2 }), changeStream: dynamodb.StreamViewType.NEW_IMAGE });
    return { stack, worker: new TableStreamWorker(stack, 'Projector', { workload, table, code, ...props }) };
  }

  beforeAll(() => {
    const made = workerWith();
    worker = made.worker;
    template = Template.fromStack(made.stack);
  });

  it('reads the stream of every table with a mapping of its own', () => {
    const sources = Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping')).map((mapping) => mapping.Properties.EventSourceArn);
    const tables = Object.keys(resourcesOf(template, 'AWS::DynamoDB::GlobalTable'));
    expect(sources).toEqual(tables.map((table) => ({ 'Fn::GetAtt': [table, 'StreamArn'] })));
    expect(sources).toHaveLength(2);
  });

  it('gathers inserts into large batches, one invocation a shard, and learns the shard from a tumbling window', () => {
    template.allResourcesProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: sizing.batchSize,
      MaximumBatchingWindowInSeconds: sizing.batchingWindow.toSeconds(),
      TumblingWindowInSeconds: sizing.tumblingWindow.toSeconds(),
      ParallelizationFactor: 1,
      FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ eventName: ['INSERT'] }) }] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      BisectBatchOnFunctionError: true,
      MaximumRetryAttempts: -1,
      StartingPosition: 'TRIM_HORIZON',
      MaximumRecordAgeInSeconds: 22 * 3600,
    });
  });

  it('calls for help when six hours of the 24 are unread', () => {
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'IteratorAge', Threshold: 6 * 3600 * 1000 });
    expect(danglingAlarmDimensions(template)).toEqual([]);
  });

  it('may read the streams and write failures, and nothing of the tables', () => {
    expect(allowedActions(template).filter((it) => it.startsWith('dynamodb:'))).toEqual([
      'dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator', 'dynamodb:ListStreams',
    ]);
    expect(statements(template).flatMap((it) => it.resources)).not.toContain('*');
    expect(worker.failures.bucket).toBeDefined();
  });

  it('takes other kinds of change', () => {
    const { stack } = workerWith({ eventNames: ['INSERT', 'REMOVE'] });
    Template.fromStack(stack).allResourcesProperties('AWS::Lambda::EventSourceMapping', {
      FilterCriteria: { Filters: [{ Pattern: JSON.stringify({ eventName: ['INSERT', 'REMOVE'] }) }] },
    });
  });

  it.each<[Partial<TableStreamWorkerProps>, string]>([
    [{ batchingWindow: Duration.seconds(6) }, '`batchingWindow` must be between 1 and 5 seconds, got: 6'],
    [{ batchingWindow: Duration.seconds(0) }, '`batchingWindow` must be between 1 and 5 seconds, got: 0'],
    [{ tumblingWindow: Duration.seconds(901) }, '`tumblingWindow` must be between 1 and 900 seconds, got: 901'],
    [{ eventNames: ['insert'] }, '`eventNames` must be among INSERT, MODIFY, REMOVE, got: insert'],
    [{ batchSize: 0 }, '`batchSize` must be between 1 and 10000, got: 0'],
  ])('refuses %j at once', (props, message) => {
    expect(() => workerWith(props)).toThrow(message);
  });

  it.each<[Partial<TableStreamWorkerProps>, string]>([
    [{ maximumRecordAge: Duration.hours(24) }, "`maximumRecordAge` must be less than the 86400 seconds that a table's stream keeps changes, got: 86400"],
    [{ mappingOptions: { parallelizationFactor: 2 } }, '`parallelizationFactor` must be 1 where a shard has one writer, got: 2'],
  ])('refuses %j beside its table', (props, message) => {
    expect(() => Template.fromStack(workerWith(props).stack)).toThrow(message);
  });

  it('refuses a table without a change stream', () => {
    const stack = testStack();
    const table = new ShardedTable(stack, 'Ledger', { capacity: TableCapacity.onDemand() });
    expect(() => new TableStreamWorker(stack, 'Projector', { workload, table, code })).toThrow(
      '`changeStream` must be set for a table whose changes are read, got: none',
    );
  });
});

describe('QueueWorker', () => {
  const sizing = sizeQueueWorker(workload, facts);
  let template: Template;

  /** A worker in a stack of its own. */
  function workerWith(props: Partial<QueueWorkerProps> = {}): Stack {
    const stack = testStack();
    new QueueWorker(stack, 'Refunds', { workload, code, ...props });
    return stack;
  }

  /** The queue that is not a dead-letter queue. */
  function mainQueue(from: Template): Record<string, unknown> {
    return Object.values(resourcesOf(from, 'AWS::SQS::Queue')).map((queue) => queue.Properties).find((it) => it.RedrivePolicy)!;
  }

  beforeAll(() => {
    const stack = testStack();
    const worker = new QueueWorker(stack, 'Refunds', { workload, code });
    worker.grantSend(new iam.Role(stack, 'Sender', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') }));
    template = Template.fromStack(stack);
  });

  it('hides messages for as long as the workload asks', () => {
    expect(mainQueue(template)).toMatchObject({
      DelaySeconds: sizing.delay.toSeconds(),
      VisibilityTimeout: sizing.visibilityTimeout.toSeconds(),
      RedrivePolicy: { maxReceiveCount: sizing.maximumReceives },
    });
  });

  it('keeps dead letters longer than messages', () => {
    const retentions = Object.values(resourcesOf(template, 'AWS::SQS::Queue')).map((queue) => [Boolean(queue.Properties.RedrivePolicy), queue.Properties.MessageRetentionPeriod]);
    expect(Object.fromEntries(retentions)).toEqual({ true: 604_800, false: 1_209_600 });
  });

  it('is encrypted with a customer key and refuses plain HTTP, both queues', () => {
    template.allResourcesProperties('AWS::SQS::Queue', { KmsMasterKeyId: Match.anyValue() });
    template.allResourcesProperties('AWS::SQS::QueuePolicy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Effect: 'Deny', Action: 'sqs:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } })]) },
    });
    template.resourceCountIs('AWS::SQS::QueuePolicy', 2);
  });

  it('reports single failures, and starts no more invocations than are kept free for it', () => {
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      BatchSize: sizing.batchSize,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: sizing.maximumConcurrency },
    });
    template.hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: sizing.maximumConcurrency });
  });

  it('watches the age of messages and the dead letters', () => {
    const alarms = Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).map((alarm) => alarm.Properties);
    expect(alarms.map((it) => it.MetricName).sort()).toEqual(['ApproximateAgeOfOldestMessage', 'ApproximateNumberOfMessagesVisible', 'Errors', 'Throttles']);
    const [dead] = Object.entries(resourcesOf(template, 'AWS::SQS::Queue')).find(([, queue]) => !queue.Properties.RedrivePolicy)!;
    expect(referencesIn(alarms.find((it) => it.MetricName === 'ApproximateNumberOfMessagesVisible')!.Dimensions)).toEqual([dead]);
    expect(danglingAlarmDimensions(template)).toEqual([]);
  });

  it('names every resource in its policies', () => {
    expect(statements(template).flatMap((it) => it.resources)).not.toContain('*');
    expect(allowedActions(template)).not.toContain('sqs:PurgeQueue');
  });

  it('gathers messages of larger batches for a second, as SQS asks', () => {
    const own = Template.fromStack(workerWith({ batchSize: 50 }));
    own.hasResourceProperties('AWS::Lambda::EventSourceMapping', { BatchSize: 50, MaximumBatchingWindowInSeconds: 1 });
    expect(mainQueue(own)).toMatchObject({ VisibilityTimeout: 6 * sizing.timeout.toSeconds() + 1 });
  });

  it('hides messages longer for a longer timeout, and records it', () => {
    const own = Template.fromStack(workerWith({ timeout: Duration.minutes(5) }));
    expect(mainQueue(own)).toMatchObject({ VisibilityTimeout: 1800 });
    expect(decisionsOf(own).find((it) => it.name === 'visibilityTimeout')).toMatchObject({ value: 1800, origin: 'override' });
  });

  it.each<[Partial<QueueWorkerProps>, string]>([
    [{ delay: Duration.seconds(901) }, '`delay` must be between 0 and 900 seconds, got: 901'],
    [{ visibilityTimeout: Duration.hours(13) }, '`visibilityTimeout` must be between 0 and 43200 seconds, got: 46800'],
    [{ maximumConcurrency: 1 }, '`maximumConcurrency` must be between 2 and 1000, got: 1'],
    [{ maximumReceives: 1001 }, '`maximumReceives` must be between 1 and 1000, got: 1001'],
    [{ retention: Duration.days(15) }, '`retention` must be between 60 and 1209600 seconds, got: 1296000'],
  ])('refuses %j at once', (props, message) => {
    expect(() => workerWith(props)).toThrow(message);
  });

  it.each<Partial<QueueWorkerProps>>([
    { batchSize: 11, batchingWindow: Duration.seconds(0) },
    { mappingOptions: { batchSize: 11 } },
  ])('refuses more messages at once than SQS hands out without a window: %j', (props) => {
    expect(() => Template.fromStack(workerWith(props))).toThrow(
      '`batchingWindow` must be at least 1 second for batches above 10 messages, got: 0 seconds for batches of 11',
    );
  });

  it('takes large batches with a window of their own', () => {
    const mappingOptions = { batchSize: 11, maxBatchingWindow: Duration.seconds(2) };
    const own = Template.fromStack(workerWith({ mappingOptions, visibilityTimeout: Duration.hours(1) }));
    own.hasResourceProperties('AWS::Lambda::EventSourceMapping', { BatchSize: 11, MaximumBatchingWindowInSeconds: 2 });
  });

  it('refuses to hand out a message again that may still be worked on', () => {
    const stack = workerWith({ timeout: Duration.seconds(30), visibilityTimeout: Duration.seconds(179) });
    expect(() => Template.fromStack(stack)).toThrow(
      "`visibilityTimeout` must be at least 6 x the function's timeout + the batching window = 180 seconds, got: 179",
    );
  });
});
