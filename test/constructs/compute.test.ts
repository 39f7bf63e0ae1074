import { Duration, Size, Stack, TimeZone } from 'aws-cdk-lib';
import * as appscaling from 'aws-cdk-lib/aws-applicationautoscaling';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as cloudwatchActions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import { assetFolder } from '../../constructs/assets';
import { CapacityMix, type CapacityMixProps } from '../../constructs/compute/capacity-mix';
import { StatelessTier } from '../../constructs/compute/stateless-tier';
import type { StatelessTierProps } from '../../constructs/compute/stateless-tier-props';
import { TierBacklog } from '../../constructs/compute/tier-backlog';
import type { TierFront } from '../../constructs/compute/tier-front';
import { NetworkFoundation } from '../../constructs/security/network-foundation';
import { Facts } from '../../lib/facts';
import { sizeCapacityMix, sizeStatelessTier, SIZING_METADATA_KEY } from '../../lib/sizing';
import { LatencyTarget, Rate, RecoveryTier, Workload } from '../../lib/workload';
import { testApp, testStack } from '../support/app';
import { allowedActions, danglingAlarmDimensions, onlyResource, referencesIn, resourcesOf, statements } from '../support/template';

const workload = new Workload({ peak: Rate.perSecond(30_000), latencyTarget: LatencyTarget.accept(Duration.millis(80), 99) });
const facts = Facts.DEFAULT.forRegion('eu-west-1');
const image = ecs.ContainerImage.fromRegistry('example.org/payment-api:1');

/** A front as an edge makes it. */
function frontOf(stack: Stack, vpc: ec2.IVpc, name: string): TierFront {
  const loadBalancer = new elbv2.ApplicationLoadBalancer(stack, `${name}Balancer`, { vpc });
  const targetGroup = new elbv2.ApplicationTargetGroup(stack, `${name}Targets`, {
    vpc, port: 8080, protocol: elbv2.ApplicationProtocol.HTTP, targetType: elbv2.TargetType.IP,
  });
  loadBalancer.addListener('Https', { port: 8443, protocol: elbv2.ApplicationProtocol.HTTP, defaultTargetGroups: [targetGroup] });
  return { name, loadBalancer, targetGroup };
}

/** A tier in a stack of its own, behind fronts of these names. */
function tierWith(props: Partial<StatelessTierProps> = {}, fronts: string[] = ['Public'], stack = testStack()): { stack: Stack; tier: StatelessTier } {
  const network = new NetworkFoundation(stack, 'Network');
  const tier = new StatelessTier(stack, 'Api', {
    workload, vpc: network.vpc, taskSubnets: network.applicationSubnets, image, environment: { PORT: '8080' }, ...props,
  });
  fronts.forEach((name) => tier.receiveFrom(frontOf(stack, network.vpc, name)));
  return { stack, tier };
}

/** The settings of every target tracking policy. */
function trackings(template: Template): Record<string, any>[] { // eslint-disable-line @typescript-eslint/no-explicit-any
  return Object.values(resourcesOf(template, 'AWS::ApplicationAutoScaling::ScalingPolicy')).map((it) => it.Properties.TargetTrackingScalingPolicyConfiguration);
}

/** The container of a name in the one task definition. */
function containerOf(template: Template, name: string): Record<string, any> { // eslint-disable-line @typescript-eslint/no-explicit-any
  return onlyResource(template, 'AWS::ECS::TaskDefinition').Properties.ContainerDefinitions.find((it: { Name: string }) => it.Name === name);
}

