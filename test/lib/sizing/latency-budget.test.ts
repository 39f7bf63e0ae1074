import { Duration } from 'aws-cdk-lib';
import { Facts, isAssumption } from '../../../lib/facts';
import { renderLatencyMarkdown, renderLatencyText } from '../../../lib/report/latency-text';
import { Decision } from '../../../lib/sizing';
import { latencyBudget, type LatencyPath } from '../../../lib/sizing/latency-budget';
import { exponential, lognormal, normalQuantile, oneOf, quantile, seededSource, slowestOf, type TimeDraw } from '../../../lib/sizing/latency-draws';
import { cellDecisions } from '../../../lib/sizing/latency-sizes';
import { LatencyTarget, Rate, Workload, type WorkloadProps } from '../../../lib/workload';

function cell(props: Partial<WorkloadProps> = {}): Workload {
  return new Workload({ peak: Rate.perSecond(100_000), cells: 4, ...props }).cellShare();
}

function drawn(draw: TimeDraw, share: number, draws = 100_000): number {
  const random = seededSource(7);
  return quantile(Float64Array.from({ length: draws }, () => draw(random)).sort(), share);
}

describe('draws', () => {
  it.each([[0.5, 0], [0.99, 2.3263478740408408], [0.01, -2.3263478740408408], [0.999, 3.090232306167813], [0.84134474606854, 1]])(
    'know the normal quantile of %d', (share, z) => expect(normalQuantile(share)).toBeCloseTo(z, 8));

  it('go through median and 99th percentile', () => {
    expect(drawn(lognormal(8, 40), 0.5)).toBeCloseTo(8, 0);
    expect(drawn(lognormal(8, 40), 0.99) / 40).toBeCloseTo(1, 1);
  });

  it('take the slowest of several calls as their maximum', () => {
    const one = lognormal(9, 30);
    const each = drawn((random) => Math.max(one(random), one(random), one(random)), 0.9);
    expect(drawn(slowestOf(3, 9, 30), 0.9) / each).toBeCloseTo(1, 1);
  });

  it('wait as M/M/1 says: a share waits, and of those an exponential time', () => {
    // Utilization 0.8, service 1 ms: P(W > t) = 0.8 e^(-0.2 t), so p99 = ln(80) / 0.2.
    expect(drawn(oneOf(0.8, exponential(5), () => 0), 0.99) / (Math.log(80) / 0.2)).toBeCloseTo(1, 1);
  });

  it('are the same for a seed, and differ between seeds', () => {
    const [first, again, other] = [seededSource(1), seededSource(1), seededSource(2)];
    const numbers = Array.from({ length: 5 }, first);
    expect(Array.from({ length: 5 }, again)).toEqual(numbers);
    expect(Array.from({ length: 5 }, other)).not.toEqual(numbers);
  });
});

