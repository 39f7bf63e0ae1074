import { Duration } from 'aws-cdk-lib';
import { Facts } from '../facts';
import { Workload } from '../workload';
import { roundUp } from './arithmetic';
import { Decision, quotaUse } from './decision';
import { expectedUnits } from './expected-units';
import { formatNumber, formatSeconds, formatShare } from './format';
import { LAYOUT_FACTS, paymentLayout } from './payment-layout';
import { planned } from './planned';
import { readUnitsFacts, readUnitsFactor } from './read-units';
import { refundAttempts, REFUND_ATTEMPT_FACTS } from './refund-attempts';
import { Remembered } from './remembered';
import { ledgerTimeToLiveSeconds, secondsBesideStream } from './stream-retention';

/** What a table takes without a pause for growing. */
export interface WarmThroughput {
  /** Write units per second. */
  readonly write: number;
  /** Read units per second. */
  readonly read: number;
}

/** Size of the ledger: one logical table over one or more DynamoDB tables. */
export interface LedgerSizing {
  readonly tables: number;
  /** Write units per second at the peak, over all tables. */
  readonly writeUnitsPerSecond: number;
  /** Read units per second at the peak, over all tables. */
  readonly readUnitsPerSecond: number;
  readonly warmThroughputPerTable: WarmThroughput;
  /** Partition keys that the rows of a merchant are spread over, so that the hottest merchant fits. */
  readonly bucketsPerMerchant: number;
  /** Merchants, of those in the workload, that need more than one bucket. */
  readonly merchantsAboveOneBucket: number;
  /** Shards of the table streams, over all tables. */
  readonly streamShards: number;
  /** Life of a row. */
  readonly timeToLive: Duration;
  readonly decisions: readonly Decision[];
}

const PATH = 'ledger';
/** Digits of a factor that stands before a large rate, so that the printed product comes out. */
const FACTOR_DIGITS = 6;
const TABLE_WRITES = 'dynamodb/table.maxWriteUnits.default';
const TABLE_READS = 'dynamodb/table.maxReadUnits.default';
const UTILIZATION = 'target/dynamodb.tableUtilization';
const MOST_BUCKETS = 'target/dynamodb.maximumBuckets';
const WRITE_PRICE = 'dynamodb/onDemand.wru';
const READ_PRICE = 'dynamodb/onDemand.rru';
const KEY_UNITS = 'target/dynamodb.partitionKeyWriteUnits';
const LEDGERS = new Remembered<LedgerSizing>();

/**
 * Sizes the ledger. Give it the whole workload: all cells write to it.
 *
 * @throws Error when the promised windows are so short that a row could expire while its payment is still under way, one merchant has more
 *   writes than all its buckets take, or more tables are needed than an account may have
 */
export function sizeLedger(workload: Workload, facts: Facts = Facts.DEFAULT): LedgerSizing {
  return LEDGERS.of(workload, facts, () => planned(workload, facts, (it) => sizeOnce(it, facts), ({ writeUnitsPerSecond, readUnitsPerSecond }) => [
    { amount: writeUnitsPerSecond, unitCost: 3600 * facts.number(WRITE_PRICE), facts: [WRITE_PRICE] },
    { amount: readUnitsPerSecond, unitCost: 3600 * facts.number(READ_PRICE), facts: [READ_PRICE] },
  ]));
}

function sizeOnce(workload: Workload, facts: Facts): LedgerSizing {
  const units = ledgerUnits(workload, facts);
  const timeToLive = timeToLiveDecision(workload, facts);
  const tables = tablesDecision(units, facts);
  const write = warmDecision('warmWriteThroughput', units.writesPerSecond, tables.value as number, facts);
  const read = warmDecision('warmReadThroughput', units.readsPerSecond, tables.value as number, facts);
  const buckets = bucketsDecision(workload, units, facts);
  const shards = streamShardsDecision(units, tables.value as number, facts);
  return {
    tables: tables.value as number,
    writeUnitsPerSecond: units.writesPerSecond,
    readUnitsPerSecond: units.readsPerSecond,
    warmThroughputPerTable: { write: write.value as number, read: read.value as number },
    bucketsPerMerchant: buckets.value as number,
    merchantsAboveOneBucket: buckets.inputs.merchantsAboveOneBucket as number,
    streamShards: shards.value as number,
    timeToLive: Duration.seconds(timeToLive.value as number),
    decisions: [...unitDecisions(units, workload, facts), tables, write, read, buckets, shards, timeToLive],
  };
}

