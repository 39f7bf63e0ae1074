import { Chart } from './charts.js';
import { duration, rate } from './format.js';

/** The charts of the page and what feeds them. */

/**
 * @typedef {import('../feed').Snapshot} Snapshot
 * @typedef {import('../feed').MappingState} MappingState
 * @typedef {import('./rates.js').Rates} Rates
 */

/** @type {import('./charts.js').SeriesProps[]} */
const PERCENTILES = [
  { name: 'p50', color: '--series-4' },
  { name: 'p95', color: '--series-1' },
  { name: 'p99', color: '--series-2', width: 2.25 },
];

/** @type {{ props: import('./charts.js').ChartProps, values: (snapshot: Snapshot, rates: Rates) => (number | null)[] }[]} */
const FIGURES = [
  {
    props: {
      id: 'throughput', title: 'Throughput', unit: 'payments/s', least: 10, format: rate,
      series: [
        { name: 'sent', color: '--series-1', fill: true },
        { name: 'settled', color: '--series-4', width: 2.25 },
        { name: 'asked', color: '--muted', dash: [4, 4], width: 1.25 },
      ],
    },
    values: ({ load }, rates) => [
      rates.of(({ payments }) => payments.sent), rates.of(({ payments }) => payments.settledKeys), load.paymentsPerSecond ?? null,
    ],
  },
  {
    props: { id: 'accept', title: 'Accept latency', unit: 'ms', least: 10, format: duration, series: PERCENTILES },
    values: ({ accept }) => percentiles(accept),
  },
  {
    props: { id: 'settle', title: 'Settle latency', unit: 'ms', least: 10, format: duration, series: PERCENTILES },
    values: ({ settle }) => percentiles(settle),
  },
  {
    props: {
      id: 'lag', title: 'Iterator age and balance lag', unit: 's', least: 1, format: (seconds) => duration(seconds == null ? null : seconds * 1000),
      series: [
        { name: 'stream', color: '--series-1' },
        { name: 'tables', color: '--series-3', dash: [6, 3] },
        { name: 'balances', color: '--series-2', width: 2.25 },
      ],
    },
    values: ({ mappings, balanceLagSeconds }) => [oldest(mappings, 'kinesis'), oldest(mappings, 'table-stream'), balanceLagSeconds],
  },
  {
    props: {
      id: 'retries', title: 'Retries and throttles', unit: 'per second', least: 5, format: rate,
      series: [
        { name: 'redelivered', color: '--series-1' },
        { name: 'throttled', color: '--series-2', dash: [6, 3] },
        { name: 'errors', color: '--series-3', width: 2.25 },
      ],
    },
    values: (_, rates) => [
      rates.of(({ troubles }) => troubles.redelivered),
      rates.of(({ troubles }) => troubles.throttledRecords + troubles.throttledItems),
      rates.of(({ troubles }) => troubles.handlerErrors),
    ],
  },
  {
    props: {
      id: 'refused', title: 'Refused, unanswered, parked', unit: 'payments/s', least: 5, format: rate,
      series: [
        { name: 'refused', color: '--series-2' },
        { name: 'no answer', color: '--series-3', dash: [6, 3] },
        { name: 'parked', color: '--series-4', width: 2.25 },
      ],
    },
    values: (_, rates) => [
      rates.of(({ payments }) => payments.refused), rates.of(({ payments }) => payments.unanswered), rates.of(({ payments }) => payments.parked),
    ],
  },
];

export class Figures {
  /** @param {Element} container */
  constructor(container) {
    this.charts = FIGURES.map(({ props }) => new Chart(props));
    container.append(...this.charts.map(({ node }) => node));
    document.addEventListener('visibilitychange', () => this.charts.forEach((chart) => chart.update()));
  }

  /**
   * @param {Snapshot} snapshot
   * @param {Rates} rates
   */
  add(snapshot, rates) {
    this.charts.forEach((chart, index) => chart.add(snapshot.at, FIGURES[index].values(snapshot, rates)));
  }

  /** @param {number} at milliseconds since 1970 */
  mark(at) {
    this.charts.forEach((chart) => chart.mark(at));
  }
}

/**
 * Those of the last second, where payments came; a quiet second leaves a gap.
 *
 * @param {import('../feed').LatencyState} latency
 */
function percentiles({ recent }) {
  return [recent?.p50 ?? null, recent?.p95 ?? null, recent?.p99 ?? null];
}

/**
 * Largest iterator age of the mappings of a kind, in seconds.
 *
 * @param {readonly MappingState[]} mappings
 * @param {MappingState['source']} source
 */
function oldest(mappings, source) {
  const ages = mappings.filter((mapping) => mapping.source === source && mapping.iteratorAge != null).map(({ iteratorAge }) => iteratorAge ?? 0);
  return ages.length === 0 ? null : Math.max(...ages) / 1000;
}
