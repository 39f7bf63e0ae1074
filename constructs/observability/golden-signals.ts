import { Validations } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { CacheTier } from '../cache/cache-tier';
import type { StatelessTier } from '../compute/stateless-tier';
import { DEFAULTS } from '../defaults';
import type { EdgeCells } from '../edge/edge-cells';
import type { TlsEdge } from '../edge/tls-edge';
import { factsFor } from '../limits';
import type { IEventStream } from '../stream/event-stream';
import type { KafkaEventStream } from '../stream/kafka-event-stream';
import type { IKinesisEventStream } from '../stream/kinesis-stream-base';
import type { ShardedTable } from '../table/sharded-table';
import { requireBetween, requirePattern } from '../validation';
import type { QueueWorker } from '../worker/queue-worker';
import type { StreamWorker } from '../worker/stream-worker';
import type { TableStreamWorker } from '../worker/table-stream-worker';
import { type AlarmDefinition, AlarmSet } from './alarm-set';
import type { GoldenSignalsProps, IWatchedConstruct, WatchOptions } from './golden-signals-props';
import { handlerMetric } from './handler-metrics';
import { linkRunbook } from './runbook-link';
import type { SeverityAlarms } from './severity-alarms';
import { type Baseline, SignalBaselines } from './signal-baselines';
import type { SignalBoard } from './signal-board';
import { SignalBoards } from './signal-boards';
import { SignalCalls } from './signal-calls';
import {
  cacheGraphs, edgeGraphs, errorPercent, projectionGraphs, queueGraphs, SETTLE_LATENCY, streamGraphs, tableGraphs, tierGraphs, topicGraphs,
  visibleMessages, workerGraphs,
} from './signal-graphs';
import { defaultSeverity, SignalSeverity } from './signal-severity';

const MILLISECONDS = 1000;
/**
 * What to look at, and when to call somebody: throughput, latency percentiles, errors by type, saturation, depth and age of what the kit's
 * constructs do, on dashboards; alarms where errors pass 1 % (5 % of what is not critical), p99 twice its baseline, processors 80 % for five
 * minutes, memory 85 %, and what waits twice a normal minute; and a composite alarm with a topic for each severity.
 *
 * It makes only the alarms that watched constructs do not have already, and puts all of them together.
 */
export class GoldenSignals extends Construct {
  /** Everything that belongs to no cell, and what matters most of each cell. */
  readonly overview: SignalBoard;
  /** Dashboards of the cells, by name. */
  readonly cells: { readonly [cell: string]: SignalBoard };
  /** The alarms that this construct added. */
  readonly alarms: AlarmSet;
  /** Composite alarms and topics, by severity; of a severity without an alarm there are none. */
  readonly severities: { readonly [severity: string]: SeverityAlarms };

  private readonly watched = new Map<string, { readonly construct: IWatchedConstruct; readonly alarms: Set<string> }>();
  private readonly baselines: SignalBaselines;
  private readonly boards: SignalBoards;
  private readonly calls: SignalCalls;

