/** Names and values that tell the series of a family apart. */
export interface MetricLabels {
  readonly [name: string]: string;
}

/** One value of a family. */
export interface MetricSample {
  /** What follows the name of the family, as `_bucket`. @default - nothing */
  readonly suffix?: string;
  /** @default - none */
  readonly labels?: MetricLabels;
  readonly value: number;
}

/** Values of one name. */
export interface MetricFamily {
  /** Letters, digits and underscores, with the unit at its end; a counter ends in `_total`. */
  readonly name: string;
  /** What is counted, for people. */
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: Iterable<MetricSample>;
}

/** Media type of the text. */
export const EXPOSITION_CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Families as Prometheus reads them. https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function exposition(families: Iterable<MetricFamily>): string {
  let text = '';
  for (const { help, name, samples, type } of families) {
    text += `# HELP ${name} ${escaped(help)}\n# TYPE ${name} ${type}\n`;
    for (const { labels = {}, suffix = '', value } of samples) {
      text += `${name}${suffix}${labelText(labels)} ${numberText(value)}\n`;
    }
  }
  return text;
}

/** A number as Prometheus writes it. */
export function numberText(value: number): string {
  return value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);
}

function labelText(labels: MetricLabels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
