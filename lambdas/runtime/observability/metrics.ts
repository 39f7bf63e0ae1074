import { counterIdentity, MILLISECONDS_METRICS, timeIdentity } from './exposed-names';
import type { MetricName } from './metric-name';
import { Counter, type Histogram, type MetricRegistry } from './metric-registry';
import { writeLine } from './standard-output';

export type { MetricName };

/** Values of one metric in one log event of the embedded metric format. */
const MAXIMUM_VALUES = 100;

/** Figures of one batch. */
export interface Metrics {
  /** Adds to a count. */
  count(name: MetricName, by?: number): void;
  /** Adds a value to a distribution; values above the hundredth in a batch are left out. */
  observe(name: MetricName, value: number): void;
  /** Publishes what came together since the last time. */
  flush(): void;
}

export interface EmbeddedMetricsOptions {
  /** Value of the dimension. */
  readonly functionName: string;
  /** Name of the dimension. @default FunctionName */
  readonly dimension?: string;
  /** @default HighThroughput */
  readonly namespace?: string;
  /** @default - standard output */
  readonly write?: (line: string) => void;
  /** @default Date.now */
  readonly now?: () => number;
  /** Where counts and times are kept for Prometheus as well. @default - nowhere: they are published as log lines alone */
  readonly registry?: MetricRegistry;
}

/** A count from the start of the process on, and how much of it was published. */
interface Published {
  readonly counter: Counter;
  upTo: number;
}

/** Publishes metrics as one log line a batch, in CloudWatch's embedded metric format: no call, no cost a payment. */
export class EmbeddedMetrics implements Metrics {
  private readonly functionName: string;
  private readonly dimension: string;
  private readonly namespace: string;
  private readonly write: (line: string) => void;
  private readonly now: () => number;
  private readonly registry: MetricRegistry | undefined;
  private readonly counts = new Map<MetricName, Published>();
  private readonly values = new Map<MetricName, number[]>();
  private readonly times = new Map<MetricName, Histogram | undefined>();

  public constructor(options: EmbeddedMetricsOptions) {
    this.functionName = options.functionName;
    this.dimension = options.dimension ?? 'FunctionName';
    this.namespace = options.namespace ?? 'HighThroughput';
    this.write = options.write ?? writeLine;
    this.now = options.now ?? Date.now;
    this.registry = options.registry;
  }

  public count(name: MetricName, by = 1): void {
    if (by !== 0) {
      (this.counts.get(name) ?? this.counted(name)).counter.add(by);
    }
  }

  /** Shows counts and times to Prometheus from now on, before there are any: what is not there is not known to be zero. */
  public announce(names: Iterable<MetricName>): void {
    for (const name of names) {
      if (this.registry !== undefined && MILLISECONDS_METRICS.has(name)) {
        this.timesOf(this.registry, name);
      } else if (!this.counts.has(name)) {
        this.counted(name);
      }
    }
  }

  public observe(name: MetricName, value: number): void {
    if (this.registry !== undefined) {
      this.timesOf(this.registry, name)?.observe(value / 1_000);
    }
    const values = this.values.get(name);
    if (values === undefined) {
      this.values.set(name, [value]);
    } else if (values.length < MAXIMUM_VALUES) {
      values.push(value);
    }
  }

  public flush(): void {
    const figures = new Map<MetricName, number | number[]>();
    for (const [name, published] of this.counts) {
      const { value } = published.counter;
      if (value !== published.upTo) {
        figures.set(name, value - published.upTo);
        published.upTo = value;
      }
    }
    this.values.forEach((values, name) => figures.set(name, values));
    this.values.clear();
    if (figures.size === 0) {
      return;
    }
    const metrics = [...figures.keys()].map((name) => ({ Name: name, Unit: MILLISECONDS_METRICS.has(name) ? 'Milliseconds' : 'Count' }));
    this.write(JSON.stringify({
      _aws: {
        Timestamp: this.now(),
        CloudWatchMetrics: [{ Namespace: this.namespace, Dimensions: [[this.dimension]], Metrics: metrics }],
      },
      [this.dimension]: this.functionName,
      ...Object.fromEntries(figures),
    }));
  }

  private counted(name: MetricName): Published {
    const published = { counter: this.registry?.counter(counterIdentity(name)) ?? new Counter(), upTo: 0 };
    this.counts.set(name, published);
    return published;
  }

  /** Times of a metric in seconds; none of one that is no time. */
  private timesOf(registry: MetricRegistry, name: MetricName): Histogram | undefined {
    if (!this.times.has(name)) {
      const identity = timeIdentity(name);
      this.times.set(name, identity && registry.histogram(identity));
    }
    return this.times.get(name);
  }
}