interface LedgerUnits {
  /** E[ceil(size / 1 KB)] of an item. */
  readonly unitsPerItem: number;
  readonly unitsPerRefund: number;
  readonly payments: number;
  readonly refunds: number;
  readonly duplicates: number;
  readonly writesPerSecond: number;
  readonly readUnitsPerItem: number;
  readonly readsPerSecond: number;
}

function ledgerUnits(workload: Workload, facts: Facts): LedgerUnits {
  const layout = paymentLayout(facts);
  const unitsOf = (bytes: number): number => expectedUnits(workload.payloadSize, layout.itemOffset, layout.typicalItemBytes, bytes);
  const unitsPerItem = unitsOf(facts.number('dynamodb/wcu.bytes'));
  const readUnitsPerItem = unitsOf(facts.number('dynamodb/rcu.bytes'));
  // A refund writes its own row and lowers `refundable` on that of the payment, in one transaction.
  const unitsPerRefund = facts.number('dynamodb/transact.multiplier') * 2 * unitsPerItem;
  const { status } = workload.consistency;
  const rate = workload.peak.perSecond;
  const payments = rate * (1 - workload.refundShare) * unitsPerItem;
  const refunds = rate * workload.refundShare * refundAttempts(workload, facts) * unitsPerRefund;
  // The refused insert of a duplicate is already counted as a payment; each is taken to have other fields, which counts a conflict in the row.
  const duplicates = rate * workload.clientRetryShare * unitsPerItem;
  return {
    unitsPerItem,
    unitsPerRefund,
    payments,
    refunds,
    duplicates,
    writesPerSecond: roundUp(payments + refunds + duplicates),
    readUnitsPerItem,
    readsPerSecond: roundUp(rate * (workload.readsPerPayment * readUnitsFactor(status, facts) + workload.clientRetryShare) * readUnitsPerItem),
  };
}

const UNIT_FACTS = ['dynamodb/wcu.bytes', 'dynamodb/transact.multiplier', ...LAYOUT_FACTS, ...REFUND_ATTEMPT_FACTS];

function unitDecisions(units: LedgerUnits, workload: Workload, facts: Facts): Decision[] {
  const { status } = workload.consistency;
  const factor = readUnitsFactor(status, facts);
  const rate = workload.peak.perSecond;
  return [
    Decision.derive({
      path: PATH,
      name: 'writeUnitsPerSecond',
      value: units.writesPerSecond,
      unit: 'write units/s',
      formula: `${formatNumber(rate * (1 - workload.refundShare))} payments x ${formatNumber(units.unitsPerItem, FACTOR_DIGITS)} `
        + `+ ${formatNumber(units.refunds / units.unitsPerRefund)} refund attempts x ${formatNumber(units.unitsPerRefund, FACTOR_DIGITS)} `
        + `+ ${formatNumber(rate * workload.clientRetryShare)} duplicates x ${formatNumber(units.unitsPerItem, FACTOR_DIGITS)} `
        + `= ${formatNumber(units.writesPerSecond)}`,
      inputs: {
        paymentsPerSecond: rate,
        refundShare: workload.refundShare,
        clientRetryShare: workload.clientRetryShare,
        unitsPerItem: units.unitsPerItem,
        unitsPerRefund: units.unitsPerRefund,
      },
      binding: 'one conditional insert for each payment, rounded up to whole units item by item',
      rejected: [
        { option: 'a second table of idempotency records', because: `another ${formatNumber(units.payments)} write units/s; the payment row is that record` },
        { option: 'a transaction for each payment', because: 'twice the write units; only refunds touch two rows' },
      ],
      facts: UNIT_FACTS,
    }),
    Decision.derive({
      path: PATH,
      name: 'readUnitsPerSecond',
      value: units.readsPerSecond,
      unit: 'read units/s',
      formula: `${formatNumber(rate)}/s x (${workload.readsPerPayment} status reads${factor === 1 ? '' : ` x ${factor}`} + ${workload.clientRetryShare} duplicates) `
        + `x ${formatNumber(units.readUnitsPerItem, FACTOR_DIGITS)} = ${formatNumber(units.readsPerSecond)}`,
      inputs: {
        paymentsPerSecond: rate,
        readsPerPayment: workload.readsPerPayment,
        clientRetryShare: workload.clientRetryShare,
        unitsPerRead: units.readUnitsPerItem,
      },
      binding: `reads of status (${status.name}), and consistent ones of the stored row of a duplicate`,
      facts: ['dynamodb/rcu.bytes', ...readUnitsFacts(status), ...LAYOUT_FACTS],
    }),
  ];
}

