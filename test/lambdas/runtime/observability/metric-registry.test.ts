import * as fc from 'fast-check';
import { counterIdentity, OUTCOME_METRICS, timeIdentity } from '../../../../lambdas/runtime/observability/exposed-names';
import { MetricRegistry, TIME_BOUNDS } from '../../../../lambdas/runtime/observability/metric-registry';
import { EmbeddedMetrics, type MetricName } from '../../../../lambdas/runtime/observability/metrics';
import { exposition } from '../../../../lambdas/runtime/observability/prometheus-text';
import { readExposition } from './support/exposition-parser';

describe('the registry', () => {
  it('shows counters, gauges and histograms as Prometheus reads them', () => {
    const registry = new MetricRegistry();
    registry.counter({ name: 'a_total', help: 'A.', labels: { kind: 'x' } }).add(2);
    registry.counter({ name: 'a_total', help: 'A.', labels: { kind: 'y' } }).add();
    registry.gauge({ name: 'b', help: 'B.', labels: { topic: 't' } }, () => [{ labels: { partition: '0' }, value: -1.5 }, { labels: { partition: '1' }, value: Infinity }]);
    const histogram = registry.histogram({ name: 'c_seconds', help: 'C.' }, [0.1, 1]);
    [0.05, 0.1, 0.5, 7].forEach((value) => histogram.observe(value));
    expect(registry.expose()).toBe([
      '# HELP a_total A.', '# TYPE a_total counter', 'a_total{kind="x"} 2', 'a_total{kind="y"} 1',
      '# HELP b B.', '# TYPE b gauge', 'b{topic="t",partition="0"} -1.5', 'b{topic="t",partition="1"} +Inf',
      '# HELP c_seconds C.', '# TYPE c_seconds histogram', 'c_seconds_bucket{le="0.1"} 2', 'c_seconds_bucket{le="1"} 3', 'c_seconds_bucket{le="+Inf"} 4',
      'c_seconds_sum 7.65', 'c_seconds_count 4', '',
    ].join('\n'));
    readExposition(registry.expose());
  });

  it('loses no character of a label or a help, whatever it holds', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), fc.double(), (help, label, value) => {
      const text = exposition([{ name: 'a', help: `.${help}`, type: 'gauge', samples: [{ labels: { label }, value }] }]);
      const { help: readHelp, samples: [sample] } = readExposition(text).get('a')!;
      expect([readHelp, sample.labels]).toEqual([`.${help}`, { label }]);
      // The sign of zero is no figure.
      expect(sample.value + 0).toBe(value + 0);
      // Ends of lines in Unicode are none in this format.
    }), { numRuns: 300, examples: [['\u2028', '\r\u2029', 0]] });
  });

  it('counts every value of a histogram in its bucket and in all above', () => {
    fc.assert(fc.property(fc.array(fc.double({ min: 0, max: 100, noNaN: true })), (values) => {
      const registry = new MetricRegistry();
      const histogram = registry.histogram({ name: 'a_seconds', help: 'A.' });
      values.forEach((value) => histogram.observe(value));
      const { samples } = readExposition(registry.expose()).get('a_seconds')!;
      const below = [...TIME_BOUNDS, Infinity].map((bound) => values.filter((value) => value <= bound).length);
      expect(samples.slice(0, -2).map(({ value }) => value)).toEqual(below);
    }), { numRuns: 200 });
  });

  it.each<[string, (registry: MetricRegistry) => unknown, string]>([
    ['a counter without its ending', (registry) => registry.counter({ name: 'a', help: '' }), 'must end in _total'],
    ['a name with a dash', (registry) => registry.gauge({ name: 'a-b', help: '' }, () => []), 'letters, digits and underscores'],
    ['the same series twice', (registry) => [1, 2].map(() => registry.counter({ name: 'a_total', help: '', labels: { b: 'c' } })), 'not taken'],
    ['one name for two kinds', (registry) => [registry.histogram({ name: 'a_total', help: '' }), registry.counter({ name: 'a_total', help: '' })], 'of the same kind'],
  ])('refuses %s', (_, use, message) => {
    expect(() => use(new MetricRegistry())).toThrow(message);
  });
});

