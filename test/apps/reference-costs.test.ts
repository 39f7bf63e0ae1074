import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { PaymentReferenceStage } from '../../apps/payment-reference/payment-reference-stage';
import { CostsStack, type CostsStackProps } from '../../apps/payment-reference/stacks/costs-stack';
import { environments } from '../../apps/payment-reference/workload';
import { HighThroughputChecks } from '../../lib/checks';
import { type Bill, billOf, costOf, linesTagged } from '../../lib/cost';
import { Topology } from '../../lib/topology';
import { testApp } from '../support/app';
import { onlyResource, resourcesOf } from '../support/template';

/** The reference of dev as its app makes it, with the guard of its costs. */
function withCosts(props: Partial<CostsStackProps> = {}) {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-costs-'));
  process.on('exit', () => fs.rmSync(outdir, { recursive: true, force: true }));
  const app = testApp({ outdir });
  const env = { region: 'eu-west-1' };
  const reference = new PaymentReferenceStage(app, 'payments-dev', { env, environmentName: 'dev', workload: environments.dev });
  const costs = new CostsStack(app, 'payments-dev-costs', { env, environmentName: 'dev', reference, ...props });
  return { app, outdir, reference, costs };
}

describe('the costs of the reference', () => {
  const { app, outdir, reference, costs } = withCosts();
  const before = reference.synth();
  let budgets: { Budget: { BudgetName: string; BudgetLimit: { Amount: number }; CostFilters: { Service?: string[] } } }[];
  let bill: Bill;

  beforeAll(() => {
    app.synth();
    bill = billOf(Topology.read(outdir, { unresolved: 'stand-in' }));
    budgets = Object.values(resourcesOf(Template.fromStack(costs), 'AWS::Budgets::Budget')).map((it) => it.Properties) as typeof budgets;
  });

  it('are priced without a second synthesis: the app takes the assembly that was priced', () => {
    expect(reference.synth()).toBe(before);
    expect(Object.keys(app.synth().getNestedAssembly('assembly-payments-dev').manifest.artifacts!)).toEqual(Object.keys(before.manifest.artifacts!));
  });

  it('have a budget between the typical bill and twice its high end, and one for each service that counts', () => {
    const lines = linesTagged(bill, { key: 'application', values: ['payment-reference'] });
    expect(budgets.length).toBeGreaterThan(2);
    for (const { Budget: { BudgetLimit, CostFilters: { Service } } } of budgets) {
      const usd = costOf(lines, Service?.[0]);
      expect(BudgetLimit.Amount).toBeGreaterThanOrEqual(usd.typical);
      expect(BudgetLimit.Amount).toBeLessThanOrEqual(2 * usd.high);
      expect(usd.typical).toBeGreaterThan(0);
    }
  });

  it('leave nothing out that could carry the tag, and the stack carries it as well', () => {
    expect(onlyResource(Template.fromStack(costs), 'AWS::SNS::Topic').Properties.Tags)
      .toEqual([{ Key: 'application', Value: 'payment-reference' }, { Key: 'environment', Value: 'dev' }]);
  });
});

describe('a stated budget', () => {
  it('takes the place of the derived one, and fails the synthesis where a usual month breaks it', () => {
    const { app, costs } = withCosts({ monthlyBudget: 10 });
    Validations.of(app).addPlugins(new HighThroughputChecks());
    expect(costs.guard.budget.budget).toMatchObject({ budgetLimit: { amount: 10 } });
    expect(costs.guard.decisions).toEqual([expect.objectContaining({ name: 'monthlyLimit', value: 10, origin: 'override' })]);
    expect(() => app.synth()).toThrow(/A budget does not fit the bill of what it guards\. Found: \$10 a month is less than is usual[^]*HT-COST-001/);
  });
});
