import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as budgets from 'aws-cdk-lib/aws-budgets';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { KinesisEventStream, Rate, Workload } from '../../../index';
import { budgetsOf, normalizeTemplate, planOf, templateSerializer } from '../../../lib/testing';
import { cdkContext } from '../../support/app';

/** A stream and a function, as they come out in a region with some code. */
function synthesize(region: string, code: string, shards?: number) {
  const stack = new Stack(new App({ context: cdkContext }), 'orders', { env: { region, account: '111122223333' } });
  new KinesisEventStream(stack, 'Orders', { workload: new Workload({ peak: Rate.perSecond(20_000) }), shards });
  const handler = new lambda.Function(stack, 'Handler', {
    code: lambda.Code.fromInline(code), handler: 'index.handler', runtime: lambda.Runtime.NODEJS_22_X, environment: { HASH: 'ab'.repeat(32) },
  });
  new lambda.Alias(stack, 'Live', { aliasName: 'live', version: handler.currentVersion });
  new budgets.CfnBudget(stack, 'Budget', {
    budget: { budgetName: 'orders', budgetType: 'COST', timeUnit: 'MONTHLY', budgetLimit: { amount: 12_000, unit: 'USD' } },
    notificationsWithSubscribers: [80, 100].map((threshold) => ({
      notification: { notificationType: threshold === 80 ? 'ACTUAL' : 'FORECASTED', comparisonOperator: 'GREATER_THAN', threshold },
      subscribers: [{ subscriptionType: 'EMAIL', address: 'costs@example.com' }],
    })),
  });
  return Template.fromStack(stack).toJSON();
}

const ireland = synthesize('eu-west-1', 'exports.handler = async () => 1;');

describe('a normalized template', () => {
  const normalized = normalizeTemplate(ireland);
  const text = JSON.stringify(normalized);

  it('names no hash, no account and no region', () => {
    expect(text).not.toMatch(/[0-9a-f]{64}|111122223333|eu-west-1/);
    expect(text).toMatch(/HandlerCurrentVersion[0-9A-F]*[A-Za-z0-9]*VERSION/);
    expect(text).toContain('"HASH":"ASSET"');
  });

  it('has no metadata, and nothing that the CDK adds for itself', () => {
    expect(text).not.toMatch(/"Metadata"|BootstrapVersion|CDKMetadata/);
  });

  it('is the same in another region', () => {
    expect(normalizeTemplate(synthesize('us-east-1', 'exports.handler = async () => 1;'))).toEqual(normalized);
  });

  it('differs where a deployment would', () => {
    expect(normalizeTemplate(synthesize('eu-west-1', 'exports.handler = async () => 1;', 256))).not.toEqual(normalized);
    expect(normalizeTemplate(synthesize('eu-west-1', 'exports.handler = async () => 2;'))).not.toEqual(normalized);
  });

  it('is its own normal form, and leaves the given template as it was', () => {
    const before = JSON.stringify(ireland);
    expect(normalizeTemplate(normalized)).toEqual(normalized);
    expect(JSON.stringify(ireland)).toBe(before);
  });

  it('keeps a second region apart, and numbers that are no accounts', () => {
    const template = { Resources: { A: { Type: 'T', Properties: { from: 'eu-west-1', to: 'eu-central-1', again: 'eu-west-1', amount: '1234567890123', arn: 'arn:aws:s3:eu-west-1:111122223333:x' } } } };
    expect(normalizeTemplate(template)).toEqual({
      Resources: { A: { Type: 'T', Properties: { from: 'REGION', to: 'REGION2', again: 'REGION', amount: '1234567890123', arn: 'arn:aws:s3:REGION:ACCOUNT:x' } } },
    });
  });
});

describe('the serializer', () => {
  it('takes templates, and nothing else', () => {
    expect(templateSerializer.test(ireland)).toBe(true);
    for (const other of [undefined, null, 'text', 4, [], {}, { Resources: null }, { Resources: { a: 1 } }, { Resources: { a: {} } }]) {
      expect(templateSerializer.test(other)).toBe(false);
    }
  });

  it('writes members by name and lists in their order', () => {
    const template = { Resources: { B: { Type: 'T', Properties: { z: [2, 1], a: 1 } }, A: { Type: 'T' } } };
    const reversed = { Resources: { A: { Type: 'T' }, B: { Properties: { a: 1, z: [2, 1] }, Type: 'T' } } };
    expect(templateSerializer.serialize(template)).toBe(templateSerializer.serialize(reversed));
    expect(JSON.parse(templateSerializer.serialize(template))).toEqual(template);
  });
});

describe('the plan of a template', () => {
  it('tells the sizes by the path of their construct, with their units', () => {
    const plan = planOf(ireland);
    expect(plan['orders/Orders/shards']).toMatch(/^\d+ shards$/);
    expect(Object.keys(plan)).toEqual([...Object.keys(plan)].sort());
  });

  it('tells what was set by hand', () => {
    expect(planOf(synthesize('eu-west-1', 'x', 256))['orders/Orders/shards']).toBe('256 shards (set by hand)');
  });

  it('is empty where nothing was sized', () => {
    expect(planOf({ Resources: {} })).toEqual({});
  });
});

describe('the budgets of a template', () => {
  it('tell limit, period and who is told when', () => {
    expect(budgetsOf(ireland)).toEqual({ orders: { limit: '12000 USD MONTHLY', notifications: ['ACTUAL > 80 %', 'FORECASTED > 100 %'] } });
  });

  it('go by their logical id where they have no name', () => {
    const budget = { Type: 'AWS::Budgets::Budget', Properties: { Budget: { BudgetLimit: { Amount: 5, Unit: 'USD' }, TimeUnit: 'MONTHLY', FilterExpression: { Tags: {} } },
      NotificationsWithSubscribers: [{ Notification: { NotificationType: 'ACTUAL', ComparisonOperator: 'GREATER_THAN', Threshold: 4, ThresholdType: 'ABSOLUTE_VALUE' } }] } };
    expect(budgetsOf({ Resources: { Mine: budget } })).toEqual({ Mine: { limit: '5 USD MONTHLY', filters: { Tags: {} }, notifications: ['ACTUAL > 4 USD'] } });
    expect(budgetsOf({})).toEqual({});
  });
});
