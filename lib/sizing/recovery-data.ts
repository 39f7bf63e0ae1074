import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { sizeAuditLock } from './audit-lock';
import { Decision } from './decision';
import { FactTrail } from './fact-trail';
import { formatNumber } from './format';
import { sizeKinesisStream } from './kinesis-stream';
import { LedgerSizing, sizeLedger } from './ledger';
import { aggregateOverheadBytes, paymentLayout, recordBytes } from './payment-layout';

/** Kinds of data that a disaster can take. */
export type DataClass = 'stream' | 'ledger' | 'balances' | 'parkedItems' | 'auditArchive' | 'cache' | 'configuration';

/** The system whose data must be recovered, sized for its workload. */
export interface RecoverySystem {
  readonly workload: Workload;
  readonly facts: Facts;
  readonly ledger: LedgerSizing;
  readonly streamRetentionSeconds: number;
  /** Whether nobody can delete from the archive. */
  readonly archiveLocked: boolean;
  readonly archiveDays: number;
}

export const RECOVERY_PATH = 'recovery';
const DAY = 86_400;

/** Sizes what the recovery of data rests on. */
export function recoverySystem(workload: Workload, facts: Facts): RecoverySystem {
  const lock = sizeAuditLock(workload, facts);
  return {
    workload,
    facts,
    ledger: sizeLedger(workload, facts),
    streamRetentionSeconds: sizeKinesisStream(workload.cellShare(), facts).retention.toSeconds(),
    archiveLocked: lock.mode === 'COMPLIANCE',
    archiveDays: lock.retention.toDays(),
  };
}

/** How many bytes each kind of data has, at the average rate and when all windows are full. */
export function dataDecisions(system: RecoverySystem): { readonly [name in DataClass]: Decision } {
  return {
    stream: streamBytes(system),
    ledger: ledgerBytes(system),
    balances: balanceBytes(system),
    parkedItems: parkedBytes(system),
    auditArchive: archiveBytes(system),
    cache: cacheBytes(system),
    configuration: configurationBytes(system),
  };
}

/** A size, and what it was computed from. */
interface Terms {
  readonly bytes: number;
  readonly formula: string;
  readonly inputs: { readonly [name: string]: number };
}

/** A number of bytes, from terms that remember which facts they read. */
function bytesDecision(name: string, binding: string, facts: Facts, of: (facts: Facts) => Terms): Decision {
  const trail = new FactTrail(facts);
  const { bytes, formula, inputs } = of(trail);
  const value = roundUp(bytes);
  return Decision.derive({
    path: RECOVERY_PATH,
    name: `${name}Bytes`,
    value,
    unit: 'B',
    formula: `${formula} = ${formatNumber(value)}`,
    inputs,
    binding,
    limits: { minimum: 0, because: 'a size' },
    facts: trail.ids(),
  });
}

function streamBytes({ workload, facts, streamRetentionSeconds }: RecoverySystem): Decision {
  return bytesDecision('stream', 'the stream keeps every payment for its retention, settled or not', facts, (read) => {
    const payment = recordBytes(workload.payloadSize, paymentLayout(read));
    const bytes = payment + aggregateOverheadBytes(payment);
    const rate = workload.average.perSecond;
    return {
      bytes: rate * bytes * streamRetentionSeconds,
      formula: `${formatNumber(rate)} payments/s x ${formatNumber(bytes)} B x ${formatNumber(streamRetentionSeconds)} s of retention`,
      inputs: { paymentsPerSecond: rate, bytesPerPayment: bytes, retentionSeconds: streamRetentionSeconds },
    };
  });
}

/** Bytes of a stored ledger row, with what DynamoDB adds to each item. */
function rowBytes(workload: Workload, facts: Facts): number {
  const layout = paymentLayout(facts);
  return Math.max(layout.typicalItemBytes, workload.payloadSize.meanBytes + layout.itemOffset) + facts.number('dynamodb/item.storageOverheadBytes');
}