function tablesDecision(units: LedgerUnits, facts: Facts): Decision {
  const utilization = facts.number(UTILIZATION);
  const writes = facts.number(TABLE_WRITES);
  const reads = facts.number(TABLE_READS);
  const byWrites = units.writesPerSecond / writes;
  const byReads = units.readsPerSecond / reads;
  const tables = Math.max(1, roundUp(Math.max(byWrites, byReads) / utilization));
  const raise = roundUp(units.writesPerSecond / utilization);
  const most = facts.number('dynamodb/tables.perRegion');
  if (tables > most) {
    throw new Error(`\`peak\` must leave a ledger of at most ${formatNumber(most)} tables, what an account may have in a region `
      + `(raise ${TABLE_WRITES} and state it as a fact), got: ${formatNumber(tables)}`);
  }
  return Decision.derive({
    path: PATH,
    name: 'tables',
    value: tables,
    unit: 'tables',
    formula: `ceil(max(${formatNumber(units.writesPerSecond)} / ${formatNumber(writes)}, ${formatNumber(units.readsPerSecond)} / ${formatNumber(reads)}) `
      + `/ ${utilization}) = ${tables}`,
    inputs: { writeUnitsPerSecond: units.writesPerSecond, readUnitsPerSecond: units.readsPerSecond, utilization },
    binding: tables === 1 ? 'one table takes it' : `${byWrites >= byReads ? 'write' : 'read'} quota of a table at ${formatShare(utilization)}`,
    rejected: tables > 1 ? [{
      option: `1 table with a quota of ${formatNumber(raise)} write units/s`,
      because: 'works once AWS has granted it; the number of tables is fixed for good, so the plan does not wait for a grant',
    }] : [],
    demand: Math.max(byWrites, byReads),
    quota: quotaUse(facts, TABLE_WRITES, units.writesPerSecond / tables),
    limits: { minimum: 1, maximum: most, because: 'tables of an account and region' },
    facts: [TABLE_WRITES, TABLE_READS, UTILIZATION, 'dynamodb/tables.perRegion', ...UNIT_FACTS],
  });
}

function warmDecision(name: 'warmWriteThroughput' | 'warmReadThroughput', unitsPerSecond: number, tables: number, facts: Facts): Decision {
  const writes = name === 'warmWriteThroughput';
  const initialFact = writes ? 'dynamodb/onDemand.initialWritePerSec' : 'dynamodb/onDemand.initialReadPerSec';
  const quotaFact = writes ? TABLE_WRITES : TABLE_READS;
  return warmThroughputDecision({ path: PATH, name, unit: writes ? 'write units/s' : 'read units/s', unitsPerSecond, tables, initialFact, quotaFact }, facts);
}

/** Warm throughput of a table for a stated demand; shared by all tables that are sized here. */
export function warmThroughputDecision(
  props: { path: string; name: string; unit: string; unitsPerSecond: number; tables: number; initialFact: string; quotaFact: string },
  facts: Facts,
): Decision {
  const utilization = facts.number(UTILIZATION);
  const initial = facts.number(props.initialFact);
  const needed = roundUp(props.unitsPerSecond / props.tables / utilization);
  const value = Math.max(initial, needed);
  return Decision.derive({
    path: props.path,
    name: props.name,
    value,
    unit: props.unit,
    formula: `max(${formatNumber(initial)}, ceil(${formatNumber(props.unitsPerSecond)} / ${props.tables} / ${utilization})) = ${formatNumber(value)}`,
    inputs: { unitsPerSecond: props.unitsPerSecond, tables: props.tables, utilization },
    binding: value === initial ? 'what a new on-demand table takes anyway' : `peak of one table at ${formatShare(utilization)}`,
    rejected: value === initial ? [] : [{
      option: 'leave it to on-demand growth',
      because: `a new table takes ${formatNumber(initial)}/s and doubles at most every 30 minutes, so the first peak would throttle`,
    }],
    demand: props.unitsPerSecond / props.tables,
    quota: quotaUse(facts, props.quotaFact, value),
    limits: { minimum: initial, because: 'a table cannot be made with less than a new one has' },
    facts: [props.initialFact, props.quotaFact, UTILIZATION],
  });
}