describe('StatelessTier', () => {
  const sizing = sizeStatelessTier(workload, facts);
  let template: Template;

  beforeAll(() => {
    template = Template.fromStack(tierWith({}, ['Public', 'Partner']).stack);
  });

  it('runs on arm64 as nobody in particular, on a file system that cannot be written', () => {
    template.hasResourceProperties('AWS::ECS::TaskDefinition', {
      RequiresCompatibilities: ['FARGATE'],
      RuntimePlatform: { CpuArchitecture: 'ARM64', OperatingSystemFamily: 'LINUX' },
      Cpu: String(sizing.cpu),
      Memory: String(sizing.memory.toMebibytes()),
      ContainerDefinitions: [Match.objectLike({
        User: '1000:1000',
        ReadonlyRootFilesystem: true,
        LinuxParameters: { Capabilities: { Drop: ['ALL'] }, InitProcessEnabled: true },
        PortMappings: [Match.objectLike({ ContainerPort: 8080 })],
        StopTimeout: 40,
        LogConfiguration: Match.objectLike({ LogDriver: 'awslogs' }),
      })],
    });
  });

  it('has room for many connections, ends dead ones, and leaves memory beside the heap', () => {
    const api = containerOf(template, 'api');
    expect(api.Ulimits).toEqual([{ Name: 'nofile', SoftLimit: 65_535, HardLimit: 65_535 }]);
    expect(Object.fromEntries(api.SystemControls.map((it: { Namespace: string; Value: string }) => [it.Namespace, it.Value]))).toEqual({
      'net.core.somaxconn': '4096', 'net.ipv4.tcp_keepalive_time': '60', 'net.ipv4.tcp_keepalive_intvl': '10', 'net.ipv4.tcp_keepalive_probes': '3',
    });
    expect(api.Environment).toEqual([
      { Name: 'PORT', Value: '8080' }, { Name: 'NODE_OPTIONS', Value: `--max-old-space-size=${Math.floor(0.6 * sizing.memory.toMebibytes())}` },
    ]);
  });

  it('has a base on demand and Spot above it, and rolls a failed deployment back', () => {
    const service = onlyResource(template, 'AWS::ECS::Service').Properties;
    expect(service.CapacityProviderStrategy).toEqual([
      { CapacityProvider: 'FARGATE', Base: sizing.onDemandBase, Weight: sizing.onDemandWeight },
      { CapacityProvider: 'FARGATE_SPOT', Weight: sizing.spotWeight },
    ]);
    expect(service.DeploymentConfiguration).toMatchObject({
      DeploymentCircuitBreaker: { Enable: true, Rollback: true }, MinimumHealthyPercent: 100, MaximumPercent: 200,
    });
    expect(service.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp).toBe('DISABLED');
    // A number here would set the scaling back with every deployment.
    expect(service.DesiredCount).toBeUndefined();
  });

  it('is there only while its cluster knows the capacity providers', () => {
    // Without the order, deleting the stack would take them from the cluster while the service still uses them, which ECS refuses.
    const [association] = Object.keys(resourcesOf(template, 'AWS::ECS::ClusterCapacityProviderAssociations'));
    expect(onlyResource(template, 'AWS::ECS::Service').DependsOn).toContain(association);
  });

  it('registers its tasks with every front, and lets only their load balancers in', () => {
    const service = onlyResource(template, 'AWS::ECS::Service');
    const groups = Object.keys(resourcesOf(template, 'AWS::ElasticLoadBalancingV2::TargetGroup'));
    expect(service.Properties.LoadBalancers.map((it: { TargetGroupArn: { Ref: string } }) => it.TargetGroupArn.Ref).sort()).toEqual(groups.sort());
    for (const listener of Object.keys(resourcesOf(template, 'AWS::ElasticLoadBalancingV2::Listener'))) {
      expect(service.DependsOn).toContain(listener);
    }
    expect(service.Properties.HealthCheckGracePeriodSeconds).toBe(60);
    const [tasks] = Object.keys(resourcesOf(template, 'AWS::EC2::SecurityGroup')).filter((id) => id.includes('Task'));
    const inward = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress')).map(({ Properties }) => Properties);
    const allowed = inward.map(({ FromPort, ToPort, GroupId }) => [FromPort, ToPort, ...referencesIn(GroupId)]);
    expect(allowed).toEqual([[8080, 8080, tasks], [8080, 8080, tasks]]);
    expect(new Set(inward.flatMap(({ SourceSecurityGroupId }) => referencesIn(SourceSecurityGroupId))).size).toBe(2);
  });

  it('follows the requests of all fronts together, the processor and the memory, between the bounds of the sizing', () => {
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity: sizing.minimumTasks, MaxCapacity: sizing.maximumTasks });
    const predefined = trackings(template).filter((it) => it.PredefinedMetricSpecification);
    expect(Object.fromEntries(predefined.map((it) => [it.PredefinedMetricSpecification.PredefinedMetricType, it.TargetValue]))).toEqual({
      ECSServiceAverageCPUUtilization: sizing.cpuUtilizationPercent, ECSServiceAverageMemoryUtilization: 75,
    });
    const [requests] = trackings(template).filter((it) => it.CustomizedMetricSpecification);
    expect(requests).toMatchObject({ TargetValue: sizing.requestsPerTargetPerMinute, ScaleOutCooldown: 30, ScaleInCooldown: 300 });
    const metrics = requests.CustomizedMetricSpecification.Metrics;
    expect(metrics).toHaveLength(3);
    expect(metrics[2]).toMatchObject({ Expression: 'FILL(front0, 0) + FILL(front1, 0)', ReturnData: true });
    const known = new Set(Object.keys(template.toJSON().Resources));
    for (const { MetricStat, ReturnData } of metrics.slice(0, 2)) {
      expect(ReturnData).toBe(false);
      expect(MetricStat).toMatchObject({ Stat: 'Sum', Metric: { Namespace: 'AWS/ApplicationELB', MetricName: 'RequestCountPerTarget' } });
      expect(referencesIn(MetricStat.Metric.Dimensions).length).toBeGreaterThan(1);
      expect(referencesIn(MetricStat.Metric.Dimensions).every((it) => known.has(it))).toBe(true);
    }
  });

  it('calls for help when scaling cannot, with dimensions that are there', () => {
    expect(danglingAlarmDimensions(template)).toEqual([]);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      MetricName: 'CPUUtilization', Threshold: 80, EvaluationPeriods: 5, DatapointsToAlarm: 5, Statistic: 'Average',
    });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'MemoryUtilization', Threshold: 85, Statistic: 'Maximum' });
  });

  it('needs a wildcard for nothing but the token of the image registry', () => {
    const own = Template.fromStack(tierWith({ image: ecs.ContainerImage.fromAsset(assetFolder('payment-api')) }).stack);
    const wild = statements(own).filter((it) => it.resources.includes('*'));
    expect(wild.flatMap((it) => it.actions)).toEqual(['ecr:GetAuthorizationToken']);
    expect(allowedActions(own).every((it) => !it.endsWith(':*'))).toBe(true);
  });

  it('writes its decisions into the metadata, overrides as such, and what its capacity adds under that', () => {
    const own = Template.fromStack(tierWith({ minimumTasks: 4, maximumTasks: 400 }).stack);
    own.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity: 4, MaxCapacity: 400 });
    const { decisions } = own.toJSON().Metadata[SIZING_METADATA_KEY] as { decisions: { path: string; name: string }[] };
    const named = (path: string, name: string) => decisions.filter((it) => it.path === path && it.name === name);
    expect(named('stack/Api', 'minimumTasks')).toMatchObject([{ value: 4, derived: sizing.minimumTasks, origin: 'override' }]);
    expect(named('stack/Api', 'onDemandBase')).toMatchObject([{ value: sizing.onDemandBase, origin: 'derived' }]);
    expect(named('stack/Api/Capacity', 'onDemandBase')).toEqual([]);
    expect(named('stack/Api/Capacity', 'committedTasks')).toHaveLength(1);
    expect(new Set(decisions.map((it) => `${it.path}/${it.name}`)).size).toBe(decisions.length);
  });

  it('calls whoever is given, for the tasks and for Spot', () => {
    const stack = testStack();
    const topic = new sns.Topic(stack, 'Operators');
    tierWith({ alarms: { actions: [new cloudwatchActions.SnsAction(topic)] } }, ['Public'], stack);
    const own = Template.fromStack(stack);
    const [id] = Object.keys(resourcesOf(own, 'AWS::SNS::Topic'));
    own.resourceCountIs('AWS::CloudWatch::Alarm', 3);
    own.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [{ Ref: id }], OKActions: [{ Ref: id }] });
  });

  it('stands alone: without a front it is no load balancer\'s, and follows the rest', () => {
    const own = Template.fromStack(tierWith({}, []).stack);
    const service = onlyResource(own, 'AWS::ECS::Service').Properties;
    expect(service.LoadBalancers).toEqual([]);
    // ECS refuses a grace period without a load balancer.
    expect(service.HealthCheckGracePeriodSeconds).toBeUndefined();
    expect(trackings(own).filter((it) => it.CustomizedMetricSpecification)).toEqual([]);
  });

  it('lives in a network and under a key that are there already, in a region that is not known', () => {
    const stack = new Stack(testApp(), 'stack');
    new StatelessTier(stack, 'Api', {
      workload, image,
      vpc: ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
        vpcId: 'vpc-1', availabilityZones: ['a', 'b'], privateSubnetIds: ['subnet-1', 'subnet-2'], privateSubnetRouteTableIds: ['rtb-1', 'rtb-2'],
      }),
      logEncryptionKey: kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:123456789012:key/1b2c3d4e-0000-4000-8000-000000000000'),
    });
    const own = Template.fromStack(stack);
    own.resourceCountIs('AWS::KMS::Key', 0);
    own.hasResourceProperties('AWS::ECS::Service', { NetworkConfiguration: { AwsvpcConfiguration: { Subnets: ['subnet-1', 'subnet-2'] } } });
  });

  it('takes CDK properties over its own', () => {
    const own = Template.fromStack(tierWith({ taskDefinitionProps: { family: 'api', memoryLimitMiB: 4096 } }).stack);
    own.hasResourceProperties('AWS::ECS::TaskDefinition', { Family: 'api', Memory: '4096' });
    expect(containerOf(own, 'api').Environment).toContainEqual({ Name: 'NODE_OPTIONS', Value: '--max-old-space-size=2457' });
  });

  it.each<[Partial<StatelessTierProps>, string]>([
    [{ user: '0' }, '`user` must be a user and group in numbers, not root, got: 0'],
    [{ user: 'root' }, '`user` must be a user and group in numbers, not root, got: root'],
    [{ containerPort: 80 }, '`containerPort` must be between 1024 and 65535, got: 80'],
    [{ readinessPath: 'readyz' }, '`readinessPath` must be a path, got: readyz'],
    [{ drainTime: Duration.minutes(3) }, '`drainTime` must be between 1 and 120 seconds, got: 180'],
    [{ minimumTasks: 0 }, '`minimumTasks` must be between 1 and'],
    [{ minimumTasks: 10, maximumTasks: 9 }, '`maximumTasks` must be at least `minimumTasks` = 10, got: 9'],
    [{ memoryUtilizationPercent: 101 }, '`memoryUtilizationPercent` must be between 1 and 100, got: 101'],
    [{ heapShare: 1.2 }, '`heapShare` must be between 0 and 1, got: 1.2'],
    [{ affinity: { reason: ' ', duration: Duration.hours(1) } }, '`affinity.reason` must say why a request cannot go to any task, got: nothing'],
    [{ affinity: { reason: 'A session.', duration: Duration.days(8) } }, '`affinity.duration` must be between 1 and 604800 seconds, got: 691200'],
  ])('refuses %j at once', (props, message) => {
    expect(() => tierWith(props)).toThrow(message);
  });

  it('refuses two fronts of one name, and more than a service has target groups', () => {
    expect(() => tierWith({}, ['A', 'A'])).toThrow();
    const { stack, tier } = tierWith({}, ['A', 'B', 'C', 'D', 'E']);
    const again = frontOf(stack, tier.cluster.vpc, 'F');
    expect(() => tier.receiveFrom({ ...again, name: 'A' })).toThrow('`name` must differ from those of the other fronts, got: A twice');
    expect(() => tier.receiveFrom(again)).toThrow('`fronts` must be between 1 and 5, got: 6');
    expect(tier.fronts.map(({ name }) => name)).toEqual(['A', 'B', 'C', 'D', 'E']);
  });
});

