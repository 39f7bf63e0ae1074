import { Duration } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { Decision, quotaUse } from './decision';
import { FactTrail } from './fact-trail';
import { formatBytes, formatNumber, formatSeconds } from './format';
import { BILLED_GB, dollars, HOURS_PER_MONTH } from './monthly-cost';
import { planned } from './planned';
import { backupDecisions, tierDecision } from './recovery-backups';
import { coverages, RecoveryCoverage, RegionMechanism } from './recovery-coverage';
import { DataClass, dataDecisions, RECOVERY_PATH, recoverySystem, RecoverySystem } from './recovery-data';
import { restoreSeconds, restoreTerms, SecondsBand } from './recovery-times';
import { Remembered } from './remembered';
import { ReplicationSizing, sizeReplication } from './replication';

/** One kind of data, and how it is recovered. */
export interface DataRecovery {
  readonly name: DataClass;
  readonly bytes: number;
  /** One for each kind of disaster. */
  readonly coverages: readonly RecoveryCoverage[];
}

/** What a recovery tier asks for, and whether it is kept. */
export interface RecoverySizing {
  readonly tier: string;
  /** Recovery time objective. */
  readonly recoveryTime: Duration;
  /** Recovery point objective. */
  readonly recoveryPoint: Duration;
  readonly recoveryRegion?: string;
  /** Time back to which tables can be restored. */
  readonly pointInTimeRecovery: Duration;
  /** Time between two full backups of a table whose rows stay. */
  readonly backupFrequency: Duration;
  readonly backupRetention: Duration;
  /** Time between two full backups of the ledger, whose rows expire. */
  readonly ledgerBackupFrequency: Duration;
  /** How long one is kept: as long as its rows would live. */
  readonly ledgerBackupRetention: Duration;
  /** Availability zones of the network. */
  readonly zones: number;
  readonly deletionProtection: boolean;
  readonly logRetention: Duration;
  /** Age of the oldest unsettled payment above which somebody is called. */
  readonly unsettledAlarm: Duration;
  /** Age of the latest backup above which one counts as missed. */
  readonly missedBackupAlarm: Duration;
  readonly replication: ReplicationSizing;
  readonly data: readonly DataRecovery[];
  readonly decisions: readonly Decision[];
}

/** How data come back after the loss of the region, by kind of data. */
export interface RegionMechanisms {
  /** @default 'replica' */
  readonly ledger?: RegionMechanism;
  /** @default 'replica' */
  readonly parkedItems?: RegionMechanism;
}

export interface RecoveryOptions {
  /**
   * What is asked for instead of a replica.
   *
   * @default - replicas, where a recovery region is stated
   */
  readonly mechanism?: RegionMechanisms;
}

const PITR_PRICE = 'dynamodb/pitr.gbMonth';
const CONCURRENT_RESTORES = 'dynamodb/restore.concurrent';
const RECOVERIES = new Remembered<RecoverySizing>();

/**
 * Derives backups, replicas, retention and alarms from the recovery tier, and tells for each kind of data and disaster whether the objectives of
 * the tier are kept. Give it the whole workload.
 *
 * @throws Error when a mechanism is asked for that needs a recovery region and none is stated, that may take longer than the recovery time
 *   objective, or that may lose more than the recovery point objective; or as `sizeReplication` does
 */
export function sizeRecovery(workload: Workload, facts: Facts = Facts.DEFAULT, options: RecoveryOptions = {}): RecoverySizing {
  const { ledger, parkedItems } = options.mechanism ?? {};
  return RECOVERIES.of(workload, facts, () => planned(workload, facts, (it) => sizeOnce(it, facts, { ledger, parkedItems }), ({ data }) => [{
    amount: data.filter((it) => it.name === 'ledger').reduce((sum, it) => sum + it.bytes, 0) / BILLED_GB,
    unitCost: facts.price(PITR_PRICE) / HOURS_PER_MONTH,
    facts: [PITR_PRICE],
  }]), `ledger ${ledger}, parked items ${parkedItems}`);
}