function bucketsDecision(workload: Workload, units: LedgerUnits, facts: Facts): Decision {
  const budget = facts.number(KEY_UNITS);
  const share = workload.keySkew.maximumShare();
  const hottest = share * units.writesPerSecond;
  const buckets = Math.max(1, roundUp(hottest / budget));
  const above = workload.keySkew.keysAbove(budget / units.writesPerSecond);
  const partition = facts.number('dynamodb/partition.maxWcu');
  const most = facts.number(MOST_BUCKETS);
  if (buckets > most) {
    throw new Error(`\`keySkew\` must leave one merchant at most ${formatNumber(most * budget)} write units/s, `
      + `what ${formatNumber(most)} buckets take, got: ${formatNumber(hottest)}`);
  }
  return Decision.derive({
    path: PATH,
    name: 'bucketsPerMerchant',
    value: buckets,
    unit: 'buckets',
    formula: `ceil(${formatShare(share)} of ${formatNumber(units.writesPerSecond)} / ${formatNumber(budget)}) = ${buckets}`,
    inputs: { hottestShare: share, writeUnitsPerSecond: units.writesPerSecond, budget, merchantsAboveOneBucket: above },
    binding: buckets === 1 ? 'even the hottest merchant fits one partition key' : `write units of the hottest merchant (${workload.keySkew})`,
    rejected: [
      ...(buckets === 1 ? [] : [{
        option: 'one partition key a merchant',
        because: `the hottest writes ${formatNumber(hottest)} units/s, a partition takes ${formatNumber(partition)}`,
      }]),
      { option: 'more buckets', because: 'a merchant on more shards of the table stream has more balance rows to write and to add up' },
    ],
    demand: hottest / partition,
    limits: { minimum: 1, maximum: most, because: 'buckets of the shard directory' },
    facts: [KEY_UNITS, MOST_BUCKETS, 'dynamodb/partition.maxWcu', ...UNIT_FACTS],
  });
}

function streamShardsDecision(units: LedgerUnits, tables: number, facts: Facts): Decision {
  const partition = facts.number('dynamodb/partition.maxWcu');
  const least = facts.number('target/dynamodb.minimumStreamShards') * tables;
  const byWrites = roundUp(units.writesPerSecond / partition);
  const shards = Math.max(least, byWrites);
  return Decision.derive({
    path: PATH,
    name: 'streamShards',
    value: shards,
    unit: 'shards',
    formula: `max(${least}, ceil(${formatNumber(units.writesPerSecond)} / ${formatNumber(partition)})) = ${shards}`,
    inputs: { writeUnitsPerSecond: units.writesPerSecond, partitionWriteUnits: partition, tables },
    binding: shards === byWrites ? 'one shard for each partition that the write rate needs' : 'partitions of new on-demand tables',
    limits: { minimum: 1, because: 'a stream has a shard' },
    facts: ['dynamodb/partition.maxWcu', 'target/dynamodb.minimumStreamShards', ...UNIT_FACTS],
  });
}

function timeToLiveDecision(workload: Workload, facts: Facts): Decision {
  const idempotency = workload.idempotencyWindow.toSeconds();
  const refund = workload.refundWindow.toSeconds();
  const seconds = ledgerTimeToLiveSeconds(workload);
  const shortest = secondsBesideStream(workload, facts) + 3600 * facts.number('kinesis/retention.minHours');
  if (seconds < shortest) {
    throw new Error(`\`idempotencyWindow\` or \`refundWindow\` must be at least ${formatSeconds(shortest)}, `
      + `the time that a payment may be under way (stream, client retries, refund wait, parking), got: ${formatSeconds(seconds)}`);
  }
  return Decision.derive({
    path: PATH,
    name: 'timeToLive',
    value: seconds,
    unit: 's',
    formula: `max(idempotency ${formatSeconds(idempotency)}, refunds ${formatSeconds(refund)}) = ${formatNumber(seconds)}`,
    inputs: { idempotencySeconds: idempotency, refundSeconds: refund, shortestSeconds: shortest },
    binding: refund > idempotency ? 'a payment can be refunded as long as its row is there' : 'a repeated payment is recognised as long as its row is there',
    rejected: [{ option: 'keep rows for good', because: 'storage grows with every payment; the audit archive keeps history' }],
    limits: { minimum: shortest, because: 'a row must not expire while its payment may still be under way' },
    facts: ['target/parking.holdHours', 'kinesis/retention.minHours'],
  });
}
