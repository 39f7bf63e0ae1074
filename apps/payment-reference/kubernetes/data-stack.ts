import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { DataClass, RecoveryPlan, ShardedTable, TableCapacity } from '../../../constructs';
import type { Workload } from '../../../lib/workload';
import type { ReferenceStackProps } from '../stacks/reference-stack-props';
import type { SecurityStack } from '../stacks/security-stack';

/** Properties of `KubernetesDataStack`. */
export interface KubernetesDataStackProps extends ReferenceStackProps {
  readonly security: SecurityStack;
  /** What all cells together must carry. */
  readonly workload: Workload;
}

/**
 * What all cells share beside the ledger, in tables as in the other profile: payments that were put aside, and what is known of merchants and
 * payers. A place for what the ledger cannot take must not be in the ledger.
 */
export class KubernetesDataStack extends Stack {
  readonly parking: ShardedTable;
  readonly profiles: ShardedTable;
  /** Backups of the tables here, and of those that other stacks add. The ledger has backups of its own. */
  readonly backups: RecoveryPlan;

  constructor(scope: Construct, id: string, { removalPolicy, security, workload, ...props }: KubernetesDataStackProps) {
    super(scope, id, props);
    const encryptionKey = security.keys.key(DataClass.LEDGER);
    const common = { encryptionKey, removalPolicy };
    this.parking = new ShardedTable(this, 'Parking', { ...common, capacity: TableCapacity.onDemand() });
    this.profiles = new ShardedTable(this, 'Profiles', { ...common, capacity: TableCapacity.profiles(workload), sorted: false });
    this.backups = new RecoveryPlan(this, 'Backups', {
      workload, encryptionKey: security.keys.key(DataClass.ARCHIVE), notificationTopic: security.alarmTopic, removalPolicy,
    });
    this.backups.protectTables(this, 'TableBackups', [this.parking, this.profiles].flatMap(({ tables }) => tables), encryptionKey);
  }
}
