import { Facts } from '../../../lib/facts';
import { Decision } from '../../../lib/sizing';
import { sizeDataKeys } from '../../../lib/sizing/data-keys';
import { type Workload } from '../../../lib/workload';
import { itKeepsTheLaws, RATES, workloadAt } from './store-laws';

describe('data keys', () => {
  itKeepsTheLaws((workload: Workload, facts) => sizeDataKeys(workload, facts));

  it('are asked for once by each process that encrypts, and by each that decrypts for each of them', () => {
    const sizing = sizeDataKeys(workloadAt(100_000));
    // 40 processes: (40 + 40 x 40) / 300 s; 2 x 12 / 300 s for the stream, 2 x 40 / 300 s for tables, 40 / 300 s for buckets.
    expect(sizing.options[0].callsPerSecond).toBeCloseTo(1_640 / 300 + 24 / 300 + 80 / 300 + 40 / 300, 9);
    expect(sizing).toMatchObject({ caching: 'per-process', callsPerSecond: 6, timeToLiveSeconds: 300, messagesPerDataKey: 750_000, keys: 4, latencyP99Milliseconds: 0 });
    expect(Decision.find(sizing.decisions, 'callsPerSecond').quota).toMatchObject({ value: 100_000, used: 6, shared: true });
    // 16 processes on average: (16 + 256 + 24 + 32 + 16) / 300 s x 2,628,000 s at 3 USD a million, and 4 keys.
    expect(sizing.monthlyUsd.typical).toBeCloseTo(344 / 300 * 2.628 * 3 + 4, 6);
  });

  it('would cost a call for each payment otherwise', () => {
    const sizing = sizeDataKeys(workloadAt(1_000), Facts.DEFAULT, { caching: 'none' });
    // 2 x 400 payments/s, and (24 + 2 + 1) / 300 s by services.
    expect(sizing.monthlyUsd.typical).toBeCloseTo((800 + 27 / 300) * 2.628 * 3 + 4, 6);
    expect(sizing).toMatchObject({ caching: 'none', callsPerSecond: 2_001, timeToLiveSeconds: 0, messagesPerDataKey: 1, latencyP99Milliseconds: 20, excuses: [] });
  });

  it('refuse a call for each payment above the quota of the region', () => {
    expect(() => sizeDataKeys(workloadAt(100_000), Facts.DEFAULT, { caching: 'none' })).toThrow(
      "`caching` must be 'per-process' above 50,000 payments/s, got: 'none' with 200,000 KMS requests/s, the account's quota is 100,000, which everything in the account and region shares");
    const frankfurt = new Facts({ region: 'eu-central-1' });
    expect(() => sizeDataKeys(workloadAt(11_000), frankfurt, { caching: 'none' })).toThrow("must be 'per-process' above 10,000 payments/s");
    expect(sizeDataKeys(workloadAt(11_000), Facts.DEFAULT, { caching: 'none' }).caching).toBe('none');
    expect(sizeDataKeys(workloadAt(11_000), frankfurt).excuses).toEqual(["a call for each payment: 22,000 KMS requests/s, the account's quota is 20,000"]);
  });

  it('are kept for fewer payments where a key may not encrypt more', () => {
    const facts = Facts.DEFAULT.withOverrides({ 'encryption-sdk/dataKey.maxMessages': 100_000 });
    const sizing = sizeDataKeys(workloadAt(100_000), facts);
    // 750,000 payments of a process need 8 keys; 40 x 8 keys x 41 calls / 300 s.
    expect(sizing.messagesPerDataKey).toBe(93_750);
    expect(sizing.options[0].callsPerSecond).toBeCloseTo(320 * 41 / 300 + 144 / 300, 9);
    for (const rate of RATES) {
      expect(sizeDataKeys(workloadAt(rate)).messagesPerDataKey).toBeLessThan(2 ** 32);
    }
  });

  it('count the streams of all cells and the tables', () => {
    const calls = (cells: number, tables: number): number =>
      sizeDataKeys(workloadAt(1_000, { cells }), Facts.DEFAULT, { tables }).options[0].callsPerSecond;
    expect(calls(5, 2) - calls(1, 2)).toBeCloseTo(4 * 24 / 300, 9);
    expect(calls(1, 10) - calls(1, 0)).toBeCloseTo(10 / 300, 9);
    expect(() => calls(1, -1)).toThrow('`tables` must be a whole number of at least 0, got: -1');
  });

  it('delay a payment only where more than one in a hundred waits for a key', () => {
    const facts = Facts.DEFAULT.withOverrides({ 'target/dataKeys.timeToLiveSeconds': 1 });
    expect(sizeDataKeys(workloadAt(10), facts).latencyP99Milliseconds).toBe(20);
    expect(sizeDataKeys(workloadAt(1_000), facts).latencyP99Milliseconds).toBe(0);
  });

  it('show a raise where even cached keys are above the quota', () => {
    const facts = Facts.DEFAULT.withOverrides({ 'kms/symmetric.requestsPerSec': 100 });
    const sizing = sizeDataKeys(workloadAt(1_000_000), facts);
    expect(sizing.caching).toBe('per-process');
    expect(Decision.find(sizing.decisions, 'callsPerSecond').quota).toMatchObject({ value: 100, used: 539, adjustable: true });
    expect(sizing.excuses).toHaveLength(2);
  });

  it('never are asked for less when the rate grows', () => {
    for (let rate = 10; rate < 2_000_000; rate *= 1.7) {
      expect(sizeDataKeys(workloadAt(rate * 1.7)).callsPerSecond).toBeGreaterThanOrEqual(sizeDataKeys(workloadAt(rate)).callsPerSecond);
    }
  });
});
