import { exposition, type MetricFamily, type MetricLabels, type MetricSample, numberText } from './prometheus-text';

/** Upper bounds of times in seconds: what client libraries of Prometheus take by default. */
export const TIME_BOUNDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** A figure that only grows, from the start of the process on. */
export class Counter {
  /** What came together so far. */
  public value = 0;

  /** @param by 0 or more */
  public add(by = 1): void {
    this.value += by;
  }
}

/** How many values lie below each of a few bounds. Nothing is allocated for a value. */
export class Histogram {
  /** Values that lie in each bucket alone; the last is above all bounds. */
  private readonly counts: Float64Array;
  private sum = 0;

  /** @param bounds in rising order */
  public constructor(private readonly bounds: readonly number[] = TIME_BOUNDS) {
    this.counts = new Float64Array(bounds.length + 1);
  }

  public observe(value: number): void {
    const { bounds } = this;
    let bucket = 0;
    while (bucket < bounds.length && value > bounds[bucket]) {
      bucket++;
    }
    this.counts[bucket]++;
    this.sum += value;
  }

  /** Its values as Prometheus has them: each bucket with all below it. */
  public *samples(labels: MetricLabels): Generator<MetricSample> {
    let below = 0;
    for (const [bucket, count] of this.counts.entries()) {
      below += count;
      yield { suffix: '_bucket', labels: { ...labels, le: numberText(this.bounds[bucket] ?? Infinity) }, value: below };
    }
    yield { suffix: '_sum', labels, value: this.sum };
    yield { suffix: '_count', labels, value: below };
  }
}

/** How a figure is called. */
export interface MetricIdentity {
  /** Letters, digits and underscores, starting with a letter. A counter ends in `_total`. */
  readonly name: string;
  /** What is counted, for people. The same for all series of a name. */
  readonly help: string;
  /** What tells it from others of the same name. @default - nothing */
  readonly labels?: MetricLabels;
}

interface Series {
  readonly labels: MetricLabels;
  samples(): Iterable<MetricSample>;
}

interface Family {
  readonly help: string;
  readonly type: MetricFamily['type'];
  readonly series: Map<string, Series>;
}

/** The figures of a process, from its start on, for whoever asks: Prometheus, which looks every few seconds. */
export class MetricRegistry {
  private readonly families = new Map<string, Family>();

  /** @throws Error for a name that Prometheus does not know, or that is taken */
  public counter(identity: MetricIdentity): Counter {
    if (!identity.name.endsWith('_total')) {
      throw new Error(`\`name\` of a counter must end in _total, got: ${identity.name}`);
    }
    const counter = new Counter();
    this.register('counter', identity, (labels) => [{ labels, value: counter.value }]);
    return counter;
  }

  /**
   * @param bounds in rising order
   * @throws Error for a name that Prometheus does not know, or that is taken
   */
  public histogram(identity: MetricIdentity, bounds: readonly number[] = TIME_BOUNDS): Histogram {
    const histogram = new Histogram(bounds);
    this.register('histogram', identity, (labels) => histogram.samples(labels));
    return histogram;
  }

  /**
   * A figure that rises and falls, read when somebody asks.
   *
   * @param read its values, with what tells them apart besides the labels of all of them
   * @throws Error for a name that Prometheus does not know, or that is taken
   */
  public gauge(identity: MetricIdentity, read: () => Iterable<MetricSample>): void {
    this.register('gauge', identity, function* (labels) {
      for (const sample of read()) {
        yield { ...sample, labels: { ...labels, ...sample.labels } };
      }
    });
  }

  /** What it holds, in Prometheus's text format. */
  public expose(): string {
    return exposition([...this.families].map(([name, { help, series, type }]) => ({ name, help, type, samples: samplesOf(series.values()) })));
  }

  private register(type: MetricFamily['type'], { help, labels = {}, name }: MetricIdentity, samples: (labels: MetricLabels) => Iterable<MetricSample>): void {
    if (!/^[a-zA-Z_]\w*$/.test(name)) {
      throw new Error(`\`name\` must be letters, digits and underscores, starting with a letter, got: ${name}`);
    }
    const family = this.families.get(name) ?? { help, type, series: new Map<string, Series>() };
    const key = JSON.stringify(Object.entries(labels).sort());
    if (family.type !== type || family.help !== help || family.series.has(key)) {
      throw new Error(`\`name\` must be one that is not taken, or of the same kind with other labels, got: ${name} ${key}`);
    }
    family.series.set(key, { labels, samples: () => samples(labels) });
    this.families.set(name, family);
  }
}

function* samplesOf(series: Iterable<Series>): Generator<MetricSample> {
  for (const each of series) {
    yield* each.samples();
  }
}
