import { Facts } from '../../../lib/facts';
import { Decision, sizeLedger } from '../../../lib/sizing';
import { type KeyspacesSizing, sizeKeyspaces } from '../../../lib/sizing/keyspaces';
import { KeySkew, RecoveryTier, type Workload } from '../../../lib/workload';
import { itKeepsTheLaws, workloadAt } from './store-laws';

function sizeFor(workload: Workload, facts: Facts = Facts.DEFAULT): KeyspacesSizing {
  // The ledger is a model of its own: what it reads is named by its own decisions.
  return sizeKeyspaces(workload, facts, sizeLedger(workload));
}

const ONE_BUCKET = { bucketsPerMerchant: 1 };

describe('the locators of audit records', () => {
  itKeepsTheLaws(sizeFor);

  it('are one row for each merchant and minute with payments', () => {
    // 100 merchants with 6 payments a minute each: 100 x (1 - e^-6) / 60 s x 1.05, and 2.4 a minute on average.
    const sizing = sizeKeyspaces(workloadAt(10, { keySkew: KeySkew.uniform(100) }), Facts.DEFAULT, ONE_BUCKET);
    expect(sizing).toMatchObject({ rowsPerSecond: 2, writeUnits: 2, retentionDays: 2_555 });
    expect(Decision.find(sizing.decisions, 'capacityMode').inputs.peakRowsPerSecond).toBeCloseTo(100 * (1 - Math.exp(-6)) / 60 * 1.05, 6);
    expect(sizing.storedBytes).toBe(Math.round(100 * (1 - Math.exp(-2.4)) / 60 * 2_555 * 86_400 * 200));
  });

  it('are one row for each bucket of a hot merchant', () => {
    const hot = sizeKeyspaces(workloadAt(10_000, { keySkew: KeySkew.uniform(600) }), Facts.DEFAULT, { bucketsPerMerchant: 4 });
    // Every merchant is as hot as the hottest: 600 x 4 / 60 s x 1.05.
    expect(hot.rowsPerSecond).toBe(42);
    // Of two merchants with shares 2/3 and 1/3 one has 4 buckets, the other 2.
    const two = sizeKeyspaces(workloadAt(10_000, { keySkew: KeySkew.zipf({ keys: 2, exponent: 1 }) }), Facts.DEFAULT, { bucketsPerMerchant: 4 });
    expect(Decision.find(two.decisions, 'capacityMode').inputs.peakRowsPerSecond).toBeCloseTo(6 / 60 * 1.05, 6);
  });

  it('cost provisioned units, storage and deletion', () => {
    // 42 rows/s at the peak and nearly so on average: 42 / 0.7 units x 0.00065 USD x 730 h; 40 rows/s x 2,555 days x 200 B at 0.25 USD a GB;
    // 42 rows/s x 2,628,000 s at 0.275 USD a million.
    const sizing = sizeKeyspaces(workloadAt(10_000, { keySkew: KeySkew.uniform(2_400) }), Facts.DEFAULT, ONE_BUCKET);
    expect(sizing).toMatchObject({ mode: 'provisioned', provisionedWriteUnits: 60 });
    const expected = 60 * 0.00065 * 730 + 40 * 2_555 * 86_400 * 200 / 1024 ** 3 * 0.25 + 42 * 2.628 * 0.275;
    expect(sizing.monthlyUsd.typical).toBeCloseTo(expected, 2);
  });

  it('are paid by request where the peak is far above the average', () => {
    const rare = sizeFor(workloadAt(100, { keySkew: KeySkew.uniform(1_000_000) }));
    expect(rare).toMatchObject({ mode: 'on-demand', provisionedWriteUnits: 0 });
    expect(Decision.find(rare.decisions, 'capacityMode').rejected[0].option).toBe('provisioned');
  });

  it('say when merchants are too many for a row a minute', () => {
    const many = sizeKeyspaces(workloadAt(100_000, { keySkew: KeySkew.uniform(10_000_000) }), Facts.DEFAULT, ONE_BUCKET);
    // 10 million x (1 - e^-0.6) / 60 s x 1.05.
    expect(many.rowsPerSecond).toBe(Math.ceil(1e7 * (1 - Math.exp(-0.6)) / 60 * 1.05));
    expect(many.excuses).toEqual([
      expect.stringMatching(/^a row for each merchant and interval: 78,958 rows\/s for 100,000 payments\/s, as 10,000,000 merchants .* longer interval saves more$/),
      'one table: 78,958 write units/s, its quota is 40,000',
    ]);
    // Provisioned at 70 %.
    expect(Decision.find(many.decisions, 'writeUnits').quota).toMatchObject({ value: 40_000, used: 112_798 });
    expect(sizeFor(workloadAt(100_000)).excuses).toEqual([]);
  });

  it('live as long as the archive', () => {
    expect(RecoveryTier.ALL.map((recoveryTier) => sizeFor(workloadAt(100, { recoveryTier })).retentionDays)).toEqual([2_555, 2_555, 365, 90]);
  });

  it('count a row of more than a unit', () => {
    const facts = Facts.DEFAULT.withOverrides({ 'target/keyspaces.locatorBytes': 1_000 });
    expect(sizeKeyspaces(workloadAt(10_000, { keySkew: KeySkew.uniform(2_400) }), facts, ONE_BUCKET).writeUnits).toBe(84);
  });

  it('size the ledger by themselves where none is given', () => {
    const workload = workloadAt(100_000);
    expect(sizeKeyspaces(workload).rowsPerSecond).toBe(sizeFor(workload).rowsPerSecond);
  });

  it('never get fewer when the rate grows', () => {
    for (let rate = 10; rate < 2_000_000; rate *= 1.7) {
      expect(sizeFor(workloadAt(rate * 1.7)).rowsPerSecond).toBeGreaterThanOrEqual(sizeFor(workloadAt(rate)).rowsPerSecond);
    }
  });
});
