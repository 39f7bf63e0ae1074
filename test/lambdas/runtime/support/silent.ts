import { Logger } from '../../../../lambdas/runtime/observability/logger';
import type { MetricName, Metrics } from '../../../../lambdas/runtime/observability/metrics';

/** Keeps counts for a test to look at. */
export class RecordedMetrics implements Metrics {
  public readonly counts: Partial<Record<MetricName, number>> = {};
  public readonly values: Partial<Record<MetricName, number[]>> = {};
  public flushes = 0;

  public count(name: MetricName, by = 1): void {
    if (by !== 0) {
      this.counts[name] = (this.counts[name] ?? 0) + by;
    }
  }

  public observe(name: MetricName, value: number): void {
    (this.values[name] ??= []).push(value);
  }

  public flush(): void {
    this.flushes++;
  }
}

/** A logger whose lines are kept instead of printed. */
export function recordedLogger(): { readonly logger: Logger; readonly lines: string[] } {
  const lines: string[] = [];
  return { logger: new Logger({ write: (line) => { lines.push(line); } }), lines };
}
