import type { Facts } from '../../lib/facts';
import { latencyBudget } from '../../lib/sizing';
import { DEFAULTS } from '../defaults';
import { type GoldenSignalsProps, LatencyBaseline } from './golden-signals-props';

/** A latency, and where it comes from. */
export interface Baseline {
  readonly milliseconds: number;
  /** In a few words. */
  readonly source: string;
}

/** What the 99th percentile is held against: the target where it speaks of that percentile and is wanted, else what the latency budget predicts. */
export class SignalBaselines {
  private readonly known = new Map<string, Baseline>();

  constructor(private readonly props: Pick<GoldenSignalsProps, 'baseline' | 'workload'>, private readonly facts: Facts) {}

  /** @param path what the latency is of */
  of(path: 'accept' | 'settle'): Baseline {
    const baseline = this.known.get(path) ?? this.find(path);
    this.known.set(path, baseline);
    return baseline;
  }

  private find(path: 'accept' | 'settle'): Baseline {
    const { baseline = LatencyBaseline.TARGET, workload } = this.props;
    const target = workload.latencyTarget[path];
    if (baseline === LatencyBaseline.TARGET && target.percentile >= DEFAULTS.alarm.baselinePercentile) {
      return { milliseconds: target.milliseconds, source: `target to ${path}` };
    }
    return { milliseconds: latencyBudget(workload, this.facts)[path].p99Milliseconds.typical, source: `predicted time to ${path}` };
  }
}
