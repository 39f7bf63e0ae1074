import {
  BILLED_GB, constant, costDecision, dollars, hourlyLine, monthlyCost, SECONDS_PER_MONTH, storedLine, tieredUsd, usageLine,
} from '../../../lib/sizing/monthly-cost';

describe('a month', () => {
  it('has 730 hours, and a billed GB is a power of two', () => {
    expect(SECONDS_PER_MONTH).toBe(2_628_000);
    expect(BILLED_GB).toBe(1_073_741_824);
  });

  it('bills capacity by the hour, whether it is used or not', () => {
    const line = hourlyLine('shards', 56, 0.015);
    expect(line.monthlyUsd.typical).toBeCloseTo(613.2, 9);
    expect(line.monthlyUsd.low).toBe(line.monthlyUsd.high);
    expect(line.formula).toBe('56 shards x 730 h x $0.015');
  });

  it('bills capacity that follows the load at its amount', () => {
    const { monthlyUsd } = hourlyLine('tasks', { low: 3, typical: 4, high: 10 }, 0.1);
    expect([monthlyUsd.low, monthlyUsd.typical, monthlyUsd.high].map((it) => Math.round(it))).toEqual([219, 292, 730]);
  });

  it('bills what is used by the second, and nothing without load', () => {
    const { monthlyUsd, formula } = usageLine('requests', { typical: 1000, high: 2500 }, 2e-7);
    expect(monthlyUsd.low).toBe(0);
    expect(monthlyUsd.typical).toBeCloseTo(525.6, 9);
    expect(monthlyUsd.high).toBeCloseTo(1314, 9);
    expect(formula).toBe('2,628,000,000 requests x $0.2/M');
  });

  it('bills what is kept by the month', () => {
    expect(storedLine('GB', constant(40), 0.1).monthlyUsd).toEqual({ low: 4, typical: 4, high: 4 });
  });

  it('bills each tier at its own price', () => {
    const tiers = [{ upTo: 100, usd: 3 }, { upTo: 300, usd: 2 }, { upTo: Infinity, usd: 1 }];
    expect(tieredUsd(40, tiers)).toBe(120);
    expect(tieredUsd(150, tiers)).toBe(400);
    expect(tieredUsd(1000, tiers)).toBe(300 + 400 + 700);
  });

  it('adds its lines up and names the largest', () => {
    const lines = [hourlyLine('nodes', 2, 0.1), usageLine('GB', { typical: 1e-3, high: 2e-3 }, 0.5)];
    expect(monthlyCost(lines).typical).toBeCloseTo(146 + 1314, 9);
    const decision = costDecision({ path: 'part', lines, facts: [] });
    expect(decision).toMatchObject({ value: 1460, unit: 'USD/month', name: 'monthlyUsd', binding: 'GB: 90 % of it' });
    expect(decision.formula).toBe('2 nodes x 730 h x $0.1 + 2,628 GB x $0.5 = 1460');
    expect(decision.inputs).toMatchObject({ withoutLoad: 146, atPeakAllMonth: 146 + 2628 });
  });
});

describe('dollars', () => {
  it.each([[0, '$0'], [1234.5, '$1,235'], [12.345, '$12.3'], [0.0145, '$0.0145'], [1.4e-8, '$0.014/M']])('print %d as %s', (usd, text) => {
    expect(dollars(usd)).toBe(text);
  });
});