describe('StatelessTier with more to follow', () => {
  it('follows what waits for it, for each task that runs', () => {
    const stack = testStack();
    const queue = new sqs.Queue(stack, 'Reports');
    tierWith({ backlogs: [TierBacklog.ofQueue(queue, 120)] }, [], stack);
    const template = Template.fromStack(stack);
    const [backlog] = trackings(template).filter((it) => it.CustomizedMetricSpecification);
    expect(backlog.TargetValue).toBe(120);
    const [messages, tasks, tracked] = backlog.CustomizedMetricSpecification.Metrics;
    expect(messages.MetricStat.Metric).toMatchObject({ Namespace: 'AWS/SQS', MetricName: 'ApproximateNumberOfMessagesVisible' });
    expect(referencesIn(messages.MetricStat.Metric.Dimensions)).toEqual(Object.keys(resourcesOf(template, 'AWS::SQS::Queue')));
    expect(tasks.MetricStat.Metric).toMatchObject({ Namespace: 'ECS/ContainerInsights', MetricName: 'RunningTaskCount' });
    expect(tracked).toMatchObject({ Expression: 'backlog / tasks', ReturnData: true });
    // The metric is published only where the cluster says so.
    template.hasResourceProperties('AWS::ECS::Cluster', { ClusterSettings: [{ Name: 'containerInsights', Value: 'enabled' }] });
  });

  it('takes no backlog that is no count of its own', () => {
    const metric = new cloudwatch.Metric({ namespace: 'Custom', metricName: 'Lag' });
    expect(() => TierBacklog.ofMetric(metric, 0)).toThrow('`perTask` must be between');
    expect(() => TierBacklog.ofMetric(new cloudwatch.MathExpression({ expression: 'a + 1', usingMetrics: { a: metric } }), 1)).toThrow(
      '`metric` must be a metric of CloudWatch, got: an expression',
    );
    expect(TierBacklog.ofMetric(metric, 5)).toMatchObject({ metric, perTask: 5 });
  });

  it('is smaller in quiet hours, and whole again before they end', () => {
    const quietHours = {
      begin: appscaling.Schedule.cron({ hour: '23', minute: '0' }), end: appscaling.Schedule.cron({ hour: '5', minute: '30' }), timeZone: TimeZone.EUROPE_PARIS, minimumTasks: 3,
    };
    const { stack, tier } = tierWith({ quietHours });
    const { minimumTasks, maximumTasks } = tier.sizing;
    const actions = onlyResource(Template.fromStack(stack), 'AWS::ApplicationAutoScaling::ScalableTarget').Properties.ScheduledActions;
    expect(actions).toMatchObject([
      { Schedule: 'cron(0 23 * * ? *)', Timezone: 'Europe/Paris', ScalableTargetAction: { MinCapacity: 3, MaxCapacity: maximumTasks } },
      { Schedule: 'cron(30 5 * * ? *)', Timezone: 'Europe/Paris', ScalableTargetAction: { MinCapacity: minimumTasks, MaxCapacity: maximumTasks } },
    ]);
    expect(() => tierWith({ quietHours: { ...quietHours, minimumTasks: 10_000 } })).toThrow('`quietHours.minimumTasks` must be between 1 and');
    expect(() => tierWith({ quietHours: { ...quietHours, maximumTasks: 2 } })).toThrow('`quietHours.maximumTasks` must be between 3 and');
  });

  it('keeps clients on one task only where it is told why', () => {
    const sticky = (stack: Stack) => JSON.stringify(resourcesOf(Template.fromStack(stack), 'AWS::ElasticLoadBalancingV2::TargetGroup')).includes('stickiness.enabled","Value":"true');
    expect(sticky(tierWith().stack)).toBe(false);
    const { stack } = tierWith({ affinity: { reason: 'Uploads are put together in a task.', duration: Duration.hours(1) } });
    expect(sticky(stack)).toBe(true);
    const notes = stack.node.findAll().flatMap((it) => it.node.metadata).filter(({ type }) => type === 'aws:cdk:acknowledged-rules').map(({ data }) => data);
    expect(JSON.stringify(notes)).toContain('HT-EDGE-009');
    expect(JSON.stringify(notes)).toContain('Uploads are put together in a task.');
  });
});