function sizeOnce(workload: Workload, facts: Facts, mechanisms: RegionMechanisms): RecoverySizing {
  const system = recoverySystem(workload, facts);
  const bytes = dataDecisions(system);
  const replication = sizeReplication(workload, system.ledger, facts);
  for (const name of ['ledger', 'parkedItems'] as const) {
    requireKept(name, mechanisms[name], bytes[name].value as number, system);
  }
  const days = pointInTimeDecision(system, bytes.ledger.value as number);
  const backups = backupDecisions(system, bytes.ledger.value as number);
  const unsettled = unsettledDecision(system);
  const logs = tierDecision(system, 'logRetention', 'logDays', 'days', 'what happened before a disaster must still be there when it is looked into');
  const zones = zoneDecisions(system);
  const deletion = deletionDecision(system);
  const names = Object.keys(bytes) as DataClass[];
  const number = (decision: Decision): number => decision.value as number;
  return {
    tier: workload.recoveryTier.name,
    recoveryTime: workload.recoveryTier.recoveryTime,
    recoveryPoint: workload.recoveryTier.recoveryPoint,
    ...(workload.recoveryRegion !== undefined && { recoveryRegion: workload.recoveryRegion }),
    pointInTimeRecovery: Duration.days(number(days)),
    backupFrequency: Duration.hours(number(backups.frequency)),
    backupRetention: Duration.days(number(backups.retention)),
    ledgerBackupFrequency: Duration.hours(number(backups.ledgerFrequency)),
    ledgerBackupRetention: Duration.days(number(backups.ledgerRetention)),
    zones: number(zones[0]),
    deletionProtection: deletion.value === true,
    logRetention: Duration.days(number(logs)),
    unsettledAlarm: Duration.seconds(number(unsettled)),
    missedBackupAlarm: Duration.hours(number(backups.missed)),
    replication,
    data: names.map((name) => ({
      name,
      bytes: number(bytes[name]),
      coverages: coverages(name, number(bytes[name]), system, name === 'ledger' || name === 'parkedItems' ? mechanisms[name] ?? 'replica' : 'replica'),
    })),
    decisions: [
      days, ...Object.values(backups), ...zones, deletion, logs, unsettled, restoreDecision(system, number(bytes.ledger)),
      ...Object.values(bytes), ...replication.decisions,
    ],
  };
}

function requireKept(name: 'ledger' | 'parkedItems', asked: RegionMechanism | undefined, bytes: number, system: RecoverySystem): void {
  const { workload, facts } = system;
  if (asked === undefined) {
    return;
  }
  if (workload.recoveryRegion === undefined) {
    throw new Error(`\`mechanism.${name}\` must not be stated without a \`recoveryRegion\` to come back in, got: ${asked}`);
  }
  if (asked === 'replica') {
    return;
  }
  const { recoveryTime, recoveryPoint, name: tier } = workload.recoveryTier;
  const time = restoreSeconds(system, facts, bytes, name === 'ledger' ? system.ledger.tables : 1);
  if (time.high > recoveryTime.toSeconds()) {
    throw new Error(`\`mechanism.${name}\` must be 'replica', or the tier one that may take longer: restoring ${formatBytes(bytes)} takes ${bandText(time)}, `
      + `recovery tier ${tier} allows ${formatSeconds(recoveryTime.toSeconds())}, got: ${asked}`);
  }
  const between = 3600 * facts.number('backup/frequency.minHours');
  if (between > recoveryPoint.toSeconds()) {
    throw new Error(`\`mechanism.${name}\` must be 'replica', or the tier one that may lose more: backups are ${formatSeconds(between)} apart, `
      + `recovery tier ${tier} allows to lose ${formatSeconds(recoveryPoint.toSeconds())}, got: ${asked}`);
  }
}

/** Both ends of a time. */
function bandText({ low, high }: SecondsBand): string {
  return `${formatSeconds(low)} to ${formatSeconds(high)}`;
}

function pointInTimeDecision({ workload, facts }: RecoverySystem, ledgerBytes: number): Decision {
  const tier = workload.recoveryTier.name;
  const wanted = `target/recovery.pointInTimeDays.${tier}`;
  const [least, most] = [facts.number('dynamodb/pitr.days.min'), facts.number('dynamodb/pitr.days.max')];
  const days = Math.max(least, Math.min(most, facts.number(wanted)));
  const monthly = ledgerBytes / BILLED_GB * facts.price(PITR_PRICE);
  return Decision.derive({
    path: RECOVERY_PATH,
    name: 'pointInTimeDays',
    value: days,
    unit: 'days',
    formula: `min(${facts.number(wanted)} days for ${tier}, ${most} days) = ${days}`,
    inputs: { wantedDays: facts.number(wanted), ledgerBytes, usdPerMonth: monthly },
    binding: days === most ? 'longest period of point-in-time recovery' : 'time in which an error is noticed',
    rejected: [{ option: 'no point-in-time recovery', because: `saves ${dollars(monthly)} a month, and a deleted or corrupted row would be gone` }],
    limits: { minimum: least, maximum: most, because: 'period of point-in-time recovery' },
    facts: [wanted, 'dynamodb/pitr.days.min', 'dynamodb/pitr.days.max', PITR_PRICE],
  });
}

