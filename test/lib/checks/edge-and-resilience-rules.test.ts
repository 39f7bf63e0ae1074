import { Duration, type Stack } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elasticache from 'aws-cdk-lib/aws-elasticache';
import * as elbv2 from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { IpTarget, LambdaTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as rds from 'aws-cdk-lib/aws-rds';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import * as stepfunctions from 'aws-cdk-lib/aws-stepfunctions';
import { LambdaInvoke, SqsSendMessage } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { idleScaling } from '../../../lib/checks/rules/capacity/idle-scaling';
import { resetCount } from '../../../lib/checks/rules/capacity/reset-count';
import { bodySizeRule } from '../../../lib/checks/rules/edge/body-size-rule';
import { impatientEdge } from '../../../lib/checks/rules/edge/impatient-edge';
import { outdatedTls } from '../../../lib/checks/rules/edge/outdated-tls';
import { partnerInspection } from '../../../lib/checks/rules/edge/partner-inspection';
import { plainHttp } from '../../../lib/checks/rules/edge/plain-http';
import { rateRuleLimit } from '../../../lib/checks/rules/edge/rate-rule-limit';
import { sessionAffinity } from '../../../lib/checks/rules/edge/session-affinity';
import { endlessTask } from '../../../lib/checks/rules/resilience/endless-task';
import { lostNotification } from '../../../lib/checks/rules/resilience/lost-notification';
import { noRollback } from '../../../lib/checks/rules/resilience/no-rollback';
import { singleCopy } from '../../../lib/checks/rules/resilience/single-copy';
import { singleTask } from '../../../lib/checks/rules/resilience/single-task';
import { singleZone } from '../../../lib/checks/rules/resilience/single-zone';
import { unrepeatedTask } from '../../../lib/checks/rules/resilience/unrepeated-task';
import { Decision } from '../../../lib/sizing';
import { Rate, Workload } from '../../../lib/workload';
import { foundBy } from './found-by';
import { writeDecisions } from './planted/decision-parts';
import { EdgeParts } from './planted/edge-parts';

function handler(stack: Stack, seconds: number): lambda.Function {
  return new lambda.Function(stack, 'Pay', {
    runtime: lambda.Runtime.NODEJS_LATEST, handler: 'index.handler', code: lambda.Code.fromInline('exports.handler = async () => ({ statusCode: 202 });'),
    timeout: Duration.seconds(seconds),
  });
}

describe('a web ACL', () => {
  const core = (group: object, counts = false) => (stack: Stack) => new EdgeParts(stack).webAcl({
    name: 'core', overrideAction: counts ? { count: {} } : { none: {} },
    statement: { managedRuleGroupStatement: { vendorName: 'AWS', name: 'AWSManagedRulesCommonRuleSet', ...group } },
  });
  const batches = new Workload({ peak: Rate.perSecond(1000), paymentsPerRequest: 17 });

  it('refuses a batch of 17 payments in the mean, and none of 16', () => {
    expect(foundBy(bodySizeRule, core({}), batches)).toEqual(['WebAcl: requests of 8.5 KiB in the mean (17 payments) are blocked above 8 KiB']);
    expect(foundBy(bodySizeRule, core({}), batches.with({ paymentsPerRequest: 16 }))).toEqual([]);
  });

  it('refuses nothing where it only counts, is scoped down, or leaves the rule out', () => {
    const scopeDownStatement = { labelMatchStatement: { scope: 'LABEL', key: 'single' } };
    expect(foundBy(bodySizeRule, core({}, true), batches)).toEqual([]);
    expect(foundBy(bodySizeRule, core({ scopeDownStatement }), batches)).toEqual([]);
    expect(foundBy(bodySizeRule, core({ excludedRules: [{ name: 'SizeRestrictions_BODY' }] }), batches)).toEqual([]);
    expect(foundBy(bodySizeRule, core({ ruleActionOverrides: [{ name: 'NoUserAgent_HEADER', actionToUse: { count: {} } }] }), batches)).toHaveLength(1);
  });

  it('costs nothing worth speaking of before a small service, or where most requests come from the public', () => {
    const guarded = (stack: Stack) => {
      const parts = new EdgeParts(stack);
      parts.guard(parts.webAcl(), parts.loadBalancer());
    };
    const large = new Workload({ peak: Rate.perSecond(50_000) });
    expect(foundBy(partnerInspection, guarded, large)).toEqual([expect.stringMatching(/^WebAcl: .* 95 % of requests .* \$3\d,\d{3} a month$/)]);
    expect(foundBy(partnerInspection, guarded, large.with({ publicEdgeShare: 1 }))).toEqual([]);
    expect(foundBy(partnerInspection, guarded, large.with({ peak: Rate.perSecond(500) }))).toEqual([]);
  });

  it('counts over 300 seconds where no window is stated', () => {
    const rate = (evaluationWindowSec?: number) => (stack: Stack) => new EdgeParts(stack).webAcl({
      name: 'rate', action: { block: {} }, statement: { rateBasedStatement: { limit: 20_000, aggregateKeyType: 'IP', evaluationWindowSec } },
    });
    const busy = new Workload({ peak: Rate.perSecond(20_000) });
    expect(foundBy(rateRuleLimit, rate(60), busy)).toEqual([]);
    expect(foundBy(rateRuleLimit, rate(), busy)).toHaveLength(1);
  });
});

describe('an edge in front of a function', () => {
  it('waits 29 s as a REST API, unless less is stated', () => {
    const rest = (seconds: number, timeout?: Duration) => (stack: Stack) => {
      const api = new apigateway.RestApi(stack, 'Api');
      api.root.addMethod('POST', new apigateway.LambdaIntegration(handler(stack, seconds), { timeout }));
    };
    expect(foundBy(impatientEdge, rest(30))).toEqual([expect.stringMatching(/it waits 29 s for Pay\w+, which may run for 30 s$/)]);
    expect(foundBy(impatientEdge, rest(29))).toEqual([]);
    expect(foundBy(impatientEdge, rest(20, Duration.seconds(10)))).toHaveLength(1);
  });

  it('waits for its idle timeout as a load balancer', () => {
    const balanced = (idleTimeout?: Duration) => (stack: Stack) => {
      const balancer = new elbv2.ApplicationLoadBalancer(stack, 'Balancer', { vpc: new ec2.Vpc(stack, 'Network'), idleTimeout });
      balancer.addListener('Http', { port: 80 }).addTargets('Pay', { targets: [new LambdaTarget(handler(stack, 90))] });
    };
    expect(foundBy(impatientEdge, balanced())).toEqual([expect.stringMatching(/^Balancer: it waits 60 s/)]);
    expect(foundBy(impatientEdge, balanced(Duration.seconds(100)))).toEqual([]);
  });
});

describe('affinity', () => {
  const group = (...pairs: [string, string][]) => (stack: Stack) => {
    new EdgeParts(stack).targetGroup('Targets', { targetGroupAttributes: pairs.map(([key, value]) => ({ key, value })) });
  };

  it('is found with its kind and time, and nowhere that it is off', () => {
    expect(foundBy(sessionAffinity, group(['stickiness.enabled', 'true'], ['stickiness.type', 'app_cookie'], ['stickiness.app_cookie.duration_seconds', '60'])))
      .toEqual(['Targets: clients stay with a target for 60 s (app_cookie)']);
    expect(foundBy(sessionAffinity, group(['stickiness.enabled', 'true']))).toEqual(['Targets: clients stay with a target']);
    expect(foundBy(sessionAffinity, group(['stickiness.enabled', 'false']))).toEqual([]);
    expect(foundBy(sessionAffinity, group())).toEqual([]);
  });

  it('is found between target groups that share requests', () => {
    const shared = (enabled: boolean) => (stack: Stack) => {
      const parts = new EdgeParts(stack);
      const targets = parts.targetGroup();
      parts.listener(parts.loadBalancer(), targets, {
        defaultActions: [{ type: 'forward', forwardConfig: { targetGroups: [{ targetGroupArn: targets.ref }], targetGroupStickinessConfig: { enabled, durationSeconds: 300 } } }],
      });
    };
    expect(foundBy(sessionAffinity, shared(true))).toEqual([expect.stringMatching(/Listener: clients stay with a target group for 300 s$/)]);
    expect(foundBy(sessionAffinity, shared(false))).toEqual([]);
  });
});

it('lets an internal load balancer speak HTTP', () => {
  const http = (internetFacing: boolean) => (stack: Stack) => {
    const vpc = new ec2.Vpc(stack, 'Network');
    const balancer = new elbv2.ApplicationLoadBalancer(stack, 'Balancer', { vpc, internetFacing });
    balancer.addListener('Http', { port: 80 }).addTargets('Targets', { port: 80, targets: [new IpTarget('10.0.0.7')] });
  };
  expect(foundBy(plainHttp, http(true))).toEqual(['BalancerHttp: port 80 of a public load balancer speaks HTTP']);
  expect(foundBy(plainHttp, http(false))).toEqual([]);
});

it.each([
  ['ELBSecurityPolicy-2016-08', 1], ['ELBSecurityPolicy-TLS13-1-0-2021-06', 1], ['ELBSecurityPolicy-FS-1-1-2019-08', 1], ['ELBSecurityPolicy-TLS-1-2-2017-01', 0],
  ['ELBSecurityPolicy-FS-1-2-Res-2020-10', 0], ['ELBSecurityPolicy-TLS13-1-3-2021-06', 0], ['ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06', 0],
])('takes %s for outdated %d times', (sslPolicy, times) => {
  expect(foundBy(outdatedTls, (stack) => {
    const parts = new EdgeParts(stack);
    parts.listener(parts.loadBalancer(), parts.targetGroup(), { sslPolicy });
  })).toHaveLength(times);
});

describe('a service', () => {
  it('is not set back to the count that scaling never leaves', () => {
    const counted = (maxCapacity: number) => (stack: Stack) => {
      const parts = new EdgeParts(stack);
      parts.scale(parts.service({ desiredCount: 3 }), { maxCapacity });
    };
    expect(foundBy(resetCount, counted(30))).toEqual(['Service: it states 3 tasks, and scaling goes to 30']);
    expect(foundBy(resetCount, counted(3))).toEqual([]);
  });

  it('is one task where nothing is stated, and none where one runs on each instance', () => {
    expect(foundBy(singleTask, (stack) => new EdgeParts(stack).service())).toEqual(['Service: it has one task']);
    expect(foundBy(singleTask, (stack) => new EdgeParts(stack).service({ schedulingStrategy: 'DAEMON' }))).toEqual([]);
  });

  it('may be one task, and not scale, where that follows from its workload', () => {
    const derived = (path: string, name: string) => Decision.derive({ path, name, value: 1, unit: 'tasks', formula: '1', inputs: {}, binding: 'the peak' });
    const sized = (stated?: number) => (stack: Stack) => {
      const parts = new EdgeParts(stack);
      parts.scale(parts.service(), { minCapacity: stated ?? 1, maxCapacity: stated ?? 1 });
      writeDecisions(stack, ...['minimumTasks', 'maximumTasks'].map((name) => derived(stack.node.path, name))
        .map((it) => (stated === undefined ? it : Decision.override(it, stated))));
    };
    expect(foundBy(singleTask, sized())).toEqual([]);
    expect(foundBy(idleScaling, sized())).toEqual([]);
    expect(foundBy(singleTask, sized(0))).toEqual(['Service: it may have no task at all']);
    expect(foundBy(idleScaling, sized(2))).toEqual(['Scaling: the least and the most are both 2']);
  });

  it('may be taken back by alarms, or by somebody else', () => {
    const deployed = (deploymentConfiguration: object, type = 'ECS') => (stack: Stack) => new EdgeParts(stack).service({ deploymentConfiguration, deploymentController: { type } });
    expect(foundBy(noRollback, deployed({ alarms: { enable: true, rollback: true, alarmNames: ['errors'] } }))).toEqual([]);
    expect(foundBy(noRollback, deployed({ deploymentCircuitBreaker: { enable: true, rollback: false } }))).toHaveLength(1);
    expect(foundBy(noRollback, deployed({}, 'CODE_DEPLOY'))).toEqual([]);
  });
});

it('knows the zones of functions, and says nothing of subnets outside the app', () => {
  const within = (subnetIds: (stack: Stack) => string[]) => (stack: Stack) => new lambda.CfnFunction(stack, 'Pay', {
    code: { zipFile: 'x' }, role: 'arn:aws:iam::111122223333:role/pay', vpcConfig: { subnetIds: subnetIds(stack) },
  });
  const zones = (count: number) => (stack: Stack) => new EdgeParts(stack).subnets.slice(0, count).map((it) => it.ref);
  expect(foundBy(singleZone, within(zones(1)))).toEqual(['Pay: all its subnets are in eu-west-1a']);
  expect(foundBy(singleZone, within(zones(2)))).toEqual([]);
  expect(foundBy(singleZone, within(() => ['subnet-0123456789abcdef0']))).toEqual([]);
});

describe('data', () => {
  it('of Aurora have one copy to read from with a writer alone', () => {
    const aurora = (readers: number) => (stack: Stack) => new rds.DatabaseCluster(stack, 'Books', {
      engine: rds.DatabaseClusterEngine.auroraPostgres({ version: rds.AuroraPostgresEngineVersion.VER_16_4 }), vpc: new ec2.Vpc(stack, 'Network'),
      writer: rds.ClusterInstance.serverlessV2('writer'), readers: Array.from({ length: readers }, (_, index) => rds.ClusterInstance.serverlessV2(`reader${index}`, { scaleWithWriter: true })),
    });
    expect(foundBy(singleCopy, aurora(0))).toEqual([expect.stringMatching(/^Books: its only instance is Bookswriter/)]);
    expect(foundBy(singleCopy, aurora(1))).toEqual([]);
  });

  it('of a cache have none without a replica', () => {
    const cache = (props: Partial<elasticache.CfnReplicationGroupProps>) => (stack: Stack) =>
      new elasticache.CfnReplicationGroup(stack, 'Cache', { replicationGroupDescription: 'limits', ...props });
    expect(foundBy(singleCopy, cache({ numNodeGroups: 3, replicasPerNodeGroup: 0 }))).toEqual(['Cache: its node groups have no replica']);
    expect(foundBy(singleCopy, cache({ numCacheClusters: 1 }))).toHaveLength(1);
    expect(foundBy(singleCopy, cache({ numCacheClusters: 3 }))).toEqual([]);
    expect(foundBy(singleCopy, cache({ nodeGroupConfiguration: [{ replicaCount: 0 }, { replicaCount: 2 }] }))).toEqual([]);
  });
});

describe('a state machine', () => {
  const machine = (props: Partial<stepfunctions.StateMachineProps>) => (stack: Stack) => {
    const send = new SqsSendMessage(stack, 'Send', { queue: new Queue(stack, 'Queue'), messageBody: stepfunctions.TaskInput.fromJsonPathAt('$') });
    const each = new stepfunctions.Map(stack, 'Each').itemProcessor(new stepfunctions.Parallel(stack, 'Both').branch(send));
    const call = new LambdaInvoke(stack, 'Call', { lambdaFunction: handler(stack, 10) });
    return new stepfunctions.StateMachine(stack, 'Machine', { definitionBody: stepfunctions.DefinitionBody.fromChainable(each.next(call)), ...props });
  };

  it('has tasks inside of maps and branches', () => {
    expect(foundBy(endlessTask, machine({}))).toEqual([
      'Machine: the task "Send" has no timeout, and the machine has none either', 'Machine: the task "Call" has no timeout, and the machine has none either',
    ]);
    expect(foundBy(unrepeatedTask, machine({}))).toEqual(['Machine: the task "Send" has neither Retry nor Catch']);
  });

  it('ends with its own timeout, or as an express one', () => {
    expect(foundBy(endlessTask, machine({ timeout: Duration.minutes(5) }))).toEqual([]);
    expect(foundBy(endlessTask, machine({ stateMachineType: stepfunctions.StateMachineType.EXPRESS }))).toEqual([]);
  });
});

it('asks no dead-letter queue of what people read', () => {
  expect(foundBy(lostNotification, (stack) => new sns.Topic(stack, 'Topic').addSubscription(new EmailSubscription('operators@payments.example')))).toEqual([]);
});
