import { Facts } from '../facts';
import { RecoverySystem } from './recovery-data';

/** The better and the worse end of a time in seconds. */
export interface SecondsBand {
  readonly low: number;
  readonly high: number;
}

/** Until a disaster is noticed and somebody has decided; nothing where the decision waits ready. */
export function detection({ workload }: RecoverySystem, facts: Facts): SecondsBand {
  const tier = workload.recoveryTier.name;
  return { low: 0, high: 60 * (facts.number(`target/recovery.detectMinutes.${tier}`) + facts.number(`target/recovery.decideMinutes.${tier}`)) };
}

/** Until health checks have taken the tasks of a lost zone out. */
export function quickly(facts: Facts): SecondsBand {
  return { low: 0, high: facts.number('target/tier.healthCheckSeconds') * facts.number('target/tier.unhealthyChecks') };
}

/** A fenced switch to the recovery region. */
export function switchSeconds(system: RecoverySystem, facts: Facts): SecondsBand {
  return after(detection(system, facts), facts.number('target/recovery.fenceSeconds') + facts.number('target/recovery.nameSeconds'));
}

/** A deployment of everything. */
export function redeploySeconds(system: RecoverySystem, facts: Facts): SecondsBand {
  const { low, high } = detection(system, facts);
  return { low: low + 60 * facts.number('cloudformation/deployMinutes.low'), high: high + 60 * facts.number('cloudformation/deployMinutes.high') };
}

/** What one end of the time of a restore is made of. */
export interface RestoreTerms {
  readonly detectSeconds: number;
  /** Tables are restored side by side, so many at a time. */
  readonly waves: number;
  readonly baseSeconds: number;
  readonly bytesPerTable: number;
  readonly bytesPerSecond: number;
  /** By which the time grows for the payments that came meanwhile: the worker settles them at its catch-up rate, while others come. */
  readonly replayFactor: number;
  readonly seconds: number;
}

/** The better (`low`) or the worse end of a restore of so many bytes in so many tables of equal size. */
export function restoreTerms(end: keyof SecondsBand, system: RecoverySystem, facts: Facts, bytes: number, tables: number): RestoreTerms {
  const { average, peak } = system.workload;
  const detectSeconds = detection(system, facts)[end];
  const waves = Math.ceil(tables / facts.number('dynamodb/restore.concurrent'));
  const baseSeconds = 60 * facts.number(`dynamodb/restore.baseMinutes.${end}`);
  const bytesPerTable = bytes / tables;
  const bytesPerSecond = facts.number(`dynamodb/restore.bytesPerSec.${end === 'low' ? 'high' : 'low'}`);
  const replayFactor = 1 + average.perSecond / (facts.number('target/worker.catchUpFactor') * peak.perSecond - average.perSecond);
  const seconds = (detectSeconds + waves * (baseSeconds + bytesPerTable / bytesPerSecond)) * replayFactor;
  return { detectSeconds, waves, baseSeconds, bytesPerTable, bytesPerSecond, replayFactor, seconds };
}

/** A restore, and then the payments that came meanwhile. */
export function restoreSeconds(system: RecoverySystem, facts: Facts, bytes: number, tables: number): SecondsBand {
  const seconds = (end: keyof SecondsBand): number => restoreTerms(end, system, facts, bytes, tables).seconds;
  return { low: seconds('low'), high: seconds('high') };
}

/** Balances from the audit archive: the changes since the latest checkpoint, chain by chain, each on a vCPU of its own. */
export function rebuildSeconds(system: RecoverySystem, facts: Facts): SecondsBand {
  const { low, high } = detection(system, facts);
  const changes = system.workload.average.perSecond * 3600 * facts.number('target/recovery.checkpointHours');
  const seconds = changes * facts.number('audit-archiver/cpuPerRecord') / 1e6 / system.ledger.streamShards;
  const factor = facts.number('target/recovery.estimateFactor');
  return { low: low + seconds / factor, high: high + seconds * factor };
}

function after({ low, high }: SecondsBand, seconds: number): SecondsBand {
  return { low: low + seconds, high: high + seconds };
}
