import { RemovalPolicy, Stack, Token } from 'aws-cdk-lib';
import * as budgets from 'aws-cdk-lib/aws-budgets';
import * as ce from 'aws-cdk-lib/aws-ce';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { type Bill, billOf, budgetsOf, costOf, type CostTag, linesTagged } from '../../lib/cost';
import { Facts } from '../../lib/facts';
import { Decision, formatNumber } from '../../lib/sizing';
import { Topology } from '../../lib/topology';
import { Workload } from '../../lib/workload';
import { DEFAULTS } from '../defaults';
import { LIMITS } from '../limits';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { recordDecisions, recordWorkload } from '../sizing-metadata';
import { requireBetween, requireIntegerBetween, requirePattern } from '../validation';
import type { CostGuardProps, StageCostGuardProps } from './cost-guard-props';
import { letPublish } from '../observability/topic-policy';
import { UnitCostAlarm } from './unit-cost';

const TAG_KEY = 'application';

/**
 * Tells somebody before a month costs too much: budgets for the whole and for single services, by what was spent and by what is forecast, and a
 * monitor of anomalies, all of what carries one tag.
 *
 * AWS counts costs some times a day, so all of this is hours late: it is no brake. What stops a runaway is the maximum of each scaling.
 */
export class CostGuard extends Construct {
  /**
   * A guard whose amounts are derived: it synthesizes a stage, prices what came out (`cht cost`), and takes the high end of that bill as the limit
   * of the whole and of each service that counts. The stage is synthesized once: the app takes the same assembly, with aspects and validation done.
   *
   * @param scope a stack outside of the stage
   * @throws Error where the guard stands in the stage, where nothing tells the workload, and where nothing in the stage carries the tag
   */
  static forStage(scope: Construct, id: string, props: StageCostGuardProps): CostGuard {
    const { stage, workload, facts = Facts.local(), monthlyLimit, services, ...options } = props;
    if (scope.node.scopes.includes(stage)) {
      throw new Error(`\`stage\` must not be one that the guard stands in, got: ${stage.node.path}`);
    }
    const bill = billOf(Topology.read(stage.synth().directory, { unresolved: 'stand-in' }), workload, { facts });
    const tag = { key: props.tagKey ?? TAG_KEY, values: [props.tagValue] };
    const derived = budgetsOf(bill, tag, facts);
    const guard = new CostGuard(scope, id, {
      ...options,
      unitCost: options.unitCost && { ...options.unitCost, limit: options.unitCost.limit ?? derived.perMillionPayments },
      monthlyLimit: monthlyLimit ?? derived.monthlyLimit,
      services: services ?? [...derived.services],
    });
    recordWorkload(guard, Workload.fromJSON(bill.workload));
    guard.decided = recordDecisions(guard, [limitDecision(bill, tag, derived.monthlyLimit)], { monthlyLimit });
    return guard;
  }

  /** What is told, encrypted. */
  readonly topic: sns.ITopic;
  /** The budget of the whole. */
  readonly budget: budgets.CfnBudget;
  /** Budgets of single services, by the name of the service. */
  readonly serviceBudgets: { readonly [service: string]: budgets.CfnBudget };
  /** Looks for costs that are unlike those before. */
  readonly anomalyMonitor: ce.CfnAnomalyMonitor;
  /** Who is told of them. */
  readonly anomalySubscription: ce.CfnAnomalySubscription;
  /** What a million payments cost; none unless `unitCost` was set. */
  readonly unitCost?: UnitCostAlarm;

  private readonly tagKey: string;
  private key?: kms.IKey;
  private decided: readonly Decision[] = [];

