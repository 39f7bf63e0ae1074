import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { CfnParameter, Duration, RemovalPolicy, Size, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudfront from 'aws-cdk-lib/aws-cloudfront';
import * as cloudwatchActions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import * as sns from 'aws-cdk-lib/aws-sns';
import { AuditLock } from '../../constructs/archive/audit-lock';
import { StatelessTier } from '../../constructs/compute/stateless-tier';
import { ApiAuth } from '../../constructs/edge/api-auth';
import type { ApiAuthProps } from '../../constructs/edge/api-auth-props';
import { PAYMENT_ROUTES, paymentRoutes } from '../../constructs/edge/api-route';
import { greaterThanPattern } from '../../constructs/edge/content-length';
import { EdgeDistribution, type EdgeDistributionProps } from '../../constructs/edge/edge-distribution';
import { ClaimFormat } from '../../constructs/edge/jwt-validation';
import { PartnerEdge, type PartnerEdgeProps } from '../../constructs/edge/partner-edge';
import { PublicEdge } from '../../constructs/edge/public-edge';
import type { PublicEdgeProps } from '../../constructs/edge/public-edge-props';
import { TlsEdge } from '../../constructs/edge/tls-edge';
import type { TlsEdgeProps } from '../../constructs/edge/tls-edge-props';
import { WeightedName } from '../../constructs/edge/weighted-name';
import { NetworkFoundation } from '../../constructs/security/network-foundation';
import { check } from '../../lib/checks';
import { Facts } from '../../lib/facts';
import { sizeEdgeCells, sizeLoadBalancer, sizeWebAcl, SIZING_METADATA_KEY } from '../../lib/sizing';
import { Topology } from '../../lib/topology';
import { LatencyTarget, Rate, RecoveryTier, Workload } from '../../lib/workload';
import { testApp, testStack } from '../support/app';
import { allowedActions, danglingAlarmDimensions, onlyResource, referencesIn, resourcesOf, statements, type TemplateResource } from '../support/template';

const facts = Facts.DEFAULT.forRegion('eu-west-1');
const certificateArn = 'arn:aws:acm:eu-west-1:123456789012:certificate/1b2c3d4e-0000-4000-8000-000000000000';
const workload = new Workload({ peak: Rate.perSecond(30_000), latencyTarget: LatencyTarget.accept(Duration.millis(80), 99) });
/** What one cell carries: one load balancer of a kind. */
const small = new Workload({ peak: Rate.perSecond(500), recoveryTier: RecoveryTier.SUPPORTING });
const issuer = 'https://issuer.example.org';
const jwksEndpoint = `${issuer}/jwks.json`;

const LISTENER = 'AWS::ElasticLoadBalancingV2::Listener';
const RULE = 'AWS::ElasticLoadBalancingV2::ListenerRule';
const BALANCER = 'AWS::ElasticLoadBalancingV2::LoadBalancer';
const WEB_ACL = 'AWS::WAFv2::WebACL';

interface Parts {
  readonly stack: Stack;
  readonly vpc: ec2.IVpc;
  readonly tier: StatelessTier;
}

/** A stack with a network and a tier that has no front yet. */
function parts(stack: Stack = testStack()): Parts {
  const vpc = new ec2.Vpc(stack, 'Vpc', { maxAzs: 2, natGateways: 0, subnetConfiguration: [
    { name: 'edge', subnetType: ec2.SubnetType.PUBLIC }, { name: 'application', subnetType: ec2.SubnetType.PRIVATE_ISOLATED },
  ] });
  const tier = new StatelessTier(stack, 'Api', {
    workload: small, vpc, taskSubnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED }, image: ecs.ContainerImage.fromRegistry('example.org/payment-api:1'),
  });
  return { stack, vpc, tier };
}

function tlsEdge(props: Partial<TlsEdgeProps> = {}, { stack, vpc, tier }: Parts = parts()): TlsEdge {
  const edge = new TlsEdge(stack, 'Edge', { workload, vpc, certificateArn, ...props });
  edge.serve(tier);
  return edge;
}

function auth(stack: Stack, props: Partial<ApiAuthProps> = {}): ApiAuth {
  return new ApiAuth(stack, 'Auth', { issuer, jwksEndpoint, ...props });
}

function publicEdge(props: Partial<PublicEdgeProps> = {}, { stack, vpc, tier }: Parts = parts()): PublicEdge {
  const edge = new PublicEdge(stack, 'Public', { workload: small, vpc, certificateArn, auth: props.auth ?? auth(stack), ...props });
  edge.serve(tier);
  return edge;
}

function partnerEdge(props: Partial<PartnerEdgeProps> = {}, { stack, vpc, tier }: Parts = parts()): PartnerEdge {
  const own = props.trustStore === undefined ? { authoritiesBucket: s3.Bucket.fromBucketName(stack, 'Authorities', 'authorities') } : {};
  const edge = new PartnerEdge(stack, 'Partner', { workload: small, vpc, certificateArn, ...own, ...props });
  edge.serve(tier);
  return edge;
}

const templateOf = ({ stack }: { readonly stack: Stack }) => Template.fromStack(stack);
const stackOf = (construct: { readonly node: { readonly scope?: unknown } }) => Template.fromStack(Stack.of(construct as never));

/** Value of an attribute of the load balancer or the target group. */
function attribute(from: TemplateResource, list: string, key: string): unknown {
  return from.Properties[list].find((it: { Key: string }) => it.Key === key)?.Value;
}

function decisionsOf(template: Template): { readonly path: string; readonly name: string; readonly [member: string]: unknown }[] {
  return template.toJSON().Metadata[SIZING_METADATA_KEY].decisions;
}

