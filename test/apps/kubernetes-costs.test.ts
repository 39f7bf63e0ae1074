import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { KubernetesCostsStack } from '../../apps/payment-reference/kubernetes/costs-stack';
import { WORKER_METRICS } from '../../apps/payment-reference/kubernetes/names';
import { PaymentKubernetesStage } from '../../apps/payment-reference/kubernetes/payment-kubernetes-stage';
import { environments } from '../../apps/payment-reference/workload';
import { type Bill, billOf, budgetsOf, costOf, linesTagged } from '../../lib/cost';
import { Topology } from '../../lib/topology';
import { testApp } from '../support/app';
import { resourcesOf } from '../support/template';

interface Budget {
  readonly BudgetLimit: { readonly Amount: number };
  readonly CostFilters: { readonly Service?: readonly string[] };
}

const NODES = /^(nodes|volumes) of the pool /;
const tag = { key: 'application', values: ['payment-reference'] };

describe('the costs of the reference on Kubernetes', () => {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-kubernetes-costs-'));
  afterAll(() => fs.rmSync(outdir, { recursive: true, force: true }));
  const app = testApp({ outdir });
  const env = { region: 'eu-west-1' };
  let reference: PaymentKubernetesStage;
  let costs: KubernetesCostsStack;
  let bill: Bill;

  beforeAll(() => {
    reference = new PaymentKubernetesStage(app, 'payments-dev-kubernetes', { env, environmentName: 'dev', workload: environments.dev });
    costs = new KubernetesCostsStack(app, 'costs', { env, environmentName: 'dev', reference });
    bill = billOf(Topology.read(reference.synth().directory, { unresolved: 'stand-in' }));
  });

  const budgets = (): Budget[] =>
    Object.values(resourcesOf(Template.fromStack(costs), 'AWS::Budgets::Budget')).map((it) => (it.Properties as { Budget: Budget }).Budget);

  it('hold the nodes of Karpenter and the load balancers of gateways, which carry the tag', () => {
    const nodes = bill.lines.filter(({ what }) => NODES.test(what));
    expect(nodes.length).toBeGreaterThan(0);
    expect(nodes.every(({ usd, tags }) => usd.typical > 0 && tags.application === 'payment-reference' && tags.cell === 'cell1' && tags.environment === 'dev')).toBe(true);
    const balancers = bill.lines.filter(({ what }) => /^load balancer of gateway /.test(what));
    expect(balancers.map(({ tags }) => tags.application)).toEqual(['payment-reference', 'payment-reference']);
  });

  it('have budgets that are higher for them', () => {
    const without = { lines: bill.lines.filter(({ what }) => !NODES.test(what)), perMillion: bill.perMillion.bind(bill) } as unknown as Bill;
    const [all, less] = [budgetsOf(bill, tag), budgetsOf(without, tag)];
    expect(all.monthlyLimit).toBeGreaterThan(less.monthlyLimit);
    expect(all.perMillionPayments).toBeGreaterThan(less.perMillionPayments);
    expect(costs.guard.budget.budget).toMatchObject({ budgetLimit: { amount: all.monthlyLimit, unit: 'USD' } });
  });

  it('have a budget between the typical bill and twice its high end, and one for each service that counts', () => {
    const lines = linesTagged(bill, tag);
    expect(budgets().some(({ CostFilters: { Service } }) => Service?.[0] === 'Amazon Elastic Compute Cloud - Compute')).toBe(true);
    for (const { BudgetLimit, CostFilters: { Service } } of budgets()) {
      const usd = costOf(lines, Service?.[0]);
      expect(BudgetLimit.Amount).toBeGreaterThanOrEqual(usd.typical);
      expect(BudgetLimit.Amount).toBeLessThanOrEqual(2 * usd.high);
    }
  });

  it('tell of a million payments that costs too much, and are protected with the rest', () => {
    expect(costs.guard.unitCost).toBeDefined();
    const counted = new RegExp(`^const SERVICE = '${WORKER_METRICS}';$`, 'm');
    expect(fs.readFileSync(path.join(__dirname, '../../lambdas/payment-stream-worker/configuration.ts'), 'utf8')).toMatch(counted);
    expect(costs.terminationProtection).toBe(true);
  });

  it('may be stated, above 0', () => {
    const stated = new KubernetesCostsStack(testApp(), 'stated', { env, environmentName: 'dev', reference, monthlyBudget: 90_000 });
    expect(stated.guard.budget.budget).toMatchObject({ budgetLimit: { amount: 90_000, unit: 'USD' } });
    expect(() => new KubernetesCostsStack(testApp(), 'none', { environmentName: 'dev', reference, monthlyBudget: 0 })).toThrow('`monthlyLimit` must be');
  });

  it('leave nothing unpriced', () => {
    expect(bill.unpriced).toEqual([]);
  });
});
