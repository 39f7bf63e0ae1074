import { formatNumber, formatShare } from '../sizing';
import type { LatencyBudget, LatencyHop, LatencyPath, TimeBand } from '../sizing/latency-budget';
import { alignColumns, wrap } from './text';

export interface LatencyTextOptions {
  /**
   * Characters of a line.
   *
   * @default 100
   */
  readonly width?: number;
}

const HEADER = ['hop', 'p50 ms', 'p99 ms', 'share'];
/** Columns of numbers. */
const RIGHT = [1, 2, 3];

/** The two paths of a payment, both from the request on. */
const PATHS = [
  { key: 'accept', title: 'Accept', ends: 'the answer 202, when the payment is durable in the stream' },
  { key: 'settle', title: 'Settle', ends: 'its effect in the ledger' },
] as const;

/** A latency budget in words, with a small table for each path. Hops that rest on assumptions carry a `*`. */
export function renderLatencyText(budget: LatencyBudget, options: LatencyTextOptions = {}): string {
  const width = options.width ?? 100;
  const paths = PATHS.flatMap(({ key, title, ends }) => {
    const path = budget[key];
    return [
      ...wrap(`${title}: from the request at the edge to ${ends}.`, width),
      ...wrap(verdictText(path), width),
      '',
      ...alignColumns([HEADER, ...path.hops.map(row)], RIGHT).map((line) => `  ${line}`),
      '',
      ...wrap(slowestText(path), width),
      ...wrap(boundText(path), width),
      '',
    ];
  });
  const models = [...new Map(PATHS.flatMap(({ key }) => budget[key].hops).map((hop) => [hop.name, hop])).values()];
  return [
    ...paths,
    'How each hop was modelled:',
    ...models.flatMap((hop) => wrap(`  ${hop.name}${mark(hop)}: ${hop.model}`, width)),
    '',
    ...wrap(methodText(budget), width),
    '',
  ].join('\n');
}

/** The same as Markdown, for a pull request or a page. */
export function renderLatencyMarkdown(budget: LatencyBudget): string {
  const paths = PATHS.flatMap(({ key, title, ends }) => {
    const path = budget[key];
    return [
      `### ${title}: from the request at the edge to ${ends}`,
      '',
      verdictText(path),
      '',
      '| hop | p50 ms | p99 ms | share around the target | how |',
      '|---|---:|---:|---:|---|',
      ...path.hops.map((hop) => `| ${[...row(hop), hop.model].join(' | ')} |`),
      '',
      `${slowestText(path)} ${boundText(path)}`,
      '',
    ];
  });
  return [...paths, methodText(budget), ''].join('\n');
}

function row(hop: LatencyHop): string[] {
  return [`${hop.name}${mark(hop)}`, formatNumber(hop.p50Milliseconds), formatNumber(hop.p99Milliseconds), formatShare(hop.shareOfTail)];
}

function mark(hop: LatencyHop): string {
  return hop.assumption ? ' *' : '';
}

function verdictText({ predictedMilliseconds, target, verdict }: LatencyPath): string {
  const predicted = `Predicted p${target.percentile}: ${bandText(predictedMilliseconds)}. Target: ${formatNumber(target.milliseconds)} ms.`;
  const words = {
    met: 'Met, even where assumed times are longer.',
    metOnAssumptions: 'Met if the assumed times are right; not shown where they are longer.',
    notShown: 'Not shown: the prediction is above the target.',
  };
  return `${predicted} ${words[verdict]}`;
}

function bandText({ low, typical, high }: TimeBand): string {
  return `${formatNumber(typical)} ms (${formatNumber(low)} to ${formatNumber(high)})`;
}

function slowestText(path: LatencyPath): string {
  const slowest = path.hops.find((hop) => hop.name === path.slowest);
  return `Of payments around p${path.target.percentile} the hop "${path.slowest}" takes most: ${formatShare(slowest?.shareOfTail ?? 0)} of the time.`;
}

function boundText(path: LatencyPath): string {
  return `Median ${bandText(path.p50Milliseconds)}. The p99 of all hops add up to ${formatNumber(path.sumOfP99Milliseconds)} ms, `
    + 'a bound that counts where they are slow together.';
}

function methodText({ draws, assumptionFactor, sizes }: LatencyBudget): string {
  return `One cell at its stated peak: ${formatNumber(sizes.tasks)} tasks, ${formatNumber(sizes.shards)} shards, all zones up, warm environments, no refund, no retry. `
    + `Hops are lognormal through their median and p99, or what queueing says; ${formatNumber(draws)} seeded draws are added up as if hops were independent. `
    + `* rests on an assumption: the range takes these times ${formatNumber(assumptionFactor)} times shorter and longer.`;
}
