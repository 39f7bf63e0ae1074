import { Facts } from '../../facts';
import { Workload } from '../../workload';
import { sizeFlink } from '../flink';
import { formatBytes, formatNumber } from '../format';
import { sizeKinesisStream } from '../kinesis-stream';
import { sizeMskCluster } from '../msk-cluster';
import { withoutSettleTarget } from './broker';
import { Candidate, cellOf, inCells, listed, modelled, SizedCandidate, timesCells } from './candidate';
import { guideFigure } from './guide';

/** What counts payments in windows of time, for fraud rules. It reads from the broker that was picked. */
export function streamProcessorCandidates(workload: Workload, facts: Facts, broker: Candidate | undefined): Candidate[] {
  const kafka = broker?.technology === 'Apache Kafka';
  const flink = { technology: 'Apache Flink', figure: guideFigure(facts, 'flink.eventsPerSec', 'and more, within less than a second') };
  return [
    modelled({ name: 'Managed Service for Apache Flink', ...flink }, workload, facts, (it, trail) => managedFlink(it, trail, kafka)),
    listed({ name: 'Flink on own pods', ...flink }, 'checkpoints, savepoints and upgrades are operated by oneself; that work has no price here'),
    listed({
      name: 'Spark Structured Streaming', technology: 'Apache Spark', figure: 'batches and streams in one, in micro-batches; no figure',
    }, 'a decision waits for its micro-batch, and the CPU an event takes (on EMR or Glue) is not measured here: neither sized nor priced'),
    listed({
      name: 'Kafka Streams', technology: 'Kafka Streams', figure: 'a light library beside Kafka; no figure',
    }, `${kafka ? '' : `reads Kafka, and ${broker === undefined ? 'no broker fits' : `the broker here is ${broker.name}`}; `}runs in processes of one's own whose CPU an event is not measured here: `
      + 'neither sized nor priced'),
    listed({
      name: 'Storm', technology: 'Apache Storm', figure: 'real time with guaranteed processing; no figure',
    }, 'AWS does not run it as a service: operations are not priced'),
  ];
}

function managedFlink(workload: Workload, facts: Facts, kafka: boolean): SizedCandidate {
  // Fraud rules look at what is durable; how fast a payment settles is not theirs to keep.
  const cell = withoutSettleTarget(cellOf(workload));
  const sourceShards = kafka ? sizeMskCluster(cell, facts).partitions : sizeKinesisStream(cell, facts).shards;
  const sizing = sizeFlink(cell, facts, { sourceShards });
  return {
    size: inCells(`${formatNumber(sizing.kpus)} KPU, ${formatBytes(sizing.stateBytes)} of state`, workload.cells),
    monthlyUsd: timesCells(sizing.monthlyUsd, workload.cells),
  };
}
