import { Aws, Duration } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type * as s3 from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import { type Decision, sizeAuditLocator, sizeKeyspaces, sizeLedger } from '../../lib/sizing';
import { Rate, Workload } from '../../lib/workload';
import { assetFolder } from '../assets';
import { factsFor, LIMITS } from '../limits';
import { AlarmSet } from '../observability/alarm-set';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { recordDecisions } from '../sizing-metadata';
import { QueueWorker } from '../worker/queue-worker';
import type { AuditLocatorsProps } from './audit-locators-props';
import { LocatorTable } from './locator-table';

const MANIFESTS = 'manifests/';
/** Notifications name objects and hold no payment. S3 puts them into the queue in its own name. */
const NOTIFICATIONS = DataClass.of('notifications', { servicePrincipals: ['s3.amazonaws.com'] });

/**
 * Where the archived changes of a merchant are: one row of Amazon Keyspaces for each of its buckets and minute with changes, written by a function
 * that S3 tells of each new manifest. It only saves searching: the archive holds everything without it, and it can be made again from it.
 */
export class AuditLocators extends Construct {
  /** The rows. */
  readonly table: LocatorTable;
  /** From the queue of notifications to the rows. */
  readonly worker: QueueWorker;
  /** Sizes of table and function with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];
  /** Alarms of the table, by name; those of the function are in `worker.alarms`. */
  readonly alarms: AlarmSet;

  constructor(scope: Construct, id: string, private readonly props: AuditLocatorsProps) {
    super(scope, id);
    const { workload, bucket } = props;
    const facts = factsFor(this, props.facts);
    const ledger = sizeLedger(workload, facts);
    const rows = sizeKeyspaces(workload, facts, ledger);
    const size = sizeAuditLocator(workload, ledger, facts);
    const retentionDays = props.retentionDays ?? rows.retentionDays;
    this.decisions = [
      // A row that is gone could be made again only by reading the whole archive.
      ...recordDecisions(this, rows.decisions, { retentionDays: props.retentionDays, pointInTimeRecovery: true }),
      ...recordDecisions(this, size.decisions, { maximumConcurrency: props.maximumConcurrency }),
    ];
    this.table = new LocatorTable(this, 'Table', {
      timeToLive: Duration.days(retentionDays),
      encryptionKey: props.encryptionKey,
      provisionedWriteUnits: rows.mode === 'provisioned' ? rows.provisionedWriteUnits : undefined,
      removalPolicy: props.removalPolicy,
      tableProps: props.tableProps,
    });
    this.worker = new QueueWorker(this, 'Locator', {
      workload: new Workload({
        peak: Rate.perSecond(Math.max(1, Math.ceil(props.manifestsPerSecond))),
        // Every message of this queue is worked on, as every refund is of the queue that the sizing has in mind.
        refundShare: 1,
        recoveryTier: workload.recoveryTier,
      }),
      code: props.code ?? lambda.Code.fromAsset(assetFolder('audit-locator')),
      environment: { AUDIT_BUCKET: bucket.bucketName, LOCATOR_KEYSPACE: this.table.keyspaceName, LOCATOR_TABLE: this.table.tableName },
      batchSize: size.batchSize,
      batchingWindow: size.batchingWindow,
      delay: Duration.seconds(0),
      memory: size.memory,
      timeout: size.timeout,
      maximumConcurrency: props.maximumConcurrency ?? size.maximumConcurrency,
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      securityGroups: props.securityGroups,
      encryptionKey: customerKey(this, 'NotificationKeys', NOTIFICATIONS, props.queueEncryptionKey, props.removalPolicy),
      logEncryptionKey: props.logEncryptionKey,
      logRetention: props.logRetention,
      removalPolicy: props.removalPolicy,
      facts: props.facts,
      alarms: props.alarms,
      queueProps: props.queueProps,
      functionOptions: props.functionOptions,
    });
    this.grantWorker(bucket);
    this.notify(bucket);
    this.alarms = new AlarmSet(this, 'Alarms', { actions: props.alarms?.actions });
    this.alarms.add('ThrottledWrites', {
      metric: this.table.metricThrottledWrites(),
      description: 'Keyspaces refuses rows: the table or one of its partitions takes no more. They come again from the queue.',
      threshold: 0,
    });
  }

  /** Lets an auditor read rows. */
  grantRead(grantee: iam.IGrantable): iam.Grant {
    return this.table.grantRead(grantee);
  }

  private grantWorker(bucket: s3.IBucket): void {
    this.table.grantWrite(this.worker);
    iam.Grant.addToPrincipal({
      grantee: this.worker, actions: ['s3:GetObject'], resourceArns: [bucket.arnForObjects('changes/*'), bucket.arnForObjects(`${MANIFESTS}*`)],
    });
    bucket.encryptionKey?.grantDecrypt(this.worker);
    if (this.props.vpc) {
      // Keyspaces fills its table of nodes with the endpoints of the network, which it looks up in the caller's name.
      iam.Grant.addToPrincipal({
        grantee: this.worker, actions: ['ec2:DescribeNetworkInterfaces', 'ec2:DescribeVpcEndpoints'], resourceArns: ['*'],
      });
      if (!this.props.securityGroups) {
        this.worker.connections.allowToAnyIpv4(ec2.Port.tcp(LIMITS.keyspaces.port), 'Amazon Keyspaces');
      }
    }
  }

  /** S3 tells the queue of each manifest. In the bucket's own properties: CDK's method for it needs a custom resource. */
  private notify(bucket: s3.IBucket): void {
    const { queue } = this.worker;
    const policy = queue.addToResourcePolicy(new iam.PolicyStatement({
      sid: 'NotifyOfManifests',
      principals: [new iam.ServicePrincipal('s3.amazonaws.com')],
      actions: ['sqs:SendMessage'],
      resources: [queue.queueArn],
      // The bucket is made after this policy, which so cannot name it.
      conditions: { StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID } },
    }));
    const own = bucket.node.defaultChild as s3.CfnBucket;
    own.notificationConfiguration = {
      queueConfigurations: [{ event: 's3:ObjectCreated:Put', queue: queue.queueArn, filter: { s3Key: { rules: [{ name: 'prefix', value: MANIFESTS }] } } }],
    };
    own.node.addDependency(policy.policyDependable!);
  }
}
