import { Stack } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import type * as kms from 'aws-cdk-lib/aws-kms';
import type * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { Facts } from '../../lib/facts';
import { latencyBudget } from '../../lib/sizing';
import type { CacheTier } from '../cache/cache-tier';
import type { StatelessTier } from '../compute/stateless-tier';
import { DEFAULTS } from '../defaults';
import type { EdgeCells } from '../edge/edge-cells';
import type { TlsEdge } from '../edge/tls-edge';
import { factsFor } from '../limits';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import type { IEventStream } from '../stream/event-stream';
import type { KafkaEventStream } from '../stream/kafka-event-stream';
import type { IKinesisEventStream } from '../stream/kinesis-stream-base';
import type { ShardedTable } from '../table/sharded-table';
import { requireBetween, requirePattern } from '../validation';
import type { QueueWorker } from '../worker/queue-worker';
import type { StreamWorker } from '../worker/stream-worker';
import type { TableStreamWorker } from '../worker/table-stream-worker';
import { type AlarmDefinition, AlarmSet } from './alarm-set';
import { AlarmTopic } from './alarm-topic';
import { type GoldenSignalsProps, type IWatchedConstruct, LatencyBaseline, type WatchOptions } from './golden-signals-props';
import { handlerMetric } from './handler-metrics';
import { linkRunbook, runbookAnchor } from './runbook-link';
import { SeverityAlarms } from './severity-alarms';
import { SignalBoard, type SignalGraph } from './signal-board';
import {
  cacheGraphs, edgeGraphs, errorPercent, projectionGraphs, queueGraphs, SETTLE_LATENCY, streamGraphs, tableGraphs, tierGraphs, topicGraphs,
  visibleMessages, workerGraphs,
} from './signal-graphs';
import { defaultSeverity, SignalSeverity } from './signal-severity';

const MILLISECONDS = 1000;
/** Graphs of what belongs to a cell that the overview shows as well: throughput, latency, errors. */
const ON_OVERVIEW = ['Requests a second', 'Latency, seconds', 'Payments a second', 'Accepted to settled, milliseconds', 'Errors by type'];