describe('StatelessTier with sidecars', () => {
  const collector = { name: 'collector', image: ecs.ContainerImage.fromRegistry('example.org/collector:1'), memory: Size.mebibytes(512) };

  it('starts them first, hardens them like its own container, and gives them of its memory', () => {
    const { stack, tier } = tierWith({ sidecars: [collector] });
    const memory = tier.sizing.memory.toMebibytes();
    tier.addSidecar({ ...collector, name: 'router', memory: Size.mebibytes(128), user: '65532:65532', essential: true });
    const template = Template.fromStack(stack);
    expect(containerOf(template, 'collector')).toMatchObject({
      Essential: false, Memory: 512, User: '1000:1000', ReadonlyRootFilesystem: true, StopTimeout: 40,
      LinuxParameters: { Capabilities: { Drop: ['ALL'] } }, LogConfiguration: { Options: { 'awslogs-stream-prefix': 'collector' } },
    });
    expect(containerOf(template, 'router')).toMatchObject({ Essential: true, User: '65532:65532' });
    const api = containerOf(template, 'api');
    expect(api.DependsOn).toEqual([{ ContainerName: 'collector', Condition: 'START' }, { ContainerName: 'router', Condition: 'START' }]);
    expect(api.Environment).toContainEqual({ Name: 'NODE_OPTIONS', Value: `--max-old-space-size=${Math.floor(0.6 * (memory - 640))}` });
    // Load balancers still reach the tier's own.
    template.hasResourceProperties('AWS::ECS::Service', { LoadBalancers: [Match.objectLike({ ContainerName: 'api' })] });
  });

  it('leaves what somebody says about the heap', () => {
    const options = (props: Partial<StatelessTierProps>) =>
      containerOf(Template.fromStack(tierWith(props).stack), 'api').Environment.find((it: { Name: string }) => it.Name === 'NODE_OPTIONS')?.Value;
    expect(options({ environment: { NODE_OPTIONS: '--max-old-space-size=512' } })).toBe('--max-old-space-size=512');
    expect(options({ environment: { NODE_OPTIONS: '--enable-source-maps' }, heapShare: 0.5 })).toBe('--enable-source-maps --max-old-space-size=1024');
    expect(options({ heapShare: 0 })).toBeUndefined();
  });

  it('refuses a name that is taken, root, and more than half of the task', () => {
    const { tier } = tierWith({ sidecars: [collector] });
    expect(() => tier.addSidecar(collector)).toThrow('`name` must differ from those of the other sidecars, got: collector twice');
    expect(() => tier.addSidecar({ ...collector, name: 'api' })).toThrow('`name` must be letters, digits, `-` and `_`, and not `api`, got: api');
    expect(() => tier.addSidecar({ ...collector, name: 'root', user: '0' })).toThrow('`user` must be a user and group in numbers, not root, got: 0');
    const { stack } = tierWith({ sidecars: [{ ...collector, memory: Size.gibibytes(2) }] });
    expect(() => Template.fromStack(stack)).toThrow('`sidecars` must take at most 1024 MiB of memory together, got: 2048');
  });
});

