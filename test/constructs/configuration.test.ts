import { Duration, type Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as cloudwatchActions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { StatelessTier } from '../../constructs/compute/stateless-tier';
import { FeatureConfig } from '../../constructs/resilience/feature-config';
import type { FeatureConfigProps } from '../../constructs/resilience/feature-config-props';
import { ServiceRegistry, type ServiceRegistryProps } from '../../constructs/resilience/service-registry';
import { NetworkFoundation } from '../../constructs/security/network-foundation';
import { Rate, Workload } from '../../lib/workload';
import { testStack } from '../support/app';
import { allowedActions, danglingAlarmDimensions, onlyResource, referencesIn, resourcesOf, statements } from '../support/template';

const workload = new Workload({ peak: Rate.perSecond(1000) });

describe('FeatureConfig', () => {
  const schema = { '$schema': 'http://json-schema.org/draft-04/schema#', 'type': 'object', 'properties': { payouts: { type: 'boolean' } }, 'additionalProperties': false };

  /** A configuration in a stack of its own. */
  function featuresWith(props: Partial<FeatureConfigProps> = {}, stack = testStack()): { stack: Stack; features: FeatureConfig } {
    const alarm = new cloudwatch.Alarm(stack, 'Errors', { metric: new cloudwatch.Metric({ namespace: 'Api', metricName: 'Errors' }), threshold: 1, evaluationPeriods: 1 });
    return { stack, features: new FeatureConfig(stack, 'Features', { content: { payouts: true }, schema, rollbackAlarms: [alarm], ...props }) };
  }

  let template: Template;

  beforeAll(() => {
    const { stack, features } = featuresWith();
    features.grantRead(new iam.Role(stack, 'Reader', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }));
    template = Template.fromStack(stack);
  });

  it('refuses content that does not keep its schema, and keeps it under a customer key', () => {
    const [key] = Object.keys(resourcesOf(template, 'AWS::KMS::Key'));
    const profile = onlyResource(template, 'AWS::AppConfig::ConfigurationProfile').Properties;
    expect(profile.Validators).toEqual([{ Type: 'JSON_SCHEMA', Content: JSON.stringify(schema) }]);
    expect(profile.LocationUri).toBe('hosted');
    expect(referencesIn(profile.KmsKeyIdentifier)).toEqual([key]);
    template.hasResourceProperties('AWS::AppConfig::HostedConfigurationVersion', { Content: '{"payouts":true}', ContentType: 'application/json' });
    expect(referencesIn(onlyResource(template, 'AWS::AppConfig::Deployment').Properties.KmsKeyIdentifier)).toEqual([key]);
  });

  it('reaches readers step by step, and can be taken back for a while after', () => {
    template.hasResourceProperties('AWS::AppConfig::DeploymentStrategy', {
      GrowthType: 'LINEAR', GrowthFactor: 20, DeploymentDurationInMinutes: 20, FinalBakeTimeInMinutes: 10,
    });
  });

  it('is taken back by an alarm, which it looks at with a role that sees the alarms of its region only', () => {
    const [monitor] = onlyResource(template, 'AWS::AppConfig::Environment').Properties.Monitors;
    expect(referencesIn(monitor.AlarmArn)[0]).toMatch(/^Errors/);
    const [role] = referencesIn(monitor.AlarmRoleArn);
    expect(resourcesOf(template, 'AWS::IAM::Role')[role].Properties.AssumeRolePolicyDocument.Statement[0].Principal).toEqual({ Service: 'appconfig.amazonaws.com' });
    const [look] = statements(template).filter(({ actions }) => actions.includes('cloudwatch:DescribeAlarms'));
    expect(JSON.stringify(look.Resource)).toContain(':alarm:*');
    expect(referencesIn(look.Resource)).toEqual(expect.arrayContaining(['AWS::AccountId']));
  });

  it('says so when a version was taken back', () => {
    expect(danglingAlarmDimensions(template).filter((id) => id.includes('Features'))).toEqual([]);
    const pattern = onlyResource(template, 'AWS::Events::Rule').Properties.EventPattern;
    expect(pattern['detail-type']).toContain('On Deployment Rolled Back');
    expect(referencesIn(pattern.detail.Application.Id)).toEqual(Object.keys(resourcesOf(template, 'AWS::AppConfig::Application')));
    const [association] = Object.keys(resourcesOf(template, 'AWS::AppConfig::ExtensionAssociation'));
    expect(onlyResource(template, 'AWS::AppConfig::Deployment').DependsOn).toContain(association);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { Namespace: 'AWS/Events', MetricName: 'MatchedEvents', Threshold: 0 });
  });

  it('is read by whoever was let, and nothing else is', () => {
    const [read] = statements(template).filter(({ actions }) => actions.includes('appconfig:GetLatestConfiguration'));
    expect(read.actions).toEqual(['appconfig:GetLatestConfiguration', 'appconfig:StartConfigurationSession']);
    expect(referencesIn(read.Resource)).toEqual(expect.arrayContaining([
      ...Object.keys(resourcesOf(template, 'AWS::AppConfig::Application')), ...Object.keys(resourcesOf(template, 'AWS::AppConfig::ConfigurationProfile')),
    ]));
    expect(allowedActions(template)).toEqual([
      'appconfig:GetLatestConfiguration', 'appconfig:StartConfigurationSession', 'cloudwatch:DescribeAlarms', 'kms:Decrypt', 'kms:DescribeKey',
    ]);
    expect(statements(template).some(({ resources }) => resources.includes('*'))).toBe(false);
  });

  it('tells a reader where it is, by names that are in the template', () => {
    const { stack, features } = featuresWith();
    const own = Template.fromStack(stack);
    const nameOf = (type: string) => onlyResource(own, `AWS::AppConfig::${type}`).Properties.Name;
    expect(features.variables).toEqual({
      FEATURE_APPLICATION: nameOf('Application'), FEATURE_ENVIRONMENT: nameOf('Environment'), FEATURE_CONFIGURATION: nameOf('ConfigurationProfile'),
    });
  });

  it('can be read by the very tier whose alarm takes it back', () => {
    const stack = testStack();
    const network = new NetworkFoundation(stack, 'Network');
    const image = ecs.ContainerImage.fromRegistry('example.org/api:1');
    const tier = new StatelessTier(stack, 'Api', { workload, vpc: network.vpc, taskSubnets: network.applicationSubnets, image });
    const { features } = featuresWith({ rollbackAlarms: [tier.alarms.alarms.Cpu] }, stack);
    features.grantRead(tier);
    Object.entries(features.variables).forEach(([name, value]) => tier.container.addEnvironment(name, value));
    // Would fail over a cycle.
    Template.fromStack(stack);
  });

  it('takes a key that is there, times of its own, and CDK options over its own', () => {
    const stack = testStack();
    const topic = new sns.Topic(stack, 'Operators');
    const encryptionKey = new kms.Key(stack, 'Key');
    featuresWith({
      encryptionKey, growthPercent: 50, rolloutTime: Duration.minutes(2), bakeTime: Duration.minutes(0), environmentOptions: { environmentName: 'prod' },
      alarms: { actions: [new cloudwatchActions.SnsAction(topic)] },
    }, stack);
    const own = Template.fromStack(stack);
    own.resourceCountIs('AWS::KMS::Key', 1);
    own.hasResourceProperties('AWS::AppConfig::Environment', { Name: 'prod', Monitors: [Match.anyValue()] });
    own.hasResourceProperties('AWS::AppConfig::DeploymentStrategy', { GrowthFactor: 50, DeploymentDurationInMinutes: 2, FinalBakeTimeInMinutes: 0 });
    own.hasResourceProperties('AWS::CloudWatch::Alarm', { Namespace: 'AWS/Events', AlarmActions: [{ Ref: Object.keys(resourcesOf(own, 'AWS::SNS::Topic'))[0] }] });
  });

  it.each<[Partial<FeatureConfigProps>, string]>([
    [{ rollbackAlarms: [] }, '`rollbackAlarms` must be between 1 and 5, got: 0'],
    [{ growthPercent: 0 }, '`growthPercent` must be between 1 and 100, got: 0'],
    [{ rolloutTime: Duration.days(2) }, '`rolloutTime` must be between 0 and 86400 seconds, got: 172800'],
    [{ bakeTime: Duration.days(2) }, '`bakeTime` must be between 0 and 86400 seconds, got: 172800'],
    [{ schema: { $schema: 'https://json-schema.org/draft/2020-12/schema' } }, '`schema.$schema` must be http://json-schema.org/draft-04/schema#'],
    [{ schema: { description: 'x'.repeat(40_000) } }, '`schema` must be between 1 and 32768, got: 40018'],
  ])('refuses what AWS AppConfig does not take', (props, message) => {
    expect(() => featuresWith(props)).toThrow(message);
  });
});

