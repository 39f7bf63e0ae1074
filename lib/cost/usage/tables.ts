import { expectedUnits } from '../../sizing/expected-units';
import { sizeLedger } from '../../sizing/ledger';
import { BILLED_GB, HOURS_PER_MONTH } from '../../sizing/monthly-cost';
import { paymentLayout } from '../../sizing/payment-layout';
import { cacheLoad } from '../../sizing/valkey-load';
import type { TopologyResource } from '../../topology';
import { type Amount, assumed, derived, weakest } from '../amount';
import { stageOf } from '../stage';
import { balanceWrites } from './balances';
import { listOf, property } from './properties';
import { text, trafficOf, writersOf } from './traffic';
import type { UsageModel } from './usage-model';

/** What a table takes and holds. */
export interface TableUsage {
  /** Items written in a second. */
  readonly writesPerSecond: Amount;
  readonly writeUnitsPerSecond: Amount;
  readonly readUnitsPerSecond: Amount;
  /** GB that the table holds. */
  readonly storedGigabytes: Amount;
}

interface Load {
  readonly writes: Amount;
  readonly writeUnits: Amount;
  readonly readUnits: Amount;
  readonly storedBytes: Amount;
}

const SECONDS_PER_DAY = 86_400;
const SECONDS_PER_ARCHIVE_MONTH = HOURS_PER_MONTH * 3600;
/** Share of the payments above which what a table's writers see is taken for the payments themselves. */
const PAYMENT_FLOW = 0.01;

/** Units and bytes of a table, by what it is: ledger, balances, heads of the audit chains, profiles behind a cache, or whatever its writers write. */
export function tableUsage(model: UsageModel, table: TopologyResource): TableUsage {
  return model.once(`table ${table.id}`, () => {
    const load = loadOf(model, table);
    const writes = model.use(table, 'writesPerSecond', () => load.writes);
    return {
      writesPerSecond: writes,
      writeUnitsPerSecond: model.use(table, 'writeUnitsPerSecond', () => load.writeUnits),
      readUnitsPerSecond: model.use(table, 'readUnitsPerSecond', () => load.readUnits),
      storedGigabytes: model.use(table, 'storedGigabytes', () => ({ ...load.storedBytes, value: load.storedBytes.value / BILLED_GB })),
    };
  });
}

function loadOf(model: UsageModel, table: TopologyResource): Load {
  if (model.decided(table, 'bucketsPerMerchant') !== undefined) {
    return ledgerLoad(model, table);
  }
  const writers = writersOf(model, table).map(({ writer }) => writer);
  const projector = writers.find((it) => model.decided(it, 'balanceWriteUnitsPerSecond') !== undefined);
  if (projector !== undefined) {
    return balanceLoad(model, table, projector);
  }
  const archiver = writers.find((it) => model.decided(it, 'putsPerSecond') !== undefined);
  if (archiver !== undefined) {
    return headLoad(model, archiver);
  }
  if (model.decided(table, 'coldReadUnits') !== undefined) {
    return profileLoad(model, table);
  }
  return writtenLoad(model, table);
}

/** A table of the ledger: its part of the units that all of them take. */
function ledgerLoad(model: UsageModel, table: TopologyResource): Load {
  const facts = model.facts(table);
  const tables = model.decidedNumber(table, 'tables') ?? 1;
  const { writeUnitsPerSecond, readUnitsPerSecond } = model.once('ledger', () => sizeLedger(model.average, facts));
  const layout = paymentLayout(facts);
  const { payloadSize, refundShare } = model.workload;
  const bytes = Math.max(payloadSize.meanBytes + layout.itemOffset, layout.typicalItemBytes) + facts.number('dynamodb/item.storageOverheadBytes');
  const life = model.decidedNumber(table, 'timeToLive') ?? lifeSeconds(model);
  const why = `one of ${tables} tables of the ledger at ${text(model.rate)} payments/s`;
  return {
    // A refund changes the row of its payment as well.
    writes: derived(model.rate * (1 + refundShare) / tables, why),
    writeUnits: derived(writeUnitsPerSecond / tables, `${why}: ${text(writeUnitsPerSecond)} write units/s together`),
    readUnits: derived(readUnitsPerSecond / tables, `${why}: ${text(readUnitsPerSecond)} read units/s together`),
    storedBytes: derived(model.rate * life * bytes / tables, `${why}, kept ${text(life / SECONDS_PER_DAY)} days with ${text(bytes)} B each`),
  };
}