describe('CapacityMix', () => {
  /** A mix in a stack of its own. */
  function mixWith(props: Partial<CapacityMixProps> = {}): { stack: Stack; mix: CapacityMix } {
    const stack = testStack();
    const network = new NetworkFoundation(stack, 'Network');
    return { stack, mix: new CapacityMix(stack, 'Capacity', { workload, vpc: network.vpc, ...props }) };
  }

  const onInstances = { instances: { subnets: { subnetGroupName: 'application' } } };

  it('says what is worth a commitment, what runs on demand, and what on Spot', () => {
    const { mix } = mixWith();
    const tier = sizeStatelessTier(workload, facts);
    expect(mix.sizing).toMatchObject(sizeCapacityMix(workload, tier, facts));
    expect(mix.sizing.committedTasks).toBe(tier.minimumTasks);
    expect(mix.decisions.map(({ name }) => name)).toEqual(['committedTasks', 'commitmentUsdPerHour', 'onDemandBase', 'spotWeight', 'spotTasks', 'monthlyUsd']);
    expect(mix.decisions.every(({ path }) => path === 'stack/Capacity')).toBe(true);
  });

  it('counts the tasks of its cluster that Spot took, and calls when they are many', () => {
    const { stack } = mixWith();
    const template = Template.fromStack(stack);
    const pattern = onlyResource(template, 'AWS::Events::Rule').Properties.EventPattern;
    expect(pattern).toMatchObject({
      'source': ['aws.ecs'], 'detail-type': ['ECS Task State Change'], 'detail': { stopCode: ['SpotInterruption', 'TerminationNotice'], lastStatus: ['STOPPED'] },
    });
    expect(referencesIn(pattern.detail.clusterArn)).toEqual(Object.keys(resourcesOf(template, 'AWS::ECS::Cluster')));
    expect(danglingAlarmDimensions(template)).toEqual([]);
    const alarm = onlyResource(template, 'AWS::CloudWatch::Alarm').Properties;
    expect(alarm).toMatchObject({ Namespace: 'AWS/Events', MetricName: 'MatchedEvents', Statistic: 'Sum' });
    expect(referencesIn(alarm.Dimensions)).toEqual(Object.keys(resourcesOf(template, 'AWS::Events::Rule')));
    expect(alarm.Threshold).toBe(Math.floor(sizeStatelessTier(workload, facts).maximumTasks / 10));
  });

  it('has no Spot, and nothing to count, where it is told so or nothing tolerates it', () => {
    const { mix, stack } = mixWith({ spotShare: 0, onDemandBase: 7 });
    expect(mix.strategy).toEqual([{ capacityProvider: 'FARGATE', base: 7, weight: 1 }]);
    expect(mix.interruptions).toBeUndefined();
    expect(mix.metricInterruptions()).toBeUndefined();
    Template.fromStack(stack).resourceCountIs('AWS::Events::Rule', 0);
    expect(mix.decisions.find(({ name }) => name === 'onDemandBase')).toMatchObject({ value: 7, origin: 'override' });
  });

  it('is what its tier says of it, and counts no quota twice', () => {
    const { mix, stack } = mixWith({ spotShare: 0, onDemandBase: 7 });
    const tier = new StatelessTier(stack, 'Api', { workload, image, capacity: mix, vpc: mix.cluster.vpc, taskSubnets: { subnetGroupName: 'application' } });
    const decision = (name: string) => tier.decisions.find((it) => it.name === name);
    expect(decision('onDemandBase')).toMatchObject({ value: 7, origin: 'override' });
    expect(decision('spotWeight')).toMatchObject({ value: 0, origin: 'override' });
    expect(mix.decisions.filter(({ quota }) => quota !== undefined)).toEqual([]);
    expect(decision('onDemandBase')!.quota).toBeDefined();
  });

  it('puts work that may be lost on Spot alone above the base', () => {
    const { mix } = mixWith({ workload: workload.with({ recoveryTier: RecoveryTier.ANALYTICS }), onDemandBase: 0 });
    expect(mix.strategy).toEqual([{ capacityProvider: 'FARGATE_SPOT', weight: 1 }]);
  });

  it.each<[Partial<CapacityMixProps>, string]>([
    [{ spotShare: 2 }, '`spotShare` must be between 0 and 1, got: 2'],
    [{ onDemandBase: -1 }, '`onDemandBase` must be between 0 and'],
    [{ instances: { instanceTypes: [] } }, '`instances.instanceTypes` must name at least one instance type, got: none'],
    [{ instances: { instanceTypes: [new ec2.InstanceType('c7i.xlarge')] } }, '`instances.instanceTypes` must be types for arm64, got: c7i.xlarge'],
    [{ instances: { warmInstances: 2 } }, '`instances.warmInstances` must be 0 unless `spotShare` is 0 and there is one instance type, got: 2 with 50 % Spot'],
  ])('refuses %j', (props, message) => {
    expect(() => mixWith(props)).toThrow(message);
  });

  describe('on instances', () => {
    let template: Template;
    let mix: CapacityMix;

    beforeAll(() => {
      const own = mixWith(onInstances);
      mix = own.mix;
      template = Template.fromStack(own.stack);
    });

    it('has a base on demand and Spot from the pools with the most room, replaced before it is taken away', () => {
      const { instances } = mix.sizing;
      const group = onlyResource(template, 'AWS::AutoScaling::AutoScalingGroup').Properties;
      expect(group).toMatchObject({
        MinSize: String(instances!.minimum), MaxSize: String(instances!.maximum), CapacityRebalance: true, NewInstancesProtectedFromScaleIn: true,
      });
      expect(group.MixedInstancesPolicy.InstancesDistribution).toEqual({
        OnDemandBaseCapacity: instances!.onDemandBase, OnDemandPercentageAboveBaseCapacity: 50,
        OnDemandAllocationStrategy: 'lowest-price', SpotAllocationStrategy: 'price-capacity-optimized',
      });
      expect(group.MixedInstancesPolicy.LaunchTemplate.Overrides).toEqual([{
        InstanceRequirements: {
          VCpuCount: { Min: instances!.vcpus, Max: instances!.vcpus }, MemoryMiB: { Min: 1024 * instances!.memoryGiB },
          NetworkInterfaceCount: { Min: instances!.tasksPerInstance + 1 }, CpuManufacturers: ['amazon-web-services'],
          InstanceGenerations: ['current'], BurstablePerformance: 'excluded', BareMetal: 'excluded',
        },
      }]);
    });

    it('lets ECS scale it, drain it, and protect what has tasks', () => {
      expect(onlyResource(template, 'AWS::ECS::CapacityProvider').Properties.AutoScalingGroupProvider).toMatchObject({
        ManagedScaling: { Status: 'ENABLED', TargetCapacity: 90 }, ManagedTerminationProtection: 'ENABLED', ManagedDraining: 'ENABLED',
      });
      const data = JSON.stringify(onlyResource(template, 'AWS::EC2::LaunchTemplate').Properties.LaunchTemplateData.UserData);
      expect(data).toContain('ECS_ENABLE_SPOT_INSTANCE_DRAINING=true');
      expect(data).toContain('ECS_AWSVPC_BLOCK_IMDS=true');
    });

    it('asks for tokens of IMDSv2, and encrypts volumes with a key that Auto Scaling may use for nothing else', () => {
      const { LaunchTemplateData: data } = onlyResource(template, 'AWS::EC2::LaunchTemplate').Properties;
      expect(data.MetadataOptions).toMatchObject({ HttpTokens: 'required', HttpPutResponseHopLimit: 1 });
      expect(data.InstanceType).toBeUndefined();
      expect(data.BlockDeviceMappings[0].Ebs).toMatchObject({ Encrypted: true, VolumeSize: 30, VolumeType: 'gp3' });
      const key = onlyResource(template, 'AWS::KMS::Key').Properties;
      expect(referencesIn(data.BlockDeviceMappings[0].Ebs.KmsKeyId)).toEqual(Object.keys(resourcesOf(template, 'AWS::KMS::Key')));
      const own = key.KeyPolicy.Statement.filter((it: { Principal: { AWS?: string } }) => it.Principal.AWS === '*');
      expect(own.map((it: { Action: unknown }) => it.Action)).toEqual([expect.arrayContaining(['kms:Decrypt']), 'kms:CreateGrant']);
      for (const { Condition } of own) {
        expect(JSON.stringify(Condition.ArnLike)).toContain('AWSServiceRoleForAutoScaling');
        expect(referencesIn(Condition.StringEquals)).toEqual(['AWS::AccountId']);
      }
      expect(own[1].Condition.Bool).toEqual({ 'kms:GrantIsForAWSResource': 'true' });
    });

    it('lets nothing in', () => {
      const groups = Object.entries(resourcesOf(template, 'AWS::EC2::SecurityGroup')).filter(([id]) => id.includes('Instances'));
      expect(groups).toHaveLength(1);
      expect(groups[0][1].Properties.SecurityGroupIngress).toBeUndefined();
      template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    });

    it('carries a tier, spread over zones', () => {
      const stack = testStack();
      const network = new NetworkFoundation(stack, 'Network');
      const capacity = new CapacityMix(stack, 'Capacity', { workload, vpc: network.vpc, ...onInstances });
      new StatelessTier(stack, 'Api', { workload, vpc: network.vpc, taskSubnets: network.applicationSubnets, image, capacity });
      const own = Template.fromStack(stack);
      own.resourceCountIs('AWS::ECS::Cluster', 1);
      own.hasResourceProperties('AWS::ECS::TaskDefinition', { RequiresCompatibilities: ['EC2'], NetworkMode: 'awsvpc', Memory: '2048', RuntimePlatform: Match.absent() });
      const service = onlyResource(own, 'AWS::ECS::Service').Properties;
      const [provider] = Object.keys(resourcesOf(own, 'AWS::ECS::CapacityProvider'));
      expect(service.CapacityProviderStrategy).toEqual([{ CapacityProvider: { Ref: provider }, Weight: 1 }]);
      expect(service.PlacementStrategies[0]).toEqual({ Type: 'spread', Field: 'attribute:ecs.availability-zone' });
    });

    it('takes types of its own, and keeps warm ones of a single type on demand', () => {
      const types = ['c7g.xlarge', 'c8g.xlarge'].map((it) => new ec2.InstanceType(it));
      const listed = onlyResource(Template.fromStack(mixWith({ instances: { ...onInstances.instances, instanceTypes: types } }).stack), 'AWS::AutoScaling::AutoScalingGroup');
      expect(listed.Properties.MixedInstancesPolicy.LaunchTemplate.Overrides).toEqual([{ InstanceType: 'c7g.xlarge' }, { InstanceType: 'c8g.xlarge' }]);
      expect(listed.Properties.MixedInstancesPolicy.InstancesDistribution.OnDemandAllocationStrategy).toBe('prioritized');
      const warm = Template.fromStack(mixWith({
        spotShare: 0,
        instances: { ...onInstances.instances, instanceTypes: [types[0]], warmInstances: 2, autoScalingGroupProps: { maxCapacity: 50 } },
      }).stack);
      warm.hasResourceProperties('AWS::AutoScaling::WarmPool', { MinSize: 2, PoolState: 'Stopped' });
      warm.hasResourceProperties('AWS::AutoScaling::AutoScalingGroup', { MixedInstancesPolicy: Match.absent(), MaxSize: '50' });
      warm.hasResourceProperties('AWS::EC2::LaunchTemplate', { LaunchTemplateData: Match.objectLike({ InstanceType: 'c7g.xlarge' }) });
    });

    it('refuses a key that Auto Scaling cannot be let use', () => {
      const stack = testStack();
      const network = new NetworkFoundation(stack, 'Network');
      const encryptionKey = kms.Key.fromKeyArn(stack, 'Key', 'arn:aws:kms:eu-west-1:123456789012:key/1b2c3d4e-0000-4000-8000-000000000000');
      new CapacityMix(stack, 'Capacity', { workload, vpc: network.vpc, instances: { ...onInstances.instances, encryptionKey } });
      expect(() => Template.fromStack(stack)).toThrow('`instances.encryptionKey` must be a key whose policy can be added to');
    });
  });
});

