import { Duration, RemovalPolicy, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatchActions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as sns from 'aws-cdk-lib/aws-sns';
import { assetFolder } from '../../constructs/assets';
import { StatelessTier } from '../../constructs/compute/stateless-tier';
import type { StatelessTierProps } from '../../constructs/compute/stateless-tier-props';
import { NetworkFoundation } from '../../constructs/security/network-foundation';
import { SIZING_METADATA_KEY } from '../../lib/sizing';
import { Facts } from '../../lib/facts';
import { sizeLoadBalancer, sizeStatelessTier } from '../../lib/sizing';
import { LatencyTarget, Rate, Workload } from '../../lib/workload';
import { testStack } from '../support/app';
import { allowedActions, danglingAlarmDimensions, onlyResource, referencesIn, resourcesOf, statements, type TemplateResource } from '../support/template';

const workload = new Workload({ peak: Rate.perSecond(30_000), latencyTarget: LatencyTarget.accept(Duration.millis(80), 99) });
const facts = Facts.DEFAULT.forRegion('eu-west-1');
const certificateArn = 'arn:aws:acm:eu-west-1:123456789012:certificate/1b2c3d4e-0000-4000-8000-000000000000';

/** A tier in a stack of its own. */
function tierWith(props: Partial<StatelessTierProps> = {}): Stack {
  const stack = testStack();
  const network = new NetworkFoundation(stack, 'Network');
  new StatelessTier(stack, 'Api', {
    workload,
    vpc: network.vpc,
    taskSubnets: network.applicationSubnets,
    certificateArn,
    image: ecs.ContainerImage.fromRegistry('example.org/payment-api:1'),
    environment: { PORT: '8080' },
    ...props,
  });
  return stack;
}

describe('StatelessTier', () => {
  const sizing = sizeStatelessTier(workload, facts);
  let template: Template;

  beforeAll(() => {
    template = Template.fromStack(tierWith());
  });

  /** Value of an attribute of the load balancer or the target group. */
  function attribute(from: TemplateResource, list: string, key: string): unknown {
    return from.Properties[list].find((it: { Key: string }) => it.Key === key)?.Value;
  }

  it('listens on 443 with TLS 1.3 and the given certificate, and nowhere else', () => {
    const listener = onlyResource(template, 'AWS::ElasticLoadBalancingV2::Listener').Properties;
    expect(listener).toMatchObject({ Port: 443, Protocol: 'HTTPS', Certificates: [{ CertificateArn: certificateArn }] });
    expect(listener.SslPolicy).toMatch(/^ELBSecurityPolicy-TLS13-/);
  });

  it('drops malformed headers, is kept from deletion and writes access logs', () => {
    const balancer = onlyResource(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
    expect(balancer.Properties.Scheme).toBe('internet-facing');
    const key = (name: string) => attribute(balancer, 'LoadBalancerAttributes', name);
    expect(key('routing.http.drop_invalid_header_fields.enabled')).toBe('true');
    expect(key('routing.http.desync_mitigation_mode')).toBe('strictest');
    expect(key('deletion_protection.enabled')).toBe('true');
    expect(key('access_logs.s3.enabled')).toBe('true');
    const [bucket] = referencesIn(key('access_logs.s3.bucket'));
    expect(resourcesOf(template, 'AWS::S3::Bucket')[bucket]).toBeDefined();
  });

  it('has its bucket ready for the logs of load balancers of this account only', () => {
    const balancer = onlyResource(template, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
    const policies = resourcesOf(template, 'AWS::S3::BucketPolicy');
    const [id] = Object.keys(policies).filter((it) => it.includes('AccessLogs'));
    expect(balancer.DependsOn).toContain(id);
    const statement = policies[id].Properties.PolicyDocument.Statement.find((it: { Effect: string }) => it.Effect === 'Allow');
    expect(statement).toMatchObject({
      Action: 's3:PutObject', Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' },
    });
    // The path is what limits it: load balancers write below their own account. Where a request names no source, a condition on it
    // refuses the test object, and with it the load balancer.
    expect(JSON.stringify(statement.Resource)).toContain('/AWSLogs/');
    expect(referencesIn(statement.Resource)).toEqual([expect.stringContaining('AccessLogs'), 'AWS::AccountId']);
    expect(statement.Condition).toBeUndefined();
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
        Environment: [{ Name: 'PORT', Value: '8080' }],
        StopTimeout: 40,
        LogConfiguration: Match.objectLike({ LogDriver: 'awslogs' }),
      })],
    });
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

  it('follows requests and processor between the bounds of the sizing', () => {
    template.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity: sizing.minimumTasks, MaxCapacity: sizing.maximumTasks });
    const policies = Object.values(resourcesOf(template, 'AWS::ApplicationAutoScaling::ScalingPolicy')).map(
      (policy) => policy.Properties.TargetTrackingScalingPolicyConfiguration,
    );
    const targets = Object.fromEntries(policies.map((it) => [it.PredefinedMetricSpecification.PredefinedMetricType, it.TargetValue]));
    expect(targets).toEqual({
      ALBRequestCountPerTarget: sizing.requestsPerTargetPerMinute, ECSServiceAverageCPUUtilization: sizing.cpuUtilizationPercent,
    });
  });

  it('sends requests to tasks that are ready, and lets those that stop finish', () => {
    const targets = onlyResource(template, 'AWS::ElasticLoadBalancingV2::TargetGroup');
    expect(targets.Properties).toMatchObject({ HealthCheckPath: '/readyz', Port: 8080, Protocol: 'HTTP', TargetType: 'ip' });
    expect(attribute(targets, 'TargetGroupAttributes', 'deregistration_delay.timeout_seconds')).toBe('30');
    expect(attribute(targets, 'TargetGroupAttributes', 'load_balancing.algorithm.type')).toBe('least_outstanding_requests');
  });

  it('opens 443 to the world at the load balancer, and tasks to the load balancer alone', () => {
    const groups = Object.entries(resourcesOf(template, 'AWS::EC2::SecurityGroup'));
    const open = groups.flatMap(([, group]) => (group.Properties.SecurityGroupIngress ?? []).filter((rule: { CidrIp?: unknown }) => rule.CidrIp === '0.0.0.0/0'));
    expect(open).toEqual([expect.objectContaining({ FromPort: 443, ToPort: 443, IpProtocol: 'tcp' })]);
    const rules = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress'));
    expect(rules.map((rule) => [rule.Properties.FromPort, rule.Properties.ToPort])).toEqual([[8080, 8080]]);
    expect(rules[0].Properties.SourceSecurityGroupId).toBeDefined();
    const [, tasks] = groups.find(([id]) => id.includes('Task'))!;
    expect(tasks.Properties.SecurityGroupEgress).toEqual([expect.objectContaining({ FromPort: 443, ToPort: 443, IpProtocol: 'tcp' })]);
  });

  it('watches failures, latency, readiness and refused connections', () => {
    const alarms = resourcesOf(template, 'AWS::CloudWatch::Alarm');
    expect(Object.keys(alarms)).toHaveLength(4);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'TargetResponseTime', ExtendedStatistic: 'p99', Threshold: 0.08 });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'UnHealthyHostCount' });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'RejectedConnectionCount' });
    template.hasResourceProperties('AWS::CloudWatch::Alarm', {
      Threshold: 1, Metrics: Match.arrayWith([Match.objectLike({
        // Requests that find no task are not among those counted: without the second term an outage of all tasks would divide by nothing.
        Expression: '100 * (FILL(target, 0) + FILL(balancer, 0)) / MAX([FILL(requests, 0), FILL(balancer, 0)])',
      })]),
    });
    expect(danglingAlarmDimensions(template)).toEqual([]);
  });

  it('needs a wildcard for nothing but the token of the image registry', () => {
    const own = Template.fromStack(tierWith({ image: ecs.ContainerImage.fromAsset(assetFolder('payment-api')) }));
    const wild = statements(own).filter((it) => it.resources.includes('*'));
    expect(wild.flatMap((it) => it.actions)).toEqual(['ecr:GetAuthorizationToken']);
    expect(allowedActions(own).every((it) => !it.endsWith(':*'))).toBe(true);
  });

  it('writes its decisions into the metadata, overrides as such', () => {
    const own = Template.fromStack(tierWith({ minimumTasks: 4, maximumTasks: 400 }));
    own.hasResourceProperties('AWS::ApplicationAutoScaling::ScalableTarget', { MinCapacity: 4, MaxCapacity: 400 });
    const { decisions } = own.toJSON().Metadata[SIZING_METADATA_KEY];
    expect(decisions.find((it: { name: string }) => it.name === 'minimumTasks')).toMatchObject({ path: 'stack/Api', value: 4, derived: sizing.minimumTasks, origin: 'override' });
  });

  it('tells what its load balancer takes by dimension, and nothing of what is not built', () => {
    const { decisions } = template.toJSON().Metadata[SIZING_METADATA_KEY] as { decisions: { path: string; name: string }[] };
    const sized = sizeLoadBalancer(workload, facts);
    const expected = Object.fromEntries(sized.decisions.map((it) => [it.name, it]));
    const told = Object.fromEntries(decisions.filter((it) => it.path === 'stack/Api').map((it) => [it.name, it]));
    for (const name of ['sharedUnits', 'handshakesPerSecond']) {
      const { value, formula, binding, inputs } = expected[name];
      expect(told[name]).toMatchObject({ value, formula, binding, inputs, unit: expected[name].unit });
    }
    expect(Object.keys(expected.sharedUnits.inputs)).toEqual(
      expect.arrayContaining(['unitsByNewConnections', 'unitsByActiveConnections', 'unitsByGigabytes', 'unitsByRules']),
    );
    expect(Object.keys(told).filter((it) => /partner|network|reserved|dollars/i.test(it))).toEqual([]);
    expect(new Set(decisions.map((it) => `${it.path}/${it.name}`)).size).toBe(decisions.length);
  });

  it('calls whoever is given', () => {
    const stack = testStack();
    const network = new NetworkFoundation(stack, 'Network');
    const topic = new sns.Topic(stack, 'Operators');
    new StatelessTier(stack, 'Api', {
      workload, vpc: network.vpc, taskSubnets: network.applicationSubnets, certificateArn, image: ecs.ContainerImage.fromRegistry('example.org/api:1'),
      alarms: { actions: [new cloudwatchActions.SnsAction(topic)] },
    });
    const own = Template.fromStack(stack);
    const [id] = Object.keys(resourcesOf(own, 'AWS::SNS::Topic'));
    own.allResourcesProperties('AWS::CloudWatch::Alarm', { AlarmActions: [{ Ref: id }], OKActions: [{ Ref: id }] });
  });

  it('can be thrown away where it is told so, and takes CDK properties over its own', () => {
    const own = Template.fromStack(tierWith({
      removalPolicy: RemovalPolicy.DESTROY, targetGroupProps: { deregistrationDelay: Duration.seconds(5) }, taskDefinitionProps: { family: 'api' },
    }));
    const balancer = onlyResource(own, 'AWS::ElasticLoadBalancingV2::LoadBalancer');
    expect(attribute(balancer, 'LoadBalancerAttributes', 'deletion_protection.enabled')).toBe('false');
    own.hasResourceProperties('AWS::ECS::TaskDefinition', { Family: 'api' });
    own.hasResourceProperties('AWS::ElasticLoadBalancingV2::TargetGroup', {
      TargetGroupAttributes: Match.arrayWith([{ Key: 'deregistration_delay.timeout_seconds', Value: '5' }]),
    });
  });

  it.each<[Partial<StatelessTierProps>, string]>([
    [{ certificateArn: 'none' }, '`certificateArn` must be the ARN of an ACM certificate, got: none'],
    [{ user: '0' }, '`user` must be a user and group in numbers, not root, got: 0'],
    [{ user: 'root' }, '`user` must be a user and group in numbers, not root, got: root'],
    [{ containerPort: 80 }, '`containerPort` must be between 1024 and 65535, got: 80'],
    [{ readinessPath: 'readyz' }, '`readinessPath` must be a path, got: readyz'],
    [{ drainTime: Duration.minutes(3) }, '`drainTime` must be between 1 and 120 seconds, got: 180'],
    [{ minimumTasks: 0 }, '`minimumTasks` must be between 1 and'],
  ])('refuses %j at once', (props, message) => {
    expect(() => tierWith(props)).toThrow(message);
  });

  it('refuses fewer tasks at most than at least', () => {
    expect(() => tierWith({ minimumTasks: 10, maximumTasks: 9 })).toThrow('`maximumTasks` must be at least `minimumTasks` = 10, got: 9');
  });
});

describe('assetFolder', () => {
  it('finds a bundle from the root of the package, and names what to do for one that is not there', () => {
    expect(assetFolder('payment-worker')).toMatch(/assets.payment-worker$/);
    expect(() => assetFolder('no-such-thing')).toThrow('`no-such-thing` must be bundled into assets/no-such-thing first; `npm run bundle` makes every bundle');
  });
});
