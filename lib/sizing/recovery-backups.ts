import { roundUp } from './arithmetic';
import { Decision } from './decision';
import { formatNumber } from './format';
import { BILLED_GB, dollars } from './monthly-cost';
import { RECOVERY_PATH, RecoverySystem } from './recovery-data';

/** How full copies are made beside point-in-time recovery. */
export interface BackupDecisions {
  /** Hours between two copies of a table whose rows stay. */
  readonly frequency: Decision;
  /** Days for which such a copy is kept. */
  readonly retention: Decision;
  /** Hours after which no copy at all means that one was missed. */
  readonly missed: Decision;
  /** Hours between two copies of the ledger. */
  readonly ledgerFrequency: Decision;
  /** Days for which a copy of the ledger is kept. */
  readonly ledgerRetention: Decision;
}

const COPY_PRICE = 'dynamodb/backup.gbMonth';
const DELETE_DAYS = 'dynamodb/ttl.deleteDays';
const HOURS_PER_DAY = 24;
const SECONDS_PER_DAY = 86_400;

/**
 * Full copies of tables. Each is a whole copy, for AWS Backup makes no incremental ones of DynamoDB; what it adds to point-in-time recovery is a
 * place that who may destroy a table cannot reach. Small tables are copied as often as the tier asks; the ledger, whose rows expire, seldom.
 *
 * Source: AWS Backup Developer Guide, "Feature availability by resource" (no incremental backup of DynamoDB).
 */
export function backupDecisions(system: RecoverySystem, ledgerBytes: number): BackupDecisions {
  const { workload, facts } = system;
  const tier = workload.recoveryTier.name;
  const hours = facts.number(`target/recovery.backupHours.${tier}`);
  const factor = facts.number('target/recovery.missedBackupFactor');
  return {
    frequency: tierDecision(system, 'backupFrequency', 'backupHours', 'h', 'full backups stand beside point-in-time recovery, in a vault out of reach of who can delete a table'),
    retention: tierDecision(system, 'backupRetention', 'backupDays', 'days', 'time in which the loss of a table is noticed'),
    missed: Decision.derive({
      path: RECOVERY_PATH,
      name: 'missedBackupAlarm',
      value: factor * hours,
      unit: 'h',
      formula: `${factor} x ${hours} h = ${factor * hours}`,
      inputs: { backupHours: hours, factor },
      binding: 'a backup that is late by half its turn has failed',
      limits: { minimum: hours, because: 'no backup is due before' },
      facts: ['target/recovery.missedBackupFactor', `target/recovery.backupHours.${tier}`],
    }),
    ledgerFrequency: tierDecision(
      system, 'ledgerBackupFrequency', 'ledgerBackupHours', 'h', 'point-in-time recovery has every second, the audit archive every change since a copy',
    ),
    ledgerRetention: ledgerRetention(system, ledgerBytes, hours),
  };
}

/** A copy of the ledger serves for as long as rows in it would still be there. */
function ledgerRetention({ workload, facts, ledger }: RecoverySystem, ledgerBytes: number, tableHours: number): Decision {
  const tier = workload.recoveryTier.name;
  const [hoursFact, daysFact] = [`target/recovery.ledgerBackupHours.${tier}`, `target/recovery.backupDays.${tier}`];
  const hours = facts.number(hoursFact);
  const most = facts.number(daysFact);
  const alive = roundUp(ledger.timeToLive.toSeconds() / SECONDS_PER_DAY) + facts.number(DELETE_DAYS);
  const between = Math.ceil(hours / HOURS_PER_DAY);
  const days = Math.max(between, Math.min(most, alive));
  const monthly = (kept: number, every: number): number =>
    ledgerBytes / BILLED_GB * facts.price(COPY_PRICE) * kept * HOURS_PER_DAY / every;
  const asOthers = monthly(most, tableHours);
  const usdPerMonth = monthly(days, hours);
  return Decision.derive({
    path: RECOVERY_PATH,
    name: 'ledgerBackupRetention',
    value: days,
    unit: 'days',
    formula: `max(${between} days between two, min(${most} days for ${tier}, ${formatNumber(alive)} days that a row lives)) = ${formatNumber(days)}`,
    inputs: { rowDays: alive, wantedDays: most, ledgerBytes, usdPerMonth },
    binding: days === alive ? 'a copy holds no row that lives longer' : days === most ? 'time in which the loss of a table is noticed' : 'one copy is always there',
    rejected: asOthers > usdPerMonth
      ? [{ option: `a copy every ${tableHours} h kept for ${most} days, as of tables whose rows stay`,
        because: `each is a whole copy: ${dollars(asOthers)} instead of ${dollars(usdPerMonth)} a month, for rows that have expired` }]
      : [],
    limits: { minimum: between, because: 'the next copy must be made before the last one goes' },
    facts: [hoursFact, daysFact, `target/recovery.backupHours.${tier}`, DELETE_DAYS, COPY_PRICE],
  });
}

/** A value that the tier sets alone. */
export function tierDecision({ workload, facts }: RecoverySystem, name: string, key: string, unit: string, binding: string): Decision {
  const tier = workload.recoveryTier.name;
  const id = `target/recovery.${key}.${tier}`;
  const value = facts.number(id);
  return Decision.derive({
    path: RECOVERY_PATH,
    name,
    value,
    unit,
    formula: `design target for ${tier} = ${value}`,
    inputs: { recoveryTier: tier },
    binding,
    limits: { minimum: 1, because: 'a time' },
    facts: [id],
  });
}
