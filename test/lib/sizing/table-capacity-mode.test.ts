import { Duration, Size } from 'aws-cdk-lib';
import { Facts } from '../../../lib/facts';
import { Decision, sizeLedger, sizeProfileCapacity, sizeProjector } from '../../../lib/sizing';
import { sizeTableCapacityMode, type TableCapacityModeSizing } from '../../../lib/sizing/table-capacity-mode';
import { KeySkew, Rate, type Workload } from '../../../lib/workload';
import { itKeepsTheLaws, workloadAt } from './store-laws';

function sizeFor(workload: Workload, facts: Facts = Facts.DEFAULT): TableCapacityModeSizing {
  // Ledger and projector are models of their own: what they read is named by their own decisions.
  const ledger = sizeLedger(workload);
  return sizeTableCapacityMode(workload, ledger, facts, sizeProjector(workload, ledger));
}

const EXACT = { payload: { mean: Size.bytes(400), p99: Size.bytes(400) }, refundShare: 0.02, clientRetryShare: 0.03, readsPerPayment: 0.5 };

describe('the capacity mode of the ledger', () => {
  itKeepsTheLaws(sizeFor);

  it('costs what its requests and its rows cost', () => {
    const workload = workloadAt(10_000, EXACT);
    const ledger = sizeLedger(workload);
    const sizing = sizeTableCapacityMode(workload, ledger, Facts.DEFAULT, { ...sizeProjector(workload, ledger), balanceWriteUnitsPerSecond: 0 });
    // 9,800 payments + 200 refunds tried 1.55 times at 4 units + 300 duplicates; 10,000 x (0.5 + 0.03) reads.
    expect(sizing).toMatchObject({ mode: 'on-demand', peakWriteUnits: 11_340, peakReadUnits: 5_300, minimumWriteUnits: 0, maximumWriteUnits: 0 });
    // 4,000 rows/s for 7 days, of 390 B and 100 B more.
    expect(sizing.storedBytes).toBe(4_000 * 604_800 * 490);
    // 40 % of the units x 2,628,000 s at 0.625 and 0.125 USD a million; 1,104 GB at 0.25 and 0.20 USD.
    expect(Decision.find(sizing.decisions, 'monthlyUsd').formula)
      .toBe('11,920,608,000 write requests x $0.625/M + 5,571,360,000 read requests x $0.125/M + 1,104 GB stored x $0.25 + 1,104 GB recoverable x $0.2 = 8644');
    // Nothing is stored without load; all the month at the peak it would be 2.5 times as much.
    expect(sizing.monthlyUsd.low).toBe(0);
    expect(sizing.monthlyUsd.high / sizing.monthlyUsd.typical).toBeCloseTo(2.5, 6);
  });

  it('counts the rows of balances', () => {
    const { peakWriteUnits, peakReadUnits } = sizeFor(workloadAt(100_000));
    expect([peakWriteUnits, peakReadUnits]).toEqual([107_180 + 7_064, 11_000 + 7_064]);
  });

  it('is provisioned where the load is flat enough for autoscaling', () => {
    const flat = sizeFor(workloadAt(1_000, { average: Rate.perSecond(900) }));
    expect(flat.mode).toBe('provisioned');
    expect(flat.maximumWriteUnits).toBe(Math.ceil(flat.peakWriteUnits / 0.7));
    expect(flat.minimumWriteUnits).toBeLessThan(flat.maximumWriteUnits);
    expect(flat.minimumWriteUnits).toBeGreaterThanOrEqual(0.9 * flat.peakWriteUnits);
    expect(flat.excuses).toEqual([]);
  });

  it('has the break-even where both modes cost the same', () => {
    const breakEven = Decision.find(sizeFor(workloadAt(1_000)).decisions, 'breakEvenPeakOverAverage');
    // 0.000000625 x 3,600 x 0.7 / 0.00065.
    expect(breakEven.value).toBe(2.42);
    const dollars = (average: number): number[] => {
      const inputs = Decision.find(sizeFor(workloadAt(100_000, { average: Rate.perSecond(average) })).decisions, 'capacityMode').inputs;
      return [inputs.onDemandDollars as number, inputs.provisionedDollars as number];
    };
    const [steepOnDemand, steepProvisioned] = dollars(25_000);
    expect(steepOnDemand).toBeLessThan(steepProvisioned);
    const [flatOnDemand, flatProvisioned] = dollars(45_000);
    expect(flatProvisioned).toBeLessThan(flatOnDemand);
  });

  it('does not trust autoscaling with a large step, and provisions for the peak', () => {
    // Steps up to 1 / 0.7 + 300 s / 300 s x (1 / 0.7 - 1) = 1.86.
    expect(Decision.find(sizeFor(workloadAt(1_000)).decisions, 'largestStep').value).toBe(1.86);
    const steep = sizeFor(workloadAt(1_000, { average: Rate.perSecond(530) }));
    expect(steep.mode).toBe('provisioned');
    expect(steep.minimumWriteUnits).toBe(steep.maximumWriteUnits);
    expect(steep.excuses).toEqual(['provisioned capacity with autoscaling: the peak is 1.89 times the average, and a step of more than 1.86 is throttled for 5 min']);
  });

  it('says when provisioned capacity needs a raise', () => {
    const large = sizeFor(workloadAt(100_000, { average: Rate.perSecond(90_000) }));
    expect(large.mode).toBe('provisioned');
    expect(large.excuses.join()).toMatch(/^provisioned capacity: 163,206 write units\/s are above the account's quota of 80,000$/);
    const quota = Decision.find(large.decisions, 'maximumWriteUnits').quota;
    expect(quota).toMatchObject({ id: 'dynamodb/account.maxProvisionedWrite.default', value: 80_000, used: 163_206 });
  });

  it('takes the class for rare access where storage is most of the bill', () => {
    const years = { idempotencyWindow: Duration.days(7), refundWindow: Duration.days(730) };
    expect(sizeFor(workloadAt(1_000)).tableClass).toBe('standard');
    const kept = sizeFor(workloadAt(1_000, years));
    expect(kept.tableClass).toBe('standard-infrequent-access');
    expect(kept.excuses.join()).toMatch(/reserved capacity: a table of the class Standard-IA, \$2,\d+ a month, cannot have it$/);
    // 0.2484 / (0.6 + 0.2484): 0.78 to 0.625 USD a million writes, 0.10 to 0.25 USD a GB.
    expect(Decision.find(kept.decisions, 'tableClass').inputs.breakEvenShare).toBeCloseTo(0.248 / 0.848, 4);
  });

  it('has partitions for its bytes, or for its rate', () => {
    // 400 rows/s x 7 days x 602 B are 13.6 x 10 GiB; 1,170 write units/s are 2 partitions.
    expect(sizeFor(workloadAt(1_000)).partitions).toBe(14);
    const short = { idempotencyWindow: Duration.days(4), refundWindow: Duration.days(4), average: Rate.perSecond(10) };
    expect(sizeFor(workloadAt(10_000, short)).partitions).toBe(Math.ceil(sizeFor(workloadAt(10_000, short)).peakWriteUnits / 1_000));
  });

  it('grows with rate, payload and skew', () => {
    const cost = (rate: number, bytes: number, exponent: number): number => sizeFor(workloadAt(rate, {
      payload: { mean: Size.bytes(bytes) }, keySkew: KeySkew.zipf({ keys: 500, exponent }),
    })).peakWriteUnits;
    for (const rate of [10, 3_000, 100_000]) {
      expect(cost(rate, 2_000, 1)).toBeGreaterThanOrEqual(cost(rate, 512, 1));
      expect(cost(rate * 1.5, 512, 1)).toBeGreaterThanOrEqual(cost(rate, 512, 1));
    }
  });

  it('reads the prices of the region', () => {
    const frankfurt = sizeFor(workloadAt(1_000), new Facts({ region: 'eu-west-1' }));
    expect(frankfurt.monthlyUsd.typical).toBeGreaterThan(sizeFor(workloadAt(1_000)).monthlyUsd.typical);
  });
});

describe('the utilization of provisioned units', () => {
  // Burst and lag are both 300 s: u = 2 / (step + 1).
  it.each([[1, 0.9], [1.22, 0.9], [1.5, 0.8], [1.86, 0.7], [2.5, 0.7], [10, 0.7]])('is at a peak of %d times the average %d', (ratio, utilization) => {
    expect(sizeFor(workloadAt(100_000).with({ average: Rate.perSecond(100_000 / ratio) })).targetUtilization).toBe(utilization);
  });

  it('leaves the maximum as it is, to catch up with', () => {
    const flat = sizeFor(workloadAt(100_000).with({ average: Rate.perSecond(100_000) }));
    expect(flat.minimumWriteUnits).toBe(Math.ceil(flat.peakWriteUnits / 0.9));
    expect(flat.maximumWriteUnits).toBe(Math.ceil(flat.peakWriteUnits / 0.7));
  });
});

describe('the capacity of profiles', () => {
  const flat = workloadAt(100_000).with({ average: Rate.perSecond(100_000) });

  it('is provisioned for what the cache leaves, with room for one that is lost', () => {
    const sizing = sizeProfileCapacity(flat);
    // Half of the payers are unknown: 50,000 reads/s of half a unit. All of them are twice as many: 2 / (2 + 1), rounded down.
    expect(sizing).toMatchObject({ mode: 'provisioned', targetUtilization: 0.66, minimumReadUnits: Math.ceil(25_000 / 0.66) });
    // 100,000 payers, 500 merchants in each of 40 processes, and 100,000 rules, at half a unit.
    expect(sizing.maximumReadUnits).toBe(110_000);
  });

  it('is by request where a lost cache at the peak is too far above the mean', () => {
    expect(sizeProfileCapacity(workloadAt(100_000))).toMatchObject({ mode: 'on-demand', minimumReadUnits: 0, maximumReadUnits: 0 });
  });
});
