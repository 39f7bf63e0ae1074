import { formatBytes, formatNumber } from '../../../sizing/format';
import type { TopologyResource } from '../../../topology';
import type { Workload } from '../../../workload';
import type { CheckContext } from '../../check-context';
import type { Finding, Rule } from '../../rule';
import { kinesisStreams, provisionedShards } from '../../views/streams';

/**
 * Streams whose decisions travel in the template are held to those: they know how payments are packed. Else one record a payment is assumed,
 * and all streams that carry one workload are judged together, because nothing tells how it is spread over them.
 */
export const shardsBelowNeed: Rule = {
  id: 'HT-STREAM-001',
  severity: 'error',
  what: 'A stream has fewer shards than the peak fills.',
  why: 'Writes beyond the limit of a shard are refused with ProvisionedThroughputExceededException: producers retry, latency grows, and what they give up is lost.',
  fix: 'Provision shards for bytes and records of the peak with headroom, or pack several payments into a record.',
  source: 'https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html',
  *check(context): Iterable<Finding> {
    const undecided = new Map<Workload, TopologyResource[]>();
    for (const stream of kinesisStreams(context)) {
      const decision = context.decisionsOf(stream).find((it) => it.name === 'shards');
      const shards = provisionedShards(stream);
      if (shards === undefined) {
        continue;
      }
      if (decision?.headroom !== undefined && typeof decision.value === 'number') {
        const needed = decision.value * (1 - decision.headroom);
        if (shards < needed) {
          yield finding(stream, `${shards} shards; the peak fills ${formatNumber(needed)}: ${decision.formula}`);
        }
        continue;
      }
      const workload = context.workloadOf(stream);
      if (workload !== undefined) {
        undecided.set(workload, [...(undecided.get(workload) ?? []), stream]);
      }
    }
    for (const [workload, streams] of undecided) {
      yield* judge(context, workload, streams);
    }
  },
};

function* judge(context: CheckContext, workload: Workload, streams: readonly TopologyResource[]): Iterable<Finding> {
  const facts = context.factsFor(streams[0]);
  const rate = workload.peak.perSecond;
  const bytes = rate * workload.payloadSize.meanBytes;
  const byRecords = rate / facts.number('kinesis/shard.writeRecordsPerSec');
  const byBytes = bytes / facts.number('kinesis/shard.writeBytesPerSec');
  const shards = streams.reduce((sum, stream) => sum + provisionedShards(stream)!, 0);
  if (shards < Math.max(byRecords, byBytes)) {
    const have = streams.length === 1 ? `${shards} ${shards === 1 ? 'shard' : 'shards'}` : `${shards} shards in ${streams.length} streams`;
    const packing = byRecords > byBytes ? `; packed into larger records it would fill ${formatNumber(byBytes)} by bytes` : '';
    for (const stream of streams) {
      yield finding(stream, `${have}; ${formatNumber(rate)} payments/s, one a record, fill ${formatNumber(byRecords)} by records `
        + `and ${formatNumber(byBytes)} by bytes (${formatBytes(bytes)}/s)${packing}`);
    }
  }
}

function finding(resource: TopologyResource, message: string): Finding {
  return { resource, property: 'Properties.ShardCount', message };
}
