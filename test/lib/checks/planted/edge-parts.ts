import { Fn, type Stack } from 'aws-cdk-lib';
import * as scaling from 'aws-cdk-lib/aws-applicationautoscaling';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as wafv2 from 'aws-cdk-lib/aws-wafv2';
import { type Changes, Parts } from './parts';

/** A rule of a web ACL without its number and metric. */
export type WebAclRuleParts = Omit<wafv2.CfnWebACL.RuleProperty, 'priority' | 'visibilityConfig'>;

/** Well-made parts of an edge, in the sense of `Parts`: network, load balancer, tasks, web ACL. */
export class EdgeParts {
  private made: { network?: ec2.CfnVPC; subnets?: ec2.CfnSubnet[]; securityGroup?: ec2.CfnSecurityGroup } = {};

  constructor(readonly stack: Stack, readonly parts = new Parts(stack)) {}

  get network(): ec2.CfnVPC {
    if (this.made.network === undefined) {
      const network = new ec2.CfnVPC(this.stack, 'Network', { cidrBlock: '10.0.0.0/16', enableDnsHostnames: true, enableDnsSupport: true });
      const log = new logs.CfnLogGroup(this.stack, 'FlowLog', { retentionInDays: 30 });
      const role = new iam.Role(this.stack, 'FlowRole', {
        assumedBy: new iam.ServicePrincipal('vpc-flow-logs.amazonaws.com'),
        inlinePolicies: { log: new iam.PolicyDocument({ statements: [this.parts.allow(['logs:CreateLogStream', 'logs:PutLogEvents'], log.attrArn)] }) },
      });
      new ec2.CfnFlowLog(this.stack, 'Flows', {
        resourceId: network.ref, resourceType: 'VPC', trafficType: 'ALL', logDestination: log.attrArn, deliverLogsPermissionArn: role.roleArn,
      });
      this.made.network = network;
    }
    return this.made.network;
  }

  /** One in each of three zones. */
  get subnets(): readonly ec2.CfnSubnet[] {
    return (this.made.subnets ??= [0, 1, 2].map((zone) => this.subnet(`Zone${zone}`, zone, zone)));
  }

  get securityGroup(): ec2.CfnSecurityGroup {
    return (this.made.securityGroup ??= new ec2.CfnSecurityGroup(this.stack, 'Inside', { groupDescription: 'Within the network', vpcId: this.network.ref }));
  }

  subnet(id: string, zone: number, block: number): ec2.CfnSubnet {
    return new ec2.CfnSubnet(this.stack, id, {
      vpcId: this.network.ref, cidrBlock: `10.0.${16 * block}.0/20`, availabilityZone: Fn.select(zone, Fn.getAzs()),
    });
  }

  /** A public one that is logged and cannot be deleted by one call. */
  loadBalancer(id = 'Balancer', attributes: { readonly [key: string]: string } = {}): elbv2.CfnLoadBalancer {
    const stated = {
      'access_logs.s3.enabled': 'true', 'access_logs.s3.bucket': 'access-logs-of-the-organization',
      'deletion_protection.enabled': 'true', 'routing.http.drop_invalid_header_fields.enabled': 'true', ...attributes,
    };
    return new elbv2.CfnLoadBalancer(this.stack, id, {
      type: 'application', scheme: 'internet-facing', subnets: this.subnets.map((it) => it.ref), securityGroups: [this.securityGroup.attrGroupId],
      loadBalancerAttributes: Object.entries(stated).map(([key, value]) => ({ key, value })),
    });
  }

  /** Tasks that are drained within half a minute. */
  targetGroup(id = 'Targets', changes: Changes<elbv2.CfnTargetGroupProps> = {}): elbv2.CfnTargetGroup {
    return new elbv2.CfnTargetGroup(this.stack, id, {
      vpcId: this.network.ref, port: 8080, protocol: 'HTTP', targetType: 'ip', healthCheckPath: '/readyz',
      targetGroupAttributes: [{ key: 'deregistration_delay.timeout_seconds', value: '30' }],
      ...changes,
    });
  }

