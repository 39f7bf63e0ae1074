import { formatNumber } from '../../../sizing/format';
import type { TopologyResource } from '../../../topology';
import type { CheckContext } from '../../check-context';
import type { Finding, Rule } from '../../rule';
import { streamMappings } from '../../views/event-source-mappings';
import { reservedConcurrencyOf } from '../../views/functions';
import { readShards } from '../../views/streams';

export const tooFewExecutions: Rule = {
  id: 'HT-WORKER-009',
  severity: 'warning',
  what: 'A function has fewer reserved executions than the shards that it reads have lanes.',
  why: 'The lanes that find none free are throttled and wait, each with its whole shard behind it: some shards are late although the function is idle on average.',
  fix: 'Reserve shards x ParallelizationFactor executions, for all mappings of the function together.',
  source: 'https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html',
  *check(context): Iterable<Finding> {
    for (const [fn, lanes] of context.once(lanesByFunction)) {
      const reserved = reservedConcurrencyOf(fn);
      if (reserved !== undefined && reserved > 0 && reserved < lanes) {
        yield {
          resource: fn,
          property: 'Properties.ReservedConcurrentExecutions',
          message: `${formatNumber(reserved)} executions for ${formatNumber(lanes)} lanes`,
        };
      }
    }
  },
};

/** Lanes that the stream mappings of a function have together, as far as they are known. */
function lanesByFunction(context: CheckContext): ReadonlyMap<TopologyResource, number> {
  const byFunction = new Map<TopologyResource, Map<object, number>>();
  for (const mapping of streamMappings(context)) {
    const read = readShards(context, mapping);
    if (mapping.function === undefined || read === undefined) {
      continue;
    }
    const lanes = byFunction.get(mapping.function) ?? new Map<object, number>();
    // One decision may stand for several tables, each with a mapping.
    lanes.set(read.from, Math.max(lanes.get(read.from) ?? 0, read.shards * mapping.parallelizationFactor));
    byFunction.set(mapping.function, lanes);
  }
  return new Map([...byFunction].map(([fn, lanes]) => [fn, [...lanes.values()].reduce((sum, it) => sum + it, 0)]));
}
