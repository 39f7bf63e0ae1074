import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import { Decision, sizeAuditLock } from '../../lib/sizing';
import { assetFolder } from '../assets';
import { factsFor } from '../limits';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { recordDecisions } from '../sizing-metadata';
import { ShardedTable } from '../table/sharded-table';
import { TableCapacity } from '../table/table-capacity';
import { TableStreamPurpose } from '../worker/table-stream-purpose';
import { TableStreamWorker } from '../worker/table-stream-worker';
import { AuditBucket } from './audit-bucket';
import { AuditLocators } from './audit-locators';
import { AuditLock } from './audit-lock';
import type { AuditTrailProps } from './audit-trail-props';

const CHANGES = 'changes/';
const MANIFESTS = 'manifests/';
/** The data class of the archive: who may read the ledger may not read the trail by it, nor the reverse. */
const AUDIT = DataClass.of('audit');

/**
 * Archives every change of a ledger: packed, compressed and locked objects, each described by a manifest that holds the hash of the one before
 * it, a chain for each shard of the table's streams. `cht audit verify` walks the chains.
 */
export class AuditTrail extends Construct {
  /** Objects and manifests. */
  readonly bucket: AuditBucket;
  /** The end of each chain; what a crash or a second writer cannot fork. */
  readonly heads: ShardedTable;
  /** The archiver. */
  readonly archiver: TableStreamWorker;
  /** Where the changes of each merchant and minute are; undefined unless `locators` was set. */
  readonly locators?: AuditLocators;
  /** The lock in force. */
  readonly lock: AuditLock;
  /** Key of objects and heads. */
  readonly encryptionKey: kms.IKey;
  /** Sizes of lock and archiver with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];

  constructor(scope: Construct, id: string, private readonly props: AuditTrailProps) {
    super(scope, id);
    const { removalPolicy = RemovalPolicy.RETAIN } = props;
    const facts = factsFor(this, props.facts);
    const derived = sizeAuditLock(props.workload, facts);
    this.lock = props.lock ?? (derived.mode === 'COMPLIANCE' ? AuditLock.compliance(derived.retention) : AuditLock.governance(derived.retention));
    if (removalPolicy === RemovalPolicy.DESTROY && this.lock.defaultRetention !== undefined) {
      throw new Error(`\`lock\` must be AuditLock.none() where the bucket shall go with its stack, got: ${this.lock.mode}`);
    }
    const lockDecisions = recordDecisions(this, derived.decisions, { lockMode: props.lock?.mode, retention: props.lock?.retentionDays });
    this.encryptionKey = customerKey(this, 'Keys', AUDIT, props.encryptionKey, removalPolicy);
    this.bucket = new AuditBucket(this, 'Bucket', {
      lock: this.lock,
      expiration: Duration.days(this.lock.retentionDays ?? derived.retention.toDays()),
      coldAfter: props.coldAfter ?? Duration.days(facts.number('target/audit.hotDays')),
      encryptionKey: this.encryptionKey,
      removalPolicy,
      bucketProps: props.bucketProps,
    });
    this.heads = new ShardedTable(this, 'Heads', {
      capacity: TableCapacity.onDemand(),
      encryptionKey: this.encryptionKey,
      removalPolicy,
      alarms: { actions: props.alarms?.actions },
    });
    this.archiver = this.createArchiver(removalPolicy);
    this.locators = this.createLocators(removalPolicy);
    this.decisions = [...lockDecisions, ...this.archiver.decisions, ...(this.locators?.decisions ?? [])];
  }

  /** What `cht audit` needs to know of the trail, as environment variables. */
  get variables(): { readonly [name: string]: string } {
    return { AUDIT_BUCKET: this.bucket.bucketName, AUDIT_HEAD_TABLE: this.heads.tableNames };
  }

  /** Lets an auditor read objects, manifests, heads and locators, and list them. Never a change. */
  grantRead(grantee: iam.IGrantable): iam.Grant {
    const heads = this.heads.grantRead(grantee).combine(
      iam.Grant.addToPrincipal({ grantee, actions: ['dynamodb:Scan'], resourceArns: this.heads.tables.map((table) => table.tableArn) }),
    );
    const archive = this.bucket.grantRead(grantee).combine(heads);
    return this.locators ? archive.combine(this.locators.grantRead(grantee)) : archive;
  }

  private createLocators(removalPolicy: RemovalPolicy): AuditLocators | undefined {
    const { locators, workload, facts, logEncryptionKey, logRetention } = this.props;
    const puts = Decision.find(this.archiver.decisions, 'putsPerSecond').value as number;
    return locators && new AuditLocators(this, 'Locators', {
      workload, facts, logEncryptionKey, logRetention, removalPolicy,
      bucket: this.bucket,
      encryptionKey: this.encryptionKey,
      // Each comes with an object, which this counts as well: more than will ever come.
      manifestsPerSecond: puts,
      retentionDays: this.lock.retentionDays,
      alarms: { actions: this.props.alarms?.actions },
      ...locators,
    });
  }

  private createArchiver(removalPolicy: RemovalPolicy): TableStreamWorker {
    const { props } = this;
    const archiver = new TableStreamWorker(this, 'Archiver', {
      purpose: TableStreamPurpose.ARCHIVE,
      workload: props.workload,
      table: props.table,
      code: props.code ?? lambda.Code.fromAsset(assetFolder('audit-archiver')),
      environment: { ...this.variables },
      batchingWindow: props.batchingWindow,
      reservedConcurrency: props.reservedConcurrency,
      failureEncryptionKey: props.failureEncryptionKey ?? this.encryptionKey,
      vpc: props.vpc,
      vpcSubnets: props.vpcSubnets,
      logEncryptionKey: props.logEncryptionKey,
      logRetention: props.logRetention,
      removalPolicy,
      alarms: props.alarms,
      facts: props.facts,
      functionOptions: props.functionOptions,
      mappingOptions: { filters: archivedEvents(), ...props.mappingOptions },
    });
    this.bucket.grantAppend(archiver, [CHANGES, MANIFESTS]);
    this.bucket.grantGet(archiver, MANIFESTS);
    this.heads.grantRead(archiver);
    this.heads.grantInsert(archiver);
    this.heads.grantUpdate(archiver);
    return archiver;
  }
}

/** New rows, changed rows, and rows that somebody removed. What DynamoDB removes because its time is over is left out. */
function archivedEvents(): { [key: string]: unknown }[] {
  return [
    lambda.FilterCriteria.filter({ eventName: lambda.FilterRule.or('INSERT', 'MODIFY') }),
    lambda.FilterCriteria.filter({ eventName: lambda.FilterRule.isEqual('REMOVE'), userIdentity: { principalId: lambda.FilterRule.notExists() } }),
  ];
}
