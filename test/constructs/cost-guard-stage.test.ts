import { Aspects, CfnResource, type IAspect, Stack, Stage, Tags } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { CostGuard, KinesisEventStream, type StageCostGuardProps } from '../../constructs';
import { Rate, Workload } from '../../lib/workload';
import { testApp } from '../support/app';
import { onlyResource, resourcesOf, statements } from '../support/template';

const workload = new Workload({ peak: Rate.perSecond(2_000) });
const env = { region: 'eu-west-1' };

/** A stage with a stream, tagged, and a stack beside it. */
function app(make: (stack: Stack) => unknown = (stack) => new KinesisEventStream(stack, 'Payments', { workload })) {
  const root = testApp();
  const stage = new Stage(root, 'payments', { env });
  make(new Stack(stage, 'stream'));
  Tags.of(stage).add('application', 'payments');
  const guard = (props: Partial<StageCostGuardProps> = {}) =>
    CostGuard.forStage(new Stack(root, 'costs', { env }), 'Guard', { stage, tagValue: 'payments', workload, ...props });
  return { root, stage, guard };
}

const amounts = (guard: CostGuard) => Object.fromEntries(Object.values(resourcesOf(Template.fromStack(Stack.of(guard)), 'AWS::Budgets::Budget'))
  .map(({ Properties: { Budget: { BudgetName, BudgetLimit } } }) => [BudgetName.replace('costs-', ''), BudgetLimit.Amount]));

/** Properties of the alarm whose logical id holds a text. */
const alarmAt = (template: Template, text: string): Record<string, unknown> => {
  const found = Object.entries(resourcesOf(template, 'AWS::CloudWatch::Alarm')).filter(([id]) => id.includes(text));
  expect(found).toHaveLength(1);
  return found[0][1].Properties as Record<string, unknown>;
};

/** Five addresses, 3.65 dollars a month each. */
const addresses = (stack: Stack): void => {
  for (let index = 0; index < 5; index++) {
    new ec2.CfnEIP(stack, `Address${index}`, { domain: 'vpc' });
  }
};

