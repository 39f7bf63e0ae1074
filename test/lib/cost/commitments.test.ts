import { type Bill, billOf, commitmentsOf, USAGE_METADATA_KEY } from '../../../lib/cost';
import { Band, Workload } from '../../../lib/workload';
import { assemblyOf } from './assembly-of';

const FUNCTION = {
  Type: 'AWS::Lambda::Function', Properties: { MemorySize: 1024 }, Metadata: { [USAGE_METADATA_KEY]: { invocationsPerSecond: 100, secondsPerInvocation: 1 } },
};
const flat = Workload.fromJSON({ peak: 1000, average: 1000 });

function billed(workload: Workload, commitment: 'none' | '1y'): Bill {
  return billOf(assemblyOf({ Function: FUNCTION }), workload, { commitment });
}

describe('commitments of a bill', () => {
  it('are none where nothing is committed to', () => {
    expect(commitmentsOf(billed(flat, 'none'))).toEqual([]);
  });

  it('cover all of a flat rate, and cost less than without them by what they save', () => {
    const [use, ...others] = commitmentsOf(billed(flat, '1y'));
    expect(others).toEqual([]);
    expect(use).toMatchObject({ plan: 'Compute Savings Plan, one year', coverage: 1, utilization: 1 });
    expect(use.withoutUsd - use.usd).toBeCloseTo(billed(flat, 'none').perMonth.typical - billed(flat, '1y').perMonth.typical, 4);
    expect(use.breakEven).toBeCloseTo(use.usd / use.withoutUsd, 9);
    expect(use.breakEven).toBeLessThan(1);
  });

  it('cover the share of another rate that is there at every hour', () => {
    const [{ coverage }] = commitmentsOf(billed(Workload.fromJSON({ peak: 1000, average: 400 }), '1y'));
    expect(coverage).toBeGreaterThan(0);
    expect(coverage).toBeLessThan(1);
  });

  it('are used in full at the low end where what is stated of a resource does not vary with the payments', () => {
    const uncertain = flat.with({ uncertainty: { peak: Band.between(500, 1000), average: Band.between(500, 1000) } });
    const [use] = commitmentsOf(billed(uncertain, '1y'));
    expect(use.utilization).toBe(1);
  });
});
