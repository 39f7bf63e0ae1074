import * as fc from 'fast-check';
import { microUsd } from '../../../lib/cost/money';
import { meterOf, METER_NAMES, stepsOf, unitsOf } from '../../../lib/cost/meters';
import { rate, stepShares, type SpreadCharge } from '../../../lib/cost/rating';
import { Facts } from '../../../lib/facts';
import { assemblyOf } from './assembly-of';

describe('money', () => {
  it('takes numbers as the decimals that they print as', () => {
    // 0.1 + 0.2 and 1.005 x 100 are where floating point is known to fail.
    expect(microUsd(0.3, 0.1)).toBe(30_000);
    expect(microUsd(1.005, 1)).toBe(1_005_000);
    expect(microUsd(262_800_000_000, 6.25e-7)).toBe(164_250_000_000);
    expect(microUsd(262_800_000_000, 0.6, 1e6)).toBe(157_680_000_000);
  });

  it('rounds once, half away from zero', () => {
    expect(microUsd(1, 0.0000005)).toBe(1);
    expect(microUsd(1, 0.00000049999)).toBe(0);
    expect(microUsd(3, 0.0000005)).toBe(2);
  });

  it('takes numbers that print with an exponent', () => {
    expect(microUsd(1e21, 1e-21)).toBe(1_000_000);
    expect(microUsd(5e-7, 2e6)).toBe(1_000_000);
  });

  it.each([[-1, 1], [1, -1], [NaN, 1], [1, Infinity]])('refuses %d at %d dollars', (quantity, price) => {
    expect(() => microUsd(quantity, price)).toThrow(/must be a finite number of at least 0/);
  });

  it('is never off by more than half a micro-dollar', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 0, max: 1e6 }), (quantity, micro) => {
      expect(microUsd(quantity, micro / 1e6)).toBe(quantity * micro);
    }), { numRuns: 300 });
  });
});

describe('the steps of a price', () => {
  const steps = [{ upTo: 100 }, { upTo: 300 }, { upTo: Infinity }];

  it.each([
    [0, [0, 0, 0]], [99, [99, 0, 0]], [100, [100, 0, 0]], [101, [100, 1, 0]], [300, [100, 200, 0]], [301, [100, 200, 1]],
  ])('cut %d exactly at their edges', (quantity, expected) => {
    expect(stepShares([quantity], steps).map(([it]) => it)).toEqual(expected);
  });

  it('are shared by all that use a meter', () => {
    expect(stepShares([150, 50], steps)).toEqual([[75, 25], [75, 25], [0, 0]]);
  });

  it('lose nothing of a quantity', () => {
    fc.assert(fc.property(fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 6 }), (quantities) => {
      const shares = stepShares(quantities, steps);
      quantities.forEach((quantity, index) => expect(shares.reduce((sum, step) => sum + step[index], 0)).toBeCloseTo(quantity, 9));
    }), { numRuns: 300 });
  });
});

describe('meters', () => {
  it.each(METER_NAMES)('%s has a price in dollars for each step, and an end for all but the last', (name) => {
    const steps = stepsOf(name, Facts.DEFAULT);
    expect(steps).toHaveLength(meterOf(name).tiers.length);
    expect(steps.at(-1)!.upTo).toBe(Infinity);
    expect(steps.map(({ upTo }) => upTo)).toEqual([...steps.map(({ upTo }) => upTo)].sort((a, b) => a - b));
  });

  it.each([['USD/M', 1e6], ['USD/M ECPU', 1e6], ['USD/10k', 1e4], ['USD/1k-mo', 1e3], ['USD/metric-mo', 1], ['USD/GB-mo', 1], ['USD/100 WCU', 1]])('read %s as a price of %d', (unit, units) => {
    expect(unitsOf(unit)).toBe(units);
  });

  it('follow a type that a template names, and refuse one without a price', () => {
    expect(stepsOf('msk.brokerHours:kafka.m7g.large', Facts.DEFAULT)[0].price).toBe(0.204);
    expect(() => stepsOf('msk.brokerHours:kafka.z9.large', Facts.DEFAULT)).toThrow('msk/kafka.z9.large.hour');
  });
});

describe('rating', () => {
  const topology = assemblyOf({ One: { Type: 'AWS::SQS::Queue' }, Two: { Type: 'AWS::SQS::Queue' } });
  const [one, two] = topology.resources;
  const charge = (resource: typeof one, quantity: number): SpreadCharge => ({
    resource, what: 'metrics', meter: 'cloudwatch.metrics', quantity: { low: 0, typical: quantity, high: quantity }, kind: 'declared', why: 'stated',
    commitment: { plan: 'lambdaSavingsPlan', steadyShare: 0.5 },
  });
  const rated = (charges: readonly SpreadCharge[], commitment: 'none' | '1y') =>
    rate({ charges, commitment, factsFor: () => Facts.DEFAULT, stageOf: () => 'other', tagsOf: () => ({}) });

  it('counts steps over the whole account', () => {
    const lines = rated([charge(one, 15_000), charge(two, 5_000)], 'none');
    // 10,000 at 0.30 and 10,000 at 0.10, three quarters of which are the first one's.
    expect(lines.map((it) => [it.logicalId, it.tier, it.quantity.typical, it.usd.typical])).toEqual([
      ['One', 1, 7500, 2250], ['One', 2, 7500, 750], ['Two', 1, 2500, 750], ['Two', 2, 2500, 250],
    ]);
  });

  it('takes the discount of a commitment off the steady part alone', () => {
    const lines = rated([charge(one, 1000)], '1y');
    const left = 1 - Facts.DEFAULT.number('lambda/computeSavingsPlan.1yNoUpfront.discount');
    expect(lines.map((it) => [it.commitment, it.quantity.typical, it.usd.typical])).toEqual([
      ['Compute Savings Plan, one year', 500, Math.round(500 * 0.3 * left * 1e6) / 1e6], [undefined, 500, 150],
    ]);
  });
});
