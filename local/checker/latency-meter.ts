import { build, type Histogram } from 'hdr-histogram-js';

/** Percentiles of a latency in milliseconds. */
export interface Percentiles {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly p999: number;
}

const LONGEST_LATENCY_MILLISECONDS = 3_600_000;

/** Latencies of one kind: all of them, and those since somebody last looked. */
export class LatencyMeter {
  private readonly every = histogram();
  private readonly recent = histogram();

  add(milliseconds: number): void {
    const value = Math.min(LONGEST_LATENCY_MILLISECONDS, Math.max(1, Math.round(milliseconds)));
    this.every.recordValue(value);
    this.recent.recordValue(value);
  }

  /** Percentiles of all latencies since the last reset. */
  get all(): Percentiles {
    return percentiles(this.every);
  }

  /** Percentiles of the latencies since this was last asked for; undefined where there was none. */
  takeRecent(): Percentiles | undefined {
    const result = this.recent.totalCount === 0 ? undefined : percentiles(this.recent);
    this.recent.reset();
    return result;
  }

  /** Forgets everything. */
  reset(): void {
    this.every.reset();
    this.recent.reset();
  }
}

function histogram(): Histogram {
  return build({ lowestDiscernibleValue: 1, highestTrackableValue: LONGEST_LATENCY_MILLISECONDS, numberOfSignificantValueDigits: 3 });
}

function percentiles(values: Histogram): Percentiles {
  return {
    p50: values.getValueAtPercentile(50),
    p95: values.getValueAtPercentile(95),
    p99: values.getValueAtPercentile(99),
    p999: values.getValueAtPercentile(99.9),
  };
}
