import { Facts, isAssumption } from '../facts';
import { FactTrail } from './fact-trail';
import { formatNumber, formatSeconds } from './format';
import { DataClass, RecoverySystem } from './recovery-data';
import { detection, quickly, rebuildSeconds, redeploySeconds, restoreSeconds, SecondsBand, switchSeconds } from './recovery-times';

/** `zoneLoss`: one availability zone is gone. `dataLoss`: data were deleted or made wrong. `regionLoss`: the region is gone. */
export type Disaster = 'zoneLoss' | 'dataLoss' | 'regionLoss';

/**
 * How data come back.
 *
 * - `serviceReplication`: the service itself keeps them elsewhere.
 * - `restore`: from point-in-time recovery or a backup.
 * - `replica`: a copy in another region takes over by a fenced switch.
 * - `rebuild`: computed again from other data.
 * - `redeploy`: deployed again.
 * - `prevented`: they cannot be lost this way.
 * - `notCovered`: they are lost.
 */
export type RecoveryMechanism = 'serviceReplication' | 'restore' | 'replica' | 'rebuild' | 'redeploy' | 'prevented' | 'notCovered';

/** Whether an objective of the tier is kept: surely, in the better case only, not at all, or because nothing is covered. */
export type ObjectiveVerdict = 'met' | 'notShown' | 'notMet' | 'notCovered';

/** What becomes of one kind of data in one kind of disaster. */
export interface RecoveryCoverage {
  readonly disaster: Disaster;
  readonly mechanism: RecoveryMechanism;
  /** What happens, what it rests on and what it leaves open, in words. */
  readonly how: string;
  /** Seconds until the data can be used again; absent where they do not come back. */
  readonly time?: SecondsBand;
  /** Age in seconds of the latest data that are lost; absent where all are. */
  readonly point?: SecondsBand;
  /** Against the recovery time objective. */
  readonly timeVerdict: ObjectiveVerdict;
  /** Against the recovery point objective. */
  readonly pointVerdict: ObjectiveVerdict;
  /** Whether a fact in it has no good source. */
  readonly assumption: boolean;
  readonly facts: readonly string[];
}

/** How a class of data comes back after the loss of its region, where both ways are open. */
export type RegionMechanism = 'restore' | 'replica';

type Outcome = Pick<RecoveryCoverage, 'mechanism' | 'how' | 'time' | 'point'>;
/** Outcomes of the three disasters, each from facts. */
type Outcomes = { readonly [disaster in Disaster]: (facts: Facts) => Outcome };

const NOTHING: SecondsBand = { low: 0, high: 0 };
const NO_REGION: Outcome = { mechanism: 'notCovered', how: 'no `recoveryRegion` is stated, so nothing of it is anywhere else' };
const DISASTERS: readonly Disaster[] = ['zoneLoss', 'dataLoss', 'regionLoss'];

/** What covers a class of data in each disaster. */
export function coverages(name: DataClass, bytes: number, system: RecoverySystem, region: RegionMechanism): RecoveryCoverage[] {
  const outcomes = outcomesOf(name, bytes, system, region);
  const { recoveryTime, recoveryPoint } = system.workload.recoveryTier;
  return DISASTERS.map((disaster) => {
    const trail = new FactTrail(system.facts);
    const outcome = outcomes[disaster](trail);
    return {
      disaster,
      ...outcome,
      timeVerdict: verdict(outcome, outcome.time, recoveryTime.toSeconds()),
      pointVerdict: verdict(outcome, outcome.point, recoveryPoint.toSeconds()),
      assumption: trail.ids().some((id) => isAssumption(system.facts.get(id))),
      facts: trail.ids(),
    };
  });
}

function verdict({ mechanism }: Outcome, band: SecondsBand | undefined, objective: number): ObjectiveVerdict {
  if (mechanism === 'notCovered' || band === undefined) {
    return 'notCovered';
  }
  return band.high <= objective ? 'met' : band.low <= objective ? 'notShown' : 'notMet';
}

