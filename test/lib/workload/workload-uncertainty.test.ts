import { Size } from 'aws-cdk-lib';
import { Band, GrowthModel, KeySkew, Rate, Workload, type WorkloadUncertainty } from '../../../lib/workload';

const peak = Rate.perSecond(1000);
const band = Band.between;

describe('Band', () => {
  it.each([[2, 1], [Number.NaN, 1], [0, Number.POSITIVE_INFINITY]])('refuses %d to %d', (low, high) => {
    expect(() => band(low, high)).toThrow(`\`band\` must be two numbers, the lower one first, got: ${low} to ${high}`);
  });

  it('has the quantiles of a triangle with its top at the stated number', () => {
    const wide = band(0, 10);
    // Below the top lies the share (4 - 0) / 10 of a triangle.
    expect(wide.quantile(4, 0.4)).toBeCloseTo(4, 12);
    expect(wide.quantile(4, 0)).toBe(0);
    expect(wide.quantile(4, 1)).toBe(10);
    const mean = Array.from({ length: 10_000 }, (_, index) => wide.quantile(4, (index + 0.5) / 10_000)).reduce((sum, it) => sum + it) / 10_000;
    expect(mean).toBeCloseTo((0 + 4 + 10) / 3, 3);
    expect(band(3, 3).quantile(3, 0.7)).toBe(3);
  });
});

describe('a workload with bands', () => {
  const uncertainty: WorkloadUncertainty = {
    peak: band(500, 4000), payloadMeanBytes: band(256, 1024), keySkewExponent: band(0.5, 1.5), paymentsPerRequest: band(1, 40),
    refundShare: band(0, 0.1), clientRetryShare: band(0.005, 0.05), readsPerPayment: band(0, 1),
  };
  const workload = new Workload({ peak, paymentsPerRequest: 10, uncertainty });

  it('has two ends, of which the low one is the easier', () => {
    expect(workload.isUncertain).toBe(true);
    const [low, high] = [workload.low(), workload.high()];
    expect(low.peak.perSecond).toBe(500);
    expect(high.peak.perSecond).toBe(4000);
    expect([low.average.perSecond, high.average.perSecond]).toEqual([200, 1600]);
    expect([low.payloadSize.p99Bytes, high.payloadSize.p99Bytes]).toEqual([512, 2048]);
    expect([low.keySkew.exponent, high.keySkew.exponent]).toEqual([0.5, 1.5]);
    expect([low.paymentsPerRequest, high.paymentsPerRequest]).toEqual([40, 1]);
    expect([low.isUncertain, high.isUncertain]).toEqual([false, false]);
    expect(low.uncertainty).toEqual({});
  });

  it('draws the same workloads every time, all within the bands', () => {
    const again = new Workload({ peak, paymentsPerRequest: 10, uncertainty });
    const drawn = Array.from({ length: 256 }, (_, index) => workload.draw(index));
    for (const [index, draw] of drawn.entries()) {
      expect(draw.peak.perSecond).toBe(again.draw(index).peak.perSecond);
      expect(draw.peak.perSecond).toBeGreaterThanOrEqual(500);
      expect(draw.peak.perSecond).toBeLessThanOrEqual(4000);
      expect(draw.average.perSecond / draw.peak.perSecond).toBeCloseTo(0.4, 9);
      expect(draw.refundShare).toBeLessThanOrEqual(0.1);
      expect(draw.isUncertain).toBe(false);
    }
    const mean = drawn.reduce((sum, it) => sum + it.peak.perSecond, 0) / drawn.length;
    expect(mean).toBeGreaterThan(0.93 * (500 + 1000 + 4000) / 3);
    expect(mean).toBeLessThan(1.07 * (500 + 1000 + 4000) / 3);
  });

  it('draws its numbers apart from each other', () => {
    const places = Array.from({ length: 256 }, (_, index) => workload.draw(index)).map((it) => [it.peak.perSecond, it.refundShare]);
    const [peaks, shares] = [places.map(([it]) => it), places.map(([, it]) => it)];
    expect(Math.abs(correlation(peaks, shares))).toBeLessThan(0.15);
  });

  it('draws the same for a cell as for the whole', () => {
    const whole = new Workload({ peak, cells: 5, uncertainty: { peak: band(500, 4000) } });
    const cell = whole.cellShare();
    expect(cell.uncertainty.peak).toMatchObject({ low: 125, high: 1000 });
    for (const index of [0, 1, 200]) {
      expect(cell.draw(index).peak.perSecond).toBeCloseTo(whole.draw(index).cellShare().peak.perSecond, 9);
    }
  });

  it('keeps an average below the peak that was drawn with it', () => {
    const tight = new Workload({ peak, average: Rate.perSecond(900), uncertainty: { peak: band(500, 1100), average: band(100, 1100) } });
    for (let index = 0; index < 100; index++) {
      const { average, peak: drawn } = tight.draw(index);
      expect(average.perSecond).toBeLessThanOrEqual(drawn.perSecond);
    }
  });

  it('can be uncertain about its growth', () => {
    const growth = GrowthModel.compound({ perYear: 0.4, from: '2026-11-01' });
    const grown = new Workload({ peak, growth, plannedFor: '2027-11-01', uncertainty: { growthPerYear: band(0.2, 1) } });
    expect(grown.low().peak.perSecond).toBeCloseTo(1200, 9);
    expect(grown.high().peak.perSecond).toBeCloseTo(2000, 9);
  });

  it('is certain where every band holds one value', () => {
    expect(new Workload({ peak }).isUncertain).toBe(false);
    expect(new Workload({ peak, uncertainty: { peak: band(1000, 1000) } }).isUncertain).toBe(false);
  });

  it.each<[string, WorkloadUncertainty, string]>([
    ['a band beside the stated number', { peak: band(2000, 3000) }, '`uncertainty.peak` must be a band around the stated 1000, got: 2000 to 3000'],
    ['a band beside a default', { refundShare: band(0.02, 0.5) }, '`uncertainty.refundShare` must be a band around the stated 0.01, got: 0.02 to 0.5'],
    ['an end that is no share', { refundShare: band(0, 1.2) }, '`refundShare` must be between 0 and 1, got: 1.2'],
    ['an end that is no rate', { peak: band(0, 2000) }, '`rate` must be greater than 0 payments/s, got: 0'],
    ['growth of nothing', { growthPerYear: band(0, 1) }, '`uncertainty.growthPerYear` must be stated beside a `growth`, got: 0 to 1 alone'],
  ])('refuses %s', (_, bands, message) => {
    expect(() => new Workload({ peak, uncertainty: bands })).toThrow(message);
  });

  it('keeps what has no band', () => {
    const props = { peak, payload: { mean: Size.bytes(300) }, keySkew: KeySkew.uniform(7), uncertainty: { refundShare: band(0, 0.5) } };
    const { payloadSize, keySkew, peak: drawn } = new Workload(props).draw(3);
    expect([payloadSize.meanBytes, keySkew.keys, drawn.perSecond]).toEqual([300, 7, 1000]);
  });
});

function correlation(one: readonly number[], other: readonly number[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, it) => sum + it, 0) / values.length;
  const [a, b] = [mean(one), mean(other)];
  const covariance = mean(one.map((it, index) => (it - a) * (other[index] - b)));
  return covariance / Math.sqrt(mean(one.map((it) => (it - a) ** 2)) * mean(other.map((it) => (it - b) ** 2)));
}
