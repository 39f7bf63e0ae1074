import type * as iam from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import type { Decision } from '../../lib/sizing';
import { AuditArchive } from './audit-archive';
import type { AuditLocators } from './audit-locators';
import { JournalArchiver } from './journal-archiver';
import type { JournalAuditTrailProps } from './journal-audit-trail-props';

/**
 * Archives every entry of a ledger in PostgreSQL, as `AuditTrail` does every change of one in DynamoDB: the same locked objects and manifests, a
 * chain for each database. `cht audit verify` walks the chains, `cht audit find` searches them.
 */
export class JournalAuditTrail extends AuditArchive {
  /** The archiver. */
  readonly archiver: JournalArchiver;
  /** Where the entries of each merchant and minute are; undefined unless `locators` was set. */
  readonly locators?: AuditLocators;
  /** Sizes of lock, archiver and locators with their reasons, as they stand in the template's metadata. */
  readonly decisions: readonly Decision[];

  constructor(scope: Construct, id: string, props: JournalAuditTrailProps) {
    super(scope, id, props);
    this.archiver = new JournalArchiver(this, 'Archiver', { ...props, environment: this.variables });
    this.grantArchive(this.archiver);
    this.locators = this.createLocators(this.archiver.sizing.objectsPerSecond);
    this.decisions = [...this.lockDecisions, ...this.archiver.decisions, ...(this.locators?.decisions ?? [])];
  }

  /**
   * What who drops partitions has to know of the trail, as environment variables: `unarchivedSince` of the runtime. Grant it with `grantReadPlaces`.
   */
  get placeVariables(): { readonly [name: string]: string } {
    return { AUDIT_HEAD_TABLE: this.heads.tableNames, ...this.archiver.sources };
  }

  /** Lets the grantee see how far the trail has come. */
  grantReadPlaces(grantee: iam.IGrantable): iam.Grant {
    return this.heads.grantRead(grantee);
  }
}