describe('CostGuard.forStage', () => {
  it('derives limits from the bill: its high end, rounded up to two digits, and that of each service', () => {
    const guard = app(addresses).guard();
    expect(amounts(guard)).toEqual({ Total: 19, AmazonVirtualPrivateCloud: 19 });
    expect(guard.decisions).toEqual([expect.objectContaining({
      name: 'monthlyLimit', value: 19, unit: 'USD/month', inputs: { lowUsd: 18.25, typicalUsd: 18.25, highUsd: 18.25, unpricedResources: 0 },
    })]);
  });

  it('takes the workload that the constructs of the stage tell', () => {
    const { guard } = app();
    expect(Object.keys(amounts(guard({ workload: undefined })))).toEqual(expect.arrayContaining(['Total', 'AmazonKinesis']));
  });

  it('grows with the workload', () => {
    const [small, large] = [2_000, 200_000].map((rate) => {
      const carried = new Workload({ peak: Rate.perSecond(rate) });
      return amounts(app((stack) => new KinesisEventStream(stack, 'Payments', { workload: carried })).guard({ workload: carried })).AmazonKinesis;
    });
    expect(large).toBeGreaterThan(10 * small);
  });

  it('takes amounts of yours in their place', () => {
    const guard = app(addresses).guard({ monthlyLimit: 30, services: [{ service: 'AWS Lambda', monthlyLimit: 3 }] });
    expect(amounts(guard)).toEqual({ Total: 30, AWSLambda: 3 });
    expect(guard.decisions[0]).toMatchObject({ value: 30, derived: 19, origin: 'override' });
  });

  it('synthesizes the stage once, after its aspects', () => {
    const { root, stage, guard } = app(addresses);
    const visited: string[] = [];
    const aspect: IAspect = { visit: (node) => (node instanceof CfnResource ? visited.push(node.node.path) : undefined) };
    Aspects.of(stage).add(aspect);
    guard();
    expect(visited).toHaveLength(5);
    const priced = stage.synth();
    expect(root.synth().getNestedAssembly('assembly-payments').directory).toBe(priced.directory);
    expect(stage.synth()).toBe(priced);
    expect(visited).toHaveLength(5);
  });

  it('watches what a million payments cost, as it was billed, where it is told how to count them', () => {
    const guard = app(addresses).guard({ unitCost: { payments: 'SUM(payments)' } });
    const template = Template.fromStack(Stack.of(guard));
    const alarm = alarmAt(template, 'UnitCostAlarm');
    // 18.25 dollars over 800 payments a second in the mean, and with two digits.
    expect(alarm).toMatchObject({ MetricName: 'CostPerMillionPayments', Threshold: 0.0087, Period: 86_400, AlarmActions: [{ Ref: expect.stringMatching(/Topic/) }] });
    const definition = JSON.parse(JSON.stringify(onlyResource(template, 'AWS::StepFunctions::StateMachine').Properties.DefinitionString['Fn::Join'][1].join('')
      .replace('arn::', 'arn:aws:')).replace(/^"|"$/g, '').replace(/\\"/g, '"').replace(/\\\\/g, '\\'));
    expect(Object.keys(definition.States)).toEqual(['Cost', 'Payments', 'WerePayments', 'NoPayments', 'Publish']);
    expect(definition.States.Cost.Arguments.Filter).toEqual({ Tags: { Key: 'application', Values: ['payments'] } });
    expect(definition.States.Payments.Arguments.MetricDataQueries[0].Expression).toBe('SUM(payments)');
    expect(statements(template).flatMap((it) => it.actions ?? [])).toEqual(expect.arrayContaining(['ce:GetCostAndUsage', 'cloudwatch:GetMetricData', 'cloudwatch:PutMetricData']));
    expect(JSON.stringify(onlyResource(template, 'AWS::SNS::TopicPolicy'))).toContain('cloudwatch.amazonaws.com');
  });

  it('tells when the price of a day was not computed: a watch that has stopped looks like a price that holds', () => {
    const guard = app(addresses).guard({ unitCost: { payments: 'SUM(payments)' } });
    const template = Template.fromStack(Stack.of(guard));
    const { Metrics, ...alarm } = alarmAt(template, 'UnitCostNotComputed') as { Metrics: { Id: string; MetricStat?: { Metric: { MetricName: string } } }[] };
    expect(alarm).toMatchObject({
      Threshold: 0, ComparisonOperator: 'GreaterThanThreshold', EvaluationPeriods: 1, TreatMissingData: 'notBreaching',
      AlarmActions: [{ Ref: expect.stringMatching(/Topic/) as string }],
    });
    // What fails, what is ended, and what the schedule could not start.
    expect(Object.fromEntries(Metrics.map(({ Id, MetricStat }) => [Id, MetricStat?.Metric.MetricName]))).toEqual({
      expr_1: undefined, failed: 'ExecutionsFailed', timedOut: 'ExecutionsTimedOut', missed: 'ApproximateNumberOfMessagesVisible',
    });
    const [[missed]] = Object.entries(resourcesOf(template, 'AWS::SQS::Queue'));
    expect(onlyResource(template, 'AWS::Scheduler::Schedule').Properties.Target.DeadLetterConfig).toEqual({ Arn: { 'Fn::GetAtt': [missed, 'Arn'] } });
  });

  it('must be told the limit of a million payments where nothing is priced', () => {
    expect(() => new CostGuard(new Stack(testApp(), 'costs'), 'Guard', { monthlyLimit: 1, tagValue: 'x', unitCost: { payments: 'm' } }))
      .toThrow('`unitCost.limit` must be US dollars above 0, or `CostGuard.forStage` derives it, got: undefined');
  });

  it('refuses what it cannot price', () => {
    const { stage, guard } = app(addresses);
    expect(() => CostGuard.forStage(new Stack(stage, 'inside'), 'Guard', { stage, tagValue: 'payments' }))
      .toThrow('`stage` must not be one that the guard stands in, got: payments');
    expect(() => app(addresses).guard({ workload: undefined })).toThrow('`workload` must be stated: none of the templates carries one');
    expect(() => app(addresses).guard({ tagValue: 'other' })).toThrow('`tag` must be one that resources which cost something carry, got: application=other');
    expect(() => app(addresses).guard({ monthlyLimit: 0 })).toThrow('`monthlyLimit` must be US dollars above 0, got: 0');
    expect(guard).toBeDefined();
  });
});
