import { Duration, Size } from 'aws-cdk-lib';
import { type Fact, Facts } from '../../../lib/facts';
import { type Decision, SizingPlan } from '../../../lib/sizing';
import { sizeConnections } from '../../../lib/sizing/connections';
import { sizeEdgeCells } from '../../../lib/sizing/edge-cells';
import { sizeLoadBalancer } from '../../../lib/sizing/load-balancer';
import { sizeNetworkEndpoints } from '../../../lib/sizing/network-endpoints';
import { sizeWebAcl } from '../../../lib/sizing/web-acl';
import { KeySkew, Rate, Workload, type WorkloadProps } from '../../../lib/workload';

class RecordingFacts extends Facts {
  readonly read = new Set<string>();

  override get(id: string, region?: string): Fact {
    this.read?.add(id);
    return super.get(id, region);
  }
}

const MODELS = {
  connections: sizeConnections, loadBalancer: sizeLoadBalancer, cells: sizeEdgeCells, webAcl: sizeWebAcl, network: sizeNetworkEndpoints,
} as const;
type Model = keyof typeof MODELS;
const NAMES = Object.keys(MODELS) as Model[];
const RATES = [10, 1_000, 100_000, 1_000_000];

function decisionsAt(model: Model, rate: number, props: Partial<WorkloadProps> = {}, facts?: Facts): readonly Decision[] {
  return MODELS[model](new Workload({ peak: Rate.perSecond(rate), cells: 4, ...props }), facts).decisions;
}

function number(decisions: readonly Decision[], name: string): number {
  return decisions.find((it) => it.name === name)!.value as number;
}

describe.each(NAMES)('the model of %s', (model) => {
  describe.each(RATES)('at %d payments/s', (rate) => {
    const decisions = decisionsAt(model, rate);

    it('explains every value', () => {
      expect(() => new SizingPlan(decisions)).not.toThrow();
      for (const decision of decisions) {
        expect(decision.formula).toMatch(/\d/);
        expect(decision.formula + decision.binding + decision.rejected.map((it) => it.because).join()).not.toMatch(/NaN|undefined|Infinity/);
        expect(decision.binding).not.toBe('');
        for (const option of decision.rejected) {
          expect(option.because).toMatch(/\d|\bno\b|\bone\b|\bother\b|\bsee and bill\b/);
        }
        for (const input of Object.values(decision.inputs)) {
          expect(typeof input === 'string' || Number.isFinite(input)).toBe(true);
        }
        if (typeof decision.value === 'number') {
          expect(decision.value).toBeGreaterThanOrEqual(decision.limits?.minimum ?? 0);
          expect(decision.value).toBeLessThanOrEqual(decision.limits?.maximum ?? Infinity);
        }
        if (decision.quota !== undefined) {
          expect(decision.facts).toContain(decision.quota.id);
        }
      }
    });

    it('ends its formulas with their values', () => {
      const wrong = decisions.filter(({ formula, value }) => typeof value === 'number' && !formula.replace(/,/g, '').endsWith(`= ${value}`));
      expect(wrong.map((it) => `${it.name}: ${it.formula} (${String(it.value)})`)).toEqual([]);
    });

    it('names all the facts that it read, and no other', () => {
      const facts = new RecordingFacts();
      const named = new Set(decisionsAt(model, rate, {}, facts).flatMap((it) => it.facts));
      expect([...facts.read].filter((id) => !named.has(id))).toEqual([]);
      expect([...named].filter((id) => !facts.read.has(id))).toEqual([]);
    });
  });

  it('gives the same every time', () => {
    expect(decisionsAt(model, 100_000)).toEqual(decisionsAt(model, 100_000));
  });
});

describe('more of anything never needs less', () => {
  const GROWING: Partial<Record<Model, readonly string[]>> = {
    connections: ['publicActive', 'publicNewPerSecond', 'partnerActive', 'partnerNewPerSecond'],
    loadBalancer: ['publicUnits', 'partnerUnits', 'sharedUnits', 'networkUnits', 'partnerReservedUnits', 'handshakesPerSecond', 'targets', 'monthlyDollars'],
    cells: ['cells', 'paymentsPerSecondOfCell'],
    webAcl: ['requestsPerSecond', 'addressLimit', 'keyLimit', 'monthlyDollars'],
    network: ['gigabytesPerMonth', 'gigabitsPerSecondOfZone'],
  };
  const ROWS = NAMES.flatMap((model) => (GROWING[model] ?? []).map((name) => [model, name] as const));
  const steps = Array.from({ length: 30 }, (_, index) => 10 * Math.pow(1.5, index));

  it.each(ROWS)('%s/%s grows with the rate', (model, name) => {
    const values = steps.map((rate) => number(decisionsAt(model, rate), name));
    expect([...values].sort((a, b) => a - b)).toEqual(values);
    expect(values.at(-1)).toBeGreaterThan(model === 'webAcl' && name === 'addressLimit' ? 0 : values[0]);
  });

  it.each(ROWS)('%s/%s does not fall with longer payments', (model, name) => {
    const values = [128, 512, 2_048, 8_192].map((bytes) => number(decisionsAt(model, 50_000, { payload: { mean: Size.bytes(bytes) } }), name));
    expect([...values].sort((a, b) => a - b)).toEqual(values);
  });

  it('limits of a key do not fall with the skew', () => {
    const values = [0, 0.5, 1, 1.5].map((exponent) => number(decisionsAt('webAcl', 50_000, { keySkew: KeySkew.zipf({ keys: 500, exponent }) }), 'keyLimit'));
    expect([...values].sort((a, b) => a - b)).toEqual(values);
    expect(values[3]).toBeGreaterThan(values[0]);
  });
});

describe('ten million concurrent users', () => {
  const users = (seconds: number, publicEdgeShare: number): Workload => new Workload({
    peak: Rate.ofConcurrentUsers({ users: 10_000_000, thinkTime: Duration.seconds(seconds) }), publicEdgeShare, cells: 8,
  });

  it('who pay every 100 seconds are 100,000 payments/s with sane sizes', () => {
    const workload = users(100, 0.2);
    const cell = workload.cellShare();
    // 10 M x 8/7 / 8 users of a cell with one lost, a fifth of them at the public edge, each connected for 60 of 100 s.
    const connections = sizeConnections(cell);
    expect(connections.public.active).toBe(Math.ceil(10_000_000 / 7 * 0.2 * 0.6));
    expect(connections.public.newPerSecond).toBe(Math.ceil(10_000_000 / 7 * 0.2 / 100));
    expect(connections.openFilesPerTask).toBeLessThanOrEqual(65_535);
    const balancer = sizeLoadBalancer(cell);
    expect(balancer.public.binding.name).toBe('connections opened in a second');
    expect(balancer.public.units).toBe(Math.ceil(connections.public.newPerSecond / 25));
    expect(sizeEdgeCells(workload).cells).toBeLessThanOrEqual(8);
    expect(sizeWebAcl(cell).requestsPerSecond).toBeLessThanOrEqual(25_000);
  });

  it('who pay every 30 seconds keep their connections', () => {
    const { public: people } = sizeConnections(users(30, 1));
    expect(people).toEqual({ active: 10_000_000, newPerSecond: Math.ceil(10_000_000 / 3600) });
  });
});
