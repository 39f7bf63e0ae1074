import { Duration } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { Decision, quotaUse } from './decision';
import { formatNumber, formatSeconds } from './format';
import { LedgerSizing } from './ledger';
import { planned } from './planned';

/** How the ledger's tables are copied to another region. */
export interface ReplicationSizing {
  /** Copies in other regions: 1 where a recovery region is stated, else 0. */
  readonly replicas: number;
  readonly region?: string;
  /** Write units per second that the copies take at the peak. */
  readonly replicatedWriteUnitsPerSecond: number;
  /** `ReplicationLatency` above which somebody is called; absent without a replica. */
  readonly delayAlarm?: Duration;
  readonly decisions: readonly Decision[];
}

const PATH = 'replication';
/** Facts of the delay with which a write appears in another region. */
export const REPLICATION_FACTS = ['dynamodb/globalTable.replication.low', 'dynamodb/globalTable.replication.high'] as const;
const ALARM_SHARE = 'target/recovery.alarmShareOfPoint';
const STRONG_REGIONS = 'dynamodb/globalTable.strong.regions';
const TABLE_WRITES = 'dynamodb/table.maxWriteUnits.default';
const REPLICATED_WRITE = 'dynamodb/globalTable.onDemand.rwru';
const ADVISED_READERS = 'dynamodb/streams.readersPerShard.globalTable';
/** Readers of a table stream that the kit has: balances and the audit trail. */
const STREAM_READERS = 2;

/**
 * Sizes the replicas of the ledger. Give it the whole workload and the ledger that was sized for it.
 *
 * @throws Error when the recovery region is the region itself, or the recovery tier may lose less than what replication keeps back
 */
export function sizeReplication(workload: Workload, ledger: LedgerSizing, facts: Facts = Facts.DEFAULT): ReplicationSizing {
  return planned(workload, facts, (it) => sizeOnce(it, ledger, facts), (sizing) => [
    { amount: sizing.replicatedWriteUnitsPerSecond, unitCost: 3600 * facts.price(REPLICATED_WRITE), facts: [REPLICATED_WRITE] },
  ]);
}

function sizeOnce(workload: Workload, ledger: LedgerSizing, facts: Facts): ReplicationSizing {
  const region = workload.recoveryRegion;
  if (region === undefined) {
    return { replicas: 0, replicatedWriteUnitsPerSecond: 0, decisions: [noReplica()] };
  }
  if (region === facts.region) {
    throw new Error(`\`recoveryRegion\` must be another region than that of the system, got: ${region}`);
  }
  const [low, high] = REPLICATION_FACTS.map((id) => facts.number(id));
  const pointMilliseconds = workload.recoveryTier.recoveryPoint.toMilliseconds();
  if (high > pointMilliseconds) {
    throw new Error(`\`recoveryTier\` must allow to lose at least ${formatSeconds(high / 1000)}, what replication to another region may keep back, `
      + `got: ${formatSeconds(pointMilliseconds / 1000)} (${workload.recoveryTier.name})`);
  }
  const alarm = alarmDecision(workload, facts, high);
  const writes = writesDecision(ledger, facts);
  return {
    replicas: 1,
    region,
    replicatedWriteUnitsPerSecond: writes.value as number,
    delayAlarm: Duration.millis(alarm.value as number),
    decisions: [replicaDecision(workload, facts, region, low, high), writes, readersDecision(facts), alarm],
  };
}

function noReplica(): Decision {
  return Decision.derive({
    path: PATH,
    name: 'replicas',
    value: 0,
    unit: 'replicas',
    formula: 'no `recoveryRegion` is stated = 0',
    inputs: {},
    binding: 'nobody asked to survive the loss of the region',
    limits: { minimum: 0, maximum: 1, because: 'one region takes over' },
    facts: [],
  });
}

function replicaDecision(workload: Workload, facts: Facts, region: string, low: number, high: number): Decision {
  const point = workload.recoveryTier.recoveryPoint.toSeconds();
  return Decision.derive({
    path: PATH,
    name: 'replicas',
    value: 1,
    unit: 'replicas',
    formula: `\`recoveryRegion\` ${region}: one writing region and one that takes over, 2 regions - 1 = 1`,
    inputs: { recoveryRegion: region, lowMilliseconds: low, highMilliseconds: high, recoveryPointSeconds: point },
    binding: 'the ledger must be there when its region is lost; only one region writes, and the switch is fenced',
    rejected: [
      { option: '2 writing regions', because: 'of 2 writes to one key the last one wins, so a repeated payment could be applied twice' },
      {
        option: 'multi-region strong consistency',
        because: `needs ${facts.number(STRONG_REGIONS)} regions and takes no transactions, which refunds are; replication is ${formatSeconds(high / 1000)} behind, ${formatSeconds(point)} are allowed`,
      },
    ],
    limits: { minimum: 0, maximum: 1, because: 'one region takes over' },
    facts: [...REPLICATION_FACTS, STRONG_REGIONS],
  });
}

function readersDecision(facts: Facts): Decision {
  const advised = facts.number(ADVISED_READERS);
  return Decision.derive({
    path: PATH,
    name: 'tableStreamReaders',
    value: STREAM_READERS,
    unit: 'readers',
    formula: `balances and audit trail, 1 + 1 = ${STREAM_READERS}`,
    inputs: { advisedReaders: advised },
    binding: `AWS advises ${advised} reader of a shard for a table with replicas; a second one may be throttled, so watch the iterator age of both`,
    rejected: [{ option: `${advised} reader`, because: 'one function for balances and audit trail: 1 failing would hold up the other' }],
    limits: { minimum: 1, because: 'balances are added up from the stream' },
    facts: [ADVISED_READERS],
  });
}

function writesDecision(ledger: LedgerSizing, facts: Facts): Decision {
  const writes = ledger.writeUnitsPerSecond;
  return Decision.derive({
    path: PATH,
    name: 'replicatedWriteUnitsPerSecond',
    value: writes,
    unit: 'write units/s',
    formula: `${formatNumber(writes)} write units/s of the ledger x 1 replica = ${formatNumber(writes)}`,
    inputs: { writeUnitsPerSecond: writes, tables: ledger.tables, warmWriteThroughput: ledger.warmThroughputPerTable.write },
    binding: 'every write of the ledger is written again in the other region, whose tables need the same warm throughput and quota',
    quota: quotaUse(facts, TABLE_WRITES, ledger.warmThroughputPerTable.write),
    facts: [TABLE_WRITES],
  });
}

function alarmDecision(workload: Workload, facts: Facts, high: number): Decision {
  const share = facts.number(ALARM_SHARE);
  const point = workload.recoveryTier.recoveryPoint.toMilliseconds();
  const threshold = Math.max(high, share * point);
  return Decision.derive({
    path: PATH,
    name: 'replicationDelayAlarm',
    value: threshold,
    unit: 'ms',
    formula: `max(${formatNumber(high)}, ${share} x ${formatNumber(point)} ms) = ${formatNumber(threshold)}`,
    inputs: { recoveryPointMilliseconds: point, share, usualMilliseconds: high },
    binding: threshold === high ? 'what replication takes anyway' : `half way to what recovery tier ${workload.recoveryTier.name} may lose`,
    rejected: [{ option: `${formatNumber(point)} ms`, because: `at ${formatSeconds(point / 1000)} the recovery point is missed already` }],
    demand: high,
    limits: { minimum: 1, maximum: point, because: 'recovery point of the tier' },
    facts: [ALARM_SHARE, ...REPLICATION_FACTS],
  });
}
