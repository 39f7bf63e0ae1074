import { Duration } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { ConsistencyLevel, Workload } from '../workload';
import { roundDown } from './arithmetic';
import { Decision } from './decision';
import { formatNumber, formatSeconds } from './format';
import { planned } from './planned';
import { ProjectorSizing } from './projector';
import { readUnitsFactor } from './read-units';
import { REPLICATION_FACTS } from './replication';

/** How one kind of data is read. */
export interface ReadMode {
  /** Whether reads ask for the latest value at once. */
  readonly consistent: boolean;
  /** Read units that one read of up to 4 KiB takes in the mean. */
  readonly unitsPerRead: number;
  /** Whether a read that may have missed a write of its own client is repeated as a consistent one, by the receipt of that write. */
  readonly repeatedByReceipt: boolean;
  /** Whether a replica in the recovery region may answer. */
  readonly replicaReads: boolean;
  /** Upper bound of the age of what a read may miss; nothing where it misses nothing. */
  readonly staleness?: Duration;
  /** Lag above which somebody is called; nothing where there is none. */
  readonly lagAlarm?: Duration;
}

/** How the status of payments and the balances of merchants are read. */
export interface ReadConsistencySizing {
  readonly status: ReadMode;
  readonly balances: ReadMode;
  /** Longest batching window of the projector with which balances keep their bound. */
  readonly longestProjectorWindow: Duration;
  readonly decisions: readonly Decision[];
}

const PATH = 'reads';
const EVENTUAL = 'dynamodb/read.eventualFactor';
const REPEATED = 'target/consistency.repeatShare';
const STALENESS = 'dynamodb/eventualRead.staleness';
const ALARM_SHARE = 'target/consistency.alarmShare';
const DELIVERY = 'lambda-esm/dynamodbStreams.p99';
const SHORTEST_WINDOW = 'target/projector.minimumWindowSeconds';

/**
 * Decides how data is read. Give it the whole workload and the projector that was sized for it.
 *
 * @throws Error when a bound of staleness is shorter than what a read, replication or the projector can keep
 */
export function sizeReadConsistency(workload: Workload, projector: ProjectorSizing, facts: Facts = Facts.DEFAULT): ReadConsistencySizing {
  return planned(workload, facts, (it) => sizeOnce(it, projector, facts), () => []);
}

function sizeOnce(workload: Workload, projector: ProjectorSizing, facts: Facts): ReadConsistencySizing {
  const status = statusReads(workload, facts);
  const balances = balanceReads(workload, projector, facts);
  return {
    status: status.mode,
    balances: balances.mode,
    longestProjectorWindow: Duration.seconds(balances.longestWindow),
    decisions: [...status.decisions, ...balances.decisions],
  };
}

interface Reads {
  readonly mode: ReadMode;
  readonly decisions: readonly Decision[];
}

function statusReads(workload: Workload, facts: Facts): Reads {
  const level = workload.consistency.status;
  const staleness = level.staleness?.toMilliseconds();
  const usual = facts.number(STALENESS);
  if (staleness !== undefined && staleness < usual) {
    throw new Error(`\`consistency.status\` must allow at least ${formatNumber(usual)} ms, what an eventually consistent read may miss, got: ${formatNumber(staleness)} ms; `
      + 'state ConsistencyLevel.STRONG for less');
  }
  const units = readUnitsFactor(level, facts);
  const replica = replicaDecision(level, workload, facts);
  const alarm = staleness === undefined ? undefined : alarmMilliseconds(staleness, facts);
  return {
    mode: {
      consistent: level.name === 'strong',
      unitsPerRead: units,
      repeatedByReceipt: level.name === 'readYourWrites',
      replicaReads: replica.value === true,
      ...(staleness !== undefined && { staleness: Duration.millis(staleness) }),
      ...(alarm !== undefined && { lagAlarm: Duration.millis(alarm) }),
    },
    decisions: [
      statusDecision(level, units, workload, facts),
      replica,
      ...(staleness === undefined || alarm === undefined ? [] : [alarmDecision('statusLagAlarm', staleness, alarm, facts, 'replication delay of the ledger')]),
    ],
  };
}

function statusDecision(level: ConsistencyLevel, units: number, workload: Workload, facts: Facts): Decision {
  const reads = workload.peak.perSecond * workload.readsPerPayment;
  const eventual = facts.number(EVENTUAL);
  const repeated = facts.number(REPEATED);
  const formula = {
    strong: `one consistent read = ${units}`,
    readYourWrites: `${eventual} for an eventually consistent read + ${repeated} x 1 for reads that are repeated = ${units}`,
    eventual: `one eventually consistent read = ${units}`,
  }[level.name];
  const binding = {
    strong: 'a status must show every settled payment, whoever asks',
    readYourWrites: 'a client that shows the receipt of its payment sees its effect; a read that misses it is repeated as a consistent one',
    eventual: `a status may miss the last ${formatSeconds((level.staleness?.toMilliseconds() ?? 0) / 1000)}`,
  }[level.name];
  const cheaper = { option: 'eventually consistent reads', because: `${formatNumber(reads * eventual)} instead of ${formatNumber(reads * units)} read units/s, but a settled payment could look unsettled` };
  const stronger = { option: 'consistent reads', because: `${formatNumber(reads)} instead of ${formatNumber(reads * units)} read units/s at the peak` };
  return Decision.derive({
    path: PATH,
    name: 'statusUnitsPerRead',
    value: units,
    unit: 'read units',
    formula,
    inputs: {
      level: level.toString(), readsPerSecond: reads, eventual, repeatedShare: repeated, usualStalenessMilliseconds: facts.number(STALENESS),
    },
    binding,
    rejected: [level.name === 'strong' ? cheaper : stronger],
    limits: { minimum: eventual, maximum: 1 + eventual, because: 'an eventually consistent read, and that with a consistent one after it' },
    facts: [EVENTUAL, REPEATED, STALENESS],
  });
}

