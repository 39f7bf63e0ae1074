import { type Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sfn from 'aws-cdk-lib/aws-stepfunctions';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { Construct } from 'constructs';
import { REGION_CODE } from '../../lib/facts/region-code';
import { DEFAULTS } from '../defaults';
import { ALARM_PERIOD, type AlarmOptions, AlarmSet } from '../observability/alarm-set';
import { OperationsLog } from '../observability/operations-log';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { requireDurationBetween, requirePattern } from '../validation';
import { FENCE_KEY } from './fence-key';
import type { IReplicaFence } from './replica-fence';
import type { IShardedTable } from './sharded-table-base';

/** Properties of `ReplicaPromotion`. */
export interface ReplicaPromotionProps {
  /** The fence, as seen from the recovery region: `ReplicaFence.fromTableName`. */
  readonly fence: IReplicaFence;

  /** The replicas that take over, in the recovery region: `ShardedTable.fromTables`. */
  readonly tables: IShardedTable[];

  /** The region that wrote until now. */
  readonly from: string;

  /**
   * How long writers of the other region are waited for, at least two leases.
   *
   * @default - two leases: a worker that read just before the change has stopped after one, and clocks may differ
   */
  readonly wait?: Duration;

  /**
   * Key of the log. Its policy must name `logs.amazonaws.com`, as that of `DataClass.OPERATIONS` does.
   *
   * @default - a new customer managed key
   */
  readonly logEncryptionKey?: kms.IKey;

  /**
   * What becomes of the log when the stack goes.
   *
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;

  /**
   * Changes to the alarm `Failed`.
   *
   * @default - on, calling nobody
   */
  readonly alarms?: AlarmOptions;
}

/**
 * Makes the replicas of the recovery region the tables that are written. It stands in the recovery region and asks nothing of the lost one:
 *
 * 1. It changes the fence on the condition that it still names the lost region. Of two promotions one wins; a second run of the same one goes on.
 * 2. It waits until every worker of the lost region has stopped, for want of a lease.
 * 3. It lifts the policy that denies writing to the replicas.
 *
 * Nothing starts it by itself: an operator does, for a region may be slow and not lost.
 */
export class ReplicaPromotion extends Construct {
  /** The steps. */
  readonly stateMachine: sfn.StateMachine;
  /** What each step did. */
  readonly logGroup: OperationsLog;
  /** How long writers of the other region are waited for. */
  readonly wait: Duration;
  /** Alarms by name. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, private readonly props: ReplicaPromotionProps) {
    super(scope, id);
    requirePattern('from', props.from, REGION_CODE, 'a region code such as eu-west-1');
    if (props.from === Stack.of(this).region) {
      throw new Error(`\`from\` must differ from the region of the stack, which takes over, got: ${props.from}`);
    }
    if (props.tables.length === 0) {
      throw new Error('`tables` must name at least one table, got: none');
    }
    const least = props.fence.leaseDuration.plus(props.fence.leaseDuration);
    requireDurationBetween('wait', props.wait, least, DEFAULTS.directory.longestLease.plus(DEFAULTS.directory.longestLease));
    this.wait = props.wait ?? least;
    this.logGroup = new OperationsLog(this, 'Log', {
      encryptionKey: customerKey(this, 'Keys', DataClass.OPERATIONS, props.logEncryptionKey, props.removalPolicy),
      removalPolicy: props.removalPolicy,
    });
    this.stateMachine = new sfn.StateMachine(this, 'Promotion', {
      stateMachineType: sfn.StateMachineType.STANDARD,
      definitionBody: sfn.DefinitionBody.fromChainable(this.steps()),
      logs: { destination: this.logGroup, level: sfn.LogLevel.ALL, includeExecutionData: true },
      tracingEnabled: true,
      timeout: this.wait.plus(DEFAULTS.directory.longestLease),
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    });
    props.fence.grantPromote(this.stateMachine);
    this.alarms = new AlarmSet(this, 'Alarms', props.alarms);
    this.alarms.add('Failed', {
      metric: this.stateMachine.metricFailed({ statistic: 'Sum', period: ALARM_PERIOD }),
      description: 'A promotion ended in an error: the region may have no writer at all.',
      threshold: 0,
      evaluationPeriods: 1,
    });
  }

  /** Lets the grantee start a promotion. */
  grantStart(grantee: iam.IGrantable): iam.Grant {
    return this.stateMachine.grantStartExecution(grantee);
  }

  /** A metric of the state machine, by its CloudWatch name. */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric {
    return this.stateMachine.metric(metricName, options);
  }

  private steps(): sfn.IChainable {
    const { region } = Stack.of(this);
    const wait = new sfn.Wait(this, 'WaitForLeases', { time: sfn.WaitTime.duration(this.wait) });
    wait.next(this.liftPolicies());
    const other = new sfn.Fail(this, 'AnotherRegionWrites', {
      error: 'AnotherRegionWrites',
      cause: `The fence names neither ${this.props.from} nor this region. Look at its row before anything else.`,
    });
    const look = this.fenceTask('ReadFence', 'getItem', 'dynamodb:GetItem', { ConsistentRead: true }).next(
      new sfn.Choice(this, 'WhoWrites').when(sfn.Condition.stringEquals('$.Item.region.S', region), wait).otherwise(other),
    );
    const take = this.fenceTask('ChangeFence', 'updateItem', 'dynamodb:UpdateItem', {
      UpdateExpression: 'SET #region = :here, #epoch = if_not_exists(#epoch, :none) + :one, #changedAt = :now, #execution = :execution',
      ConditionExpression: 'attribute_not_exists(#fence) OR #region = :from',
      ExpressionAttributeNames: { '#fence': 'fence', '#region': 'region', '#epoch': 'epoch', '#changedAt': 'changedAt', '#execution': 'execution' },
      ExpressionAttributeValues: {
        ':here': { S: region },
        ':from': { S: this.props.from },
        ':none': { N: '0' },
        ':one': { N: '1' },
        ':now': { S: sfn.JsonPath.stateEnteredTime },
        ':execution': { S: sfn.JsonPath.executionId },
      },
    });
    take.addCatch(look, { errors: ['DynamoDb.ConditionalCheckFailedException'] });
    return take.next(wait);
  }

  private fenceTask(id: string, action: string, iamAction: string, parameters: { [name: string]: unknown }): tasks.CallAwsService {
    const task = new tasks.CallAwsService(this, id, {
      service: 'dynamodb',
      action,
      iamAction,
      iamResources: [this.props.fence.tableArn],
      parameters: { TableName: this.props.fence.tableName, Key: FENCE_KEY, ...parameters },
      taskTimeout: sfn.Timeout.duration(this.props.fence.leaseDuration),
    });
    // Everything but the condition is worth another try: the other region may be on its way down.
    task.addRetry({ errors: ['DynamoDb.ConditionalCheckFailedException'], maxAttempts: 0 });
    task.addRetry({ errors: [sfn.Errors.ALL] });
    return task;
  }

  private liftPolicies(): sfn.IChainable {
    const tableArns = this.props.tables.flatMap(({ tables }) => tables.map((table) => table.tableArn));
    const lift = new tasks.CallAwsService(this, 'LiftPolicy', {
      service: 'dynamodb',
      action: 'deleteResourcePolicy',
      iamAction: 'dynamodb:DeleteResourcePolicy',
      iamResources: tableArns,
      parameters: { ResourceArn: sfn.JsonPath.stringAt('$') },
      taskTimeout: sfn.Timeout.duration(this.props.fence.leaseDuration),
    });
    // A table that has none is as good as lifted.
    lift.addCatch(new sfn.Pass(this, 'AlreadyLifted'), { errors: ['DynamoDb.PolicyNotFoundException'] });
    lift.addRetry({ errors: ['DynamoDb.PolicyNotFoundException'], maxAttempts: 0 });
    lift.addRetry({ errors: [sfn.Errors.ALL] });
    const each = new sfn.Map(this, 'EachTable', { itemsPath: '$.tables' });
    each.itemProcessor(lift);
    return new sfn.Pass(this, 'Tables', { result: sfn.Result.fromObject({ tables: tableArns }) }).next(each);
  }
}
