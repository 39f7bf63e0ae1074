import { Facts } from '../../facts';
import { Workload } from '../../workload';
import { sizeAuroraShards } from '../aurora-shards';
import { formatBytes, formatNumber } from '../format';
import { sizeLedger } from '../ledger';
import { sizeTableCapacityMode } from '../table-capacity-mode';
import { Candidate, listed, modelled, SizedCandidate } from './candidate';
import { guideFigure, nodesByGuide } from './guide';

/** What keeps the books: one conditional insert for a payment, two rows in one transaction for a refund. */
export function storeCandidates(workload: Workload, facts: Facts): Candidate[] {
  const writes = workload.peak.perSecond;
  const cassandra = guideFigure(facts, 'cassandra.writesPerSecPerNode', 'a node, eventually consistent');
  const scylla = guideFigure(facts, 'scylladb.operationsPerSecPerNode', 'a node, below a millisecond');
  return [
    modelled({
      name: 'DynamoDB', technology: 'Amazon DynamoDB', figure: 'grows by itself, with predictable performance; no figure',
    }, workload, facts, table),
    modelled({
      name: 'Aurora PostgreSQL, sharded', technology: 'PostgreSQL',
      figure: guideFigure(facts, 'postgresql.transactionsPerSec', 'with pooled connections and SSD'),
    }, workload, facts, aurora),
    listed({
      name: 'Aurora MySQL', technology: 'MySQL', figure: 'a mature ecosystem; no figure',
    }, 'the ledger here speaks to DynamoDB and PostgreSQL; a third dialect has no test here, and its instances and prices are those of Aurora PostgreSQL'),
    listed({
      name: 'CockroachDB', technology: 'CockroachDB', figure: 'shards and copies by itself; no figure',
    }, 'AWS does not run it as a service: operations are not priced'),
    listed({
      name: 'Aurora DSQL', technology: 'Aurora DSQL', figure: 'no word of it',
    }, 'bills units of work whose number a payment is not measured, and a conflict on a hot row is an error that the writer repeats'),
    listed({
      name: 'Keyspaces as ledger', technology: 'Apache Cassandra', figure: cassandra,
    }, 'conditions hold within one partition: a refund inserts its row and lowers what is left of the payment in one transaction',
    nodesByGuide(facts, 'cassandra.writesPerSecPerNode', writes)),
    listed({
      name: 'ScyllaDB', technology: 'ScyllaDB', figure: scylla,
    }, 'conditions hold within one partition, as in Cassandra, and AWS does not run it as a service: operations are not priced',
    nodesByGuide(facts, 'scylladb.operationsPerSecPerNode', writes)),
    listed({
      name: 'MongoDB', technology: 'MongoDB', figure: 'documents, queries, clusters; no figure',
    }, 'AWS runs only a service with its protocol (DocumentDB); no figure tells how many instances the writes would take, so it is neither sized nor priced'),
  ];
}

function table(workload: Workload, facts: Facts): SizedCandidate {
  const ledger = sizeLedger(workload, facts);
  const sizing = sizeTableCapacityMode(workload, ledger, facts);
  return {
    size: `${formatNumber(ledger.tables)} ${ledger.tables === 1 ? 'table' : 'tables'} ${sizing.mode}, `
      + `${formatNumber(sizing.peakWriteUnits)} write units/s at the peak, ${formatBytes(sizing.storedBytes)}`,
    monthlyUsd: sizing.monthlyUsd,
    latency: { milliseconds: sizing.latencyP99Milliseconds, of: 'of a bulk write, p99' },
  };
}

function aurora(workload: Workload, facts: Facts): SizedCandidate {
  const sizing = sizeAuroraShards(workload, facts);
  return {
    size: `${formatNumber(sizing.shards)} ${sizing.shards === 1 ? 'shard' : 'shards'} of ${sizing.instanceClass} with `
      + `${formatNumber(sizing.readersPerShard)} ${sizing.readersPerShard === 1 ? 'reader' : 'readers'}, ${sizing.storageMode} storage`,
    monthlyUsd: sizing.monthlyUsd,
    latency: { milliseconds: sizing.latencyP99Milliseconds, of: 'of a bulk write, p99' },
  };
}