describe('TlsEdge', () => {
  let template: Template;
  beforeAll(() => {
    template = stackOf(tlsEdge());
  });

  it('listens on 443 with TLS 1.3 and the given certificate, and nowhere else', () => {
    const listener = onlyResource(template, LISTENER).Properties;
    expect(listener).toMatchObject({ Port: 443, Protocol: 'HTTPS', Certificates: [{ CertificateArn: certificateArn }] });
    expect(listener.SslPolicy).toMatch(/^ELBSecurityPolicy-TLS13-/);
  });

  it('drops malformed headers, is kept from deletion and writes access logs', () => {
    const balancer = onlyResource(template, BALANCER);
    expect(balancer.Properties.Scheme).toBe('internet-facing');
    expect(balancer.Properties.MinimumLoadBalancerCapacity).toBeUndefined();
    const key = (name: string) => attribute(balancer, 'LoadBalancerAttributes', name);
    expect(key('routing.http.drop_invalid_header_fields.enabled')).toBe('true');
    expect(key('routing.http.desync_mitigation_mode')).toBe('strictest');
    expect(key('deletion_protection.enabled')).toBe('true');
    expect(key('access_logs.s3.enabled')).toBe('true');
    const [bucket] = referencesIn(key('access_logs.s3.bucket'));
    expect(resourcesOf(template, 'AWS::S3::Bucket')[bucket]).toBeDefined();
  });

  it('has its bucket ready for the logs of load balancers of this account only', () => {
    const balancer = onlyResource(template, BALANCER);
    const policies = resourcesOf(template, 'AWS::S3::BucketPolicy');
    const [id] = Object.keys(policies).filter((it) => it.includes('AccessLogs'));
    expect(balancer.DependsOn).toContain(id);
    const allowed = policies[id].Properties.PolicyDocument.Statement.filter((it: { Effect: string }) => it.Effect === 'Allow');
    expect(allowed).toHaveLength(1);
    expect(allowed[0]).toMatchObject({ Action: 's3:PutObject', Principal: { Service: 'logdelivery.elasticloadbalancing.amazonaws.com' } });
    // The path is what limits it: load balancers write below their own account. Where a request names no source, a condition on it
    // refuses the test object, and with it the load balancer.
    expect(JSON.stringify(allowed[0].Resource)).toContain('/AWSLogs/');
    expect(referencesIn(allowed[0].Resource)).toEqual([expect.stringContaining('AccessLogs'), 'AWS::AccountId']);
    expect(allowed[0].Condition).toBeUndefined();
  });

  it('sends requests to tasks that are ready, and lets those that stop finish', () => {
    const targets = onlyResource(template, 'AWS::ElasticLoadBalancingV2::TargetGroup');
    expect(targets.Properties).toMatchObject({ HealthCheckPath: '/readyz', Port: 8080, Protocol: 'HTTP', TargetType: 'ip' });
    expect(attribute(targets, 'TargetGroupAttributes', 'deregistration_delay.timeout_seconds')).toBe('30');
    expect(attribute(targets, 'TargetGroupAttributes', 'load_balancing.algorithm.type')).toBe('least_outstanding_requests');
    const [group] = Object.keys(resourcesOf(template, 'AWS::ElasticLoadBalancingV2::TargetGroup'));
    expect(onlyResource(template, 'AWS::ECS::Service').Properties.LoadBalancers).toEqual([expect.objectContaining({ TargetGroupArn: { Ref: group } })]);
  });

  it('lets everything through but health checks and metrics', () => {
    expect(onlyResource(template, LISTENER).Properties.DefaultActions).toEqual([expect.objectContaining({ Type: 'forward' })]);
    expect(onlyResource(template, RULE).Properties).toMatchObject({
      Conditions: [{ Field: 'path-pattern', PathPatternConfig: { Values: ['/readyz', '/healthz', '/metrics'] } }],
      Actions: [{ Type: 'fixed-response', FixedResponseConfig: { StatusCode: '404' } }],
    });
  });

  it('opens 443 to the world at the load balancer, and tasks to the load balancer alone', () => {
    const groups = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroup'));
    const open = groups.flatMap((group) => (group.Properties.SecurityGroupIngress ?? []).filter((rule: { CidrIp?: unknown }) => rule.CidrIp === '0.0.0.0/0'));
    expect(open).toEqual([expect.objectContaining({ FromPort: 443, ToPort: 443, IpProtocol: 'tcp' })]);
    const rules = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress'));
    expect(rules.map((rule) => [rule.Properties.FromPort, rule.Properties.ToPort])).toEqual([[8080, 8080]]);
    expect(rules[0].Properties.SourceSecurityGroupId).toBeDefined();
  });

  it('watches failures, latency, readiness and refused connections', () => {
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

  it('tells what its load balancer takes by dimension, and nothing of what is not built', () => {
    const told = Object.fromEntries(decisionsOf(template).filter((it) => it.path === 'stack/Edge').map((it) => [it.name, it]));
    const sized = sizeLoadBalancer(workload, facts);
    expect(Object.keys(told).sort()).toEqual(['handshakesPerSecond', 'sharedUnits']);
    for (const expected of sized.decisions.filter(({ name }) => name in told)) {
      const { value, formula, binding, inputs } = expected;
      expect(told[expected.name]).toMatchObject({ value, formula, binding, inputs });
    }
  });

  it('is inside the network where it is told so, for the network alone', () => {
    const own = stackOf(tlsEdge({ internetFacing: false, subnets: { subnetType: ec2.SubnetType.PRIVATE_ISOLATED } }));
    expect(onlyResource(own, BALANCER).Properties.Scheme).toBe('internal');
    const ingress = Object.values(resourcesOf(own, 'AWS::EC2::SecurityGroup')).flatMap((it) => it.Properties.SecurityGroupIngress ?? []);
    expect(ingress).toEqual([expect.objectContaining({ CidrIp: { 'Fn::GetAtt': [expect.stringContaining('Vpc'), 'CidrBlock'] }, FromPort: 443 })]);
  });

  it('lets only stated routes through, and answers all else 404', () => {
    const own = stackOf(tlsEdge({ routes: [{ name: 'Orders', paths: ['/orders', '/orders/*'], methods: ['GET', 'POST'] }] }));
    const listener = onlyResource(own, LISTENER).Properties;
    expect(listener.DefaultActions).toEqual([expect.objectContaining({ Type: 'fixed-response' })]);
    expect(JSON.parse(listener.DefaultActions[0].FixedResponseConfig.MessageBody)).toMatchObject({ type: 'about:blank', status: 404 });
    expect(onlyResource(own, RULE).Properties).toMatchObject({
      Priority: 1,
      Conditions: [
        { Field: 'path-pattern', PathPatternConfig: { Values: ['/orders', '/orders/*'] } },
        { Field: 'http-request-method', HttpRequestMethodConfig: { Values: ['GET', 'POST'] } },
      ],
      Actions: [{ Type: 'forward' }],
    });
  });

  it('takes a certificate of CDK, CDK properties over its own, and can be thrown away', () => {
    const it = parts();
    const certificate = new acm.Certificate(it.stack, 'Certificate', { domainName: 'api.example.org' });
    const topic = new sns.Topic(it.stack, 'Operators');
    tlsEdge({
      certificateArn: undefined, certificate, removalPolicy: RemovalPolicy.DESTROY,
      targetGroupProps: { deregistrationDelay: Duration.seconds(5) }, listenerProps: { port: 8443 },
      alarms: { actions: [new cloudwatchActions.SnsAction(topic)], overrides: { Latency: { threshold: 1 }, UnhealthyTasks: { enabled: false } } },
    }, it);
    const own = templateOf(it);
    const [id] = Object.keys(resourcesOf(own, 'AWS::CertificateManager::Certificate'));
    expect(onlyResource(own, LISTENER).Properties).toMatchObject({ Port: 8443, Certificates: [{ CertificateArn: { Ref: id } }] });
    expect(attribute(onlyResource(own, BALANCER), 'LoadBalancerAttributes', 'deletion_protection.enabled')).toBe('false');
    const targets = onlyResource(own, 'AWS::ElasticLoadBalancingV2::TargetGroup');
    expect(attribute(targets, 'TargetGroupAttributes', 'deregistration_delay.timeout_seconds')).toBe('5');
    own.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'TargetResponseTime', Threshold: 1, AlarmActions: [Match.anyValue()] });
    expect(Object.keys(resourcesOf(own, 'AWS::CloudWatch::Alarm')).filter((alarm) => alarm.includes('UnhealthyTasks'))).toEqual([]);
  });

  it('is refused where it serves nobody, or twice', () => {
    const it = parts();
    const edge = new TlsEdge(it.stack, 'Edge', { workload, vpc: it.vpc, certificateArn });
    expect(() => edge.targetGroup).toThrow('`serve` must be called before the target group is there');
    expect(edge.node.validate()).toEqual(['`serve` must be called: an edge without a tier answers nothing']);
    edge.serve(it.tier);
    expect(edge.node.validate()).toEqual([]);
    expect(() => edge.serve(it.tier)).toThrow('`serve` must be called once');
  });

  it.each<[Partial<TlsEdgeProps>, string]>([
    [{ certificateArn: 'none' }, '`certificateArn` must be the ARN of an ACM certificate, got: none'],
    [{ certificateArn: undefined }, '`certificateArn` or `certificate` must be given, got: neither'],
    [{ frontName: '1st' }, '`frontName` must be letters and digits, starting with a letter, got: 1st'],
    [{ hiddenPaths: ['healthz'] }, '`hiddenPaths` must be paths, got: healthz'],
    [{ hiddenPaths: [] }, '`hiddenPaths` must be between 1 and 5, got: 0'],
    [{ routes: [{ name: 'A', paths: [] }] }, '`routes.A.paths` must be between 1 and 5, got: 0'],
    [{ routes: [{ name: 'A', paths: ['a'] }] }, '`routes.A.paths` must be a path pattern of at most 128 characters, got: a'],
    [{ routes: [{ name: 'A', paths: ['/a', '/b', '/c'], methods: ['GET', 'PUT', 'POST'] }] }, '`conditions of route A` must be between 1 and 5, got: 6'],
    [{ routes: [{ name: 'A', paths: ['/*/*/*/*/*/*/*'] }] }, '`wildcards of route A` must be between 0 and 6, got: 7'],
    [{ routes: [{ name: 'A', paths: ['/a'] }, { name: 'A', paths: ['/b'] }] }, '`routes.name` must differ, got: A twice'],
  ])('refuses %j at once', (props, message) => {
    const it = parts();
    expect(() => new TlsEdge(it.stack, 'Edge', { workload, vpc: it.vpc, certificateArn, ...props })).toThrow(message);
  });
});