function ledgerBytes({ workload, facts, ledger }: RecoverySystem): Decision {
  return bytesDecision('ledger', 'a row lives as long as its payment can be repeated or refunded, and some days until it is really deleted', facts, (read) => {
    const rate = workload.average.perSecond * (1 - workload.clientRetryShare);
    const bytes = rowBytes(workload, read);
    const seconds = ledger.timeToLive.toSeconds() + DAY * read.number('dynamodb/ttl.deleteDays');
    return {
      bytes: rate * bytes * seconds,
      formula: `${formatNumber(rate)} new rows/s x ${formatNumber(bytes)} B x ${formatNumber(seconds)} s`,
      inputs: { rowsPerSecond: rate, bytesPerRow: bytes, secondsStored: seconds },
    };
  });
}

function balanceBytes({ workload, facts, ledger }: RecoverySystem): Decision {
  return bytesDecision('balances', 'one row for each merchant, and for each shard of the table stream that its buckets lie on', facts, (read) => {
    const rows = Math.min(ledger.bucketsPerMerchant, ledger.streamShards);
    const bytes = read.number('target/recovery.balanceRowBytes') + read.number('dynamodb/item.storageOverheadBytes');
    const merchants = workload.keySkew.keys;
    return {
      bytes: merchants * rows * bytes,
      formula: `${formatNumber(merchants)} merchants x at most ${formatNumber(rows)} rows x ${formatNumber(bytes)} B`,
      inputs: { merchants, rowsPerMerchant: rows, bytesPerRow: bytes },
    };
  });
}

function parkedBytes({ workload, facts }: RecoverySystem): Decision {
  return bytesDecision('parkedItems', 'few payments are parked, and each is looked at within the time that parking holds it', facts, (read) => {
    const share = read.number('target/recovery.parkedShare');
    const seconds = 3600 * read.number('target/parking.holdHours');
    const bytes = rowBytes(workload, read);
    const rate = workload.average.perSecond;
    return {
      bytes: rate * share * bytes * seconds,
      formula: `${formatNumber(rate)} payments/s x ${share} parked x ${formatNumber(bytes)} B x ${formatNumber(seconds)} s`,
      inputs: { paymentsPerSecond: rate, parkedShare: share, bytesPerRow: bytes, secondsStored: seconds },
    };
  });
}

function archiveBytes({ workload, facts, archiveDays }: RecoverySystem): Decision {
  return bytesDecision('auditArchive', 'every change is kept for as long as the archive is locked', facts, (read) => {
    const bytes = read.number('audit-archiver/bytesPerRecord');
    const rate = workload.average.perSecond;
    return {
      bytes: rate * bytes * archiveDays * DAY,
      formula: `${formatNumber(rate)} changes/s x ${formatNumber(bytes)} B x ${formatNumber(archiveDays)} days x ${formatNumber(DAY)} s`,
      inputs: { changesPerSecond: rate, bytesPerChange: bytes, days: archiveDays },
    };
  });
}

function cacheBytes({ workload, facts }: RecoverySystem): Decision {
  return bytesDecision('cache', 'the cache has nothing that the tables have not', facts, (read) => {
    const bytes = read.number('target/recovery.cacheEntryBytes');
    const merchants = workload.keySkew.keys;
    return {
      bytes: merchants * bytes,
      formula: `${formatNumber(merchants)} merchants x ${formatNumber(bytes)} B`,
      inputs: { merchants, bytesPerEntry: bytes },
    };
  });
}

function configurationBytes({ facts }: RecoverySystem): Decision {
  return bytesDecision('configuration', 'templates and parameters come from the repository', facts, (read) => {
    const bytes = read.number('target/recovery.configurationBytes');
    return { bytes, formula: 'templates, parameters and shard directory, a guess', inputs: { bytes } };
  });
}
