import { type Fact, Facts } from '../../../lib/facts';
import { type Decision } from '../../../lib/sizing';
import { type MonthlyUsd } from '../../../lib/sizing/monthly-cost';
import { Band, Rate, Workload, type WorkloadProps } from '../../../lib/workload';

/** Rates at which every model must stay sensible, in payments per second. */
export const RATES = [10, 1_000, 100_000, 1_000_000];

/** What the models of stores and caches give. */
export interface StoreModelSizing {
  readonly monthlyUsd: MonthlyUsd;
  readonly excuses: readonly string[];
  readonly decisions: readonly Decision[];
}

export type SizeStore = (workload: Workload, facts: Facts) => StoreModelSizing;

export function workloadAt(paymentsPerSecond: number, props: Omit<WorkloadProps, 'peak'> = {}): Workload {
  return new Workload({ peak: Rate.perSecond(paymentsPerSecond), ...props });
}

class RecordingFacts extends Facts {
  readonly read = new Set<string>();

  override get(id: string, region?: string): Fact {
    this.read?.add(id);
    return super.get(id, region);
  }
}

/** Registers the tests that hold for every model: each decision explains itself, and the model is deterministic and sensible. */
export function itKeepsTheLaws(size: SizeStore): void {
  it.each(RATES)('explains every decision at %d payments/s', (rate) => {
    const { decisions, monthlyUsd, excuses } = size(workloadAt(rate), Facts.DEFAULT);
    expect(new Set(decisions.map((it) => it.name)).size).toBe(decisions.length);
    expect(new Set(decisions.map((it) => it.path)).size).toBe(1);
    decisions.forEach(expectExplained);
    expect(monthlyUsd.low).toBeGreaterThanOrEqual(0);
    expect(monthlyUsd.typical).toBeGreaterThan(0);
    expect(monthlyUsd.high).toBeGreaterThanOrEqual(monthlyUsd.typical * (1 - 1e-12));
    excuses.forEach((it) => expect(it).toMatch(/^[^:]+: .*\d/));
  });

  it.each(RATES)('names exactly the facts that it reads at %d payments/s', (rate) => {
    const facts = new RecordingFacts();
    const named = new Set(size(workloadAt(rate), facts).decisions.flatMap((it) => it.facts));
    expect([...facts.read].filter((id) => !named.has(id))).toEqual([]);
    expect([...named].filter((id) => !facts.read.has(id))).toEqual([]);
  });

  it('gives the same plan twice', () => {
    const plan = (): string => JSON.stringify(size(workloadAt(12_345), Facts.DEFAULT));
    expect(plan()).toBe(plan());
  });

  it('gives for a band of rates a plan between those of its ends', () => {
    const facts = Facts.DEFAULT.withOverrides({ 'target/planning.draws': 16 });
    const uncertain = workloadAt(50_000, { uncertainty: { peak: Band.between(20_000, 150_000) } });
    const usd = (workload: Workload): number => size(workload, facts).monthlyUsd.typical;
    expect(usd(uncertain)).toBeGreaterThanOrEqual(usd(uncertain.low()));
    expect(usd(uncertain)).toBeLessThanOrEqual(usd(uncertain.high()));
  });

  it('costs more where there is more to do', () => {
    const costs = RATES.map((rate) => size(workloadAt(rate), Facts.DEFAULT).monthlyUsd.typical);
    expect([...costs].sort((a, b) => a - b)).toEqual(costs);
  });
}

function expectExplained(decision: Decision): void {
  const { formula, value, headroom, quota, limits } = decision;
  const shown = `${decision.name}: ${formula}`;
  expect(formula).toMatch(/\d/);
  expect(shown).not.toMatch(/NaN|undefined|Infinity/);
  expect(decision.binding).not.toBe('');
  for (const { because } of decision.rejected) {
    expect(because).toMatch(/\d/);
    expect(because).not.toMatch(/NaN|undefined|Infinity/);
  }
  for (const input of Object.values(decision.inputs)) {
    expect(typeof input === 'string' || Number.isFinite(input)).toBe(true);
  }
  if (typeof value === 'number') {
    expect(`${shown} -> ${value}`).toBe(`${decision.name}: ${formula} -> ${value}`);
    expect(formula.replace(/,/g, '').endsWith(`= ${value}`) ? shown : `${shown} does not end with ${value}`).toBe(shown);
    expect(Number.isFinite(value)).toBe(true);
    expect(value).toBeGreaterThanOrEqual(limits?.minimum ?? 0);
    expect(value).toBeLessThanOrEqual(limits?.maximum ?? Infinity);
  }
  if (headroom !== undefined) {
    expect(headroom).toBeGreaterThanOrEqual(0);
    expect(headroom).toBeLessThanOrEqual(1);
  }
  if (quota !== undefined) {
    expect(decision.facts).toContain(quota.id);
  }
}
