import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { PaymentKubernetesStage } from '../../../apps/payment-reference/kubernetes/payment-kubernetes-stage';
import { type Bill, billOf } from '../../../lib/cost';
import { isFree, PRICERS } from '../../../lib/cost/pricers';
import { Topology } from '../../../lib/topology';
import { Workload } from '../../../lib/workload';
import { tableOf } from '../../cost/page-table';
import { testApp } from '../../support/app';

const workload = Workload.fromJSON(JSON.parse(fs.readFileSync(path.join(__dirname, '../../cost/reference-workload.json'), 'utf8')));
const NODES = /^nodes of the pool /;

describe('the bill of the reference on Kubernetes', () => {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'cht-kubernetes-reference-'));
  let topology: Topology;
  let bill: Bill;

  beforeAll(() => {
    const app = testApp({ outdir });
    new PaymentKubernetesStage(app, 'payments-prod', { env: { region: 'us-east-1' }, environmentName: 'prod', workload });
    app.synth();
    topology = Topology.read(outdir, { unresolved: 'stand-in' });
    bill = billOf(topology, workload);
  });
  afterAll(() => fs.rmSync(outdir, { recursive: true, force: true }));

  const usdOf = (of: Bill, what: RegExp): number => of.lines.filter((it) => what.test(it.what)).reduce((sum, { usd }) => sum + usd.typical, 0);

  it('prices every type, or knows that it is free', () => {
    const types = new Set(topology.resources.map(({ type }) => type));
    const priced = new Set(PRICERS.flatMap((it) => it.types));
    expect([...types].filter((type) => !priced.has(type) && !isFree(type))).toEqual([]);
    expect(bill.unpriced).toEqual([]);
  });

  it('has nodes for every pod that always runs: no limit of a pool is in the way', () => {
    const nodes = bill.lines.filter(({ what }) => NODES.test(what));
    expect(nodes).toHaveLength(workload.cells);
    expect(nodes.filter(({ why }) => /limits of the pool/.test(why))).toEqual([]);
    expect(nodes.every(({ why }) => /15 x gateway public, 15 x gateway partners/.test(why))).toBe(true);
  });

  it('has a share of nodes and balancers in each cell that is the same', () => {
    const byStack = new Map<string, number>();
    bill.lines.filter(({ type }) => type === 'Custom::AWSCDK-EKS-KubernetesResource')
      .forEach(({ stack, quantity, what }) => byStack.set(stack, (byStack.get(stack) ?? 0) + (NODES.test(what) ? quantity.typical : 0)));
    const pods = [...byStack].filter(([stack]) => stack.includes('-pods'));
    expect(pods).toHaveLength(workload.cells);
    expect(new Set(pods.map(([, hours]) => hours)).size).toBe(1);
  });

  it('carries the tags that budgets look for on nearly all of it', () => {
    const tagged = bill.byTag('application').get('payment-reference')?.typical ?? 0;
    expect(tagged / bill.perMonth.typical).toBeGreaterThan(0.95);
  });

  it('has a low and a high end around the typical month', () => {
    expect(bill.perMonth.low).toBeLessThanOrEqual(bill.perMonth.typical);
    expect(bill.perMonth.high).toBeGreaterThan(bill.perMonth.typical);
  });

  it('costs what docs/cost.md shows', () => {
    const committed = billOf(topology, workload, { commitment: '1y' });
    const cents = (usd: number, of: Bill): string => `$${of.perMillion({ low: usd, typical: usd, high: usd }).typical.toFixed(3)}`;
    const row = (name: string, amount: (of: Bill) => number): string[] => [name, ...[bill, committed].map((it) => cents(amount(it), it))];
    const database = (of: Bill): number => of.byStage().get('database')!.typical;
    expect(tableOf('on Kubernetes, a million payments')).toEqual([
      row('everything', (it) => it.perMonth.typical),
      row('of it the ledger in Aurora PostgreSQL', database),
      row('of it the nodes of Karpenter, with their volumes', (it) => usdOf(it, /^(nodes|volumes) of the pool /)),
      row('of it the load balancers of gateways, and answers to the internet', (it) => usdOf(it, / of gateway /)),
      row('of it Kafka', (it) => it.lines.filter(({ type }) => type.startsWith('AWS::MSK::')).reduce((sum, { usd }) => sum + usd.typical, 0)),
    ]);
  });
});