function balanceLoad(model: UsageModel, table: TopologyResource, projector: TopologyResource): Load {
  const rows = balanceWrites(model, projector);
  const shards = model.topology.ofType('AWS::DynamoDB::GlobalTable').map((it) => model.decidedNumber(it, 'streamShards')).find((it) => it !== undefined) ?? 1;
  const kept = model.workload.keySkew.keys * shards;
  const bytes = model.facts(table).number('target/cost.itemBytes');
  return {
    writes: rows,
    writeUnits: rows,
    readUnits: { ...rows, why: `${rows.why}, each read consistently before` },
    storedBytes: assumed(kept * bytes, `${model.workload.keySkew.keys} merchants x ${shards} shards x ${bytes} B`),
  };
}

/** The heads of the audit chains: one read and one write for each batch. */
function headLoad(model: UsageModel, archiver: TopologyResource): Load {
  const { invocationsPerSecond } = model.functionUsage(archiver);
  const why = `one for each batch: ${invocationsPerSecond.why}`;
  return {
    writes: { ...invocationsPerSecond, why },
    writeUnits: { ...invocationsPerSecond, why },
    readUnits: { ...invocationsPerSecond, why },
    storedBytes: derived(0, 'one small row a shard'),
  };
}

/** What the cache did not have. */
function profileLoad(model: UsageModel, table: TopologyResource): Load {
  const facts = model.facts(table);
  const cache = cacheLoad(model.average, facts);
  const rare = rareLoad(model, table);
  const factor = facts.number('dynamodb/read.eventualFactor');
  return {
    ...rare,
    readUnits: derived(cache.fillsPerSecond * factor, `${text(cache.fillsPerSecond)} entries/s that the cache has to be filled with, read eventually consistently`),
    storedBytes: derived(cache.averageWorkingSetBytes, 'as many entries as the cache holds'),
  };
}

/** Tables that nobody told the role of. */
function writtenLoad(model: UsageModel, table: TopologyResource): Load {
  const flow = trafficOf(model, table);
  const isOurs = model.decidedNumber(table, 'pointInTimeDays') !== undefined || model.sideFlow(table) !== undefined
    || model.topology.stacks.some(({ metadata }) => metadata['cdk-high-throughput'] !== undefined);
  // What a construct of this kit parks is named by its writers as well, and seldom written by any.
  if (isOurs && (flow.value === 0 || flow.value > PAYMENT_FLOW * model.rate || stageOf(table) === 'worker')) {
    return rareLoad(model, table);
  }
  const facts = model.facts(table);
  const { payloadSize, readsPerPayment } = model.workload;
  const units = expectedUnits(payloadSize, 0, 1, facts.number('dynamodb/wcu.bytes'));
  const indexes = listOf(table, 'GlobalSecondaryIndexes').length;
  const readUnits = expectedUnits(payloadSize, 0, 1, facts.number('dynamodb/rcu.bytes'));
  const bytes = payloadSize.meanBytes + facts.number('dynamodb/item.storageOverheadBytes');
  const life = property(table, 'TimeToLiveSpecification.Enabled') === true ? lifeSeconds(model) : model.assumption('archiveMonths') * SECONDS_PER_ARCHIVE_MONTH;
  const kind = weakest(flow.kind, 'assumed');
  const why = `an item of the size of a payment for each of ${text(flow.value)}/s`;
  return {
    writes: { value: flow.value, kind, why },
    writeUnits: { value: flow.value * units * (1 + indexes), kind, why: indexes === 0 ? why : `${why}, and in ${indexes} indexes` },
    readUnits: { value: flow.value * readsPerPayment * readUnits, kind, why: `${readsPerPayment} reads for each of ${text(flow.value)}/s` },
    storedBytes: { value: flow.value * life * bytes * (1 + indexes), kind, why: `${why}, kept ${text(life / SECONDS_PER_DAY)} days` },
  };
}

function rareLoad(model: UsageModel, table: TopologyResource): Load {
  const rare = model.assume('rareWritesPerSecond', 'a table that the payments do not pass');
  const bytes = model.facts(table).number('target/cost.itemBytes');
  const life = property(table, 'TimeToLiveSpecification.Enabled') === true ? lifeSeconds(model) : model.assumption('archiveMonths') * SECONDS_PER_ARCHIVE_MONTH;
  return { writes: rare, writeUnits: rare, readUnits: rare, storedBytes: assumed(rare.value * life * bytes, `${text(rare.value)} items/s of ${bytes} B`) };
}

/** How long a row is kept where only the workload tells. */
function lifeSeconds(model: UsageModel): number {
  return Math.max(model.workload.idempotencyWindow.toSeconds(), model.workload.refundWindow.toSeconds());
}