/** A latency, and where it comes from. */
interface Baseline {
  readonly milliseconds: number;
  readonly source: string;
}

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
  readonly cells: { readonly [cell: string]: SignalBoard } = {};
  /** The alarms that this construct added. */
  readonly alarms: AlarmSet;
  /** Composite alarms and topics, by severity; of a severity without an alarm there are none. */
  readonly severities: { readonly [severity: string]: SeverityAlarms } = {};

  private readonly facts: Facts;
  private readonly watched = new Map<string, { readonly construct: IWatchedConstruct; readonly alarms: Set<string> }>();
  private readonly composites: cloudwatch.IAlarm[] = [];
  private readonly baselines = new Map<string, Baseline>();
  private key?: kms.IKey;
  private changes?: sns.ITopic;

  constructor(scope: Construct, id: string, private readonly props: GoldenSignalsProps) {
    super(scope, id);
    requirePattern('runbookUrl', props.runbookUrl, /^https:\/\/[^\s#]+$/, 'an https address without a fragment');
    this.facts = factsFor(this, props.facts);
    this.overview = new SignalBoard(this, 'Overview', props.dashboardProps);
    this.alarms = new AlarmSet(this, 'Alarms', props.alarms);
    this.addState();
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
    const baseline = this.baseline('accept');
    const critical = options.critical ?? true;
    const slow = this.addLatencyAlarms(name, options, edge.metricLatency({ statistic: `p${DEFAULTS.alarm.baselinePercentile}` }), baseline, 1 / MILLISECONDS);
    // Of a critical edge the alarm at 1 % is its own; of others that one is only worth to be known.
    this.include(edge, name, { ...options, severities: { Errors: critical ? SignalSeverity.CRITICAL : SignalSeverity.LOW, ...options.severities } });
    if (!critical) {
      this.addAlarm(name, 'ErrorRate', options, this.errorRate(edge.metricErrorPercent(), false));
    }
    this.addSection(`${name}: ${targets.node.path.split('/').slice(0, -1).join('/')}`, options, edgeGraphs(edge, slow));
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
    this.addSection(name, options, tierGraphs(tier));
  }

  /** Watches a Kinesis stream. */
  watchStream(stream: IKinesisEventStream, options: WatchOptions = {}): void {
    const name = this.register(stream, options);
    this.include(stream, name, options);
    this.addSection(name, options, streamGraphs(stream));
  }

  /** Watches a topic of Kafka. Call it once its workers are there: they add alarms to it. */
  watchTopic(topic: KafkaEventStream, options: WatchOptions = {}): void {
    const name = this.register(topic, options);
    this.include(topic, name, options);
    this.addSection(name, options, topicGraphs(topic));
  }

  /**
   * Watches a worker of a stream: errors, p99 of the time to settle against its baseline, and what waits against a normal minute.
   *
   * @param stream what it reads
   */
  watchWorker(worker: StreamWorker, stream: IEventStream, options: WatchOptions = {}): void {
    const name = this.register(worker, options);
    const baseline = this.baseline('settle');
    const p99 = handlerMetric(worker.function, SETTLE_LATENCY, { statistic: `p${DEFAULTS.alarm.baselinePercentile}` });
    const slow = this.addLatencyAlarms(name, options, p99, baseline, 1);
    const normal = options.normalRatePerSecond ?? stream.workload.average.perSecond / paymentsPerRecord(stream);
    const deep = this.addDepthAlarm(name, options, worker.metricDepth(), normal, 'records');
    this.addAlarm(name, 'ErrorRate', options, this.errorRate(errorPercent(worker.alias), options.critical ?? true));
    this.include(worker, name, options);
    this.addSection(name, options, workerGraphs(worker, slow, deep));
  }

  /** Watches a projection of a table: errors and age. */
  watchProjection(worker: TableStreamWorker, options: WatchOptions = {}): void {
    const name = this.register(worker, options);
    this.addAlarm(name, 'ErrorRate', options, this.errorRate(errorPercent(worker.alias), options.critical ?? true));
    this.include(worker, name, options);
    this.addSection(name, options, projectionGraphs(worker));
  }

  /** Watches a queue and its worker: errors, and what waits against a normal minute. */
  watchQueue(worker: QueueWorker, options: WatchOptions = {}): void {
    const name = this.register(worker, options);
    const deep = this.addDepthAlarm(name, options, visibleMessages(worker), options.normalRatePerSecond ?? this.normalMessages(worker), 'messages');
    this.addAlarm(name, 'ErrorRate', options, this.errorRate(errorPercent(worker.alias), options.critical ?? true));
    this.include(worker, name, options);
    this.addSection(name, options, queueGraphs(worker, deep));
  }

  /** Watches a table. */
  watchTable(table: ShardedTable, options: WatchOptions = {}): void {
    const name = this.register(table, options);
    this.include(table, name, options);
    this.addSection(name, options, tableGraphs(table));
  }

  /** Watches a cache: the processors and memory of its nodes have alarms of their own at 80 % and 85 %. */
  watchCache(cache: CacheTier, options: WatchOptions = {}): void {
    const name = this.register(cache, options);
    this.include(cache, name, options);
    this.addSection(name, options, cacheGraphs(cache));
  }

  private addState(): void {
    this.overview.addWidgets(new cloudwatch.AlarmStatusWidget({ title: 'State', alarms: this.composites, width: cloudwatch.GRID_WIDTH }));
    if (this.props.cost ?? true) {
      this.overview.addSection('Cost', [{ title: 'Charges of this month so far, USD', left: [estimatedCharges()] }]);
    }
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
      this.classify(created, options.severities?.[alarm] ?? defaultSeverity(alarm));
    }
    const unknown = Object.keys(options.severities ?? {}).filter((it) => !known.has(it) && !OWN_ALARMS.includes(it) && it !== 'Errors');
    if (unknown.length > 0) {
      throw new Error(`\`severities\` must name alarms of ${name}: ${[...known, ...OWN_ALARMS].join(', ')}, got: ${unknown.join(', ')}`);
    }
  }

  private classify(alarm: cloudwatch.Alarm, severity: SignalSeverity): void {
    this.tellChanges(alarm);
    const severities = this.severities as { [severity: string]: SeverityAlarms };
    const group = severities[severity] ??= this.createGroup(severity);
    const before = group.composites.length;
    group.add(alarm);
    this.composites.push(...group.composites.slice(before));
  }

  private createGroup(severity: SignalSeverity): SeverityAlarms {
    const { runbookUrl, topics } = this.props;
    const id = severity.charAt(0).toUpperCase() + severity.slice(1);
    return new SeverityAlarms(this, id, { severity, topic: topics?.[severity] ?? this.createTopic(id, `Alarms of severity ${severity}`), runbookUrl });
  }

  /** A composite alarm says that something is wrong; this says what, without calling anybody. */
  private tellChanges(alarm: cloudwatch.Alarm): void {
    // The rule of a composite alarm needs the stack of its alarms, so that those cannot need this stack.
    const inReach = this.props.topics?.changes !== undefined || Stack.of(alarm) === Stack.of(this);
    if (inReach) {
      const action = new actions.SnsAction(this.changes ??= this.props.topics?.changes ?? this.createTopic('Changes', 'Alarms that went on or off'));
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
  }

  private createTopic(id: string, displayName: string): AlarmTopic {
    const { encryptionKey, removalPolicy } = this.props;
    return new AlarmTopic(this, `${id}Topic`, {
      encryptionKey: this.key ??= customerKey(this, 'Keys', DataClass.OPERATIONS, encryptionKey, removalPolicy),
      displayName,
      removalPolicy,
    });
  }

  private addAlarm(name: string, alarm: string, options: WatchOptions, definition: AlarmDefinition): void {
    const { runbookUrl } = this.props;
    const created = this.alarms.add(`${name}${alarm}`, {
      ...definition,
      description: runbookUrl === undefined ? definition.description : `${definition.description} Runbook: ${runbookUrl}#${runbookAnchor(alarm)}`,
    });
    if (created !== undefined) {
      const usual = alarm === 'ErrorRate' && options.critical === false ? SignalSeverity.HIGH : defaultSeverity(alarm);
      this.classify(created, options.severities?.[alarm] ?? usual);
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
      this.classify(unusual, options.severities?.Unusual ?? defaultSeverity('Unusual'));
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

  /** @param path what the latency is of */
  private baseline(path: 'accept' | 'settle'): Baseline {
    const known = this.baselines.get(path) ?? this.findBaseline(path);
    this.baselines.set(path, known);
    return known;
  }

  private findBaseline(path: 'accept' | 'settle'): Baseline {
    const target = this.props.workload.latencyTarget[path];
    const wanted = this.props.baseline ?? LatencyBaseline.TARGET;
    if (wanted === LatencyBaseline.TARGET && target.percentile >= DEFAULTS.alarm.baselinePercentile) {
      return { milliseconds: target.milliseconds, source: `target to ${path}` };
    }
    return { milliseconds: latencyBudget(this.props.workload, this.facts)[path].p99Milliseconds.typical, source: `predicted time to ${path}` };
  }

  /** Messages a second that the sizing expects on average. */
  private normalMessages(worker: QueueWorker): number {
    const atPeak = worker.decisions.find(({ name }) => name === 'maximumConcurrency')?.inputs.attemptsPerSecond;
    const { average, peak } = this.props.workload;
    return Number(atPeak ?? 0) * average.perSecond / peak.perSecond;
  }

  private addSection(heading: string, options: WatchOptions, graphs: readonly SignalGraph[]): void {
    if (options.cell === undefined) {
      this.overview.addSection(heading, graphs);
      return;
    }
    const cells = this.cells as { [cell: string]: SignalBoard };
    cells[options.cell] ??= new SignalBoard(this, `Cell${options.cell}`);
    cells[options.cell].addSection(heading, graphs);
    const summary = graphs.filter(({ title }) => ON_OVERVIEW.includes(title));
    if (summary.length > 0) {
      this.overview.addSection(`${options.cell}: ${heading}`, summary);
    }
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

/** What the account owes this month. AWS publishes it in one region, for the whole account. */
function estimatedCharges(): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/Billing',
    metricName: 'EstimatedCharges',
    dimensionsMap: { Currency: 'USD' },
    statistic: 'Maximum',
    period: DEFAULTS.dashboard.billingPeriod,
    region: 'us-east-1',
    label: 'estimated charges',
  });
}

function plainName(id: string): string {
  return id.replace(/[^A-Za-z0-9]/g, '');
}

/** Payments that a record of a stream holds; 1 where it does not say. */
function paymentsPerRecord(stream: IEventStream): number {
  const { sizing } = stream as { sizing?: { aggregation?: { paymentsPerRecord?: number } } };
  return sizing?.aggregation?.paymentsPerRecord ?? 1;
}