describe('ApiAuth', () => {
  it('keeps API keys by their hash in a table under a customer key, and tells the API of it all', () => {
    const stack = testStack();
    const own = auth(stack, { audience: 'payments', keySet: '{"keys":[]}' });
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
    own.grantRead(role);
    const template = Template.fromStack(stack);
    const table = onlyResource(template, 'AWS::DynamoDB::Table');
    expect(table.DeletionPolicy).toBe('Retain');
    expect(table.Properties).toMatchObject({
      KeySchema: [{ AttributeName: 'keyHash', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      SSESpecification: { SSEEnabled: true, SSEType: 'KMS', KMSMasterKeyId: expect.anything() },
      TimeToLiveSpecification: { AttributeName: 'expiresAt', Enabled: true },
      DeletionProtectionEnabled: true,
    });
    expect(stack.resolve(own.variables)).toEqual({
      AUTHENTICATION: 'jwt',
      JWT_ISSUER: issuer,
      JWT_JWKS_ENDPOINT: jwksEndpoint,
      JWT_KEY_SET: '{"keys":[]}',
      JWT_AUDIENCE: 'payments',
      TOKEN_CACHE_SECONDS: '300',
      API_KEY_TABLE: { Ref: Object.keys(resourcesOf(template, 'AWS::DynamoDB::Table'))[0] },
      API_KEY_HEADER: 'x-api-key',
    });
    // It can look up what it was shown, and list nothing.
    expect(allowedActions(template)).toEqual(['dynamodb:GetItem', 'kms:Decrypt', 'kms:DescribeKey']);
    expect(statements(template).flatMap((it) => it.resources)).not.toContain('*');
    expect(danglingAlarmDimensions(template)).toEqual([]);
    template.hasResourceProperties('AWS::CloudWatch::Alarm', { MetricName: 'ReadThrottleEvents' });
  });

  it('does without keys, with another claim, and in a stack of no known region', () => {
    const stack = new Stack(testApp(), 'stack');
    const own = auth(stack, { apiKeys: false, scopeClaim: 'scp', scopeFormat: ClaimFormat.STRING_ARRAY, tokenCache: Duration.seconds(0) });
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
    own.grantRead(role);
    expect(own.apiKeys).toBeUndefined();
    const admitted = own.admit({ name: 'A', paths: ['/a'], scope: 'a:read' }, elbv2.ListenerAction.fixedResponse(200));
    expect(admitted.renderRuleActions()[0]).toMatchObject({
      jwtValidationConfig: { additionalClaims: [{ name: 'scp', format: 'string-array', values: ['a:read'] }] },
    });
    expect(own.variables).toEqual({
      AUTHENTICATION: 'jwt', JWT_ISSUER: issuer, JWT_JWKS_ENDPOINT: jwksEndpoint, JWT_SCOPE_CLAIM: 'scp', TOKEN_CACHE_SECONDS: '0',
    });
    expect(allowedActions(Template.fromStack(stack))).toEqual([]);
  });

  it('takes a key of somebody else, and options of CDK over its own', () => {
    const stack = testStack();
    const encryptionKey = new kms.Key(stack, 'Key');
    const tableOptions = { contributorInsightsSpecification: { enabled: true } };
    const own = auth(stack, { encryptionKey, removalPolicy: RemovalPolicy.DESTROY, tableOptions });
    const issuing = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    own.apiKeys!.grantIssue(issuing);
    const template = Template.fromStack(stack);
    expect(Object.keys(resourcesOf(template, 'AWS::KMS::Key'))).toHaveLength(1);
    expect(onlyResource(template, 'AWS::DynamoDB::Table')).toMatchObject({
      DeletionPolicy: 'Delete', Properties: { DeletionProtectionEnabled: false, ContributorInsightsSpecification: { Enabled: true } },
    });
    expect(allowedActions(template).filter((it) => it.startsWith('dynamodb:'))).toEqual(
      ['dynamodb:DeleteItem', 'dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'],
    );
  });

  it.each<[Partial<ApiAuthProps>, string]>([
    [{ issuer: 'http://issuer.example.org' }, '`issuer` must be an https address, got: http://issuer.example.org'],
    [{ jwksEndpoint: `https://${'a'.repeat(256)}` }, '`length of jwksEndpoint` must be between 1 and 256, got: 264'],
    [{ apiKeyHeader: 'Authorization' }, '`apiKeyHeader` must be the name of a header in lower case other than authorization and cookie, got: Authorization'],
    [{ tokenCache: Duration.hours(2) }, '`tokenCache` must be between 0 and 3600 seconds, got: 7200'],
    [{ scopeClaim: 'exp' }, '`scopeClaim` must be the name of a claim other than iss, exp, nbf and iat, got: exp'],
    [{ routes: [{ name: 'A', paths: ['/a'], scope: 'a b' }] }, '`routes.A.scope` must be a scope without spaces (RFC 6749), got: a b'],
    [{ routes: [{ name: 'A', paths: ['/a/*'], largeBodies: true }] }, '`routes.A.paths` must have no wildcard where bodies may be large, got: /a/*'],
    [{ routes: [{ name: 'A', paths: ['/a', '/b', '/c', '/d', '/e'] }] }, '`conditions of route A` must be between 1 and 5, got: 6'],
  ])('refuses %j at once', (props, message) => {
    expect(() => auth(testStack(), props)).toThrow(message);
  });
});

describe('PublicEdge', () => {
  const sizing = sizeWebAcl(small, facts);
  let template: Template;
  let acl: TemplateResource['Properties'];
  beforeAll(() => {
    const it = parts();
    publicEdge({ auth: auth(it.stack, { audience: 'payments' }), blockedCountries: ['KP'], browserPaths: ['/pay/'] }, it);
    template = templateOf(it);
    acl = onlyResource(template, WEB_ACL).Properties;
  });

  const rule = (name: string) => acl.Rules.find((it: { Name: string }) => it.Name === name);

  it('asks for a token with the scope of the route, or an API key, and knows no other route', () => {
    expect(onlyResource(template, LISTENER).Properties.DefaultActions).toEqual([expect.objectContaining({ Type: 'fixed-response' })]);
    const rules = Object.values(resourcesOf(template, RULE)).map((it) => it.Properties).sort((a, b) => a.Priority - b.Priority);
    // Ten are evaluated without a charge.
    expect(rules).toHaveLength(10);
    const scopes = rules.filter((it) => it.Actions[0].Type === 'jwt-validation').map((it) => [
      it.Conditions[0].PathPatternConfig.Values, it.Actions[0].JwtValidationConfig.AdditionalClaims,
    ]);
    const audience = { Name: 'aud', Format: 'single-string', Values: ['payments'] };
    const claims = (scope: string) => [audience, { Name: 'scope', Format: 'space-separated-values', Values: [scope] }];
    expect(scopes).toEqual([
      [['/payments'], claims('payments:write')],
      [['/payments:batch'], claims('payments:write')],
      [['/merchants/*/payments/*', '/merchants/*/balance'], claims('payments:read')],
      [['/merchants/*/holds', '/merchants/*/releases'], claims('holds:write')],
      [['/merchants/*/payouts'], claims('payouts:write')],
    ]);
    for (const { Actions } of rules.filter((it) => it.Actions[0].Type === 'jwt-validation')) {
      expect(Actions[0]).toMatchObject({ Order: 1, JwtValidationConfig: { Issuer: issuer, JwksEndpoint: jwksEndpoint } });
      expect(Actions[1]).toMatchObject({ Order: 2, Type: 'forward' });
    }
    const byKey = rules.filter((it) => it.Actions[0].Type === 'forward');
    expect(byKey.map((it) => it.Conditions.at(-1))).toEqual(
      byKey.map(() => ({ Field: 'http-header', HttpHeaderConfig: { HttpHeaderName: 'x-api-key', Values: ['*'] } })),
    );
    // A key comes first: a request with both is looked up, not refused for its token.
    expect(rules.map((it) => it.Actions[0].Type)).toEqual(Array.from({ length: 5 }, () => ['forward', 'jwt-validation']).flat());
  });

  it('lets its load balancer out to the key set of the issuer', () => {
    const [balancer] = Object.keys(resourcesOf(template, 'AWS::EC2::SecurityGroup')).filter((it) => it.includes('LoadBalancer'));
    const group = resourcesOf(template, 'AWS::EC2::SecurityGroup')[balancer].Properties;
    expect(group.SecurityGroupEgress).toEqual([expect.objectContaining({ CidrIp: '0.0.0.0/0', FromPort: 443, ToPort: 443 })]);
  });

  it('stands behind managed rules, cheap ones first, with priorities in order', () => {
    expect(acl.Scope).toBe('REGIONAL');
    expect(acl.DefaultAction).toEqual({ Allow: {} });
    expect(acl.Rules.map((it: { Name: string; Priority: number }) => [it.Priority, it.Name])).toEqual([
      'BlockedCountries', 'IpReputation', 'RatePerAddress', 'RatePerKey', 'KnownBadInputs', 'Common', 'BodySize', 'BatchBodySize', 'Challenge',
    ].map((name, priority) => [priority, name]));
    const groups = ['IpReputation', 'KnownBadInputs', 'Common'].map((name) => rule(name).Statement.ManagedRuleGroupStatement.Name);
    expect(groups).toEqual(['AWSManagedRulesAmazonIpReputationList', 'AWSManagedRulesKnownBadInputsRuleSet', 'AWSManagedRulesCommonRuleSet']);
    const [association] = Object.values(resourcesOf(template, 'AWS::WAFv2::WebACLAssociation'));
    expect(referencesIn(association.Properties.ResourceArn)).toEqual(Object.keys(resourcesOf(template, BALANCER)));
  });

  it('answers 429 with a problem to an address or key above the derived rate', () => {
    expect(rule('RatePerAddress').Statement.RateBasedStatement).toEqual({
      AggregateKeyType: 'IP', Limit: sizing.addressLimit, EvaluationWindowSec: sizing.windowSeconds,
    });
    expect(rule('RatePerKey').Statement.RateBasedStatement).toEqual({
      AggregateKeyType: 'CUSTOM_KEYS', Limit: sizing.keyLimit, EvaluationWindowSec: sizing.windowSeconds,
      CustomKeys: [{ Header: { Name: 'x-api-key', TextTransformations: [{ Priority: 0, Type: 'NONE' }] } }],
    });
    for (const name of ['RatePerAddress', 'RatePerKey']) {
      const { CustomResponse } = rule(name).Action.Block;
      expect(CustomResponse).toMatchObject({ ResponseCode: 429, ResponseHeaders: [{ Name: 'retry-after', Value: String(sizing.windowSeconds) }] });
      expect(JSON.parse(acl.CustomResponseBodies[CustomResponse.CustomResponseBodyKey].Content)).toMatchObject({ type: 'about:blank', status: 429 });
    }
  });

  it('counts the body rule of the core rule set, and blocks by its label everywhere but at batches', () => {
    expect(rule('Common').Statement.ManagedRuleGroupStatement.RuleActionOverrides).toEqual([{ Name: 'SizeRestrictions_BODY', ActionToUse: { Count: {} } }]);
    const [label, elsewhere] = rule('BodySize').Statement.AndStatement.Statements;
    expect(label).toEqual({ LabelMatchStatement: { Scope: 'LABEL', Key: 'awswaf:managed:aws:core-rule-set:SizeRestrictions_Body' } });
    expect(elsewhere.NotStatement.Statement.ByteMatchStatement).toMatchObject({
      FieldToMatch: { UriPath: {} }, PositionalConstraint: 'EXACTLY', SearchString: '/payments:batch',
    });
    expect(rule('BodySize').Action.Block.CustomResponse.ResponseCode).toBe(413);
  });

  it('tells the size of a batch by its header, because a web ACL sees 8 KB of a body behind a load balancer', () => {
    const [path, length] = rule('BatchBodySize').Statement.AndStatement.Statements;
    expect(path.ByteMatchStatement.SearchString).toBe('/payments:batch');
    expect(length.RegexMatchStatement.FieldToMatch).toEqual({ SingleHeader: { Name: 'content-length' } });
    const tooLong = new RegExp(length.RegexMatchStatement.RegexString);
    expect(['1048577', '1048580', '1100000', '2000000', '10485760', '0002000000'].every((it) => tooLong.test(it))).toBe(true);
    expect(['0', '8193', '999999', '1048575', '1048576', '0001048576', ''].some((it) => tooLong.test(it))).toBe(false);
    // Nothing that a load balancer does not support: its limit is fixed.
    expect(acl.AssociationConfig).toBeUndefined();
  });

  it('challenges browsers on their own paths alone', () => {
    expect(rule('Challenge')).toMatchObject({
      Action: { Challenge: {} }, Statement: { ByteMatchStatement: { PositionalConstraint: 'STARTS_WITH', SearchString: '/pay/' } },
    });
    expect(rule('BlockedCountries').Statement.GeoMatchStatement).toEqual({ CountryCodes: ['KP'] });
  });

  it('shows no request to people beyond its log: samples cannot be redacted', () => {
    expect(acl.VisibilityConfig).toMatchObject({ SampledRequestsEnabled: false, CloudWatchMetricsEnabled: true });
    expect(JSON.stringify(acl.Rules)).not.toContain('"SampledRequestsEnabled":true');
  });

  it('writes what it refused to a locked bucket, without tokens, cookies and keys', () => {
    const logging = onlyResource(template, 'AWS::WAFv2::LoggingConfiguration');
    expect(logging.Properties.RedactedFields).toEqual(['authorization', 'cookie', 'x-api-key'].map((Name) => ({ SingleHeader: { Name } })));
    expect(logging.Properties.LoggingFilter).toEqual({
      DefaultBehavior: 'DROP',
      Filters: [{ Behavior: 'KEEP', Requirement: 'MEETS_ANY', Conditions: [{ ActionCondition: { Action: 'BLOCK' } }, { ActionCondition: { Action: 'CHALLENGE' } }] }],
    });
    const [bucketId] = referencesIn(logging.Properties.LogDestinationConfigs);
    const bucket = resourcesOf(template, 'AWS::S3::Bucket')[bucketId];
    expect(bucket).toMatchObject({
      DeletionPolicy: 'Retain',
      Properties: {
        ObjectLockEnabled: true,
        ObjectLockConfiguration: { ObjectLockEnabled: 'Enabled', Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 365 } } },
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: { ServerSideEncryptionConfiguration: [{ BucketKeyEnabled: true, ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms' } }] },
        LifecycleConfiguration: { Rules: [expect.objectContaining({ ExpirationInDays: 365 })] },
      },
    });
    expect(logging.DependsOn).toEqual([expect.stringContaining('LogPolicy')]);
  });

  it('names the bucket as WAF demands, within 63 characters and anew with each stack', () => {
    const buckets = Object.values(resourcesOf(template, 'AWS::S3::Bucket')).map((it) => it.Properties.BucketName).filter((it) => it !== undefined);
    expect(buckets).toEqual([{ 'Fn::Join': ['', [
      expect.stringMatching(/^aws-waf-logs-[0-9a-f]{8}-$/), { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] },
    ]] }]);
    const [prefix] = buckets[0]['Fn::Join'][1];
    expect(`${prefix}${'0'.repeat(36)}`.length).toBeLessThanOrEqual(63);
  });

  it('has the bucket and its key ready for the delivery of logs of this account', () => {
    const [[, policy]] = Object.entries(resourcesOf(template, 'AWS::S3::BucketPolicy')).filter(([id]) => id.startsWith('PublicLog'));
    const allowed = policy.Properties.PolicyDocument.Statement.filter((it: { Effect: string }) => it.Effect === 'Allow');
    expect(allowed).toMatchObject([
      { Action: 's3:PutObject', Principal: { Service: 'delivery.logs.amazonaws.com' }, Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } } },
      { Action: 's3:GetBucketAcl', Principal: { Service: 'delivery.logs.amazonaws.com' }, Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } } },
    ]);
    const keys = Object.entries(resourcesOf(template, 'AWS::KMS::Key')).filter(([id]) => id.startsWith('PublicLogKeys'));
    expect(JSON.stringify(keys[0][1].Properties.KeyPolicy)).toContain('delivery.logs.amazonaws.com');
  });

  it('calls somebody when a good part of the requests is blocked, and not for the noise of the internet', () => {
    const [alarm] = Object.entries(resourcesOf(template, 'AWS::CloudWatch::Alarm')).filter(([id]) => id.includes('BlockedRequests')).map(([, it]) => it.Properties);
    expect(alarm.Threshold).toBe(10);
    const blocked = alarm.Metrics.find((it: { Id: string }) => it.Id === 'blocked').MetricStat.Metric;
    expect(blocked).toMatchObject({ Namespace: 'AWS/WAFV2', MetricName: 'BlockedRequests' });
    const dimensions = Object.fromEntries(blocked.Dimensions.map((it: { Name: string; Value: unknown }) => [it.Name, it.Value]));
    expect(dimensions).toEqual({
      Rule: 'ALL', Region: 'eu-west-1', WebACL: { 'Fn::Select': [0, { 'Fn::Split': ['|', { Ref: Object.keys(resourcesOf(template, WEB_ACL))[0] }] }] },
    });
    // Metrics go by the metric's name, and `Ref` tells the name: they must be the same.
    expect(acl.VisibilityConfig.MetricName).toBe(acl.Name);
    expect(danglingAlarmDimensions(template)).toEqual([]);
  });

  it('counts the capacity of exactly its rules, and tells it with its reasons', () => {
    const told = decisionsOf(template).filter((it) => it.path === 'stack/Public/cell1/Protection');
    const units = told.find((it) => it.name === 'capacityUnits')!;
    // The sized rules, then three paths, one pattern, the countries and the label.
    expect(units).toMatchObject({ value: sizing.capacityUnits + 2 * 2 + 3 + 1 + 1, quota: { id: 'waf/webAcl.maxWcu' } });
    // Three rules more than every public edge has, at a dollar each.
    expect(told.find((it) => it.name === 'monthlyDollars')).toMatchObject({ value: sizing.monthlyDollars + 3 });
    expect(told.map((it) => it.name)).toEqual(expect.arrayContaining(['requestsPerSecond', 'windowSeconds', 'addressLimit', 'keyLimit', 'bodySizeRule']));
    const balancer = decisionsOf(template).filter((it) => it.path === 'stack/Public/cell1');
    expect(balancer.map((it) => it.name).sort()).toEqual(['publicReservedUnits', 'publicUnits']);
    expect(balancer.find((it) => it.name === 'publicUnits')).toMatchObject({ value: sizeLoadBalancer(small, facts).public.units });
  });

  it('is plain where nothing is stated, and goes with its data where it is told so', () => {
    const it = parts();
    publicEdge({ auth: auth(it.stack, { apiKeys: false, routes: [{ name: 'A', paths: ['/a'] }] }), removalPolicy: RemovalPolicy.DESTROY, logAllRequests: true }, it);
    const own = templateOf(it);
    const names = onlyResource(own, WEB_ACL).Properties.Rules.map((each: { Name: string }) => each.Name);
    expect(names).toEqual(['IpReputation', 'RatePerAddress', 'KnownBadInputs', 'Common', 'BodySize']);
    expect(onlyResource(own, RULE).Properties.Actions[0].JwtValidationConfig).toEqual({ Issuer: issuer, JwksEndpoint: jwksEndpoint });
    const log = Object.entries(resourcesOf(own, 'AWS::S3::Bucket')).find(([id]) => id.startsWith('PublicLog'))![1];
    // A locked object would keep the bucket, and with it the stack.
    expect(log.Properties.ObjectLockEnabled).toBeUndefined();
    expect(log.DeletionPolicy).toBe('Delete');
    expect(onlyResource(own, 'AWS::WAFv2::LoggingConfiguration').Properties.LoggingFilter).toBeUndefined();
  });

  it('is protected by Shield Advanced where it is told so', () => {
    const without = parts();
    publicEdge({}, without);
    expect(resourcesOf(Template.fromStack(without.stack), 'AWS::Shield::Protection')).toEqual({});
    const shielded = parts();
    publicEdge({ shieldAdvanced: true }, shielded);
    const made = Template.fromStack(shielded.stack);
    const [balancer] = Object.keys(resourcesOf(made, BALANCER));
    expect(onlyResource(made, 'AWS::Shield::Protection').Properties.ResourceArn).toEqual({ Ref: balancer });
  });

  it('limits no body to what a web ACL sees where single payments are longer', () => {
    const it = parts();
    publicEdge({ workload: small.with({ payload: { mean: Size.bytes(4_000), p99: Size.bytes(20_000) } }) }, it);
    const names = onlyResource(templateOf(it), WEB_ACL).Properties.Rules.map((each: { Name: string }) => each.Name);
    expect(names).not.toContain('BodySize');
    expect(names).toContain('BatchBodySize');
  });

  it('leaves tokens to the API where the load balancer is not to look at them', () => {
    const it = parts();
    const log = { logRetention: Duration.days(30), logLock: AuditLock.none() };
    publicEdge({ auth: auth(it.stack, { atLoadBalancer: false }), addressLimit: 5_000, keyLimit: 100, ...log }, it);
    const own = templateOf(it);
    const actions = Object.values(resourcesOf(own, RULE)).flatMap((each) => each.Properties.Actions.map((action: { Type: string }) => action.Type));
    expect(actions).toEqual(['forward', 'forward', 'forward', 'forward', 'forward']);
    expect(decisionsOf(own).find((each) => each.name === 'addressLimit')).toMatchObject({ value: 5_000, origin: 'override' });
  });

  it.each<[Partial<PublicEdgeProps>, string]>([
    [{ addressLimit: 5 }, '`addressLimit` must be between 10 and'],
    [{ blockedCountries: ['kp'] }, '`blockedCountries` must be ISO 3166-1 alpha-2 codes in capitals, got: kp'],
    [{ browserPaths: ['/pay'] }, '`browserPaths` must not take in a route of the API, which no challenge could pass, got: /pay (Payments)'],
    [{ browserPaths: ['/merchants/web/'] }, '`browserPaths` must not take in a route of the API, which no challenge could pass, got: /merchants/web/ (Reads)'],
    [{ browserPaths: ['pay'] }, '`browserPaths` must be paths, got: pay'],
    [{ logRetention: Duration.days(10), logLock: AuditLock.governance(Duration.days(11)) }, '`logRetention` must be at least as long as the lock of 11 days, got: 10 days'],
    [{ cell: '1st' }, '`cell` must be letters and digits, starting with a letter, at most 32, got: 1st'],
    [{ cell: 'cell1', cells: 2 }, '`cells` must be left out with `cell`'],
    [{ cells: 0 }, '`cells` must be between 1 and'],
    [{ weights: { cell9: 1 } }, '`weights` must name cell1, got: cell9'],
    [{ weights: { cell1: 256 } }, '`weights.cell1` must be between 0 and 255, got: 256'],
    [{ weights: { cell1: 0 } }, '`weights` must leave a cell more than 0'],
    [{ recordName: 'api' }, '`hostedZone` and `recordName` must be given together, got: one of them'],
    [{ cdn: { prefixListId: 'all' } }, '`cdn.prefixListId` must be the id of a prefix list, got: all'],
    [{ cdn: { originSecrets: [] } }, '`cdn.originSecrets` must hold at least one secret, got: none'],
  ])('refuses %j at once', (props, message) => {
    expect(() => publicEdge(props)).toThrow(message);
  });
});

