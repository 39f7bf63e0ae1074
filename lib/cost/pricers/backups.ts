import type { TopologyResource } from '../../topology';
import { type Amount, derived, times } from '../amount';
import { listOf } from '../usage/properties';
import { scheduledCallsPerMonth } from '../usage/schedules';
import { tableUsage } from '../usage/tables';
import { text } from '../usage/traffic';
import type { UsageModel } from '../usage/usage-model';
import { charge, type Pricer } from './pricer';

const DAYS_PER_MONTH = 730 / 24;

/**
 * Backups of tables by AWS Backup. Each of them is a full copy, so that a vault holds as many copies as are made within their retention, as far as
 * the system is old enough. Source: DynamoDB Developer Guide, "Backing up and restoring DynamoDB tables with AWS Backup: How it works".
 */
export const vaultPricer: Pricer = {
  types: ['AWS::Backup::BackupVault'],
  price(resource, model) {
    const tables = model.references.to(resource, 'AWS::Backup::BackupPlan').flatMap(({ from: plan }) => {
      const selected = model.references.to(plan, 'AWS::Backup::BackupSelection').flatMap(({ from }) =>
        model.references.from(from).filter(({ to }) => /^AWS::DynamoDB::/.test(to.type)).map(({ to }) => to));
      const copies = copiesOf(plan, model);
      return selected.map((table) => times(tableUsage(model, table).storedGigabytes, copies, text(copies)));
    });
    return [charge(resource, 'backups of tables', 'dynamodb.backup', model.use(resource, 'storedGigabytes', () => together(tables)))];
  },
};

/** Copies that a plan keeps of a table. */
function copiesOf(plan: TopologyResource, model: UsageModel): number {
  const rules = listOf(plan, 'BackupPlan.BackupPlanRule') as readonly { ScheduleExpression?: unknown; Lifecycle?: { DeleteAfterDays?: unknown } }[];
  return rules.reduce((sum, { ScheduleExpression, Lifecycle }) => {
    const aMonth = scheduledCallsPerMonth({ ...plan, properties: { ScheduleExpression: String(ScheduleExpression ?? 'cron(0 5 * * ? *)') } }) ?? DAYS_PER_MONTH;
    const months = Math.min(model.assumption('archiveMonths'), Lifecycle?.DeleteAfterDays === undefined ? Infinity : Number(Lifecycle.DeleteAfterDays) / DAYS_PER_MONTH);
    return sum + aMonth * months;
  }, 0);
}

function together(parts: readonly Amount[]): Amount {
  const gigabytes = parts.reduce((sum, { value }) => sum + value, 0);
  const largest = parts.reduce((most, it) => (it.value > most.value ? it : most), parts[0]);
  const copies = [...new Set(parts.map(({ why }) => why))].map((why) => `${why} full copies of ${parts.filter((it) => it.why === why).length} tables each`);
  return parts.length === 0 ? derived(0, 'no table is backed up into it')
    : { value: gigabytes, kind: largest.kind, why: `${copies.join(', ')}: AWS Backup makes no incremental ones of DynamoDB` };
}