function zoneDecisions({ workload, facts }: RecoverySystem): [Decision, Decision] {
  const tier = workload.recoveryTier.name;
  const zones = facts.number('target/network.availabilityZones');
  const lost = facts.number(`target/fargate.zonesLost.${tier}`);
  return [
    Decision.derive({
      path: RECOVERY_PATH,
      name: 'zones',
      value: zones,
      unit: 'zones',
      formula: `design target = ${zones}`,
      inputs: { zones },
      binding: 'one zone may fail',
      rejected: [{ option: '1 zone', because: `all tasks would be gone with it, of ${zones} zones ${zones - 1} are left` }],
      limits: { minimum: 2, because: 'a balancer needs two zones' },
      facts: ['target/network.availabilityZones'],
    }),
    Decision.derive({
      path: RECOVERY_PATH,
      name: 'zonesLostAtPeak',
      value: lost,
      unit: 'zones',
      formula: `design target for ${tier} = ${lost}`,
      inputs: { zones },
      binding: lost > 0 ? 'the others carry the whole peak' : `the others carry ${formatNumber(100 * (zones - 1) / zones)} % of the peak until new tasks have started`,
      limits: { minimum: 0, maximum: zones - 1, because: 'a zone must be left' },
      facts: [`target/fargate.zonesLost.${tier}`, 'target/network.availabilityZones'],
    }),
  ];
}

function deletionDecision({ workload }: RecoverySystem): Decision {
  return Decision.derive({
    path: RECOVERY_PATH,
    name: 'deletionProtection',
    value: true,
    formula: `the same for all 4 tiers, ${workload.recoveryTier.name} as well: true`,
    inputs: { recoveryTier: workload.recoveryTier.name },
    binding: 'a stack that is deleted must not take the ledger with it',
    facts: [],
  });
}

function unsettledDecision({ workload, facts }: RecoverySystem): Decision {
  const share = facts.number('target/recovery.alarmShareOfPoint');
  const point = workload.recoveryTier.recoveryPoint.toSeconds();
  const settle = Math.ceil(workload.latencyTarget.settle.milliseconds / 1000);
  const value = Math.max(settle, share * point);
  return Decision.derive({
    path: RECOVERY_PATH,
    name: 'unsettledAlarm',
    value,
    unit: 's',
    formula: `max(settle target ${settle} s, ${share} x ${formatNumber(point)} s) = ${formatNumber(value)}`,
    inputs: { settleSeconds: settle, recoveryPointSeconds: point, share },
    binding: 'what the stream has not settled is lost with its region',
    rejected: [{ option: `${formatNumber(point)} s`, because: `at ${formatSeconds(point)} a loss of the region breaks the objective already` }],
    limits: { minimum: 1, because: 'a time' },
    facts: ['target/recovery.alarmShareOfPoint'],
  });
}

function restoreDecision(system: RecoverySystem, bytes: number): Decision {
  const trail = new FactTrail(system.facts);
  const { tables } = system.ledger;
  const best = restoreTerms('low', system, trail, bytes, tables);
  const worst = restoreTerms('high', system, trail, bytes, tables);
  const value = Math.ceil(worst.seconds);
  const concurrent = trail.number(CONCURRENT_RESTORES);
  return Decision.derive({
    path: RECOVERY_PATH,
    name: 'ledgerRestoreSeconds',
    value,
    unit: 's',
    formula: `ceil((${formatSeconds(worst.detectSeconds)} to notice and decide + ${worst.waves} x (${formatSeconds(worst.baseSeconds)} `
      + `+ ${formatBytes(worst.bytesPerTable)} / ${formatBytes(worst.bytesPerSecond)}/s)) x ${formatNumber(worst.replayFactor)} for what came meanwhile) = ${formatNumber(value)}`,
    inputs: { ledgerBytes: bytes, tables, waves: worst.waves, bytesPerTable: worst.bytesPerTable, lowSeconds: best.seconds },
    binding: `a table is restored to a new one as a whole; at best it takes ${formatSeconds(best.seconds)}`,
    quota: quotaUse(system.facts, CONCURRENT_RESTORES, Math.min(tables, concurrent)),
    limits: { minimum: 0, because: 'a time' },
    facts: trail.ids(),
  });
}
