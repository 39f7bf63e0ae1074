import { Size } from 'aws-cdk-lib';
import fc from 'fast-check';
import { expectedUnits, shareAbove } from '../../../lib/sizing/expected-units';
import { PayloadSize } from '../../../lib/workload';

const payload = (mean: number, p99: number): PayloadSize => new PayloadSize({ mean: Size.bytes(mean), p99: Size.bytes(p99) });

/** The mean of ceil(size / unit), from the quantiles of the distribution: an independent way to the same number. */
function bySampling(mean: number, p99: number, offset: number, unit: number): number {
  const samples = 200_000;
  const z99 = 2.3263478740408408;
  const sigma = z99 - Math.sqrt(z99 * z99 - 2 * Math.log(p99 / mean));
  const mu = Math.log(mean) - sigma * sigma / 2;
  let units = 0;
  for (let index = 0; index < samples; index += 2) {
    // Box-Muller with a stratified radius.
    const radius = Math.sqrt(-2 * Math.log((index / 2 + 0.5) / (samples / 2)));
    const angle = 2 * Math.PI * ((index / 2 * 0.618033988749895) % 1);
    for (const z of [radius * Math.cos(angle), radius * Math.sin(angle)]) {
      units += Math.ceil((Math.exp(mu + sigma * z) + offset) / unit);
    }
  }
  return units / samples;
}

describe('E[ceil(size / unit)]', () => {
  it.each([
    [512, 1024, 0, 1024], [512, 1024, -60, 1024], [900, 1500, 40, 1024], [1000, 4000, 0, 1024], [3000, 9000, 100, 1024], [512, 1024, 0, 4096],
  ])(
    'of sizes with mean %d and p99 %d, %d bytes more, in units of %d: as sampled', (mean, p99, offset, unit) => {
      expect(expectedUnits(payload(mean, p99), offset, 0, unit)).toBeCloseTo(bySampling(mean, p99, offset, unit), 2);
    });

  it('is above ceil of the mean where sizes spread over a border', () => {
    // Mean 1,000 B fits one unit; a good part of the items does not.
    expect(Math.ceil(1000 / 1024)).toBe(1);
    expect(expectedUnits(payload(1000, 2000), 0, 0, 1024)).toBeGreaterThan(1.35);
  });

  it('is exact where all sizes are equal', () => {
    expect(expectedUnits(payload(1500, 1500), 0, 0, 1024)).toBe(2);
    expect(expectedUnits(payload(100, 100), 0, 3000, 1024)).toBe(3);
    expect(expectedUnits(payload(100, 100), 1000, 0, 1024)).toBe(2);
  });

  it('never falls with the mean, the offset or the least size', () => {
    const sizes = fc.integer({ min: 1, max: 40_000 });
    fc.assert(fc.property(sizes, sizes, fc.integer({ min: -300, max: 300 }), (mean, more, offset) => {
      const at = (bytes: number, off: number, least: number): number => expectedUnits(payload(bytes, 2 * bytes), off, least, 1024);
      expect(at(mean + more, offset, 0)).toBeGreaterThanOrEqual(at(mean, offset, 0) - 1e-6);
      expect(at(mean, offset + 50, 0)).toBeGreaterThanOrEqual(at(mean, offset, 0) - 1e-6);
      expect(at(mean, offset, more)).toBeGreaterThanOrEqual(Math.max(at(mean, offset, 0), Math.ceil(more / 1024)) - 1e-6);
    }));
  });

  it('leaves 1 % above the 99th percentile, and still counts sizes that no lognormal distribution fits', () => {
    expect(shareAbove(payload(512, 1024), 1024)).toBeCloseTo(0.01, 6);
    expect(expectedUnits(payload(100, 100_000), 0, 0, 1024)).toBeGreaterThan(1);
  });
});
