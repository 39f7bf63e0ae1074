import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { type Decision, sizeAuditLock } from '../../lib/sizing';
import { factsFor } from '../limits';
import { customerKey } from '../security/customer-key';
import { DataClass } from '../security/data-class';
import { recordDecisions } from '../sizing-metadata';
import { ShardedTable } from '../table/sharded-table';
import { TableCapacity } from '../table/table-capacity';
import type { AuditArchiveProps } from './audit-archive-props';
import { AuditBucket } from './audit-bucket';
import { AuditLocators } from './audit-locators';
import { AuditLock } from './audit-lock';

const CHANGES = 'changes/';
const MANIFESTS = 'manifests/';
/** The data class of the archive: who may read the ledger may not read the trail by it, nor the reverse. */
const AUDIT = DataClass.of('audit');

/**
 * Where an audit trail keeps what it is told: locked objects, manifests that hold the hash of the one before, and the ends of the chains. Who tells
 * it is up to the trails of a ledger in DynamoDB (`AuditTrail`) and in PostgreSQL (`JournalAuditTrail`).
 */
export abstract class AuditArchive extends Construct {
  /** Objects and manifests. */
  readonly bucket: AuditBucket;
  /** The end of each chain; what a crash or a second writer cannot fork. */
  readonly heads: ShardedTable;
  /** The lock in force. */
  readonly lock: AuditLock;
  /** Key of objects and heads. */
  readonly encryptionKey: kms.IKey;
  /** Where the changes of each merchant and minute are; undefined unless `locators` was set. */
  abstract readonly locators?: AuditLocators;

  /** Sizes of the lock with their reasons. */
  protected readonly lockDecisions: readonly Decision[];

  constructor(scope: Construct, id: string, private readonly archiveProps: AuditArchiveProps) {
    super(scope, id);
    const { removalPolicy = RemovalPolicy.RETAIN, ...props } = archiveProps;
    const facts = factsFor(this, props.facts);
    const derived = sizeAuditLock(props.workload, facts);
    this.lock = props.lock ?? (derived.mode === 'COMPLIANCE' ? AuditLock.compliance(derived.retention) : AuditLock.governance(derived.retention));
    if (removalPolicy === RemovalPolicy.DESTROY && this.lock.defaultRetention !== undefined) {
      throw new Error(`\`lock\` must be AuditLock.none() where the bucket shall go with its stack, got: ${this.lock.mode}`);
    }
    this.lockDecisions = recordDecisions(this, derived.decisions, { lockMode: props.lock?.mode, retention: props.lock?.retentionDays });
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

  /** Lets an archiver add objects and manifests, and move the ends of chains. Never a deletion. */
  protected grantArchive(archiver: iam.IGrantable): void {
    this.bucket.grantAppend(archiver, [CHANGES, MANIFESTS]);
    this.bucket.grantGet(archiver, MANIFESTS);
    this.heads.grantRead(archiver);
    this.heads.grantInsert(archiver);
    this.heads.grantUpdate(archiver);
  }

  /** @param manifestsPerSecond that are written at the most */
  protected createLocators(manifestsPerSecond: number): AuditLocators | undefined {
    const { alarms, facts, locators, logEncryptionKey, logRetention, removalPolicy = RemovalPolicy.RETAIN, workload } = this.archiveProps;
    return locators && new AuditLocators(this, 'Locators', {
      workload, facts, logEncryptionKey, logRetention, removalPolicy, manifestsPerSecond,
      bucket: this.bucket,
      encryptionKey: this.encryptionKey,
      retentionDays: this.lock.retentionDays,
      alarms: { actions: alarms?.actions },
      ...locators,
    });
  }
}
