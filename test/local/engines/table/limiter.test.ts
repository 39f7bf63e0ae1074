import fc from 'fast-check';
import { readUnits, writeUnits } from '../../../../local/engines/table/limiter/request-units';
import { ThroughputLimiter } from '../../../../local/engines/table/limiter/throughput-limiter';
import { TokenBucket } from '../../../../local/engines/table/limiter/token-bucket';

describe('request units', () => {
  it('are whole units, at least one, and half for an eventually consistent read', () => {
    expect([0, 1, 1024, 1025, 4096].map((bytes) => writeUnits(bytes, 1024))).toEqual([1, 1, 1, 2, 4]);
    expect([0, 4096, 4097].map((bytes) => readUnits(bytes, 4096, true))).toEqual([1, 1, 2]);
    expect([0, 4096, 4097].map((bytes) => readUnits(bytes, 4096, false))).toEqual([0.5, 0.5, 1]);
  });
});

describe('token bucket', () => {
  it('never gives more than a second in advance plus what time brought', () => {
    const steps = fc.array(fc.record({ wait: fc.integer({ min: 0, max: 400 }), units: fc.integer({ min: 1, max: 10 }) }), { minLength: 20 });
    fc.assert(fc.property(steps, (requests) => {
      let now = 1_000;
      const bucket = new TokenBucket(20, now);
      let given = 0;
      for (const { wait, units } of requests) {
        now += wait;
        if (bucket.admits(units, now)) {
          bucket.charge(units);
          given += units;
        }
        expect(given).toBeLessThanOrEqual(20 + ((now - 1_000) * 20) / 1_000 + 1e-9);
      }
    }));
  });

  it('admits nothing while it is in debt', () => {
    let now = 0;
    const bucket = new TokenBucket(10, now);
    bucket.charge(30);
    expect(bucket.admits(0.5, now)).toBe(false);
    now = 2_000;
    expect(bucket.admits(0.5, now)).toBe(false);
    now = 2_060;
    expect(bucket.admits(0.5, now)).toBe(true);
  });

  it('lets a request through that is larger than the bucket when the bucket is full', () => {
    let now = 0;
    const bucket = new TokenBucket(5, now);
    expect(bucket.admits(8, now)).toBe(true);
    bucket.charge(8);
    now = 1_599;
    expect(bucket.admits(8, now)).toBe(false);
    now = 1_600;
    expect(bucket.admits(8, now)).toBe(true);
  });

  it('does not mind a clock that goes back', () => {
    let now = 1_000;
    const bucket = new TokenBucket(10, now);
    bucket.charge(10);
    now = 500;
    expect(bucket.admits(1, now)).toBe(false);
    now = 600;
    expect(bucket.admits(1, now)).toBe(true);
  });
});

describe('throughput limiter', () => {
  const limiter = (): ThroughputLimiter => new ThroughputLimiter({ tableUnits: 30, partitionUnits: 10, partitions: 8, clock: () => 0 });

  it('refuses a hot partition while others go on', () => {
    const writes = limiter();
    const bounds = Array.from({ length: 12 }, () => writes.take(1, 'hot'));
    expect(bounds).toEqual([...Array(10).fill(undefined), 'partition', 'partition']);
    const other = Array.from({ length: 100 }, (_, index) => `key-${index}`).find((key) => writes.take(1, key) === undefined);
    expect(other).toBeDefined();
    expect(writes.throttled).toBeGreaterThanOrEqual(2);
  });

  it('refuses what the table as a whole does not hold', () => {
    const writes = limiter();
    expect(writes.take(30)).toBeUndefined();
    expect(writes.take(1, 'any')).toBe('table');
    expect(writes.consumed).toBe(30);
    expect(writes.throttled).toBe(1);
  });

  it('takes nothing from the table for what a partition refuses', () => {
    const writes = limiter();
    writes.charge(10, 'hot');
    expect(writes.take(1, 'hot')).toBe('partition');
    expect(writes.take(20)).toBeUndefined();
    expect(writes.take(1)).toBe('table');
  });

  it('takes units back', () => {
    const writes = limiter();
    writes.take(10, 'hot');
    writes.charge(-10, 'hot');
    expect(writes.consumed).toBe(0);
    expect(writes.take(10, 'hot')).toBeUndefined();
  });
});