describe('greaterThanPattern', () => {
  it.each([0, 9, 10, 99, 100, 8_192, 65_536, 999_999, 1_048_576])('tells numbers above %i from the others', (bound) => {
    const above = new RegExp(greaterThanPattern(bound));
    const numbers = [0, 1, bound - 1, bound, bound + 1, bound * 2, bound * 10, bound * 10 + 1, 1_000, 123_456, 9_999_999].filter((it) => it >= 0);
    for (const number of numbers) {
      expect([number, above.test(String(number)), above.test(`00${number}`)]).toEqual([number, number > bound, number > bound]);
    }
    expect(greaterThanPattern(bound).length).toBeLessThanOrEqual(512);
  });
});

describe('PartnerEdge', () => {
  let template: Template;
  beforeAll(() => {
    const it = parts();
    const lists = s3.Bucket.fromBucketName(it.stack, 'Lists', 'revoked');
    partnerEdge({ authoritiesVersion: 'v7', revocationLists: [{ bucket: lists, key: 'revoked.crl' }], auth: auth(it.stack, { apiKeys: false }) }, it);
    template = templateOf(it);
  });

  it('takes nobody without a certificate of a known authority', () => {
    const store = onlyResource(template, 'AWS::ElasticLoadBalancingV2::TrustStore');
    expect(store.Properties).toMatchObject({
      CaCertificatesBundleS3Bucket: 'authorities', CaCertificatesBundleS3Key: 'authorities.pem', CaCertificatesBundleS3ObjectVersion: 'v7',
    });
    expect(onlyResource(template, LISTENER).Properties.MutualAuthentication).toMatchObject({
      Mode: 'verify', TrustStoreArn: { 'Fn::GetAtt': [Object.keys(resourcesOf(template, 'AWS::ElasticLoadBalancingV2::TrustStore'))[0], 'TrustStoreArn'] }, IgnoreClientCertificateExpiry: false,
    });
    template.hasResourceProperties('AWS::ElasticLoadBalancingV2::TrustStoreRevocation', {
      RevocationContents: [{ RevocationType: 'CRL', S3Bucket: 'revoked', S3Key: 'revoked.crl' }],
    });
  });

  it('pays for no web ACL', () => {
    expect(resourcesOf(template, WEB_ACL)).toEqual({});
  });

  it('moves logs to colder storage after a week, unless they live too short for that', () => {
    const rulesOf = (it: Template): unknown => Object.entries(resourcesOf(it, 'AWS::S3::Bucket')).find(([id]) => id.includes('AccessLogs'))![1].Properties.LifecycleConfiguration.Rules[0].Transitions;
    expect(rulesOf(template)).toEqual([{ StorageClass: 'GLACIER_IR', TransitionInDays: 7 }]);
    const short = parts();
    publicEdge({ accessLogRetention: Duration.days(30) }, short);
    expect(rulesOf(Template.fromStack(short.stack))).toBeUndefined();
  });

  it('writes down connections that it refused', () => {
    const balancer = onlyResource(template, BALANCER);
    expect(attribute(balancer, 'LoadBalancerAttributes', 'connection_logs.s3.enabled')).toBe('true');
    expect(attribute(balancer, 'LoadBalancerAttributes', 'connection_logs.s3.bucket')).toEqual(attribute(balancer, 'LoadBalancerAttributes', 'access_logs.s3.bucket'));
    const [policy] = Object.entries(resourcesOf(template, 'AWS::S3::BucketPolicy')).filter(([id]) => id.includes('AccessLogs')).map(([, it]) => it);
    expect(policy.Properties.PolicyDocument.Statement.filter((it: { Effect: string }) => it.Effect === 'Allow')).toHaveLength(1);
  });

  it('asks for tokens as well where it is told how', () => {
    expect(Object.values(resourcesOf(template, RULE)).map((it) => it.Properties.Actions[0].Type)).toEqual(Array(5).fill('jwt-validation'));
    expect(decisionsOf(template).filter((it) => it.path === 'stack/Partner/cell1').map((it) => it.name).sort()).toEqual(['partnerReservedUnits', 'partnerUnits']);
    expect(danglingAlarmDimensions(template)).toEqual([]);
  });

  it('takes a trust store that is there, and asks for nothing else', () => {
    const it = parts();
    const trustStore = elbv2.TrustStore.fromTrustStoreArn(it.stack, 'Store', 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:truststore/partners/0123456789abcdef');
    partnerEdge({ trustStore, advertiseAuthorities: true }, it);
    const own = templateOf(it);
    expect(resourcesOf(own, 'AWS::ElasticLoadBalancingV2::TrustStore')).toEqual({});
    expect(onlyResource(own, LISTENER).Properties).toMatchObject({
      MutualAuthentication: { AdvertiseTrustStoreCaNames: 'on' }, DefaultActions: [expect.objectContaining({ Type: 'forward' })],
    });
  });

  it('is refused without authorities', () => {
    const { stack, vpc } = parts();
    expect(() => new PartnerEdge(stack, 'Partner', { workload: small, vpc, certificateArn })).toThrow('`trustStore` or `authoritiesBucket` must be given, got: neither');
  });
});

describe('the cells of an edge', () => {
  const whole = new Workload({ peak: Rate.perSecond(12_000), recoveryTier: RecoveryTier.IMPORTANT });
  const zoneOf = (stack: Stack) => route53.HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z123', zoneName: 'example.org' });
  let template: Template;
  let edge: PublicEdge;
  beforeAll(() => {
    const it = parts();
    edge = publicEdge({ workload: whole, hostedZone: zoneOf(it.stack), recordName: 'api', weights: { cell2: 1 } }, it);
    template = templateOf(it);
  });

  it('are as many as the workload and its recovery tier need, each with a web ACL of its own', () => {
    const { cells } = sizeEdgeCells(whole, facts);
    expect(cells).toBe(2);
    expect(edge.cells.map(({ name }) => name)).toEqual(['cell1', 'cell2']);
    expect(Object.keys(resourcesOf(template, BALANCER))).toHaveLength(cells);
    expect(Object.keys(resourcesOf(template, WEB_ACL))).toHaveLength(cells);
    expect(new Set(Object.values(resourcesOf(template, WEB_ACL)).map((it) => it.Properties.Name)).size).toBe(cells);
    expect(decisionsOf(template).find((it) => it.path === 'stack/Public' && it.name === 'cells')).toMatchObject({ value: cells });
  });

  it('are each sized for what they carry while another one is gone', () => {
    const share = whole.with({ cells: 2 }).cellShare();
    expect(edge.cells[0].workload.peak.perSecond).toBe(share.peak.perSecond);
    const limits = Object.values(resourcesOf(template, WEB_ACL)).map((it) => it.Properties.Rules.find((rule: { Name: string }) => rule.Name === 'RatePerKey').Statement.RateBasedStatement.Limit);
    expect(limits).toEqual([sizeWebAcl(share, facts).keyLimit, sizeWebAcl(share, facts).keyLimit]);
  });

  it('share one tier, one log and one name, by weight and health', () => {
    expect(onlyResource(template, 'AWS::ECS::Service').Properties.LoadBalancers).toHaveLength(2);
    expect(new Set(Object.values(resourcesOf(template, 'AWS::WAFv2::LoggingConfiguration')).map((it) => JSON.stringify(it.Properties.LogDestinationConfigs))).size).toBe(1);
    const records = Object.values(resourcesOf(template, 'AWS::Route53::RecordSet')).map((it) => it.Properties);
    expect(records).toMatchObject([
      { Name: 'api.example.org.', Type: 'A', SetIdentifier: 'cell1', Weight: 100, AliasTarget: { EvaluateTargetHealth: true } },
      { Name: 'api.example.org.', Type: 'A', SetIdentifier: 'cell2', Weight: 1, AliasTarget: { EvaluateTargetHealth: true } },
    ]);
    expect(edge.name?.domainName).toBe('api.example.org');
    expect(records.every((it) => it.TTL === undefined)).toBe(true);
  });

  it('may be stated, and are told as such', () => {
    const it = parts();
    partnerEdge({ workload: whole, cells: 3, alarms: { overrides: { Latency: { enabled: false } } } }, it);
    const own = templateOf(it);
    expect(Object.keys(resourcesOf(own, BALANCER))).toHaveLength(3);
    // One trust store for all: an account has few.
    expect(Object.keys(resourcesOf(own, 'AWS::ElasticLoadBalancingV2::TrustStore'))).toHaveLength(1);
    expect(decisionsOf(own).find((each) => each.path === 'stack/Partner' && each.name === 'cells')).toMatchObject({ value: 3, derived: 2, origin: 'override' });
  });

  it('in stacks of their own have one edge each, sized as it stands, and drain by weight', () => {
    const it = parts();
    publicEdge({ cell: 'cell3', workload: whole, hostedZone: zoneOf(it.stack), recordName: 'api.example.org.', weights: { cell1: 5, cell3: 0 } }, it);
    const own = templateOf(it);
    expect(onlyResource(own, 'AWS::Route53::RecordSet').Properties).toMatchObject({ Name: 'api.example.org.', SetIdentifier: 'cell3', Weight: 0 });
    expect(decisionsOf(own).filter((each) => each.name === 'cells')).toEqual([]);
    const [acl] = Object.values(resourcesOf(own, WEB_ACL));
    expect(acl.Properties.Rules.find((each: { Name: string }) => each.Name === 'RatePerKey').Statement.RateBasedStatement.Limit).toBe(sizeWebAcl(whole, facts).keyLimit);
  });

  it('reserve capacity only where that is asked for, and tell which', () => {
    const busy = new Workload({ peak: Rate.perSecond(100_000) });
    const { reservedUnits } = sizeLoadBalancer(busy, facts).partner;
    expect(reservedUnits).toBeGreaterThan(0);
    const kept = stackOf(partnerEdge({ cell: 'one', workload: busy, reserveCapacity: true }));
    expect(onlyResource(kept, BALANCER).Properties.MinimumLoadBalancerCapacity).toEqual({ CapacityUnits: reservedUnits });
    const left = stackOf(partnerEdge({ cell: 'one', workload: busy }));
    expect(onlyResource(left, BALANCER).Properties.MinimumLoadBalancerCapacity).toBeUndefined();
    expect(decisionsOf(left).find((it) => it.name === 'partnerReservedUnits')).toMatchObject({ value: 0, derived: reservedUnits });
  });

  it('stand side by side in front of one tier, with certificates for partners and tokens for the public, in a stack of no known region', () => {
    const it = parts(new Stack(testApp(), 'stack'));
    const both = auth(it.stack);
    publicEdge({ auth: both, certificateArn: new CfnParameter(it.stack, 'CertificateArn').valueAsString }, it);
    partnerEdge({ auth: both, certificateArn: new CfnParameter(it.stack, 'PartnerCertificateArn').valueAsString }, it);
    const own = templateOf(it);
    expect(it.tier.fronts.map(({ name }) => name)).toEqual(['publiccell1', 'partnercell1']);
    expect(Object.keys(resourcesOf(own, WEB_ACL))).toHaveLength(1);
    expect(Object.keys(resourcesOf(own, 'AWS::DynamoDB::Table'))).toHaveLength(1);
    const paths = decisionsOf(own).map((each) => `${each.path}/${each.name}`);
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('may lie in another stack than the tier', () => {
    const app = testApp();
    const { vpc } = new NetworkFoundation(testStack(app, 'network'), 'Network');
    const own = new TlsEdge(testStack(app, 'edge'), 'Edge', { workload: small, vpc, certificateArn });
    const image = ecs.ContainerImage.fromRegistry('example.org/payment-api:1');
    own.serve(new StatelessTier(testStack(app, 'api'), 'Api', { workload: small, vpc, image }));
    expect(app.synth().getStackByName('api').dependencies.map(({ id }) => id)).toContain('edge');
  });
});

describe('the checks of this kit', () => {
  // Single payments make for the busiest merchants, batches for the longest bodies.
  it.each([1, 20])('find nothing at a public and a partner edge with %i payments a request', (paymentsPerRequest) => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'edges-'));
    try {
      const app = testApp({ outdir: folder });
      const it = parts(testStack(app));
      const busy = new Workload({ peak: Rate.perSecond(12_000), recoveryTier: RecoveryTier.IMPORTANT, paymentsPerRequest });
      publicEdge({ cell: 'cell1', workload: busy, auth: auth(it.stack) }, it);
      partnerEdge({ cell: 'cell1', workload: busy }, it);
      app.synth();
      const report = check(Topology.read(folder, { unresolved: 'stand-in' }), { facts });
      const own = report.violations.filter(({ rule: { id } }) => /^HT-(EDGE|SECURITY|ALARM-00[12])/.test(id));
      expect(own.map(({ rule: { id }, resource, message }) => `${id} ${resource.constructPath} ${message}`)).toEqual([]);
      expect(report.failures).toEqual([]);
    } finally {
      fs.rmSync(folder, { recursive: true });
    }
  });
});