  /** HTTPS on port 443. */
  listener(balancer: elbv2.CfnLoadBalancer, targetGroup: elbv2.CfnTargetGroup, changes: Changes<elbv2.CfnListenerProps> = {}): elbv2.CfnListener {
    return new elbv2.CfnListener(this.stack, `${balancer.node.id}Listener`, {
      loadBalancerArn: balancer.ref, port: 443, protocol: 'HTTPS', sslPolicy: 'ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09',
      certificates: [{ certificateArn: this.stack.formatArn({ service: 'acm', resource: 'certificate', resourceName: '6d8f5c1e-2b7a-4f4e-9d0a-3c1b2a4d5e6f' }) }],
      defaultActions: [{ type: 'forward', targetGroupArn: targetGroup.ref }],
      ...changes,
    });
  }

  /** Three tasks or more in three zones, taken back when they do not get ready. */
  service(changes: Changes<ecs.CfnServiceProps> = {}): ecs.CfnService {
    const balancer = this.loadBalancer();
    const targetGroup = this.targetGroup();
    const listener = this.listener(balancer, targetGroup);
    const log = new logs.CfnLogGroup(this.stack, 'TaskLog', { retentionInDays: 30 });
    const cluster = new ecs.CfnCluster(this.stack, 'Cluster', { clusterSettings: [{ name: 'containerInsights', value: 'enhanced' }] });
    const role = new iam.Role(this.stack, 'TaskRole', { assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com') });
    const task = new ecs.CfnTaskDefinition(this.stack, 'Task', {
      cpu: '1024', memory: '2048', networkMode: 'awsvpc', requiresCompatibilities: ['FARGATE'], executionRoleArn: role.roleArn,
      containerDefinitions: [{
        name: 'api', image: 'public.ecr.aws/docker/library/busybox:1.37', essential: true, portMappings: [{ containerPort: 8080 }],
        logConfiguration: { logDriver: 'awslogs', options: { 'awslogs-group': log.ref, 'awslogs-region': this.stack.region, 'awslogs-stream-prefix': 'api' } },
      }],
    });
    const service = new ecs.CfnService(this.stack, 'Service', {
      cluster: cluster.ref, taskDefinition: task.ref, launchType: 'FARGATE',
      deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true }, minimumHealthyPercent: 100, maximumPercent: 200 },
      networkConfiguration: { awsvpcConfiguration: { subnets: this.subnets.map((it) => it.ref), securityGroups: [this.securityGroup.attrGroupId] } },
      loadBalancers: [{ containerName: 'api', containerPort: 8080, targetGroupArn: targetGroup.ref }],
      ...changes,
    });
    service.addResourceDependency(listener);
    return service;
  }

  /** Between three and thirty tasks, by their processors. */
  scale(service: ecs.CfnService, changes: Changes<scaling.CfnScalableTargetProps> = {}): void {
    const target = new scaling.CfnScalableTarget(this.stack, 'Scaling', {
      serviceNamespace: 'ecs', scalableDimension: 'ecs:service:DesiredCount', resourceId: Fn.join('/', ['service', service.cluster!, service.attrName]),
      minCapacity: 3, maxCapacity: 30, ...changes,
    });
    new scaling.CfnScalingPolicy(this.stack, 'Processor', {
      policyName: 'processor', policyType: 'TargetTrackingScaling', scalingTargetId: target.ref,
      targetTrackingScalingPolicyConfiguration: { targetValue: 60, predefinedMetricSpecification: { predefinedMetricType: 'ECSServiceAverageCPUUtilization' } },
    });
  }

  webAcl(...rules: readonly WebAclRuleParts[]): wafv2.CfnWebACL {
    const visibility = (metricName: string) => ({ cloudWatchMetricsEnabled: true, sampledRequestsEnabled: true, metricName });
    return new wafv2.CfnWebACL(this.stack, 'WebAcl', {
      scope: 'REGIONAL', defaultAction: { allow: {} }, visibilityConfig: visibility('all'),
      rules: rules.map((rule, priority) => ({ ...rule, priority, visibilityConfig: visibility(rule.name) })),
    });
  }

  guard(webAcl: wafv2.CfnWebACL, balancer: elbv2.CfnLoadBalancer): void {
    new wafv2.CfnWebACLAssociation(this.stack, `${balancer.node.id}Guard`, { resourceArn: balancer.ref, webAclArn: webAcl.attrArn });
  }
}
