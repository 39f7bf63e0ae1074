/*
 * Reads Prometheus's text format as strictly as its page says: https://prometheus.io/docs/instrumenting/exposition_formats/. Written from that page,
 * not from what writes it here.
 */

export interface ReadSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface ReadFamily {
  readonly type: string;
  readonly help: string;
  readonly samples: ReadSample[];
}

const METRIC = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** @throws Error naming the line that the format does not allow */
export function readExposition(text: string): ReadonlyMap<string, ReadFamily> {
  if (text !== '' && !text.endsWith('\n')) {
    throw new Error('the last line must end with a line feed');
  }
  const families = new Map<string, ReadFamily>();
  const helps = new Map<string, string>();
  const finished = new Set<string>();
  let current: string | undefined;
  for (const line of text.split('\n').slice(0, -1)) {
    const fail = (why: string): never => { throw new Error(`${why}: ${line}`); };
    const [, keyword, name, rest] = /^# (HELP|TYPE) (\S+) ?(.*)$/s.exec(line) ?? [];
    if (keyword === 'HELP') {
      if (helps.has(name)) { fail('two HELP lines of one name'); }
      helps.set(name, unescaped(rest, 'help', fail));
    } else if (keyword === 'TYPE') {
      if (!METRIC.test(name)) { fail('no name of a metric'); }
      if (!['counter', 'gauge', 'histogram', 'summary', 'untyped'].includes(rest)) { fail('no type'); }
      if (families.has(name)) { fail('two TYPE lines of one name, or one after its samples'); }
      if (current !== undefined) { finished.add(current); }
      current = name;
      families.set(name, { type: rest, help: helps.get(name) ?? '', samples: [] });
    } else if (line.startsWith('#')) {
      fail('a comment that nobody writes');
    } else if (line !== '') {
      const sample = readSample(line, fail);
      const family = familyOf(sample.name, families) ?? fail('a sample without a TYPE');
      if (finished.has(family)) { fail('lines of a metric must be one group'); }
      families.get(family)!.samples.push(sample);
    }
  }
  families.forEach((family, name) => checkFamily(name, family));
  return families;
}

function readSample(line: string, fail: (why: string) => never): ReadSample {
  const [, name, labelText, valueText] = /^([^{\s]+)(?:\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\})? (\S+)( -?\d+)?$/s.exec(line) ?? fail('no sample');
  if (!METRIC.test(name)) { fail('no name of a metric'); }
  const labels: Record<string, string> = {};
  let left = labelText ?? '';
  while (left !== '') {
    const [all, label, value] = /^([^=]+)="((?:[^"\\]|\\.)*)"(?:,|$)/s.exec(left) ?? fail('no label');
    if (!LABEL.test(label) || label in labels) { fail('no name of a label, or twice'); }
    labels[label] = unescaped(value, 'label', fail);
    left = left.slice(all.length);
  }
  const value = valueText === '+Inf' ? Infinity : valueText === '-Inf' ? -Infinity : valueText === 'NaN' ? NaN : Number(valueText);
  if (valueText !== 'NaN' && Number.isNaN(value)) { fail('no number'); }
  return { name, labels, value };
}

function unescaped(text: string, where: 'help' | 'label', fail: (why: string) => never): string {
  return text.replace(/\\(.?)/gs, (_, next: string) => (
    next === 'n' ? '\n' : next === '\\' ? '\\' : next === '"' && where === 'label' ? '"' : fail('an escape that there is not')
  ));
}

function familyOf(sample: string, families: ReadonlyMap<string, ReadFamily>): string | undefined {
  if (families.has(sample)) {
    return sample;
  }
  const base = sample.replace(/_(bucket|sum|count)$/, '');
  return families.get(base)?.type === 'histogram' ? base : undefined;
}

function checkFamily(name: string, { samples, type }: ReadFamily): void {
  const keys = samples.map(({ labels, name: sample }) => `${sample} ${JSON.stringify(Object.entries(labels).sort())}`);
  if (new Set(keys).size !== keys.length) {
    throw new Error(`two lines of the same name and labels: ${name}`);
  }
  if (type === 'counter' && samples.some(({ value }) => !(value >= 0))) {
    throw new Error(`a counter below 0: ${name}`);
  }
  if (type === 'histogram') {
    const byLabels = new Map<string, ReadSample[]>();
    for (const sample of samples) {
      const key = JSON.stringify(Object.entries(sample.labels).filter(([label]) => label !== 'le').sort());
      byLabels.set(key, [...byLabels.get(key) ?? [], sample]);
    }
    byLabels.forEach((series) => checkHistogram(name, series));
  }
}

function checkHistogram(name: string, series: readonly ReadSample[]): void {
  const buckets = series.filter((sample) => sample.name === `${name}_bucket`);
  const one = (suffix: string): number => {
    const found = series.filter((sample) => sample.name === `${name}${suffix}`);
    if (found.length !== 1) {
      throw new Error(`a histogram needs one ${suffix}: ${name}`);
    }
    return found[0].value;
  };
  const bounds = buckets.map(({ labels: { le } }) => (le === '+Inf' ? Infinity : Number(le)));
  const falls = (bound: number, index: number): boolean => (
    index > 0 && (bound <= bounds[index - 1] || buckets[index].value < buckets[index - 1].value)
  );
  if (bounds.some((bound, index) => Number.isNaN(bound) || falls(bound, index))) {
    throw new Error(`buckets must rise: ${name}`);
  }
  if (bounds.at(-1) !== Infinity || buckets.at(-1)!.value !== one('_count')) {
    throw new Error(`the last bucket must be +Inf and as large as _count: ${name}`);
  }
  one('_sum');
}
