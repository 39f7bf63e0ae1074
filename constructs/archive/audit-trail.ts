import { RemovalPolicy } from 'aws-cdk-lib';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { Decision } from '../../lib/sizing';
import { assetFolder } from '../assets';
import { TableStreamPurpose } from '../worker/table-stream-purpose';
import { TableStreamWorker } from '../worker/table-stream-worker';
import { AuditArchive } from './audit-archive';
import type { AuditLocators } from './audit-locators';
import type { AuditTrailProps } from './audit-trail-props';

/**
 * Archives every change of a ledger: packed, compressed and locked objects, each described by a manifest that holds the hash of the one before
 * it, a chain for each shard of the table's streams. `cht audit verify` walks the chains.
 */
export class AuditTrail extends AuditArchive {
  /** The archiver. */
  readonly archiver: TableStreamWorker;
  /** Where the changes of each merchant and minute are; undefined unless `locators` was set. */
  readonly locators?: AuditLocators;
  /** Sizes of lock and archiver with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];

  constructor(scope: Construct, id: string, private readonly props: AuditTrailProps) {
    super(scope, id, props);
    this.archiver = this.createArchiver(props.removalPolicy ?? RemovalPolicy.RETAIN);
    // Each manifest comes with an object, which this counts as well: more than will ever come.
    this.locators = this.createLocators(Decision.find(this.archiver.decisions, 'putsPerSecond').value as number);
    this.decisions = [...this.lockDecisions, ...this.archiver.decisions, ...(this.locators?.decisions ?? [])];
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
    this.grantArchive(archiver);
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
