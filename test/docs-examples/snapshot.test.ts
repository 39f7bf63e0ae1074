import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { KinesisEventStream, Rate, Workload } from '../../index';
import { budgetsOf, planOf, templateSerializer } from '../../lib/testing';

expect.addSnapshotSerializer(templateSerializer);

test('the stack is as we reviewed it', () => {
  const stack = new Stack(new App(), 'orders');
  new KinesisEventStream(stack, 'Orders', { workload: new Workload({ peak: Rate.perSecond(20_000) }) });
  const template = Template.fromStack(stack).toJSON();
  expect(planOf(template)).toMatchSnapshot('plan');
  expect(budgetsOf(template)).toMatchSnapshot('budgets');
  expect(template).toMatchSnapshot('template');
});