function outcomesOf(name: DataClass, bytes: number, system: RecoverySystem, region: RegionMechanism): Outcomes {
  switch (name) {
    case 'stream':
      return streamOutcomes(system);
    case 'ledger':
      return tableOutcomes({ bytes, tables: system.ledger.tables, meanwhile: 'payments go on being accepted, status and balances are not to be had' }, system, region);
    case 'parkedItems':
      return tableOutcomes({ bytes, tables: 1, meanwhile: 'payments go on being settled, parked ones are not to be seen' }, system, region);
    case 'balances':
      return balanceOutcomes(bytes, system);
    case 'auditArchive':
      return archiveOutcomes(system);
    case 'cache':
      return cacheOutcomes(system);
    case 'configuration':
      return configurationOutcomes(system);
  }
}

/** The service keeps the data in several zones; what is lost is the time until the load balancer has noticed. */
function keptInZones(service: 'kinesis' | 'dynamodb' | 's3'): (facts: Facts) => Outcome {
  return (facts) => ({
    mechanism: 'serviceReplication',
    how: `the service keeps everything in ${facts.number(`${service}/replication.zones`)} zones; requests to the lost one fail until health checks have noticed`,
    time: quickly(facts),
    point: NOTHING,
  });
}

function streamOutcomes(system: RecoverySystem): Outcomes {
  const { workload } = system;
  const settle = workload.latencyTarget.settle.milliseconds / 1000;
  const unsettled = formatNumber(Math.ceil(workload.peak.perSecond * settle));
  const lost = `about ${unsettled} payments that were accepted but not settled (${formatSeconds(settle)} at the peak, more where the worker was behind) are lost, `
    + 'although their clients have a 202';
  return {
    zoneLoss: keptInZones('kinesis'),
    dataLoss: () => ({
      mechanism: 'notCovered',
      how: `a stream has no backup: where it is deleted, ${lost}; payments that were settled wrongly can be read again for ${formatSeconds(system.streamRetentionSeconds)}`,
    }),
    regionLoss: () => ({
      mechanism: 'notCovered',
      how: `the stream is not copied to another region: ${lost}${workload.recoveryRegion === undefined ? '' : '; new payments go to the stream of the recovery region'}`,
    }),
  };
}

/** Data in tables that are restored together. */
interface TableData {
  readonly bytes: number;
  readonly tables: number;
  /** What works while they are restored. */
  readonly meanwhile: string;
}

function tableOutcomes(data: TableData, system: RecoverySystem, region: RegionMechanism): Outcomes {
  return {
    zoneLoss: keptInZones('dynamodb'),
    dataLoss: (facts) => restoredTable(data, system, facts),
    regionLoss: (facts) => {
      if (system.workload.recoveryRegion === undefined) {
        return NO_REGION;
      }
      return region === 'replica' ? replicaTakesOver(system, facts) : restoredElsewhere(data, system, facts);
    },
  };
}

function restoredTable({ bytes, tables, meanwhile }: TableData, system: RecoverySystem, facts: Facts): Outcome {
  const time = restoreSeconds(system, facts, bytes, tables);
  const covered = time.high <= system.streamRetentionSeconds;
  const latest = 60 * facts.number('dynamodb/pitr.latestMinutes');
  return {
    mechanism: 'restore',
    how: 'point-in-time recovery to the moment before, then the stream is read again from there: inserts are idempotent. '
      + (covered ? '' : `Restoring may take longer than the ${formatSeconds(system.streamRetentionSeconds)} that the stream keeps. `)
      + `Meanwhile ${meanwhile}. A replica does not help: it copies a deletion too`,
    time,
    point: covered ? NOTHING : { low: 0, high: latest },
  };
}

function replicaTakesOver(system: RecoverySystem, facts: Facts): Outcome {
  const [low, high] = ['low', 'high'].map((end) => facts.number(`dynamodb/globalTable.replication.${end}`) / 1000);
  return {
    mechanism: 'replica',
    how: `the replica in ${system.workload.recoveryRegion} takes over by a fenced switch: workers of the lost region stop, then the name points to the other one, `
      + 'where the same stacks stand ready',
    time: switchSeconds(system, facts),
    point: { low, high },
  };
}