describe('a latency budget', () => {
  const budget = latencyBudget(cell());
  const paths: [string, LatencyPath][] = [['accept', budget.accept], ['settle', budget.settle]];

  it('is the same twice', () => {
    expect(latencyBudget(cell())).toEqual(budget);
  });

  it('follows a payment from the edge to the ledger', () => {
    const accept = ['web ACL', 'load balancer', 'network', 'wait for a task', 'request', 'packing', 'PutRecords'];
    expect(budget.accept.hops.map((it) => it.name)).toEqual(accept);
    expect(budget.settle.hops.map((it) => it.name)).toEqual([...accept, 'stream to function', 'wait for the lane', 'invocation', 'ledger write']);
  });

  it.each(paths)('of %s adds up draws: more than its slowest hop, less than the sum of 99th percentiles', (_, path) => {
    const { typical } = path.p99Milliseconds;
    expect(typical).toBeGreaterThan(Math.max(...path.hops.map((it) => it.p99Milliseconds)));
    expect(typical).toBeLessThan(path.sumOfP99Milliseconds);
    expect(path.p50Milliseconds.typical).toBeLessThan(typical);
    expect(path.hops.reduce((sum, it) => sum + it.shareOfTail, 0)).toBeCloseTo(1, 2);
  });

  it.each(paths)('of %s marks the hops that rest on assumptions, and only those', (_, path) => {
    for (const hop of path.hops) {
      expect(hop.assumption).toBe(hop.facts.some((id) => isAssumption(Facts.DEFAULT.get(id))));
      expect(hop.model).not.toMatch(/NaN|undefined|Infinity/);
    }
    expect(path.hops.filter((it) => !it.assumption).map((it) => it.name)).toEqual(path === budget.accept ? ['packing'] : ['packing', 'stream to function']);
  });

  it.each(paths)('of %s is a band around what is typical', (_, path) => {
    const { low, typical, high } = path.predictedMilliseconds;
    expect(low).toBeLessThan(typical);
    expect(typical).toBeLessThan(high);
  });

  it('names what takes most around the target', () => {
    expect(budget.accept.slowest).toBe('PutRecords');
    expect(budget.settle.slowest).toBe('stream to function');
  });

  it('is met, met on assumptions, or not shown', () => {
    // Nothing is assumed any more once every assumed time is stated.
    const assumed = [...new Set(budget.settle.hops.flatMap((it) => it.facts))].filter((id) => isAssumption(Facts.DEFAULT.get(id)));
    const stated = Facts.DEFAULT.withOverrides(Object.fromEntries(assumed.map((id) => [id, Facts.DEFAULT.number(id)])));
    const sure = stated.withOverrides({ 'kinesis/putRecords.p50': 8, 'kinesis/putRecords.p99': 40 });
    expect(budget.accept.verdict).toBe('metOnAssumptions');
    expect(budget.settle.verdict).toBe('met');
    expect(latencyBudget(cell(), sure).accept.verdict).toBe('met');
    expect(latencyBudget(cell({ latencyTarget: LatencyTarget.accept(Duration.millis(30)) })).accept.verdict).toBe('notShown');
  });

  it('predicts at the percentile of the target', () => {
    const median = latencyBudget(cell({ latencyTarget: LatencyTarget.accept(Duration.millis(100), 50) })).accept;
    expect(median.predictedMilliseconds).toEqual(median.p50Milliseconds);
  });

  it.each([
    ['kinesis/putRecord.p99.default', 80], ['alb/added.p50.default', 3], ['payment-api/cpuPerRequest', 400],
    ['dynamodb/batchStatement25.p50.default', 18], ['lambda-esm/kinesis.efo.p99', 300], ['waf/added.p99.default', 900],
  ])('never gets shorter when %s grows to %d', (id, value) => {
    const slower = latencyBudget(cell(), Facts.DEFAULT.withOverrides({ [id]: value }), { decisions: cellDecisions(cell(), Facts.DEFAULT) });
    expect(slower.settle.p99Milliseconds.typical).toBeGreaterThanOrEqual(budget.settle.p99Milliseconds.typical);
    expect(slower).not.toEqual(budget);
  });

  it('grows with the share of requests that a web ACL looks at', () => {
    const share = (publicEdgeShare: number): number => latencyBudget(cell({ publicEdgeShare })).accept.hops[0].p50Milliseconds;
    expect([share(0), share(1)]).toEqual([0, expect.closeTo(1, 1)]);
  });

  it('takes the sizes of a plan, overrides included', () => {
    const decisions = cellDecisions(cell(), Facts.DEFAULT);
    expect(latencyBudget(cell(), Facts.DEFAULT, { decisions })).toEqual(budget);
    const polling = Decision.replace(decisions, 'enhancedFanOut', false);
    const slow = latencyBudget(cell(), Facts.DEFAULT, { decisions: polling }).settle;
    expect(slow.predictedMilliseconds.typical).toBeGreaterThan(1580);
    expect(slow.verdict).toBe('notShown');
    const few = latencyBudget(cell(), Facts.DEFAULT, { decisions: Decision.replace(decisions, 'maximumTasks', 6) });
    const waiting = (it: typeof few): number => it.accept.hops.find((hop) => hop.name === 'wait for a task')!.p99Milliseconds;
    expect(waiting(few)).toBeGreaterThan(10 * waiting(budget));
  });

  it('has a batching window where the settle target leaves time for one', () => {
    const patient = latencyBudget(cell({ latencyTarget: LatencyTarget.settle(Duration.seconds(30)) }));
    expect(patient.sizes).toMatchObject({ enhancedFanOut: false, windowSeconds: 5 });
    expect(patient.settle.hops.map((it) => it.name)).toContain('batching window');
  });

  it('says what a plan lacks', () => {
    const withoutTier = cellDecisions(cell(), Facts.DEFAULT).filter((it) => it.path !== 'tier');
    expect(() => latencyBudget(cell(), Facts.DEFAULT, { decisions: withoutTier })).toThrow('the plan has no decisions of a tier of tasks (maximumTasks, cpu)');
  });

  it.each([10, 1_000, 100_000, 1_000_000])('is plausible at %d payments/s', (rate) => {
    const { accept, settle } = latencyBudget(cell({ peak: Rate.perSecond(rate), paymentsPerRequest: 23, cells: rate >= 100_000 ? 4 : 1 }));
    expect(accept.p99Milliseconds.typical).toBeGreaterThan(40);
    expect(accept.p99Milliseconds.typical).toBeLessThan(60);
    expect(settle.p99Milliseconds.typical).toBeGreaterThan(109);
    expect(settle.p99Milliseconds.typical).toBeLessThan(220);
  });
});

describe('a latency budget in words', () => {
  const budget = latencyBudget(cell());

  it('tells prediction, target, verdict, what takes most, and how percentiles are combined', () => {
    const text = renderLatencyText(budget, { width: 1000 });
    expect(text).toMatch(/Predicted p99: 45 ms \(24\.2 to 204\)\. Target: 100 ms\. Met if the assumed times are right; not shown where they are longer\./);
    expect(text).toMatch(/ {2}PutRecords \* +8 +39\.\d +8\d(\.\d)? %/);
    expect(text).toMatch(/ {2}stream to function +49\.\d +1\d\d +6\d(\.\d)? %/);
    expect(text).toContain('the hop "PutRecords" takes most');
    expect(text).toContain('20,000 seeded draws are added up as if hops were independent');
    expect(text.match(/^ {2}PutRecords \*: /gm)).toHaveLength(1);
  });

  it('keeps to its width but for tables', () => {
    const lines = renderLatencyText(budget, { width: 70 }).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(70);
  });

  it('is the same as Markdown', () => {
    const text = renderLatencyMarkdown(budget);
    expect(text.match(/^### /gm)).toHaveLength(2);
    expect(text).toContain('| PutRecords * | 8 | 39.1 |');
  });
});