describe('WeightedName', () => {
  const zone = (stack: Stack) => route53.HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z123', zoneName: 'example.org' });

  it('refuses a cell twice and names that are none', () => {
    const it = parts();
    const { loadBalancer } = tlsEdge({}, it);
    const hostedZone = zone(it.stack);
    const name = new WeightedName(it.stack, 'Name', { hostedZone, recordName: 'pay' });
    name.add({ cell: 'a', loadBalancer });
    expect(() => name.add({ cell: 'a', loadBalancer })).toThrow('`cell` must differ from those that the name has, got: a twice');
    expect(() => name.add({ cell: 'b', loadBalancer, weight: 300 })).toThrow('`weight` must be between 0 and 255, got: 300');
    expect(() => new WeightedName(it.stack, 'Other', { hostedZone, recordName: 'a b' })).toThrow('`recordName` must be a domain name, got: a b');
    expect(name.domainName).toBe('pay.example.org');
  });
});

describe('EdgeDistribution', () => {
  const usEast = certificateArn.replace('eu-west-1', 'us-east-1');
  const zone = (stack: Stack) => route53.HostedZone.fromHostedZoneAttributes(stack, 'Zone', { hostedZoneId: 'Z123', zoneName: 'example.org' });

  function distribution(props: Partial<EdgeDistributionProps> = {}, edgeProps: Partial<PublicEdgeProps> = {}, it: Parts = parts()): EdgeDistribution {
    const edge = publicEdge({ cdn: {}, hostedZone: zone(it.stack), recordName: 'origin', blockedCountries: ['KP'], ...edgeProps }, it);
    return new EdgeDistribution(it.stack, 'Cdn', { edge, domainNames: ['api.example.org'], certificateArn: usEast, ...props });
  }

  let template: Template;
  beforeAll(() => {
    template = stackOf(distribution({}, { cdn: { prefixListId: 'pl-4fa04526' } }));
  });
  const config = () => onlyResource(template, 'AWS::CloudFront::Distribution').Properties.DistributionConfig;
  const rules = () => onlyResource(template, WEB_ACL).Properties.Rules;

  it('speaks TLS 1.2 and newer, caches nothing and passes everything on', () => {
    expect(config()).toMatchObject({
      Aliases: ['api.example.org'],
      ViewerCertificate: { AcmCertificateArn: usEast, MinimumProtocolVersion: 'TLSv1.2_2021' },
      PriceClass: 'PriceClass_100',
      HttpVersion: 'http2and3',
      DefaultCacheBehavior: {
        AllowedMethods: expect.arrayContaining(['POST', 'GET']),
        ViewerProtocolPolicy: 'https-only',
        CachePolicyId: cloudfront.CachePolicy.CACHING_DISABLED.cachePolicyId,
        OriginRequestPolicyId: cloudfront.OriginRequestPolicy.ALL_VIEWER.originRequestPolicyId,
      },
      Logging: { IncludeCookies: false },
    });
    expect(referencesIn(config().Logging.Bucket)).toEqual([expect.stringContaining('CdnLogs')]);
  });

  it('proves itself with a secret that nobody reads in the template, to a name over TLS', () => {
    expect(config().Origins).toMatchObject([{
      DomainName: 'origin.example.org',
      CustomOriginConfig: { OriginProtocolPolicy: 'https-only', OriginSSLProtocols: ['TLSv1.2'] },
      OriginCustomHeaders: [{ HeaderName: 'x-origin-secret' }],
    }]);
    const sent = config().Origins[0].OriginCustomHeaders[0].HeaderValue;
    expect(JSON.stringify(sent)).toContain('{{resolve:secretsmanager:');
    const first = rules()[0];
    expect(first).toMatchObject({ Name: 'OriginOnly', Priority: 0, Action: { Block: {} } });
    expect(first.Statement.NotStatement.Statement.ByteMatchStatement).toMatchObject({
      FieldToMatch: { SingleHeader: { Name: 'x-origin-secret' } }, PositionalConstraint: 'EXACTLY', SearchString: sent,
    });
    expect(onlyResource(template, 'AWS::WAFv2::LoggingConfiguration').Properties.RedactedFields).toContainEqual({ SingleHeader: { Name: 'x-origin-secret' } });
    expect(onlyResource(template, 'AWS::SecretsManager::Secret').Properties.KmsKeyId).toBeDefined();
  });

  it('tells the address of a viewer in a header that it writes itself, and the web ACL goes by that', () => {
    const written = onlyResource(template, 'AWS::CloudFront::Function').Properties.FunctionCode;
    const handler = new Function(`${written}; return handler;`)() as (event: unknown) => { headers: Record<string, { value: string }> };
    const request = { headers: { 'x-viewer-address': { value: '192.0.2.1' } } };
    expect(handler({ request, viewer: { ip: '198.51.100.7' } }).headers['x-viewer-address']).toEqual({ value: '198.51.100.7' });
    const named = (name: string) => rules().find((it: { Name: string }) => it.Name === name).Statement;
    const forwarded = { HeaderName: 'x-viewer-address', FallbackBehavior: 'MATCH' };
    expect(named('RatePerAddress').RateBasedStatement).toMatchObject({ AggregateKeyType: 'FORWARDED_IP', ForwardedIPConfig: forwarded });
    expect(named('BlockedCountries').GeoMatchStatement).toMatchObject({ ForwardedIPConfig: forwarded });
  });

  it('lets the addresses of CloudFront in alone where they are given', () => {
    const [id] = Object.keys(resourcesOf(template, 'AWS::EC2::SecurityGroup')).filter((it) => it.includes('LoadBalancer'));
    expect(resourcesOf(template, 'AWS::EC2::SecurityGroup')[id].Properties.SecurityGroupIngress ?? []).toEqual([]);
    const rule = Object.values(resourcesOf(template, 'AWS::EC2::SecurityGroupIngress')).find((it) => it.Properties.FromPort === 443);
    expect(rule?.Properties.SourcePrefixListId).toBe('pl-4fa04526');
  });

  it('accepts the former secret beside the new one', () => {
    const it = parts();
    const secrets = ['New', 'Former'].map((id) => new secretsmanager.Secret(it.stack, id));
    const priceClass = cloudfront.PriceClass.PRICE_CLASS_ALL;
    distribution({ priceClass, removalPolicy: RemovalPolicy.DESTROY }, { cdn: { originSecrets: secrets } }, it);
    const own = templateOf(it);
    const [first] = onlyResource(own, WEB_ACL).Properties.Rules;
    expect(first.Statement.NotStatement.Statement.OrStatement.Statements).toHaveLength(2);
    expect(onlyResource(own, 'AWS::CloudFront::Distribution').Properties.DistributionConfig.PriceClass).toBe('PriceClass_All');
  });

  it('refuses an edge that others could reach, a certificate of another region, and an origin without a name', () => {
    expect(() => distribution({}, { cdn: undefined })).toThrow('`edge` must be made with `cdn`');
    expect(() => distribution({ certificateArn })).toThrow('`certificateArn` must be the ARN of an ACM certificate in us-east-1');
    expect(() => distribution({ domainNames: [] })).toThrow('`domainNames` must hold at least one name, got: none');
    expect(() => distribution({}, { hostedZone: undefined, recordName: undefined })).toThrow('`originName` must be given for an edge without a name');
  });
});

describe('the routes of the payment API', () => {
  it('are those that its page tells, each with its scope', () => {
    expect(paymentRoutes().map(({ name }) => name)).toEqual(['Payments', 'Batches', 'Reads', 'Holds', 'Payouts']);
    expect(PAYMENT_ROUTES.batches).toMatchObject({ paths: ['/payments:batch'], largeBodies: true });
  });
});