  constructor(scope: Construct, id: string, private readonly props: GoldenSignalsProps) {
    super(scope, id);
    requirePattern('runbookUrl', props.runbookUrl, /^https:\/\/[^\s#]+$/, 'an https address without a fragment');
    this.baselines = new SignalBaselines(props, factsFor(this, props.facts));
    this.calls = new SignalCalls(this, props);
    this.severities = this.calls.severities;
    this.boards = new SignalBoards(this, this.calls.composites, props);
    this.overview = this.boards.overview;
    this.cells = this.boards.cells;
    this.alarms = new AlarmSet(this, 'Alarms', props.alarms);
    this.node.addValidation({ validate: () => this.validate() });
  }

  /** Puts the alarms of any construct of the kit among the others. */
  watch(construct: IWatchedConstruct, options: WatchOptions = {}): void {
    this.include(construct, this.register(construct, options), options);
  }

  /**
   * Watches a load balancer: errors, p99 against its baseline, and what it has alarms for itself.
   *
   * @throws Error before the edge serves a tier.
   */
  watchEdge(edge: TlsEdge, options: WatchOptions = {}): void {
    // Its metrics come from the target group, which throws while it is not there.
    const targets = edge.targetGroup;
    const name = this.register(edge, options);
    const baseline = this.baselines.of('accept');
    const critical = options.critical ?? true;
    const slow = this.addLatencyAlarms(name, options, edge.metricLatency({ statistic: `p${DEFAULTS.alarm.baselinePercentile}` }), baseline, 1 / MILLISECONDS);
    // Of a critical edge the alarm at 1 % is its own; of others that one is only worth to be known.
    this.include(edge, name, { ...options, severities: { Errors: critical ? SignalSeverity.CRITICAL : SignalSeverity.LOW, ...options.severities } });
    if (!critical) {
      this.addAlarm(name, 'ErrorRate', options, this.errorRate(edge.metricErrorPercent(), false));
    }
    this.boards.addSection(`${name}: ${targets.node.path.split('/').slice(0, -1).join('/')}`, options.cell, edgeGraphs(edge, slow));
  }

  /**
   * Watches the load balancers of all cells, each on the dashboard of its cell.
   *
   * @throws Error before they serve a tier.
   */
  watchEdges(edges: EdgeCells, options: WatchOptions = {}): void {
    const prefix = options.name ?? plainName(edges.node.id);
    edges.edges.forEach((edge, index) => {
      const { name } = edges.cells[index];
      this.watchEdge(edge, { cell: edges.cells.length > 1 ? name : undefined, ...options, name: `${prefix}${name}` });
    });
  }

  /** Watches tasks: their processors at 80 % for five minutes and memory at 85 % are alarms of the tier itself. */
  watchTier(tier: StatelessTier, options: WatchOptions = {}): void {
    const name = this.register(tier, options);
    this.include(tier, name, options);
    if (!this.watched.has(tier.capacity.node.path)) {
      this.watch(tier.capacity, { ...options, name: `${name}Capacity` });
    }
    this.boards.addSection(name, options.cell, tierGraphs(tier));
  }

  /** Watches a Kinesis stream. */
  watchStream(stream: IKinesisEventStream, options: WatchOptions = {}): void {
    const name = this.register(stream, options);
    this.include(stream, name, options);
    this.boards.addSection(name, options.cell, streamGraphs(stream));
  }

  /** Watches a topic of Kafka. Call it once its workers are there: they add alarms to it. */
  watchTopic(topic: KafkaEventStream, options: WatchOptions = {}): void {
    const name = this.register(topic, options);
    this.include(topic, name, options);
    this.boards.addSection(name, options.cell, topicGraphs(topic));
  }

  /**
   * Watches a worker of a stream: errors, p99 of the time to settle against its baseline, and what waits against a normal minute.
   *
   * @param stream what it reads
   */
  watchWorker(worker: StreamWorker, stream: IEventStream, options: WatchOptions = {}): void {
    const name = this.register(worker, options);
    const baseline = this.baselines.of('settle');
    const p99 = handlerMetric(worker.function, SETTLE_LATENCY, { statistic: `p${DEFAULTS.alarm.baselinePercentile}` });
    const slow = this.addLatencyAlarms(name, options, p99, baseline, 1);
    const normal = options.normalRatePerSecond ?? stream.workload.average.perSecond / paymentsPerRecord(stream);
    const deep = this.addDepthAlarm(name, options, worker.metricDepth(), normal, 'records');
    this.addAlarm(name, 'ErrorRate', options, this.errorRate(errorPercent(worker.alias), options.critical ?? true));
    this.include(worker, name, options);
    this.boards.addSection(name, options.cell, workerGraphs(worker, slow, deep));
  }

  /** Watches a projection of a table: errors and age. */
  watchProjection(worker: TableStreamWorker, options: WatchOptions = {}): void {
    const name = this.register(worker, options);
    this.addAlarm(name, 'ErrorRate', options, this.errorRate(errorPercent(worker.alias), options.critical ?? true));
    this.include(worker, name, options);
    this.boards.addSection(name, options.cell, projectionGraphs(worker));
  }

  /** Watches a queue and its worker: errors, and what waits against a normal minute. */
  watchQueue(worker: QueueWorker, options: WatchOptions = {}): void {
    const name = this.register(worker, options);
    const deep = this.addDepthAlarm(name, options, visibleMessages(worker), options.normalRatePerSecond ?? this.normalMessages(worker), 'messages');
    this.addAlarm(name, 'ErrorRate', options, this.errorRate(errorPercent(worker.alias), options.critical ?? true));
    this.include(worker, name, options);
    this.boards.addSection(name, options.cell, queueGraphs(worker, deep));
  }

  /** Watches a table. */
  watchTable(table: ShardedTable, options: WatchOptions = {}): void {
    const name = this.register(table, options);
    this.include(table, name, options);
    this.boards.addSection(name, options.cell, tableGraphs(table));
  }

  /** Watches a cache: the processors and memory of its nodes have alarms of their own at 80 % and 85 %. */
  watchCache(cache: CacheTier, options: WatchOptions = {}): void {
    const name = this.register(cache, options);
    this.include(cache, name, options);
    this.boards.addSection(name, options.cell, cacheGraphs(cache));
  }

  /** @returns the name of a construct that is not watched yet */
  private register(construct: IWatchedConstruct, options: WatchOptions): string {
    const name = options.name ?? plainName(construct.node.id);
    requirePattern('name', name, /^[A-Za-z][A-Za-z0-9]*$/, 'letters and digits, starting with a letter');
    requirePattern('cell', options.cell, /^[A-Za-z][A-Za-z0-9]*$/, 'letters and digits, starting with a letter');
    requireBetween('normalRatePerSecond', options.normalRatePerSecond, Number.MIN_VALUE, Number.MAX_VALUE);
    if (this.watched.has(construct.node.path)) {
      throw new Error(`a construct must be watched once, got: ${construct.node.path} twice`);
    }
    this.watched.set(construct.node.path, { construct, alarms: new Set() });
    return name;
  }

  /** Puts the alarms that a construct has among those of their severity. */
  private include(construct: IWatchedConstruct, name: string, options: WatchOptions): void {
    const known = this.watched.get(construct.node.path)!.alarms;
    for (const [alarm, created] of Object.entries(construct.alarms.alarms)) {
      known.add(alarm);
      linkRunbook(created, alarm, this.props.runbookUrl);
      this.calls.add(created, options.severities?.[alarm] ?? defaultSeverity(alarm));
    }
    const unknown = Object.keys(options.severities ?? {}).filter((it) => !known.has(it) && !OWN_ALARMS.includes(it) && it !== 'Errors');
    if (unknown.length > 0) {
      throw new Error(`\`severities\` must name alarms of ${name}: ${[...known, ...OWN_ALARMS].join(', ')}, got: ${unknown.join(', ')}`);
    }
  }

  private addAlarm(name: string, alarm: string, options: WatchOptions, definition: AlarmDefinition): void {
    const created = this.alarms.add(`${name}${alarm}`, definition);
    if (created !== undefined) {
      linkRunbook(created, alarm, this.props.runbookUrl);
      const uncritical = alarm === 'ErrorRate' && options.critical === false;
      if (uncritical) {
        Validations.of(created).acknowledge({ id: 'HighThroughput::HT-ALARM-009', reason: 'said to be not critical: no money waits for it' });
      }
      const usual = uncritical ? SignalSeverity.HIGH : defaultSeverity(alarm);
      this.calls.add(created, options.severities?.[alarm] ?? usual);
    }
  }

  private errorRate(metric: cloudwatch.IMetric, critical: boolean): AlarmDefinition {
    const threshold = critical ? DEFAULTS.alarm.errorPercent : DEFAULTS.alarm.otherErrorPercent;
    return { metric, threshold, description: `More than ${threshold} % fail, which is too much of ${critical ? 'what money waits for' : 'anything'}.` };
  }

  /**
   * @param unit what one millisecond is in the metric's unit
   * @returns the threshold, in the metric's unit
   */
  private addLatencyAlarms(name: string, options: WatchOptions, metric: cloudwatch.Metric, baseline: Baseline, unit: number): number {
    const factor = DEFAULTS.alarm.baselineFactor;
    const threshold = factor * baseline.milliseconds * unit;
    this.addAlarm(name, 'Slow', options, {
      metric,
      description: `The 99th percentile is above ${factor} x its baseline of ${Math.round(baseline.milliseconds)} ms (${baseline.source}).`,
      threshold,
      evaluationPeriods: DEFAULTS.alarm.latencyMinutes,
      datapointsToAlarm: DEFAULTS.alarm.persistentMinutes,
    });
    if (this.props.anomalyDetection) {
      const unusual = new cloudwatch.AnomalyDetectionAlarm(this, `${name}Unusual`, {
        metric,
        alarmDescription: 'The 99th percentile is higher than it usually is at this time of the day and week.',
        stdDevs: DEFAULTS.alarm.anomalyDeviations,
        comparisonOperator: cloudwatch.ComparisonOperator.GREATER_THAN_UPPER_THRESHOLD,
        evaluationPeriods: DEFAULTS.alarm.latencyMinutes,
        datapointsToAlarm: DEFAULTS.alarm.persistentMinutes,
        treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      });
      linkRunbook(unusual, 'Unusual', this.props.runbookUrl);
      this.calls.add(unusual, options.severities?.Unusual ?? defaultSeverity('Unusual'));
    }
    return threshold;
  }

  /** @returns the threshold */
  private addDepthAlarm(name: string, options: WatchOptions, metric: cloudwatch.IMetric, perSecond: number, what: string): number {
    const { normalRateFactor, normalRatePeriod } = DEFAULTS.alarm;
    // Of what hardly ever comes one may wait.
    const threshold = Math.max(1, normalRateFactor * perSecond * normalRatePeriod.toSeconds());
    this.addAlarm(name, 'Depth', options, {
      metric,
      description: `More ${what} wait than ${normalRateFactor} x what is worked on in a normal minute (${Math.round(threshold)}).`,
      threshold,
    });
    return threshold;
  }

  /** Messages a second that the sizing expects on average. */
  private normalMessages(worker: QueueWorker): number {
    const atPeak = worker.decisions.find(({ name }) => name === 'maximumConcurrency')?.inputs.attemptsPerSecond;
    const { average, peak } = this.props.workload;
    return Number(atPeak ?? 0) * average.perSecond / peak.perSecond;
  }

  /** Alarms that a construct got after it was watched would call nobody. */
  private validate(): string[] {
    if (this.watched.size === 0) {
      return ['something must be watched: call `watchEdge`, `watchTier` and the like'];
    }
    return [...this.watched.values()].flatMap(({ construct, alarms }) => Object.keys(construct.alarms.alarms)
      .filter((alarm) => !alarms.has(alarm))
      .map((alarm) => `${construct.node.path} must be watched after all of its alarms are there, got later: ${alarm}`));
  }
}

/** Alarms that this construct adds, without the name of what they watch. */
const OWN_ALARMS = ['Slow', 'Unusual', 'ErrorRate', 'Depth'];

function plainName(id: string): string {
  return id.replace(/[^A-Za-z0-9]/g, '');
}

/** Payments that a record of a stream holds; 1 where it does not say. */
function paymentsPerRecord(stream: IEventStream): number {
  const { sizing } = stream as { sizing?: { aggregation?: { paymentsPerRecord?: number } } };
  return sizing?.aggregation?.paymentsPerRecord ?? 1;
}