  constructor(scope: Construct, id: string, private readonly props: CostGuardProps) {
    super(scope, id);
    this.requireBounds(props);
    this.tagKey = props.tagKey ?? TAG_KEY;
    this.topic = props.topic ?? this.createTopic();
    this.budget = this.createBudget('Total', props.monthlyLimit);
    this.serviceBudgets = Object.fromEntries(
      (props.services ?? []).map(({ service, monthlyLimit }) => [service, this.createBudget(service.replace(/[^A-Za-z0-9]/g, ''), monthlyLimit, service)]),
    );
    this.anomalyMonitor = new ce.CfnAnomalyMonitor(this, 'Anomalies', {
      monitorName: `${props.tagValue}-${Stack.of(this).stackName}`.slice(0, LIMITS.cost.nameLength),
      monitorType: 'CUSTOM',
      monitorSpecification: JSON.stringify({ Tags: { Key: this.tagKey, Values: [props.tagValue] } }),
    });
    this.anomalySubscription = this.createSubscription();
    this.unitCost = this.createUnitCost();
  }

  private createUnitCost(): UnitCostAlarm | undefined {
    const { encryptionKey, removalPolicy = RemovalPolicy.RETAIN, tagValue, unitCost } = this.props;
    if (unitCost === undefined) {
      return undefined;
    }
    const { limit, payments } = unitCost;
    if (limit === undefined) {
      throw new Error('`unitCost.limit` must be US dollars above 0, or `CostGuard.forStage` derives it, got: undefined');
    }
    requireAbove('unitCost.limit', limit);
    letPublish(this.topic, ['cloudwatch.amazonaws.com']);
    return new UnitCostAlarm(this, 'UnitCost', {
      tagKey: this.tagKey, tagValue, payments, limit, topic: this.topic, removalPolicy,
      encryptionKey: this.key ?? customerKey(this, 'UnitCostKeys', DataClass.OPERATIONS, encryptionKey, removalPolicy),
    });
  }

  /** The derived limit with its reasons, as it stands in the template's metadata; none where the amounts were stated. */
  get decisions(): readonly Decision[] {
    return this.decided;
  }

  private createTopic(): sns.Topic {
    this.key = customerKey(this, 'Keys', DataClass.OPERATIONS, this.props.encryptionKey, this.props.removalPolicy);
    const topic = new sns.Topic(this, 'Topic', {
      masterKey: this.key,
      enforceSSL: true,
    });
    letPublish(topic, ['budgets.amazonaws.com', 'costalerts.amazonaws.com']);
    return topic;
  }

  private createBudget(name: string, monthlyLimit: number, service?: string): budgets.CfnBudget {
    const { budgetProps, tagValue } = this.props;
    return new budgets.CfnBudget(this, name, {
      budget: {
        budgetName: `${Stack.of(this).stackName}-${name}`.slice(0, LIMITS.cost.nameLength),
        budgetType: 'COST',
        timeUnit: 'MONTHLY',
        budgetLimit: { amount: monthlyLimit, unit: 'USD' },
        costFilters: { TagKeyValue: [`user:${this.tagKey}$${tagValue}`], ...(service !== undefined && { Service: [service] }) },
      },
      notificationsWithSubscribers: [
        ...this.thresholds('actual').map((threshold) => this.notification('ACTUAL', threshold)),
        ...this.thresholds('forecast').map((threshold) => this.notification('FORECASTED', threshold)),
      ],
      ...budgetProps,
    });
  }

  private thresholds(kind: 'actual' | 'forecast'): number[] {
    return kind === 'actual'
      ? this.props.actualThresholds ?? [...DEFAULTS.cost.actualPercents]
      : this.props.forecastThresholds ?? [DEFAULTS.cost.forecastPercent];
  }

  private notification(notificationType: string, threshold: number): budgets.CfnBudget.NotificationWithSubscribersProperty {
    const emails = this.props.emails ?? [];
    return {
      notification: { notificationType, comparisonOperator: 'GREATER_THAN', threshold, thresholdType: 'PERCENTAGE' },
      subscribers: [
        { subscriptionType: 'SNS', address: this.topic.topicArn },
        ...emails.map((address) => ({ subscriptionType: 'EMAIL', address })),
      ],
    };
  }