function replicaDecision(level: ConsistencyLevel, workload: Workload, facts: Facts): Decision {
  const [, high] = REPLICATION_FACTS.map((id) => facts.number(id));
  const region = workload.recoveryRegion;
  const bound = level.staleness?.toMilliseconds();
  const allowed = region !== undefined && bound !== undefined && bound >= high;
  const binding = region === undefined ? 'no `recoveryRegion` is stated, so there is no replica'
    : bound === undefined ? 'a replica answers with what has arrived, so only the writing region can promise this level'
    : allowed ? 'the bound is longer than replication takes'
    : `the bound of ${formatNumber(bound)} ms is shorter than the ${formatNumber(high)} ms that replication may take`;
  return Decision.derive({
    path: PATH,
    name: 'statusReplicaReads',
    value: allowed,
    formula: `${bound === undefined ? '0' : formatNumber(bound)} ms of staleness, ${formatNumber(high)} ms of replication = ${allowed}`,
    inputs: { level: level.toString(), replicationMilliseconds: high },
    binding,
    facts: [...REPLICATION_FACTS],
  });
}

function balanceReads(workload: Workload, projector: ProjectorSizing, facts: Facts): Reads & { readonly longestWindow: number } {
  const level = workload.consistency.balances;
  const delivery = facts.number(DELIVERY);
  const invocation = invocationMilliseconds(projector);
  const least = 1000 * facts.number(SHORTEST_WINDOW) + delivery + invocation;
  const bound = level.staleness?.toMilliseconds();
  if (bound === undefined || bound < least) {
    throw new Error(`\`consistency.balances\` must be ConsistencyLevel.eventual of at least ${formatNumber(Math.ceil(least))} ms, what a change takes to reach a balance, `
      + `got: ${bound === undefined ? level.name : `${formatNumber(bound)} ms`}`);
  }
  const units = facts.number(EVENTUAL);
  const window = windowDecision(projector, bound, delivery, invocation, facts);
  const alarm = alarmMilliseconds(bound, facts);
  return {
    mode: {
      consistent: false,
      unitsPerRead: units,
      repeatedByReceipt: false,
      // Balances have no replica: they count by shard of a table stream, and shards are others in another region, where they are built again.
      replicaReads: false,
      staleness: Duration.millis(bound),
      lagAlarm: Duration.millis(alarm),
    },
    longestWindow: window.value as number,
    decisions: [
      Decision.derive({
        path: PATH,
        name: 'balancesUnitsPerRead',
        value: units,
        unit: 'read units',
        formula: `one eventually consistent read = ${units}`,
        inputs: { level: level.toString() },
        binding: 'balances are behind the ledger anyway, so a consistent read of them shows no more',
        rejected: [{ option: 'consistent reads', because: `${formatNumber(1 / units)} times the read units` }],
        limits: { minimum: units, maximum: 1, because: 'a read' },
        facts: [EVENTUAL],
      }),
      window,
      alarmDecision('balancesLagAlarm', bound, alarm, facts, 'lag of the projector'),
    ],
  };
}

/** 99th percentile of an invocation of the projector with a full window, as it was sized. */
function invocationMilliseconds(projector: ProjectorSizing): number {
  return 1000 * (Decision.find(projector.decisions, 'timeout').inputs.batchSeconds as number);
}

function windowDecision(projector: ProjectorSizing, bound: number, delivery: number, invocation: number, facts: Facts): Decision {
  const shortest = facts.number(SHORTEST_WINDOW);
  const longest = Math.max(shortest, roundDown((bound - delivery - invocation) / 1000));
  const derived = projector.batchingWindow.toSeconds();
  return Decision.derive({
    path: PATH,
    name: 'longestProjectorWindow',
    value: longest,
    unit: 's',
    formula: `max(${shortest}, floor((${formatNumber(bound)} ms - ${formatNumber(delivery)} ms from the table to the function - ${formatNumber(invocation)} ms of work) / 1,000)) = ${longest}`,
    inputs: { boundMilliseconds: bound, deliveryMilliseconds: delivery, invocationMilliseconds: invocation, windowOfProjector: derived },
    binding: derived <= longest ? `staleness of balances; the ${derived} s that the projector would take are within it`
    : `staleness of balances; the projector would take ${derived} s to merge more writes`,
    limits: { minimum: shortest, because: 'shortest window of the projector' },
    facts: [SHORTEST_WINDOW, DELIVERY],
  });
}

function alarmMilliseconds(bound: number, facts: Facts): number {
  return facts.number(ALARM_SHARE) * bound;
}

function alarmDecision(name: string, bound: number, threshold: number, facts: Facts, what: string): Decision {
  const share = facts.number(ALARM_SHARE);
  return Decision.derive({
    path: PATH,
    name,
    value: threshold,
    unit: 'ms',
    formula: `${share} x ${formatNumber(bound)} ms = ${formatNumber(threshold)}`,
    inputs: { boundMilliseconds: bound, share },
    binding: `${what}: somebody is called before the bound is broken`,
    limits: { minimum: 1, maximum: bound, because: 'bound of staleness' },
    facts: [ALARM_SHARE],
  });
}