describe('sizeCapacityMix', () => {
  const tier = sizeStatelessTier(workload, facts);

  it('prices the commitment by hand', () => {
    const mix = sizeCapacityMix(workload, tier, facts);
    const hour = tier.cpu / 1024 * facts.number('fargate/arm.vcpuHour') + tier.memory.toMebibytes() / 1024 * facts.number('fargate/arm.gbHour');
    expect(mix.commitmentUsdPerHour).toBeCloseTo(tier.minimumTasks * hour * 0.8, 6);
    expect(mix.spotTasks).toBe(Math.floor((tier.maximumTasks - tier.onDemandBase) / 2));
    expect(mix.monthlyUsd.typical).toBeCloseTo(730 * mix.commitmentUsdPerHour, 6);
    expect(mix.monthlyUsd.high).toBeGreaterThan(mix.monthlyUsd.typical);
  });

  it('packs tasks by what an instance runs out of first', () => {
    const { instances } = sizeCapacityMix(workload, tier, facts, 'instances');
    // 4 vCPU less the reserve hold three tasks of one vCPU, and the four interfaces of the type hold as many.
    expect(instances).toMatchObject({ type: 'c7g.xlarge', tasksPerInstance: 3, minimum: Math.ceil(tier.minimumTasks / 3), maximum: Math.ceil(tier.maximumTasks / 3) });
    expect(instances!.onDemandPercent + instances!.spotPercent).toBe(100);
  });

  it('refuses a task that no instance holds', () => {
    expect(() => sizeCapacityMix(workload, { ...tier, cpu: 32 * 1024 }, facts, 'instances')).toThrow('`cpu` and `memory` of a task must fit onto the largest instance, got: 32 vCPU');
  });
});

describe('assetFolder', () => {
  it('finds a bundle from the root of the package, and names what to do for one that is not there', () => {
    expect(assetFolder('payment-worker')).toMatch(/assets.payment-worker$/);
    expect(() => assetFolder('no-such-thing')).toThrow('`no-such-thing` must be bundled into assets/no-such-thing first; `npm run bundle` makes every bundle');
  });
});