function restoredElsewhere({ bytes, tables }: TableData, system: RecoverySystem, facts: Facts): Outcome {
  const hours = facts.number('backup/frequency.minHours');
  return {
    mechanism: 'restore',
    how: `from backups that are copied to ${system.workload.recoveryRegion} every ${hours} h`,
    time: restoreSeconds(system, facts, bytes, tables),
    point: { low: 0, high: 3600 * hours },
  };
}

function balanceOutcomes(bytes: number, system: RecoverySystem): Outcomes {
  const rebuilt = (facts: Facts): Outcome => ({
    mechanism: 'rebuild',
    how: 'added up again from the latest checkpoint in the audit archive and the changes after it; payments go on being accepted and settled meanwhile',
    time: rebuildSeconds(system, facts),
    point: NOTHING,
  });
  return {
    zoneLoss: keptInZones('dynamodb'),
    dataLoss: (facts) => {
      const restored = restoreSeconds(system, facts, bytes, 1);
      const again = rebuilt(facts);
      // A restored row is behind what the table stream still has for a day, and is caught up from it by sequence number.
      return restored.high <= (again.time?.high ?? 0)
        ? { mechanism: 'restore', how: 'point-in-time recovery; the table stream brings what came after it', time: restored, point: NOTHING }
        : again;
    },
    regionLoss: (facts) => (system.workload.recoveryRegion === undefined ? NO_REGION : rebuilt(facts)),
  };
}

function archiveOutcomes(system: RecoverySystem): Outcomes {
  return {
    zoneLoss: keptInZones('s3'),
    dataLoss: () => (system.archiveLocked
      ? { mechanism: 'prevented', how: 'objects are locked for everybody and versioned: nobody can delete or change one', time: NOTHING, point: NOTHING }
      : { mechanism: 'notCovered', how: 'objects are versioned and locked, but who may bypass the lock can delete them' }),
    regionLoss: (facts) => (system.workload.recoveryRegion === undefined ? NO_REGION : {
      mechanism: 'replica',
      how: 'objects are replicated with replication time control; what was on its way is archived again from the replica of the ledger, as long as its rows live',
      time: switchSeconds(system, facts),
      point: { low: facts.number('s3/replicationTime.typicalSec'), high: 60 * facts.number('s3/replicationTime.minutes') },
    }),
  };
}

function cacheOutcomes(system: RecoverySystem): Outcomes {
  const filled = (facts: Facts, before: SecondsBand): Outcome => {
    const merchants = system.workload.keySkew.keys;
    const [slow, fast] = ['low', 'high'].map((end) => merchants / facts.number(`elasticache/fillPerSec.${end}`));
    return {
      mechanism: 'rebuild',
      how: 'filled again from the tables as it is asked; until then answers are slower, none is wrong',
      time: { low: before.low + fast, high: before.high + slow },
      point: NOTHING,
    };
  };
  return {
    zoneLoss: (facts) => filled(facts, quickly(facts)),
    dataLoss: (facts) => filled(facts, detection(system, facts)),
    regionLoss: (facts) => (system.workload.recoveryRegion === undefined ? NO_REGION : filled(facts, switchSeconds(system, facts))),
  };
}

function configurationOutcomes(system: RecoverySystem): Outcomes {
  const deployed = (facts: Facts): Outcome => ({
    mechanism: 'redeploy',
    how: 'deployed again from the repository; the shard directory is in a table with point-in-time recovery',
    time: redeploySeconds(system, facts),
    point: NOTHING,
  });
  return {
    zoneLoss: keptInZones('dynamodb'),
    dataLoss: deployed,
    regionLoss: (facts) => (system.workload.recoveryRegion === undefined ? NO_REGION : {
      mechanism: 'replica',
      how: 'the same stacks stand ready in the recovery region, and its quotas are raised as well',
      time: switchSeconds(system, facts),
      point: NOTHING,
    }),
  };
}