describe('ServiceRegistry', () => {
  /** A registry in a stack of its own. */
  function registryWith(props: Partial<ServiceRegistryProps> = {}): { stack: Stack; network: NetworkFoundation; registry: ServiceRegistry } {
    const stack = testStack();
    const network = new NetworkFoundation(stack, 'Network');
    return { stack, network, registry: new ServiceRegistry(stack, 'Registry', { vpc: network.vpc, domain: 'payments.internal', ...props }) };
  }

  function tierIn(stack: Stack, network: NetworkFoundation, id: string): StatelessTier {
    return new StatelessTier(stack, id, { workload, vpc: network.vpc, taskSubnets: network.applicationSubnets, image: ecs.ContainerImage.fromRegistry('example.org/api:1') });
  }

  it('names the tasks of a tier inside the network only, and forgets those that stop', () => {
    const { network, registry, stack } = registryWith();
    registry.register('api', tierIn(stack, network, 'Api'));
    const template = Template.fromStack(stack);
    const namespace = onlyResource(template, 'AWS::ServiceDiscovery::PrivateDnsNamespace').Properties;
    expect(namespace.Name).toBe('payments.internal');
    expect(referencesIn(namespace.Vpc)).toEqual(Object.keys(resourcesOf(template, 'AWS::EC2::VPC')));
    template.hasResourceProperties('AWS::ServiceDiscovery::Service', {
      Name: 'api', DnsConfig: { DnsRecords: [{ Type: 'A', TTL: 10 }], RoutingPolicy: 'MULTIVALUE' }, HealthCheckCustomConfig: { FailureThreshold: 1 },
    });
    const [service] = Object.keys(resourcesOf(template, 'AWS::ServiceDiscovery::Service'));
    expect(referencesIn(onlyResource(template, 'AWS::ECS::Service').Properties.ServiceRegistries)).toEqual([service]);
    expect(registry.hostOf('api')).toBe('api.payments.internal');
  });

  it('gives a name to something that has one already', () => {
    const { registry, stack } = registryWith({ timeToLive: Duration.seconds(60), namespaceProps: undefined });
    registry.registerHost('cache', 'primary.example.cache.amazonaws.com');
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::ServiceDiscovery::Service', { Name: 'cache', DnsConfig: { DnsRecords: [{ Type: 'CNAME', TTL: 60 }], RoutingPolicy: 'WEIGHTED' } });
    template.hasResourceProperties('AWS::ServiceDiscovery::Instance', { InstanceAttributes: { AWS_INSTANCE_CNAME: 'primary.example.cache.amazonaws.com' } });
  });

  it('lets a client ask for what is registered, and for nothing else', () => {
    const { registry, stack } = registryWith();
    registry.registerHost('cache', 'primary.example.cache.amazonaws.com');
    registry.grantDiscover(new iam.Role(stack, 'Client', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') }));
    const [discover] = statements(Template.fromStack(stack));
    expect(discover.actions).toEqual(['servicediscovery:DiscoverInstances']);
    expect(discover.resources.flatMap((it) => referencesIn(it)).map((it) => it.slice(0, 13))).toEqual(['RegistryNames', 'Registrycache']);
  });

  it('refuses names that are none, that are taken, or that nobody registered', () => {
    const { registry } = registryWith();
    registry.registerHost('cache', 'a.example.com');
    expect(() => registry.registerHost('cache', 'b.example.com')).toThrow('`name` must differ from those of the other services, got: cache twice');
    expect(() => registry.registerHost('Cache', 'b.example.com')).toThrow('`name` must be lower-case letters, digits and dashes, at most 63 characters, got: Cache');
    expect(() => registry.hostOf('api')).toThrow('`name` must be one of cache, got: api');
    expect(() => registryWith({ domain: 'Payments' })).toThrow('`domain` must be a domain in lower-case letters, got: Payments');
    expect(() => registryWith({ timeToLive: Duration.seconds(0) })).toThrow('`timeToLive` must be between 1 and 2147483647 seconds, got: 0');
  });
});