  private createSubscription(): ce.CfnAnomalySubscription {
    const { anomalyThreshold, monthlyLimit, subscriptionProps, tagValue } = this.props;
    const daily = monthlyLimit / DEFAULTS.cost.daysPerMonth;
    const dollars = Math.max(1, Math.round(daily * (anomalyThreshold ?? DEFAULTS.cost.anomalyPercent) / 100));
    return new ce.CfnAnomalySubscription(this, 'Subscription', {
      subscriptionName: `${tagValue}-${Stack.of(this).stackName}`.slice(0, LIMITS.cost.nameLength),
      // A topic is told at once or not at all; summaries go to addresses only.
      frequency: 'IMMEDIATE',
      monitorArnList: [this.anomalyMonitor.attrMonitorArn],
      subscribers: [{ type: 'SNS', address: this.topic.topicArn }],
      thresholdExpression: JSON.stringify({
        Dimensions: { Key: 'ANOMALY_TOTAL_IMPACT_ABSOLUTE', MatchOptions: ['GREATER_THAN_OR_EQUAL'], Values: [String(dollars)] },
      }),
      ...subscriptionProps,
    });
  }

  private requireBounds(props: CostGuardProps): void {
    requireAbove('monthlyLimit', props.monthlyLimit);
    const names = new Set<string>();
    for (const { service, monthlyLimit } of props.services ?? []) {
      requireAbove(`services.${service}.monthlyLimit`, monthlyLimit);
      if (names.has(service)) {
        throw new Error(`\`services.service\` must differ, got: ${service} twice`);
      }
      names.add(service);
    }
    requirePattern('tagKey', props.tagKey, /^(?!aws:)[\w .:/=+@-]{1,128}$/, 'the key of a tag of yours');
    requirePattern('tagValue', props.tagValue, /^[\w .:/=+@-]{1,256}$/, 'the value of a tag');
    for (const kind of ['actual', 'forecast'] as const) {
      this.props[`${kind}Thresholds`]?.forEach((it) => requireBetween(`${kind}Thresholds`, it, 1, LIMITS.cost.thresholdPercent));
    }
    requireIntegerBetween('notifications', this.thresholds('actual').length + this.thresholds('forecast').length, 1, LIMITS.cost.notifications);
    requireIntegerBetween('emails', props.emails?.length, 0, LIMITS.cost.emails);
    props.emails?.forEach((it) => requirePattern('emails', it, /^[^\s@]+@[^\s@]+\.[^\s@]+$/, 'an address of electronic mail'));
    requireBetween('anomalyThreshold', props.anomalyThreshold, 0, LIMITS.cost.thresholdPercent);
  }
}

/** The limit of the whole, with the bill that it comes from. */
function limitDecision(bill: Bill, tag: CostTag, monthlyLimit: number): Decision {
  const usd = costOf(linesTagged(bill, tag));
  return Decision.derive({
    path: 'costGuard',
    name: 'monthlyLimit',
    value: monthlyLimit,
    unit: 'USD/month',
    formula: `high end of the bill of ${tag.key}=${tag.values.join(', ')}, ${formatNumber(usd.high)} USD, rounded up to two digits = ${formatNumber(monthlyLimit)}`,
    inputs: { lowUsd: usd.low, typicalUsd: usd.typical, highUsd: usd.high, unpricedResources: bill.unpriced.length },
    binding: 'a month within the bands of workload and assumptions tells nobody anything, one beyond them does',
    limits: { minimum: 0, because: 'US dollars' },
    facts: [],
  });
}

function requireAbove(name: string, value: number): void {
  if (!Token.isUnresolved(value) && !(value > 0 && Number.isFinite(value))) {
    throw new Error(`\`${name}\` must be US dollars above 0, got: ${value}`);
  }
}