describe('metrics of CloudWatch and Prometheus', () => {
  it('are the same figures: what was published in lines adds up to what the registry shows', () => {
    const names: readonly MetricName[] = ['PaymentsApplied', 'RecordsParked', 'MovementsWaiting'];
    fc.assert(fc.property(fc.array(fc.oneof(fc.record({ name: fc.constantFrom(...names), by: fc.nat(5) }), fc.constant('flush' as const))), (steps) => {
      const lines: string[] = [];
      const registry = new MetricRegistry();
      const metrics = new EmbeddedMetrics({ functionName: 'f', registry, write: (line) => { lines.push(line); } });
      for (const step of [...steps, 'flush' as const]) {
        if (step === 'flush') {
          metrics.flush();
        } else {
          metrics.count(step.name, step.by);
        }
      }
      const shown = readExposition(registry.expose());
      for (const name of names) {
        const published = lines.reduce((sum, line) => sum + ((JSON.parse(line) as Record<string, number>)[name] ?? 0), 0);
        const { labels = {}, name: family } = counterIdentity(name);
        const sample = shown.get(family)?.samples.find((it) => JSON.stringify(it.labels) === JSON.stringify(labels));
        expect(sample?.value ?? 0).toBe(published);
      }
    }), { numRuns: 200 });
  });

  it('show times in seconds, all of them, and no other distribution', () => {
    const registry = new MetricRegistry();
    const metrics = new EmbeddedMetrics({ functionName: 'f', registry, write: () => undefined });
    for (let value = 0; value < 150; value++) {
      metrics.observe('SettleLatency', 40);
      metrics.observe('RecordsBehind', 7);
    }
    const shown = readExposition(registry.expose());
    expect([...shown.keys()]).toEqual(['settle_latency_seconds']);
    const { samples } = shown.get('settle_latency_seconds')!;
    expect(samples.find(({ labels: { le } }) => le === '0.05')!.value).toBe(150);
    expect(samples.find(({ name }) => name.endsWith('_sum'))!.value).toBeCloseTo(6);
  });

  it('show what was announced before anything is counted, and publish nothing for it', () => {
    const lines: string[] = [];
    const registry = new MetricRegistry();
    const metrics = new EmbeddedMetrics({ functionName: 'f', registry, write: (line) => { lines.push(line); } });
    metrics.announce([...OUTCOME_METRICS, 'SettleLatency']);
    metrics.announce([...OUTCOME_METRICS, 'SettleLatency']);
    metrics.flush();
    expect(lines).toEqual([]);
    expect(readExposition(registry.expose()).get('settle_latency_seconds')!.samples.at(-1)!.value).toBe(0);
    expect(readExposition(registry.expose()).get('payment_outcomes_total')!.samples.map(({ value }) => value)).toEqual(OUTCOME_METRICS.map(() => 0));
  });

  it('are named by their kind and unit', () => {
    expect(counterIdentity('LedgerCircuitOpened').name).toBe('ledger_circuit_opened_total');
    expect(counterIdentity('PaymentsConflicting')).toMatchObject({ name: 'payment_outcomes_total', labels: { kind: 'payment', outcome: 'conflicting' } });
    expect([timeIdentity('BalanceLag')?.name, timeIdentity('RecordsBehind')]).toEqual(['balance_lag_seconds', undefined]);
  });
});

describe('the reader of these tests', () => {
  const typed = (lines: string, type = 'counter'): string => `# TYPE a_total ${type}\n${lines}\n`;

  it.each([
    ['no line feed at the end', 'a_total 1', 'line feed'],
    ['a sample without a type', 'a_total 1\n', 'without a TYPE'],
    ['a number that is none', typed('a_total one'), 'no number'],
    ['a label without quotes', typed('a_total{b=c} 1'), 'no label'],
    ['an escape that there is not', typed('a_total{b="\\t"} 1'), 'an escape'],
    ['the same line twice', typed('a_total 1\na_total 1'), 'two lines'],
    ['two kinds of one name', typed('a_total 1\n# TYPE a_total gauge'), 'two TYPE'],
    ['a counter below 0', typed('a_total -1'), 'below 0'],
    ['buckets that fall', typed('a_total_bucket{le="1"} 2\na_total_bucket{le="+Inf"} 1\na_total_sum 1\na_total_count 1', 'histogram'), 'must rise'],
    ['no last bucket', typed('a_total_bucket{le="1"} 2\na_total_sum 1\na_total_count 2', 'histogram'), '+Inf'],
    ['a split group', `${typed('a_total 1')}# TYPE b gauge\nb 1\na_total{c="d"} 1\n`, 'one group'],
  ])('finds %s', (_, text, message) => {
    expect(() => readExposition(text)).toThrow(message);
  });
});
